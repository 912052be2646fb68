"""Drawing a reserve: a seeded, stratified part of the originals that people wrote.

Flows in: originals in a store. Flows out: a manifest whose one file holds the texts that were
drawn, so that they stay when their original is lost.
`wellhead.lineage.reserve` says what mixes owe it.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from wellhead.corpus import content_hash, open_corpus
from wellhead.errors import BadSetting
from wellhead.lineage.manifest import Manifest, Step
from wellhead.lineage.recording import About, Reading, derive
from wellhead.lineage.reserve import STEP, file_at_hand
from wellhead.lineage.store import Store

__all__ = ["Plan", "make"]

_FILE = pa.schema(
    [
        ("doc_id", pa.string()),
        ("root_id", pa.string()),
        ("generation", pa.int32()),
        ("text", pa.large_string()),
        ("stratum", pa.string()),
        ("sha256", pa.string()),
    ]
)


@dataclass(frozen=True)
class Plan:
    """How a reserve is drawn.

    Args:
        share: of every stratum, rounded up.
        by: column of the originals whose values are the strata; each original is one if None.
        seed: another seed, another part.
        text_column, id_column: as the originals were added with.
    """

    share: float = 0.1
    by: str | None = None
    seed: int = 0
    text_column: str | None = None
    id_column: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise BadSetting(f"share: expected more than 0 and at most 1, got {self.share}.")


class _Row(NamedTuple):
    id: str
    text: str
    stratum: str
    sha256: str


def make(store: Store, originals: Sequence[str], plan: Plan, *, name: str = "reserve") -> str:
    """Draw a reserve and keep it in the store, texts included; its id.

    Args:
        store: which.
        originals: manifests that people wrote; all such originals if empty.
        plan: how to draw.
        name: of its manifest.

    Raises:
        BadSetting: there is no original that people wrote, or one of those named is none.
        BadInput: an original can no longer be opened.
    """
    known = store.manifests()
    ids = [store.find(each) for each in originals] or [
        id for id, each in known.items() if each.writers == "people" and not each.parents
    ]
    if not ids or any(known[id].writers != "people" or known[id].parents for id in ids):
        raise BadSetting(
            "a reserve is drawn from originals that people wrote: expected manifests added with "
            "--writers people."
        )
    strata: dict[str, list[_Row]] = defaultdict(list)
    for id in dict.fromkeys(ids):
        for row in _rows(store, id, known[id], plan):
            strata[row.stratum].append(row)
    drawn = [row for part in sorted(strata) for row in _drawn(strata[part], plan)]
    parameters = {
        "share": plan.share,
        "seed": plan.seed,
        "by": plan.by or "",
        "strata": len(strata),
    }
    with tempfile.TemporaryDirectory(prefix="wellhead-") as folder:
        file = Path(folder) / "reserve.parquet"
        pq.write_table(_table(drawn), file, compression="zstd")
        about = About(name=name, step=Step(name=STEP, parameters=parameters))
        return derive(store, [file], parents=ids, about=about, reading=Reading(keep=True))


def _rows(store: Store, id: str, each: Manifest, plan: Plan) -> Iterator[_Row]:
    for file in each.files:
        if file.rows is None:
            continue
        with file_at_hand(store, file) as path:
            corpus = open_corpus(path, text_column=plan.text_column, id_column=plan.id_column)
            for batch in corpus.batches():
                names = batch.schema.names
                if plan.by is not None and plan.by not in names:
                    raise BadSetting(
                        f"--by: {file.name} has no column '{plan.by}'. Known: {', '.join(names)}"
                    )
                own = plan.id_column is None and "doc_id" in names
                ids = batch.column("doc_id" if own else "id").to_pylist()
                parts = [""] * len(ids) if plan.by is None else batch.column(plan.by).to_pylist()
                for doc, text, part in zip(
                    ids, batch.column("text").to_pylist(), parts, strict=True
                ):
                    yield _Row(str(doc), text, f"{id[:12]}/{part}", content_hash(text))


def _drawn(rows: Sequence[_Row], plan: Plan) -> list[_Row]:
    """The rows of one stratum with the smallest hashes of seed and text, whatever their order."""
    distinct = list({row.sha256: row for row in rows}.values())
    wanted = math.ceil(plan.share * len(distinct))
    rank = {
        row.sha256: hashlib.sha256(f"{plan.seed}:{row.sha256}".encode()).digest()
        for row in distinct
    }
    return sorted(distinct, key=lambda row: rank[row.sha256])[:wanted]


def _table(rows: Sequence[_Row]) -> Any:
    ids = [row.id for row in rows]
    return pa.table(
        [
            ids,
            ids,
            pa.array([0] * len(rows), pa.int32()),
            pa.array([row.text for row in rows], pa.large_string()),
            [row.stratum for row in rows],
            [row.sha256 for row in rows],
        ],
        schema=_FILE,
    )
