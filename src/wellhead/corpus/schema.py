"""The columns besides the text: carried along untouched, with types that agree between batches.

A stream shows its types only as it flows, and JSON rows may contradict each other. A column
keeps the type first seen while later values fit it, is widened without loss where Arrow can
(null to anything, integers to floats, a struct with more fields), and otherwise goes on as text,
values that are no strings written as JSON. Types only ever widen, so `unified` can bring the
batches of a pass together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from wellhead.errors import BadInput

__all__ = ["Carrier", "unified"]

# Rows whose keys are data rather than names would make a column each.
MAX_COLUMNS = 1000
_CONVERSION_ERRORS = (pa.ArrowException, TypeError, ValueError, OverflowError)


class Carrier:
    """Turns the carried columns of each stretch of rows into Arrow arrays of settled types."""

    def __init__(self) -> None:
        self.types: dict[str, pa.DataType] = {}
        self.notes: list[str] = []

    def carry(self, columns: Mapping[str, Sequence[Any]], rows: int) -> dict[str, pa.Array]:
        """The arrays of `columns`, and nulls for known columns that are missing here.

        Raises:
            BadInput: the pass has met more than `MAX_COLUMNS` columns.
        """
        carried = {}
        names = {**self.types, **columns}
        if len(names) > MAX_COLUMNS:
            raise BadInput(
                f"expected at most {MAX_COLUMNS} different columns, found {len(names)} "
                f"(the last is '{next(reversed(names))[:80]}'); "
                "keys that are data belong into one nested column"
            )
        for name in names:
            values = columns.get(name)
            array = pa.nulls(rows) if values is None else _array(values)
            carried[name] = _cast(array, self._settle(name, array.type))
        return carried

    def _settle(self, name: str, type_: pa.DataType) -> pa.DataType:
        known = self.types.setdefault(name, type_)
        self.types[name] = _common(known, type_)
        if pa.types.is_large_string(self.types[name]) and not _stringlike(known):
            self.notes.append(
                f"column '{name}' holds {known} and {type_}; it is carried on as text"
            )
        return self.types[name]


def unified(batches: Iterable[pa.RecordBatch], schema: pa.Schema | None = None) -> pa.Table:
    """One table of `batches` of one pass, whose types may have widened on the way.

    >>> first = pa.RecordBatch.from_pydict({"id": ["a"], "year": [1790]})
    >>> then = pa.RecordBatch.from_pydict({"id": ["b"], "year": ["n. d."]})
    >>> unified([first, then])["year"].to_pylist()
    ['1790', 'n. d.']
    """
    held = list(batches)
    carrier = Carrier()
    for batch in held:
        for field in batch.schema:
            carrier._settle(field.name, field.type)
    if not carrier.types:
        return pa.table({}) if schema is None else schema.empty_table()
    settled = pa.schema(list(carrier.types.items()))
    return pa.Table.from_batches(
        [
            pa.RecordBatch.from_arrays(
                list(
                    carrier.carry(
                        dict(zip(b.schema.names, b.columns, strict=True)), len(b)
                    ).values()
                ),
                schema=settled,
            )
            for b in held
        ],
        schema=settled,
    )


def _array(values: Sequence[Any]) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    try:
        array = pa.array(values)
    except _CONVERSION_ERRORS:
        return _as_text(values)
    # A struct without fields has no place in Parquet.
    return _as_text(values) if "struct<>" in str(array.type) else array


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other:
        return one
    fields = [pa.schema([("c", one)]), pa.schema([("c", other)])]
    try:
        return pa.unify_schemas(fields, promote_options="permissive").field("c").type
    except pa.ArrowException:
        return pa.large_string()


def _cast(array: pa.Array, type_: pa.DataType) -> pa.Array:
    if array.type == type_:
        return array
    try:
        return array.cast(type_)
    except pa.ArrowException:
        values = array.to_pylist()
    try:
        return pa.array(values, type_)
    except _CONVERSION_ERRORS:
        return _as_text(values)


def _as_text(values: Iterable[Any]) -> pa.Array:
    return pa.array([_text(value) for value in values], pa.large_string())


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isprintable():
        return value
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return json.dumps(value)
        return value
    return json.dumps(value, ensure_ascii=True, default=str)


def _stringlike(type_: pa.DataType) -> bool:
    return type_ in (pa.large_string(), pa.string(), pa.null())
