"""JSON as rows: one value a line, the values of one array, or the table inside one object.

A value is an object (its keys are columns) or a string (which is the text). Anything else, and
whatever does not parse, is rejected with its line or place in the array. Keys that a row lacks
are null. Lines and arrays are streamed; one object is read whole, up to `WHOLE` bytes. (Arrays are
cut up here and not by `ijson`, which ends at the first NaN, as Python writes it, and at the first
broken item.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from wellhead.corpus._lines import BOM, OVERSIZE, Gather, bounded_lines
from wellhead.corpus.jsonwhole import Found, json_values, rows_of
from wellhead.corpus.rows import Bounds, Rows, Stream
from wellhead.errors import BadInput

__all__ = ["JsonLinesReader", "JsonReader", "holds_lines"]

WHOLE = 1 << 30
_CHUNK = 1 << 18
_MARKS = re.compile(rb'["\[\]{},]')
_STRING_END = re.compile(rb'["\\]')


class JsonReader:
    """JSON in any form; told apart by how it begins."""

    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        start = stream.peek().removeprefix(BOM).lstrip()
        if start.startswith(b"["):
            return _parse(_array_items(_chunks(stream), bounds), bounds)
        if start.startswith(b"{") and not holds_lines(start):
            return _whole(stream, bounds)
        return _parse(bounded_lines(stream, bounds.row_bytes), bounds)


class JsonLinesReader(JsonReader):
    """JSON lines; a file that turns out to be one array is read, too."""

    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        if stream.peek().removeprefix(BOM).lstrip().startswith(b"["):
            return super().read(stream, bounds)
        return _parse(bounded_lines(stream, bounds.row_bytes), bounds)


def holds_lines(start: bytes) -> bool:
    """Whether a file that begins so holds an object on each line."""
    lines = [line for line in start.removeprefix(BOM).split(b"\n")[:20] if line.strip()]
    parsed = sum(_is_object(line) for line in lines)
    # A first line that is longer than the start cannot be judged; another one begins there.
    return len(lines) > 1 and parsed >= len(lines) / 2


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _whole(stream: Stream, bounds: Bounds) -> Iterator[Rows]:
    content = stream.read(WHOLE + 1)
    if len(content) > WHOLE:
        raise BadInput(
            f"one JSON object of more than {WHOLE:,} bytes is not read; cut its list into lines, "
            "for example with jq -c '.data[]'"
        )
    try:
        values = list(json_values(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise BadInput(
            f"expected UTF-8, got other bytes at {error.start:,}; name the encoding, for example "
            "--encoding cp1252"
        ) from error
    alone = len(values) == 1 and isinstance(values[0], dict)
    found = rows_of(values[0]) if alone else Found(values)
    gather = Gather(bounds)
    gather.notes = [found.note] if found.note else []
    for number, value in enumerate(found.rows, 1):
        yield from _add(gather, number, value, 0)
    yield gather.take()


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
            yield from _add_parsed(gather, number, piece)
        if gather.full:
            yield gather.take()
    yield gather.take()


def _add_parsed(gather: Gather, number: int, piece: bytes) -> Iterator[Rows]:
    try:
        value = json.loads(piece.decode("utf-8"))
    except UnicodeDecodeError:
        gather.reject(number, "invalid UTF-8")
    except (ValueError, RecursionError):
        gather.reject(number, "broken JSON")
    else:
        yield from _add(gather, number, value, len(piece))


def _add(gather: Gather, number: int, value: Any, size: int) -> Iterator[Rows]:
    row = {"text": value} if isinstance(value, str) else value
    if isinstance(row, dict):
        yield from gather.add_object(number, row, size)
    else:
        gather.reject(number, "not an object")
