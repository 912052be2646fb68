"""What a reader hands over: rows as they stand in the source, before any is judged.

A reader is a class with `suffixes` and one method, `read(stream, bounds)`. It turns the bytes of
one file into `Rows`, never holds more than one `Rows` and one row at a time, and reports what it
could not parse as `rejected` rather than raising. Other packages add readers through the
entry-point group ``wellhead.readers``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

import pyarrow as pa

from wellhead._registry import Registry

__all__ = ["Bounds", "Reader", "Rejected", "Rows", "Stream", "readers", "taken"]

Stream: TypeAlias = "BufferedReader[Any]"


class Rejected(NamedTuple):
    """A row that could not be parsed."""

    row: int
    reason: str


@dataclass(frozen=True)
class Bounds:
    """How much a reader may hold.

    Args:
        rows: the most rows in one `Rows`.
        row_bytes: the most bytes in one row; a longer row is rejected unread.
        split: what one document of a plain-text file is: ``"file"``, ``"line"`` or
            ``"paragraph"``.
        encoding: what files are written in, where that is not UTF-8.
    """

    rows: int = 1024
    row_bytes: int = 1 << 24
    split: str | None = None
    encoding: str | None = None

    @property
    def batch_bytes(self) -> int:
        """Rows are handed over early once they hold this many bytes together."""
        return 1 << 25


@dataclass(frozen=True)
class Rows:
    """Some consecutive rows of a source.

    Args:
        columns: for each column a list of Python values or an Arrow array, all equally long.
        numbers: the place of each row in its source, counted from 1.
        rejected: rows in this stretch that could not be parsed.
        sparse: whether a column that is missing here may still come in later rows, as keys of
            JSON objects do.
        notes: how the source is written, where that had to be found out.
        either: columns that are texts each, of which only the user can say which is meant.
    """

    columns: Mapping[str, Sequence[Any]]
    numbers: Sequence[int]
    rejected: Sequence[Rejected] = ()
    sparse: bool = False
    notes: Sequence[str] = ()
    either: Sequence[str] = ()

    def only(self, places: Sequence[int]) -> Rows:
        """The rows at `places`; what was rejected stays."""
        if len(places) == len(self.numbers):
            return self
        columns = {name: taken(values, places) for name, values in self.columns.items()}
        numbers = [self.numbers[place] for place in places]
        return replace(self, columns=columns, numbers=numbers)


def taken(values: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The values at `places`, as a list or an Arrow array like `values`."""
    if len(places) == len(values):
        return values
    if isinstance(values, pa.Array):
        chosen: Sequence[Any] = values.take(pa.array(places, pa.int64()))
        return chosen
    return [values[place] for place in places]


class Reader(Protocol):
    """One file format."""

    suffixes: ClassVar[tuple[str, ...]]

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]: ...


readers: Registry[type[Reader]] = Registry("reader", "wellhead.readers")
