"""Objects in memory as a part of a corpus, recognised by what they can do, not by their type.

In this order: Arrow batches and tables; anything with the Arrow stream interface
(``__arrow_c_stream__``: pandas, polars, DuckDB and others); datasets that hand out Arrow tables
(``with_format("arrow").iter``: Hugging Face); lists, tuples, series and iterators of strings or
dicts. Nothing of these libraries is imported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from wellhead.corpus.parts import ObjectPart
from wellhead.errors import BadInput

__all__ = ["object_part"]

_SLICE = 1024


def object_part(source: Any) -> ObjectPart:
    """A part that reads `source`, as often as asked.

    Raises:
        BadInput: the object is of no kind that holds documents, or holds nothing.
    """
    kind = type(source).__name__
    if isinstance(source, pa.RecordBatch):
        return _part(lambda: [source], kind, source.num_rows)
    if isinstance(source, pa.Table):
        return _part(source.to_batches, kind, source.num_rows)
    if isinstance(source, pa.RecordBatchReader):
        return _spooled(source, kind)
    if hasattr(source, "with_format") and hasattr(source, "iter"):
        return _dataset(source, kind)
    if hasattr(source, "iloc") and hasattr(source, "columns"):
        return _frame(source, kind)
    if hasattr(source, "__arrow_c_stream__") and not _is_series(source):
        if hasattr(source, "__len__"):
            return _part(lambda: pa.RecordBatchReader.from_stream(source), kind, len(source))
        return _spooled(pa.RecordBatchReader.from_stream(source), kind)
    return _listed(_values(source), kind)


def _part(batches: Any, kind: str, rows: int, keep: Any = None) -> ObjectPart:
    if not rows:
        raise BadInput(f"{kind}: expected documents, got an empty one")
    return ObjectPart(batches, kind, rows, kind, keep)


def _frame(source: Any, kind: str) -> ObjectPart:
    """A pandas frame; columns of mixed Python objects, which Arrow refuses, go value by value."""

    def batches() -> Iterator[Any]:
        for start in range(0, len(source), _SLICE):
            piece = source.iloc[start : start + _SLICE]
            try:
                yield pa.table(piece)
            except (pa.ArrowException, TypeError, ValueError):
                yield _rows(piece)

    return _part(batches, kind, len(source))


def _rows(frame: Any) -> list[dict[str, Any]]:
    columns: dict[str, list[Any]] = {}
    for place, name in enumerate(frame.columns):
        unique = str(name) if str(name) not in columns else f"{name}_{place + 1}"
        columns[unique] = frame.iloc[:, place].tolist()
    values = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def _dataset(source: Any, kind: str) -> ObjectPart:
    rows = len(source) if hasattr(source, "__len__") else 1
    return _part(lambda: source.with_format("arrow").iter(batch_size=_SLICE), kind, rows)


def _spooled(reader: pa.RecordBatchReader, kind: str) -> ObjectPart:
    """A stream that can be read only once, kept in a temporary Arrow file."""
    spool = tempfile.NamedTemporaryFile(prefix="wellhead-", suffix=".arrow")  # noqa: SIM115 (kept by the part)
    rows = 0
    with pa.ipc.new_file(spool.name, reader.schema) as writer:
        for batch in reader:
            rows += batch.num_rows
            writer.write_batch(batch)

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.memory_map(spool.name) as mapped:
            file = pa.ipc.open_file(mapped)
            for place in range(file.num_record_batches):
                yield file.get_batch(place)

    return _part(batches, kind, rows, spool)


def _is_series(source: Any) -> bool:
    return hasattr(source, "to_list") or hasattr(source, "tolist")


def _values(source: Any) -> Sequence[Any]:
    if isinstance(source, Mapping):
        raise BadInput(
            "expected documents, got a mapping; choose one of its entries "
            f"({', '.join(map(str, list(source)[:10]))}) or pass a list of rows"
        )
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(source, method):
            values: Sequence[Any] = getattr(source, method)()
            return values
    if isinstance(source, (str, bytes)) or not isinstance(source, Iterable):
        raise BadInput(
            f"expected a path, list, table, frame or dataset, got {type(source).__name__}"
        )
    return source if isinstance(source, Sequence) else list(source)


def _listed(values: Sequence[Any], kind: str) -> ObjectPart:
    def batches() -> Iterator[Sequence[Any]]:
        for start in range(0, len(values), _SLICE):
            yield values[start : start + _SLICE]

    return _part(batches, kind, len(values))
