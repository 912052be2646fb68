"""Evidence: what one method says about one document, in a form that methods share.

Flows in: rows from any method (a text score, a writing process, a declaration). Flows out: one
Arrow table or Parquet file, `evidence.parquet`, with one row per document and method. Joining
methods and estimating from them is left to others.

The columns are frozen as version 1:

========== ============ =====================================================================
column     type         meaning
========== ============ =====================================================================
`id`       string       the document, as in the corpus
`method`   string       who speaks: ``text``, ``process``, ``declared`` or a name of your own
`value`    float64      share or probability of outside origin in [0, 1]; null when not known
`outcome`  string       the method's own class, or ``not observable``; null when it has none
`detail`   string       JSON object with what a reader needs to check the row; may be null
========== ============ =====================================================================

A row says something: `value` or `outcome` is present. A row whose outcome is ``not observable``
has no value, so that silence is never read as innocence. No pair of `id` and `method` repeats.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from os import PathLike
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wellhead._atomic import atomic_path
from wellhead._parquet import read_parquet
from wellhead.errors import BadInput

__all__ = ["NOT_OBSERVABLE", "SCHEMA", "Row", "read", "table", "validate", "write"]

NOT_OBSERVABLE = "not observable"

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("outcome", pa.string()),
        pa.field("detail", pa.string()),
    ],
    metadata={"wellhead.evidence": "1"},
)


class Row(NamedTuple):
    """What one method says about one document."""

    id: str
    method: str
    value: float | None = None
    outcome: str | None = None
    detail: dict[str, Any] | None = None


def table(rows: Iterable[Row]) -> pa.Table:
    """The rows as a validated evidence table.

    Args:
        rows: at most one per document and method.

    Raises:
        BadInput: a row breaks the format; the message names it.

    >>> table([Row("a", "process", 0.25, "mixed"), Row("b", "process", None, NOT_OBSERVABLE)])[
    ...     "value"
    ... ].to_pylist()
    [0.25, None]
    """
    columns: list[list[Any]] = [[], [], [], [], []]
    for row in rows:
        detail = None if row.detail is None else json.dumps(row.detail, sort_keys=True)
        for column, item in zip(columns, (*row[:4], detail), strict=True):
            column.append(item)
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)]
    return validate(pa.Table.from_arrays(arrays, schema=SCHEMA))


def validate(evidence: pa.Table) -> pa.Table:
    """The same table with the columns in order, after every rule of the format was checked.

    Other columns are dropped; a table with the right columns and convertible types passes.

    Raises:
        BadInput: a column is missing or a row breaks a rule; the message names the first one.
    """
    missing = [name for name in SCHEMA.names if name not in evidence.column_names]
    if missing:
        raise BadInput(
            f"evidence needs the columns {', '.join(SCHEMA.names)}; missing: {', '.join(missing)}."
        )
    try:
        evidence = evidence.select(SCHEMA.names).cast(SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise BadInput(f"evidence columns have the wrong type: {error}") from error
    for broken, rule in _broken(evidence):
        if pc.any(broken).as_py():
            first = pc.index(broken, True).as_py()
            row = evidence.slice(first, 1).to_pylist()[0]
            raise BadInput(
                f"evidence row {first} (id {row['id']!r}, method {row['method']!r}): {rule}."
            )
    _no_pair_twice(evidence)
    return evidence


def _broken(evidence: pa.Table) -> Iterable[tuple[pa.ChunkedArray, str]]:
    value, outcome = evidence["value"], evidence["outcome"]
    for name in ("id", "method"):
        empty = pc.fill_null(pc.equal(evidence[name], ""), True)
        yield empty, f"`{name}` is empty"
    outside = pc.invert(pc.and_(pc.greater_equal(value, 0.0), pc.less_equal(value, 1.0)))
    yield pc.fill_null(outside, False), "`value` must lie in [0, 1]"
    yield (
        pc.and_(pc.is_null(value), pc.is_null(outcome)),
        f"give a `value`, an `outcome`, or the outcome '{NOT_OBSERVABLE}'",
    )
    silent = pc.fill_null(pc.equal(outcome, NOT_OBSERVABLE), False)
    yield (
        pc.and_(silent, pc.is_valid(value)),
        f"a row that is '{NOT_OBSERVABLE}' cannot have a `value`",
    )


def _no_pair_twice(evidence: pa.Table) -> None:
    counts = evidence.group_by(["id", "method"], use_threads=False).aggregate([([], "count_all")])
    repeated = counts.filter(pc.greater(counts["count_all"], 1))
    if repeated.num_rows:
        row = repeated.slice(0, 1).to_pylist()[0]
        raise BadInput(
            f"evidence has {row['count_all']} rows for id {row['id']!r} and method "
            f"{row['method']!r}; keep one."
        )


def write(path: str | PathLike[str], evidence: pa.Table) -> None:
    """Write a validated evidence table as Parquet; the file is whole or absent."""
    checked = validate(evidence)
    with atomic_path(path) as temporary:
        pq.write_table(checked, temporary, compression="zstd")


def read(path: str | PathLike[str]) -> pa.Table:
    """The evidence table in a Parquet file, validated.

    Raises:
        BadInput: the file is missing, is not Parquet, or breaks the format.
    """
    try:
        return validate(read_parquet(path))
    except FileNotFoundError as error:
        raise BadInput(f"no evidence file at {path}.") from error
    except pa.ArrowInvalid as error:
        raise BadInput(f"{path} is not a Parquet file: {error}") from error
