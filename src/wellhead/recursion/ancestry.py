"""The generations of a finished run, written into a lineage store one by one.

Flows in: a run whose family keeps texts (language models), and the manifest of what generation 0
learned from. Flows out: a manifest for the new texts of each generation, which names its parents,
the model that wrote it by the hash of its weights, seed and sampler. Generated blocks have no human
root that one could name; real text comes in blocks, too, cut from its documents, so that its
root is unknown as well.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._parquet import read_parquet
from wellhead.errors import BadInput
from wellhead.lineage import About, Generator, Reading, Step, Store, derive
from wellhead.lineage.hashing import hash_file
from wellhead.recursion.folder import Cell, Folder

__all__ = ["record_run"]

# Regimes whose models learn from the newest generation alone.
_ALONE = ("replace", "growing")


def record_run(store: Store, run: Path, *, parent: str) -> list[str]:
    """Write every generation of a run into `store`; the ids, in order.

    Args:
        store: where to.
        run: a run folder of ``wellhead collapse run``.
        parent: the manifest of the corpus that the run learned from.

    Raises:
        BadInput: the run kept no texts.
    """
    folder, original = Folder(run), store.find(parent)
    ids = [id for cell in folder.cells() for id in _cell(store, folder, cell, original)]
    if not ids:
        raise BadInput(
            f"{run}: expected generations with their texts, found none. Families of language "
            "models (transformer) keep them once a run is finished."
        )
    return ids


def _cell(store: Store, folder: Folder, cell: Cell, original: str) -> list[str]:
    setting = folder.plan.settings[cell.setting]
    alone = setting.name_of("regime") in _ALONE
    ids: list[str] = []
    fits = sorted(path for path in folder.generations(cell).glob("*") if path.is_dir())
    for before, fit in pairwise(fits):
        data = fit / "data.parquet"
        if not data.exists() or not pq.ParquetFile(data).metadata.num_rows:
            continue
        parents = [original, *ids]
        parents = parents[-1:] if alone else parents
        about = About(
            name=f"{cell.name}-generation-{len(ids) + 1}",
            generator=Generator(
                model=f"{setting.name_of('family')} of {cell.name}, fit {int(before.name)}",
                revision=_weights(before),
                seed=folder.plan.seed,
                sampling={"sampler": setting.name_of("sampler")},
            ),
            step=Step(name=f"collapse: {setting.name_of('regime')}", version=folder.version),
        )
        ids.append(_record(store, data, cell.name, parents, about))
    return ids


def _weights(fit: Path) -> str | None:
    """The hash of a model's weights; None where they were pruned."""
    found = sorted(fit.glob("model/*.safetensors"))
    return f"sha256:{hash_file(found[0]).sha256}" if found else None


def _record(store: Store, data: Path, cell: str, parents: list[str], about: About) -> str:
    new = 1 + max(store.read(parent).generation for parent in parents)
    table = read_parquet(data, columns=["origin", "text"])
    origins = table.column("origin").to_pylist()
    place = f"{cell}/{data.parent.name}"
    columns = {
        "doc_id": [f"{place}/{number}" for number in range(table.num_rows)],
        "root_id": pa.nulls(table.num_rows, pa.string()),
        "generation": pa.array([0 if o == "real" else new for o in origins], pa.int32()),
        "origin": table.column("origin"),
        "text": table.column("text"),
    }
    with tempfile.TemporaryDirectory(prefix="wellhead-") as scratch:
        file = Path(scratch) / "generation.parquet"
        pq.write_table(pa.table(columns), file, compression="zstd")
        return derive(store, [file], parents=parents, about=about, reading=Reading(keep=True))
