"""CSV and TSV as rows: the first record names the columns, every value stays the string it is.

The delimiter is the one of ``, ; tab |`` that the header holds most often. Quoted fields may
span lines. A record with another number of fields than the header is rejected, and so is one
that grows over the size bound, as it does after a quote that is never closed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import ClassVar

from wellhead.corpus._lines import OVERSIZE, Gather, bounded_lines
from wellhead.corpus.rows import Bounds, Rows, Stream
from wellhead.errors import BadInput

__all__ = ["DelimitedReader"]


class _RecordTooLong(Exception):
    pass


class DelimitedReader:
    """Comma, semicolon, tab or bar separated values with a header."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        csv.field_size_limit(max(csv.field_size_limit(), bounds.row_bytes + 2))
        feed = _Feed(stream, bounds.row_bytes)
        records = csv.reader(feed, delimiter=_delimiter(stream.peek()))
        names = _header(records)
        gather = Gather(bounds)
        number = 0
        while True:
            feed.size = 0
            number += 1
            try:
                record = next(records)
            except StopIteration:
                break
            except _RecordTooLong:
                gather.reject(number, OVERSIZE)
            except csv.Error:
                gather.reject(number, "broken CSV")
            else:
                number -= not record
                _add(gather, number, record, names, feed.size)
            if gather.full:
                yield gather.take(names)
        yield gather.take(names)


class _Feed:
    """Decoded lines that stop a record once it is over the bound."""

    def __init__(self, stream: Stream, limit: int) -> None:
        self.lines = bounded_lines(stream, limit)
        self.limit = limit
        self.size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.size += self.limit + 1 if line is None else len(line)
        if line is None or self.size > self.limit + 2:
            raise _RecordTooLong
        # Bytes that are not UTF-8 become lone surrogates, which no text can hold: the row is
        # judged later, with its column known.
        return line.decode("utf-8", "surrogateescape")


def _delimiter(start: bytes) -> str:
    head = start.split(b"\n", 1)[0]
    return max(",;\t|", key=lambda mark: head.count(mark.encode()))


def _header(records: Iterator[list[str]]) -> list[str]:
    try:
        header = next(filter(None, records), [])
    except csv.Error as error:
        raise BadInput(
            "expected lines that end with a line feed, got carriage returns inside the header "
            "(as old Macintosh programs wrote them); save it anew, or convert it with "
            "tr '\\r' '\\n'"
        ) from error
    except _RecordTooLong as error:
        raise BadInput(
            "expected a header line that names the columns, got one over the size bound"
        ) from error
    names: dict[str, None] = {}
    for place, name in enumerate(header, 1):
        plain = name.encode("utf-8", "replace").decode("utf-8").strip() or f"column_{place}"
        while plain in names:
            plain = f"{plain}_{place}"
        names[plain] = None
    return list(names)


def _add(gather: Gather, number: int, record: list[str], names: list[str], size: int) -> None:
    if len(record) == len(names):
        gather.add(number, record, size)
    elif record:
        gather.reject(number, "wrong number of fields")
