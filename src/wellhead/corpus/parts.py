"""The parts of a corpus: files, a folder's texts, objects in memory. Each can be read again.

A part has a name for messages, a path relative to the corpus (for sidecars) and `read`, which
yields its rows and tells how much of it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from wellhead.corpus._compressed import opened
from wellhead.corpus._lines import OVERSIZE, Gather
from wellhead.corpus.columnar import arrow_rows
from wellhead.corpus.encoding import propose_encoding
from wellhead.corpus.formats import BINARY, check_wide, format_of_file, format_of_name
from wellhead.corpus.rows import Bounds, Rows, readers
from wellhead.errors import BadInput, BadSetting

__all__ = ["Document", "FilePart", "ObjectPart", "Part", "Stretch", "TextFolderPart"]


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

    @property
    def scanned(self) -> bool:
        """Whether it is PDF, whose pages may be pictures."""
        ...

    def read(self, bounds: Bounds) -> Iterator[Stretch]: ...

    def propose_encoding(self) -> str | None: ...


@dataclass(frozen=True)
class FilePart:
    """A data file; its format goes by its name, else by its first bytes.

    `labels` are columns with one value for the whole file, such as the folder it lies in.
    """

    path: Path
    relative: str
    name: str
    keep: Any = None  # whatever must live as long as the file: a spooled standard input
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    @property
    def scanned(self) -> bool:
        return format_of_name(self.path) == "pdf"

    @property
    def format(self) -> str:
        with opened(self.path) as file:
            compression = f".{file.compression}" if file.compression else ""
            return format_of_file(self.path, file.stream, self.name) + compression

    def read(self, bounds: Bounds) -> Iterator[Stretch]:
        with opened(self.path, bounds.encoding) as file:
            reader = readers[format_of_file(self.path, file.stream, self.name)]()
            try:
                for rows in reader.read(file.stream, bounds):
                    yield Stretch(self._labelled(rows), file.done)
            except (BadInput, BadSetting) as error:
                # A reader knows bytes, not which file they are of.
                raise type(error)(f"{self.name}: {error}") from error

    def propose_encoding(self) -> str | None:
        with opened(self.path) as file:
            if format_of_file(self.path, file.stream, self.name) in BINARY:
                return None
            return propose_encoding(file.stream)

    def _labelled(self, rows: Rows) -> Rows:
        labels = {name: [value] * len(rows.numbers) for name, value in self.labels.items()}
        notes = [f"{self.name}: {note}" for note in rows.notes]
        columns = {**rows.columns, **labels} if rows.columns else rows.columns
        return replace(rows, columns=columns, notes=notes)


class Document(NamedTuple):
    """A file that is one document, its path as it is told, and columns of one value."""

    path: Path
    file: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class TextFolderPart:
    """The documents of a folder, one a file; their column `file` names them."""

    documents: tuple[Document, ...]
    relative: str
    name: str
    format: str = "text"
    keep: Any = None

    @property
    def scanned(self) -> bool:
        return any(format_of_name(document.path) == "pdf" for document in self.documents)

    @property
    def size(self) -> int:
        return sum(document.path.stat().st_size for document in self.documents)

    def read(self, bounds: Bounds) -> Iterator[Stretch]:
        gather = Gather(bounds)
        names = list(dict.fromkeys(name for one in self.documents for name in one.labels))
        columns = ("text", "file", *names)
        for number, document in enumerate(self.documents, 1):
            text = self._text(document.path, bounds)
            if text is None:
                gather.reject(number, OVERSIZE)
            else:
                labels = map(document.labels.get, names)
                gather.add(number, (text, document.file, *labels), len(text))
            if gather.full:
                yield Stretch(gather.take(columns), number / len(self.documents))
        yield Stretch(gather.take(columns), 1.0)

    def propose_encoding(self) -> str | None:
        found = (self._proposed(document.path) for document in self.documents[:100])
        return next(filter(None, found), None)

    def _text(self, path: Path, bounds: Bounds) -> str | bytes | None:
        format = format_of_name(path) or "text"
        reader = readers[format]()
        with opened(path, bounds.encoding) as file:
            if not file.stream.peek(1):
                return ""
            if format not in BINARY:
                check_wide(file.stream.peek(), path.name)
            try:
                text: str | bytes | None = reader.document(file.stream, bounds)  # type: ignore[attr-defined]
            except BadInput as error:
                raise BadInput(f"{path.name}: {error}") from error
            return text

    @staticmethod
    def _proposed(path: Path) -> str | None:
        with opened(path) as file:
            return propose_encoding(file.stream)


@dataclass(frozen=True)
class ObjectPart:
    """Something in memory that hands out Arrow batches or lists of strings and dicts."""

    batches: Callable[[], Iterable[Any]]
    name: str
    rows: int
    format: str
    keep: Any = None
    scanned: bool = False

    @property
    def relative(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        return 0

    def propose_encoding(self) -> str | None:
        return None

    def read(self, bounds: Bounds) -> Iterator[Stretch]:
        seen = 0
        for batch in self.batches():
            pieces = arrow_rows([batch], bounds) if _is_arrow(batch) else _listed(batch, bounds)
            for piece in pieces:
                numbers = [seen + number for number in piece.numbers]
                rejected = [r._replace(row=seen + r.row) for r in piece.rejected]
                rows = replace(piece, numbers=numbers, rejected=rejected)
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
        yield from gather.add_object(number, {str(key): v for key, v in row.items()}, size)
    yield gather.take()
