"""Parquet, Arrow IPC and Feather as rows, a slice at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather

from wellhead.corpus.rows import Bounds, Rows, Stream

__all__ = ["ArrowReader", "ParquetReader", "arrow_rows"]

# Pages are read as they are needed, not a whole column of a row group at once.
_BUFFER = 1 << 20


class ParquetReader:
    """Apache Parquet; a row group that holds long texts is read in slices."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        with _seekable(stream) as source:
            file = pq.ParquetFile(source, pre_buffer=False, buffer_size=_BUFFER)
            yield from arrow_rows(_batches(file, bounds), bounds)


class ArrowReader:
    """Arrow IPC files and streams, and Feather."""

    suffixes: ClassVar[tuple[str, ...]] = (".arrow", ".ipc", ".feather")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        start = stream.peek(8)
        if start.startswith(b"FEA1"):
            with _seekable(stream) as source:
                yield from arrow_rows([feather.read_table(source)], bounds)
        elif start.startswith(b"ARROW1"):
            with _seekable(stream) as source, pa.ipc.open_file(source) as file:
                batches = map(file.get_batch, range(file.num_record_batches))
                yield from arrow_rows(batches, bounds)
        else:
            yield from arrow_rows(pa.ipc.open_stream(stream), bounds)


@contextmanager
def _seekable(stream: Stream) -> Iterator[Any]:
    """`stream` if it is a file, else a temporary copy of it."""
    with tempfile.TemporaryFile() as spool:
        if isinstance(stream.raw, FileIO):
            yield stream
        else:
            shutil.copyfileobj(stream, spool)
            spool.seek(0)
            yield spool


def _batches(file: pq.ParquetFile, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    footer = file.metadata
    size = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    average = size / max(1, footer.num_rows)
    rows = int(max(1, min(bounds.rows, bounds.batch_bytes // max(1.0, average))))
    yield from file.iter_batches(batch_size=rows, use_threads=False)
    if not footer.num_rows:
        yield pa.RecordBatch.from_pylist([], schema=file.schema_arrow)


def arrow_rows(batches: Iterable[pa.RecordBatch | pa.Table], bounds: Bounds) -> Iterator[Rows]:
    """Arrow batches of any size as `Rows` within the bounds."""
    seen = 0
    for batch in batches:
        rows = max(1, min(bounds.rows, _fitting(batch, bounds.batch_bytes)))
        for start in range(0, batch.num_rows, rows) or [0]:
            piece = batch.slice(start, rows)
            numbers = range(seen + 1, seen + piece.num_rows + 1)
            seen += piece.num_rows
            yield Rows(_columns(piece), numbers)


def _fitting(batch: pa.RecordBatch | pa.Table, size: int) -> int:
    return size * int(batch.num_rows) // max(1, int(batch.nbytes))


def _columns(piece: pa.RecordBatch | pa.Table) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, column in zip(piece.schema.names, piece.columns, strict=True):
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        columns[name if name not in columns else f"{name}_{len(columns) + 1}"] = whole
    return columns
