"""A generation on disk: what it learned from as Parquet, what it wrote, its weights.

::

    data.parquet    new items of this generation: arrival, origin, weight, tokens, text
    samples.json    pairs of prompt and continuation, for people to read
    words.json      real words that its training data lacks, with their counts
    training.json   the loss of every step, and of validation after every epoch
    model/          the checkpoint, as transformers reads it

`data.parquet` is a corpus of its own: ``wellhead assay`` and ``wellhead score`` read its column
``text``. It holds what came in during the generation (what was re-used stands where it came in);
generation 0 learned from the real text, which is not copied.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._atomic import atomic_path, write_text
from wellhead._parquet import read_parquet
from wellhead.recursion.families.transformer.blocks import MACHINE, Blocks
from wellhead.recursion.families.transformer.model import LanguageModel
from wellhead.recursion.families.transformer.network import read_network
from wellhead.recursion.families.transformer.tokens import Tokens

__all__ = ["prune", "read_arrived", "read_model", "write_generation"]

SCHEMA = pa.schema(
    [
        ("arrival", pa.int64()),
        ("origin", pa.string()),
        ("weight", pa.float64()),
        ("tokens", pa.list_(pa.int32())),
        ("text", pa.large_string()),
    ]
)


def write_generation(
    folder: Path, model: LanguageModel, arrived: list[Blocks], tokens: Tokens
) -> None:
    """Write one generation."""
    tables = [_table(number, blocks, tokens) for number, blocks in enumerate(arrived)]
    with atomic_path(folder / "data.parquet") as temporary:
        table = pa.concat_tables([SCHEMA.empty_table(), *tables])
        pq.write_table(table, temporary, compression="zstd")
    write_text(folder / "samples.json", json.dumps(model.samples, indent=1, ensure_ascii=False))
    write_text(folder / "words.json", json.dumps(model.vanished, indent=1, ensure_ascii=False))
    curves = {"losses": model.losses, "validation": model.validation}
    write_text(folder / "training.json", json.dumps(curves))
    model.network.save_pretrained(folder / "model")
    tokens.tokenizer.save_pretrained(folder / "model")


def read_arrived(folder: Path) -> list[Blocks]:
    """The new items of a generation, in the order in which they came."""
    table = read_parquet(folder / "data.parquet")
    arrival = table["arrival"].to_numpy()
    tokens = np.array(table["tokens"].to_pylist(), dtype=np.int32)
    origin = (table["origin"].to_numpy() == "machine").astype(np.int8) * MACHINE
    weight = table["weight"].to_numpy()
    parts = []
    for number in range(int(arrival.max()) + 1 if len(arrival) else 0):
        here = arrival == number
        weighted = not np.isnan(weight[here]).any()
        parts.append(Blocks(tokens[here], origin[here], weight[here] if weighted else None))
    return parts


def read_model(folder: Path) -> LanguageModel | None:
    """The model of a generation, or None where its checkpoint was pruned."""
    if not (folder / "model" / "config.json").exists():
        return None
    curves = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return LanguageModel(read_network(folder / "model"), curves["losses"], curves["validation"])


def prune(folder: Path) -> None:
    """Delete the checkpoint of a generation; its data and measures stay."""
    shutil.rmtree(folder / "model", ignore_errors=True)


def _table(arrival: int, blocks: Blocks, tokens: Tokens) -> pa.Table:
    weights = np.full(blocks.size, np.nan) if blocks.weights is None else blocks.weights
    return pa.table(
        {
            "arrival": np.full(blocks.size, arrival),
            "origin": np.where(blocks.origin == MACHINE, "machine", "real"),
            "weight": weights.astype(float),
            "tokens": list(blocks.tokens),
            "text": tokens.decode(blocks.tokens),
        },
        schema=SCHEMA,
    )
