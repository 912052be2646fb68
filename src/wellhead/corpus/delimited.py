"""CSV and TSV as rows: every value stays the string it is, and a lost quote merges no rows.

Delimiter, quotes and header are found by `wellhead.corpus.dialect`. Quoted fields may span lines. A
record with another number of fields than the header is rejected, so is one whose quote swallows
what look like whole records, and one that grows over the size bound.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from wellhead.corpus._lines import OVERSIZE, Gather, bounded_lines
from wellhead.corpus.dialect import Dialect, sniff
from wellhead.corpus.encoding import with_line_feeds
from wellhead.corpus.rows import Bounds, Rows, Stream
from wellhead.errors import BadInput

__all__ = ["DelimitedReader"]


class _RecordTooLong(Exception):
    pass


class DelimitedReader:
    """Comma, semicolon, tab or bar separated values."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".tab")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        csv.field_size_limit(max(csv.field_size_limit(), bounds.row_bytes + 2))
        stream = with_line_feeds(stream)
        dialect = sniff(stream.peek())
        feed = _Feed(stream, bounds.row_bytes, dialect)
        records = dialect.records(feed)
        first = _first(records)
        names = _names(first if dialect.header else [""] * len(first))
        gather = Gather(bounds)
        gather.notes = dialect.notes(dialect.delimiter in ",\t")
        if not dialect.header and first:
            gather.add(1, first, feed.size)
        for _ in islice(records, dialect.described):
            pass
        number = dialect.described + (not dialect.header)
        while not feed.ended:
            number += _record(records, feed, gather, names, number + 1)
            if gather.full:
                yield gather.take(names)
        yield gather.take(names)


class _Feed:
    """Decoded lines that stop a record once it is over the bound.

    Attributes:
        size: bytes of the record under way.
        lines: its lines.
        ended: whether the stream is at its end.
    """

    def __init__(self, stream: Stream, limit: int, dialect: Dialect) -> None:
        self.dialect = dialect
        self.limit = limit
        self.ended = False
        self._source = islice(bounded_lines(stream, limit), dialect.skipped, None)
        self.begin()

    def begin(self) -> None:
        self.size = 0
        self.lines: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._source)
        except StopIteration:
            self.ended = True
            raise
        self.size += self.limit + 1 if line is None else len(line)
        if line is None or self.size > self.limit + 2:
            raise _RecordTooLong
        # Bytes that are not UTF-8 become lone surrogates, which no text can hold: the row is
        # judged later, with its column known.
        self.lines.append(line.decode("utf-8", "surrogateescape"))
        return self.lines[-1]

    @property
    def unclosed(self) -> bool:
        """Whether the file ended inside a quoted field, as one that was cut off does."""
        if not (self.ended and self.dialect.quoted):
            return False
        whole = "".join(self.lines)
        return (whole.replace('\\"', "") if self.dialect.escaped else whole).count('"') % 2 == 1

    def merged(self, fields: int) -> bool:
        """Whether each of the record's lines would be a record of its own."""
        lines, mark = [line for line in self.lines if line.strip()], self.dialect.delimiter
        return (
            len(lines) > 1 and fields > 2 and all(line.count(mark) == fields - 1 for line in lines)
        )


def _record(
    records: Iterator[list[str]], feed: _Feed, gather: Gather, names: list[str], number: int
) -> bool:
    """Take the record at `number`; false when there was none, only a blank line or the end."""
    feed.begin()
    try:
        record = next(records)
    except StopIteration:
        return False
    except _RecordTooLong:
        gather.reject(number, OVERSIZE)
    except csv.Error:
        gather.reject(number, "broken CSV")
    else:
        if not record:
            return False
        if feed.merged(len(names)) or feed.unclosed:
            gather.reject(number, "quotes out of balance")
        elif len(record) == len(names) or not any(record[len(names) :] or ["short"]):
            gather.add(number, record[: len(names)], feed.size)
        else:
            gather.reject(number, "wrong number of fields")
    return True


def _first(records: Iterator[list[str]]) -> list[str]:
    try:
        return next(filter(None, records), [])
    except csv.Error as error:
        raise BadInput(
            "expected lines that end with a line feed, got carriage returns inside the header; "
            "save it anew, or convert it with tr '\\r' '\\n'"
        ) from error
    except _RecordTooLong as error:
        raise BadInput(
            "expected a header line that names the columns, got one over the size bound"
        ) from error


def _names(header: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for place, name in enumerate(header, 1):
        plain = name.encode("utf-8", "replace").decode("utf-8").strip() or f"column_{place}"
        while plain in names:
            plain = f"{plain}_{place}"
        names[plain] = None
    return list(names)
