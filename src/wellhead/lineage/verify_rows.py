"""The rows of a store counted again, and every root followed to an original."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from wellhead.errors import BadInput
from wellhead.lineage.canonical import digest
from wellhead.lineage.findings import Finding, Known, ancestors
from wellhead.lineage.recording import rows_of
from wellhead.lineage.rows import check, counted, joined
from wellhead.lineage.store import Store

__all__ = ["verify_rows"]


def verify_rows(store: Store, known: Known) -> Iterable[Finding]:
    """Count rows again, and follow every root to an original."""
    tables: dict[str, object] = {}
    for id, each in known.manifests.items():
        try:
            tables[id] = rows_of(store, each)
            if index := each.rows.index:
                data = store.place.read(f"objects/{index}")
                if digest(data) != index:
                    raise BadInput("its table of rows was altered")
        except (BadInput, OSError) as error:
            if each.rows.index is not None:
                tables.pop(id, None)
                says = f"its table of rows is missing or altered: {error}"
                yield Finding("rows_lost", "broken", id, each.name, says)
    for id in known.manifests:
        if id in tables:
            yield from _held(known, tables, id)


def _held(known: Known, tables: dict[str, object], id: str) -> Iterable[Finding]:
    each = known.manifests[id]
    figures = counted(tables[id])
    if (figures.total, figures.rooted, figures.original, figures.deepest) != (
        each.rows.total,
        each.rows.rooted,
        each.rows.original,
        each.generation,
    ):
        says = f"it has {figures.total:,} rows, of which {figures.rooted:,} have a human root; "
        says += f"its manifest says {each.rows.total:,} and {each.rows.rooted:,}"
        yield Finding("rows_differ", "broken", id, each.name, says)
    if not each.parents:
        return
    line = ancestors(known, id)
    if any(id not in known.manifests or _lost(known, tables, id) for id in line):
        says = "its roots cannot all be followed, because the rows of an ancestor are lost"
        yield Finding("roots_unknown", "broken", id, each.name, says)
        return
    first = [tables[one] for one in line if not known.manifests[one].parents]
    roots = joined(first).column("root_id").drop_null().combine_chunks()
    if isinstance(roots, pa.ChunkedArray):
        roots = roots.combine_chunks()
    most = max(known.manifests[parent].generation for parent in each.parents)
    if wrong := check(tables[id], roots, most + (each.generator is not None)):
        yield Finding("roots_dangle", "broken", id, each.name, "; ".join(wrong))


def _lost(known: Known, tables: dict[str, object], id: str) -> bool:
    return not known.manifests[id].parents and id not in tables
