"""Which reader reads which file: by the suffix, else by the first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from wellhead.corpus.columnar import ArrowReader, ParquetReader
from wellhead.corpus.delimited import DelimitedReader
from wellhead.corpus.dialect import looks_delimited
from wellhead.corpus.documents import (
    REFUSED,
    DocxReader,
    HtmlReader,
    PdfReader,
    SheetReader,
    SubtitleReader,
    XmlReader,
)
from wellhead.corpus.encoding import wide_encoding
from wellhead.corpus.jsonrows import JsonLinesReader, JsonReader, holds_lines
from wellhead.corpus.plain import ConllReader, MarkdownReader, PlainReader
from wellhead.corpus.rows import Reader, Stream, readers
from wellhead.errors import BadInput

__all__ = [
    "BINARY",
    "DOCUMENTS",
    "check_wide",
    "format_of_file",
    "format_of_name",
    "is_archive",
    "known_suffixes",
]

COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")
ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", *(f".tar{end}" for end in COMPRESSIONS))
_HEAD = 4096
_LOOK = 1 << 14
_BINARY_STARTS = (b"PAR1", b"ARROW1", b"%PDF-", b"PK\x03\x04")

_OURS: dict[str, type[Reader]] = {
    "json": JsonReader,
    "jsonl": JsonLinesReader,
    "csv": DelimitedReader,
    "parquet": ParquetReader,
    "arrow": ArrowReader,
    "text": PlainReader,
    "markdown": MarkdownReader,
    "conll": ConllReader,
    "html": HtmlReader,
    "docx": DocxReader,
    "pdf": PdfReader,
    "subtitles": SubtitleReader,
    "xml": XmlReader,
    "xlsx": SheetReader,
}
for _name, _reader in _OURS.items():
    readers.register(_name)(_reader)

# Formats of which one file is one document.
DOCUMENTS = ("text", "markdown", "html", "docx", "pdf", "subtitles")
# Formats that hold rows, and how a page begins that stands in their place.
_TABLES = ("json", "jsonl", "csv", "parquet", "arrow", "text", "xlsx")
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)[\s>]", re.IGNORECASE)
# Formats whose bytes are no text.
BINARY = ("parquet", "arrow", "docx", "pdf", "xlsx")


def format_of_name(path: Path) -> str | None:
    """The format that the name of a file promises, or None."""
    name = path.name.lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    for known in readers.names():
        if name.endswith(readers[known].suffixes):
            return known
    return None


def is_archive(path: Path) -> bool:
    """Whether the name of a file promises a zip or tar archive."""
    return path.name.lower().endswith(ARCHIVES)


def format_of_file(path: Path, stream: Stream, name: str) -> str:
    """The format of an open file: what its name promises, else what its first bytes look like.

    Raises:
        BadInput: the file is empty, or of no format that has a reader.
    """
    if path.suffix.lower() in REFUSED:
        kind, command = REFUSED[path.suffix.lower()]
        raise BadInput(f"{name}: {kind} is not read; convert it: {command.format(path=path)}")
    start = stream.peek()
    if not start:
        raise BadInput(f"{name}: expected rows, got an empty file")
    promised = format_of_name(path)
    if promised not in BINARY and not start.startswith(_BINARY_STARTS):
        check_wide(start, name)
    if promised in _TABLES and _PAGE.match(start):
        raise BadInput(
            f"{name}: expected {promised}, got a web page; where it was fetched, give the address "
            "of the file itself, which sites call “raw” or “download”"
        )
    if promised in ("csv", "text") and holds_lines(start):
        return "json"  # as many programs name what they log
    return promised or _format_of_bytes(start, name)


def check_wide(start: bytes, name: str) -> None:
    """Nothing, unless a text begins in an encoding of two or four bytes a letter.

    Raises:
        BadInput: it does; the message has the flag.
    """
    if found := wide_encoding(start[:_LOOK]):
        raise BadInput(
            f"{name}: expected UTF-8, got what looks like {found[:6].upper()} without its mark; "
            f"add --encoding {found}"
        )


def _format_of_bytes(start: bytes, name: str) -> str:
    for magic, found in {b"PAR1": "parquet", b"ARROW1": "arrow", b"%PDF-": "pdf"}.items():
        if start.startswith(magic):
            return found
    if start.startswith(b"PK\x03\x04"):
        raise BadInput(f"{name}: looks like a zip archive; give its name the ending .zip")
    if b"\0" in start[:_HEAD]:
        raise BadInput(
            f"{name}: expected text, JSON, CSV or Parquet, got binary data of another kind"
        )
    if start.lstrip().startswith((b"{", b"[{", b'["')):
        return "json"
    return "csv" if looks_delimited(start) else "text"


def known_suffixes() -> str:
    """Every suffix that has a reader, for messages."""
    return ", ".join(suffix for name in readers.names() for suffix in readers[name].suffixes)
