"""JSON as rows: one value a line, or the values of one array, streamed either way.

A value is an object (its keys are columns) or a string (which is the text). Anything else, and
whatever does not parse, is rejected with its line or place in the array. Keys that a row lacks
are null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from wellhead.corpus._lines import BOM, OVERSIZE, Gather, bounded_lines
from wellhead.corpus.rows import Bounds, Rows, Stream

__all__ = ["JsonReader"]

_CHUNK = 1 << 18
_MARKS = re.compile(rb'["\[\]{},]')
_STRING_END = re.compile(rb'["\\]')


class JsonReader:
    """JSON lines, or one JSON array; told apart by the first character."""

    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", ".json")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        if stream.peek().removeprefix(BOM).lstrip().startswith(b"["):
            return _parse(_array_items(_chunks(stream), bounds), bounds)
        return _parse(bounded_lines(stream, bounds.row_bytes), bounds)


def _chunks(stream: Stream) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _array_items(chunks: Iterable[bytes], bounds: Bounds) -> Iterator[bytes | None]:
    """The bytes of each item of a JSON array; None in place of one over the bound.

    Only quotes, backslashes, brackets and commas are looked at, so that a broken item costs
    that item and not the rest of the array.
    """
    depth, quoted, escaped = 0, False, False
    item: list[bytes] = []
    size = 0

    def finish() -> bytes | None:
        nonlocal item, size
        whole = b"".join(item) if size <= bounds.row_bytes else None
        item, size = [], 0
        return whole

    for chunk in chunks:
        at = 1 if escaped else 0
        start, escaped = 0, False
        while match := (_STRING_END if quoted else _MARKS).search(chunk, at):
            mark, at = match.group(), match.end()
            if mark == b"\\":
                escaped = at == len(chunk)
                at += 1
            elif mark == b'"':
                quoted = not quoted
            elif mark in b"[{":
                depth += 1
                start = at if depth == 1 else start
            elif depth == 1 and mark in b",]}":
                item.append(chunk[start : match.start()])
                size += match.start() - start
                start = at
                yield finish()
                if mark != b",":
                    return
            elif mark in b"]}":
                depth -= 1
        size += len(chunk) - start
        if size <= bounds.row_bytes:
            item.append(chunk[start:])
        else:
            item = []
    yield finish()


def _parse(pieces: Iterable[bytes | None], bounds: Bounds) -> Iterator[Rows]:
    gather = Gather(bounds)
    for number, piece in enumerate(pieces, 1):
        if piece is None:
            gather.reject(number, OVERSIZE)
        elif piece.strip():
            _add(gather, number, piece)
        if gather.full:
            yield gather.take()
    yield gather.take()


def _add(gather: Gather, number: int, piece: bytes) -> None:
    try:
        value = json.loads(piece.decode("utf-8"))
    except UnicodeDecodeError:
        gather.reject(number, "invalid UTF-8")
    except (ValueError, RecursionError):
        gather.reject(number, "broken JSON")
    else:
        row = _row(value)
        if row is None:
            gather.reject(number, "not an object")
        else:
            gather.add(number, row, len(piece))


def _row(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return value
    return {"text": value} if isinstance(value, str) else None
