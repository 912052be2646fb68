"""Lines and rows of bounded length from a stream that may hold one of two gigabytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from wellhead.corpus.chats import NOTE, SIDES, exchanges, is_conversation
from wellhead.corpus.rows import Bounds, Rejected, Rows, Stream

__all__ = ["BOM", "OVERSIZE", "Gather", "bounded_lines"]

BOM = b"\xef\xbb\xbf"
OVERSIZE = "over the size bound"
_CHUNK = 1 << 20


def bounded_lines(stream: Stream, limit: int) -> Iterator[bytes | None]:
    """The lines of `stream` with their ends; None in place of a line longer than `limit` bytes.

    A line that is too long is read past in small pieces and never held.
    """
    first = True
    while line := stream.readline(limit + 2):
        if first:
            line, first = line.removeprefix(BOM), False
        if len(line.rstrip(b"\r\n")) <= limit:
            yield line
            continue
        # Said before it is read past: who wants only the first rows need not wait for its end.
        yield None
        while not line.endswith(b"\n") and (line := stream.readline(_CHUNK)):
            pass


class Gather:
    """Collects parsed rows into `Rows` that stay within the bounds."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.notes: list[str] = []
        self.either: tuple[str, ...] = ()
        self._reset()

    def _reset(self) -> None:
        self.rows: list[Any] = []
        self.numbers: list[int] = []
        self.rejected: list[Rejected] = []
        self.size = 0

    def add(self, number: int, row: Any, size: int) -> None:
        self.rows.append(row)
        self.numbers.append(number)
        self.size += size

    def add_object(self, number: int, row: dict[str, Any], size: int) -> Iterator[Rows]:
        """Add a JSON object: one row, or those of a conversation; yields what became full."""
        if not is_conversation(row):
            self.add(number, row, size)
            rows = []
        else:
            rows = exchanges(row)
            self.notes += [] if self.either else [NOTE]
            self.either = SIDES
        for each in rows:
            self.add(number, each, size // len(rows))
            if self.full:
                yield self.take()
        if self.full:
            yield self.take()

    def reject(self, number: int, reason: str) -> None:
        self.rejected.append(Rejected(number, reason))
        self.size += self.bounds.batch_bytes if reason == OVERSIZE else 0

    @property
    def full(self) -> bool:
        held = len(self.rows) + len(self.rejected)
        return held >= self.bounds.rows or self.size >= self.bounds.batch_bytes

    def take(self, columns: Iterable[str] | None = None) -> Rows:
        """What was gathered, as columns; rows are dicts unless `columns` names their fields."""
        if columns is None:
            names = dict.fromkeys(key for row in self.rows for key in row)
            table = {name: [row.get(name) for row in self.rows] for name in names}
        else:
            table = {name: [row[i] for row in self.rows] for i, name in enumerate(columns)}
        rows = Rows(
            table, self.numbers, self.rejected, columns is None, self.notes, either=self.either
        )
        self.notes = []
        self._reset()
        return rows
