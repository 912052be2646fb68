"""The flagged documents, the surest first: what people open, sort and look into.

In: the table of an assay's documents and what else is known about them. Out: a table with one row
per flagged document, and the same as a spreadsheet.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellhead._spreadsheet import write_sheet
from wellhead.prevalence.origins import Origins

__all__ = ["distinct_flagged", "flagged_documents", "places_of_flagged", "write_flagged"]

_COLUMNS = {
    "file": "file",
    "row": "row",
    "id": "id",
    "group": "group",
    "first_words": "first words",
    "p_value": "p",
    "posterior": "probability",
    "score": "score",
    "duplicate": "repeat",
}


def places_of_flagged(table: pa.Table) -> np.ndarray:
    """The rows of flagged documents, the smallest p-value and the highest score first."""
    places = np.flatnonzero(table["flag"].to_numpy(zero_copy_only=False))
    order = [("p_value", "ascending"), ("score", "descending"), ("id", "ascending")]
    # `Table.sort_by` works on Arrow's threads, which may abort Python as it ends (see `Run.rows`).
    chosen = table.take(pa.array(places))
    return np.asarray(places[pc.sort_indices(chosen, sort_keys=order).to_numpy()])


def distinct_flagged(table: pa.Table) -> int:
    """How many different texts are flagged; those that repeat another, in full or nearly, aside."""
    flagged = table["flag"]
    if "duplicate" in table.column_names:
        flagged = pc.and_(flagged, pc.invert(table["duplicate"]))
    return int(pc.sum(flagged).as_py() or 0)


def flagged_documents(table: pa.Table, origins: Origins) -> pa.Table:
    """One row per flagged document: rank, where it is, how it begins, p, and its other columns."""
    places = places_of_flagged(table)
    found = table.take(pa.array(places))
    columns: dict[str, Any] = {"rank": pa.array(range(1, len(places) + 1), pa.int64())}
    columns |= {
        shown: found[name] for name, shown in _COLUMNS.items() if name in found.column_names
    }
    for name, values in origins.carried(places.tolist()).items():
        while name in columns:
            name = f"source {name}"
        columns[name] = pa.array([_cell(value) for value in values], pa.string())
    return pa.table(columns)


def write_flagged(path: Path, flagged: pa.Table) -> None:
    """`flagged` as CSV that opens in a spreadsheet."""
    columns = [column.to_pylist() for column in flagged.columns]
    write_sheet(path, flagged.column_names, zip(*columns, strict=True))


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
