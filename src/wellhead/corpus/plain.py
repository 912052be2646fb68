"""Plain text as rows: one document a file, a line or a paragraph; sentences of tagged words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import ClassVar

from wellhead.corpus._lines import BOM, OVERSIZE, Gather, bounded_lines
from wellhead.corpus.dialect import looks_delimited
from wellhead.corpus.encoding import with_line_feeds
from wellhead.corpus.rows import Bounds, Rows, Stream
from wellhead.errors import BadSetting

# The longest line of a text that was broken into lines; how many lines must go on, and what part
# of them must be full.
_WIDEST, _FEWEST, _FULL = 120, 10, 0.85
# Lines of so few lengths are equal ones rather than full ones.
_UNEVEN = 5
__all__ = ["ConllReader", "MarkdownReader", "PlainReader", "whole_file"]


class PlainReader:
    """Text without structure; `Bounds.split` says what one document is, by default a line.

    Raises:
        BadSetting: nobody said so, and the lines are those of a table, or parts of paragraphs.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text")
    split: ClassVar[str] = "line"

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        split = bounds.split or self.split
        if split == "line" and bounds.split is None and looks_delimited(stream.peek()):
            raise BadSetting(
                "looks like a table rather than a text a line; rename it to .csv, or add "
                "--split line to take it as it stands"
            )
        if bounds.split is None and split == "line" and _wrapped(stream.peek()):
            raise BadSetting(
                "its lines look like those of longer paragraphs, broken where they were full; add "
                "--split paragraph (blank lines between the documents), --split file (one "
                "document), or --split line to take each line for a document"
            )
        if split == "file":
            pieces: Iterable[bytes | None] = [whole_file(stream, bounds.row_bytes)]
        else:
            pieces = bounded_lines(with_line_feeds(stream), bounds.row_bytes)
            if split == "paragraph":
                pieces = _paragraphs(pieces, bounds.row_bytes)
        return _rows((piece if split == "file" else _bare(piece) for piece in pieces), bounds)

    def document(self, stream: Stream, bounds: Bounds) -> str | bytes | None:
        """The whole file as one text; None when it is too long."""
        return whole_file(stream, bounds.row_bytes)


class MarkdownReader(PlainReader):
    """Markdown: one document a file."""

    suffixes: ClassVar[tuple[str, ...]] = (".md", ".markdown")
    split: ClassVar[str] = "file"


class ConllReader:
    """Words with tags, one a line (CoNLL, CoNLL-U): the sentences, or the documents if marked."""

    suffixes: ClassVar[tuple[str, ...]] = (".conll", ".conllu", ".iob")
    _new = re.compile(rb"-DOCSTART-|# newdoc")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        stream = with_line_feeds(stream)
        marked = self._new.search(stream.peek()) is not None
        sentences = _paragraphs(bounded_lines(stream, bounds.row_bytes), bounds.row_bytes)
        if not marked:
            return _rows((part if part is None else _sentence(part) for part in sentences), bounds)
        return _rows(self._documents(sentences, bounds.row_bytes), bounds)

    def _documents(self, parts: Iterable[bytes | None], limit: int) -> Iterator[bytes | None]:
        held: list[bytes] = []
        for part in parts:
            if held and (part is None or self._new.match(part)):
                yield _limited(held, limit)
                held = []
            if part is None:
                yield None
            elif sentence := _sentence(part):
                held.append(sentence)
        if held:
            yield _limited(held, limit)


def _wrapped(start: bytes) -> bool:
    """Whether lines end where the next word would not have fitted, as in a printed text.

    >>> from textwrap import wrap
    >>> _wrapped("\\n".join(wrap(" ".join(str(7**n) for n in range(40)), 60)).encode())
    True
    """
    lines = start.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")[:400]
    width = max(map(len, lines))
    if width > _WIDEST or len(set(map(len, lines))) < _UNEVEN:
        return False
    pairs = [(line, below) for line, below in pairwise(lines) if line.strip() and below.strip()]
    full = sum(len(line) + 1 + len(below.split()[0]) > width for line, below in pairs)
    return len(pairs) >= _FEWEST and full >= _FULL * len(pairs)


def _limited(sentences: list[bytes], limit: int) -> bytes | None:
    text = b"\n".join(sentences)
    return text if len(text) <= limit else None


def _sentence(part: bytes) -> bytes:
    """The words of a sentence: as its comment gives them, else the column of forms."""
    lines = part.splitlines()
    for line in lines:
        if line.startswith(b"# text = "):
            return line[9:].strip()
    fields = [line.split(b"\t") if b"\t" in line else line.split() for line in lines]
    words = [field for field in fields if field and field[0][:1] != b"#"]
    words = [field for field in words if field[0] != b"-DOCSTART-"]
    # CoNLL-U numbers its words; ranges and empty nodes (1-2, 1.1) repeat others.
    numbered = bool(words) and all(field[0][:1].isdigit() for field in words) and len(words[0]) > 2
    if numbered:
        return b" ".join(field[1] for field in words if field[0].isdigit() and len(field) > 1)
    return b" ".join(field[0] for field in words)


def _rows(pieces: Iterable[bytes | None], bounds: Bounds) -> Iterator[Rows]:
    gather = Gather(bounds)
    for number, piece in enumerate(pieces, 1):
        if piece is None:
            gather.reject(number, OVERSIZE)
        else:
            gather.add(number, (piece,), len(piece))
        if gather.full:
            yield gather.take(["text"])
    yield gather.take(["text"])


def _bare(line: bytes | None) -> bytes | None:
    return line if line is None else line.rstrip(b"\r\n")


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
