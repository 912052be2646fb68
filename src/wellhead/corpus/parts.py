"""The parts of a corpus: files, a folder's texts, objects in memory. Each can be read again.

A part has a name for messages, a path relative to the corpus (for sidecars) and `read`, which
yields its rows and tells how much of it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from wellhead.corpus._compressed import opened
from wellhead.corpus._lines import OVERSIZE, Gather
from wellhead.corpus.columnar import arrow_rows
from wellhead.corpus.formats import format_of_file
from wellhead.corpus.plain import whole_file
from wellhead.corpus.rows import Bounds, Rows, readers
from wellhead.errors import BadInput

__all__ = ["FilePart", "ObjectPart", "Part", "Stretch", "TextFolderPart"]


class Stretch(NamedTuple):
    """Some rows and the share of their part, from 0 to 1, that is read with them."""

    rows: Rows
    done: float


class Part(Protocol):
    """One piece of a corpus that can be read from its start as often as one likes."""

    @property
    def name(self) -> str: ...

    @property
    def relative(self) -> str: ...

    @property
    def format(self) -> str: ...

    @property
    def size(self) -> int: ...

    def read(self, bounds: Bounds) -> Iterator[Stretch]: ...


@dataclass(frozen=True)
class FilePart:
    """A data file; its format goes by its name, else by its first bytes."""

    path: Path
    relative: str
    name: str
    keep: Any = None  # whatever must live as long as the file: a spooled standard input

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    @property
    def format(self) -> str:
        with opened(self.path) as file:
            compression = f".{file.compression}" if file.compression else ""
            return format_of_file(self.path, file.stream, self.name) + compression

    def read(self, bounds: Bounds) -> Iterator[Stretch]:
        with opened(self.path) as file:
            reader = readers[format_of_file(self.path, file.stream, self.name)]()
            try:
                for rows in reader.read(file.stream, bounds):
                    yield Stretch(rows, file.done)
            except BadInput as error:
                # A reader knows bytes, not which file they are of.
                raise BadInput(f"{self.name}: {error}") from error


@dataclass(frozen=True)
class TextFolderPart:
    """The plain-text files of a folder, one document each; their column `file` names them."""

    base: Path
    paths: tuple[Path, ...]
    relative: str
    name: str
    format: str = "text"

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.paths)

    def read(self, bounds: Bounds) -> Iterator[Stretch]:
        gather = Gather(bounds)
        for number, path in enumerate(self.paths, 1):
            with opened(path) as file:
                content = whole_file(file.stream, bounds.row_bytes)
            if content is None:
                gather.reject(number, OVERSIZE)
            else:
                gather.add(number, (content, _as_posix(path, self.base)), len(content))
            if gather.full:
                yield Stretch(gather.take(("text", "file")), number / len(self.paths))
        yield Stretch(gather.take(("text", "file")), 1.0)


@dataclass(frozen=True)
class ObjectPart:
    """Something in memory that hands out Arrow batches or lists of strings and dicts."""

    batches: Callable[[], Iterable[Any]]
    name: str
    rows: int
    format: str
    keep: Any = None

    @property
    def relative(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        return 0

    def read(self, bounds: Bounds) -> Iterator[Stretch]:
        seen = 0
        for batch in self.batches():
            pieces = arrow_rows([batch], bounds) if _is_arrow(batch) else _listed(batch, bounds)
            for piece in pieces:
                numbers = [seen + number for number in piece.numbers]
                rejected = [r._replace(row=seen + r.row) for r in piece.rejected]
                rows = Rows(piece.columns, numbers, rejected, piece.sparse)
                done = (seen + len(numbers)) / max(1, self.rows)
                yield Stretch(rows, min(1.0, done))
            seen += len(batch)


def _is_arrow(batch: Any) -> bool:
    return isinstance(batch, (pa.RecordBatch, pa.Table))


def _listed(values: Any, bounds: Bounds) -> Iterator[Rows]:
    gather = Gather(bounds)
    for number, value in enumerate(values, 1):
        row = value if isinstance(value, dict) else {"text": value}
        size = sum(len(v) for v in row.values() if isinstance(v, (str, bytes)))
        gather.add(number, {str(key): v for key, v in row.items()}, size)
        if gather.full:
            yield gather.take()
    yield gather.take()


def _as_posix(path: Path, base: Path) -> str:
    text = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()
    return text.encode("utf-8", "replace").decode("utf-8")
