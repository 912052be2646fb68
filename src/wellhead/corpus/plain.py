"""Plain text as rows: one document a file, a line or a paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from wellhead.corpus._lines import BOM, OVERSIZE, Gather, bounded_lines
from wellhead.corpus.rows import Bounds, Rows, Stream

__all__ = ["PlainReader", "whole_file"]


class PlainReader:
    """Text without structure; `Bounds.split` says what one document is."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text", ".md")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        if bounds.split == "file":
            pieces: Iterable[bytes | None] = [whole_file(stream, bounds.row_bytes)]
        else:
            pieces = bounded_lines(stream, bounds.row_bytes)
            if bounds.split == "paragraph":
                pieces = _paragraphs(pieces, bounds.row_bytes)
        gather = Gather(bounds)
        for number, piece in enumerate(pieces, 1):
            if piece is None:
                gather.reject(number, OVERSIZE)
            else:
                text = piece if bounds.split == "file" else piece.rstrip(b"\r\n")
                gather.add(number, (text,), len(piece))
            if gather.full:
                yield gather.take(["text"])
        yield gather.take(["text"])


def whole_file(stream: Stream, limit: int) -> bytes | None:
    """All of `stream` without its byte-order mark; None when it is longer than `limit` bytes."""
    content = stream.read(limit + 1)
    return content.removeprefix(BOM) if len(content) <= limit else None


def _paragraphs(lines: Iterable[bytes | None], limit: int) -> Iterator[bytes | None]:
    """Runs of lines between blank ones; None in place of a run over the bound."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if line is not None and not line.strip():
            if size:
                yield b"".join(held) if size <= limit else None
            held, size = [], 0
            continue
        size += limit + 1 if line is None else len(line)
        if line is not None and size <= limit:
            held.append(line)
        else:
            held.clear()
    if size:
        yield b"".join(held) if size <= limit else None
