"""Which reader reads which file: by the suffix, else by the first bytes."""

from __future__ import annotations

from pathlib import Path

from wellhead.corpus.columnar import ParquetReader
from wellhead.corpus.delimited import DelimitedReader
from wellhead.corpus.jsonrows import JsonReader
from wellhead.corpus.plain import PlainReader
from wellhead.corpus.rows import Stream, readers
from wellhead.errors import BadInput

__all__ = ["format_of_file", "format_of_name", "known_suffixes"]

COMPRESSIONS = (".gz", ".zst")
_HEAD = 4096

readers.register("json")(JsonReader)
readers.register("csv")(DelimitedReader)
readers.register("parquet")(ParquetReader)
readers.register("text")(PlainReader)


def format_of_name(path: Path) -> str | None:
    """The format that the name of a file promises, or None."""
    name = path.name.lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    for known in readers.names():
        if name.endswith(readers[known].suffixes):
            return known
    return None


def format_of_file(path: Path, stream: Stream, name: str) -> str:
    """The format of an open file: what its name promises, else what its first bytes look like.

    Raises:
        BadInput: the file is empty, or of no format that has a reader.
    """
    start = stream.peek()
    if not start:
        raise BadInput(f"{name}: expected rows, got an empty file")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput(f"{name}: expected UTF-8, got UTF-16; convert it, for example with iconv")
    promised = format_of_name(path)
    if promised != "parquet" and _like_utf16(start[:_HEAD]):
        raise BadInput(
            f"{name}: expected UTF-8, got what looks like UTF-16 without its mark; convert it, "
            "for example with iconv -f UTF-16LE -t UTF-8"
        )
    return promised or _format_of_bytes(start, name)


def _like_utf16(start: bytes) -> bool:
    """Every other byte is zero, as in Latin letters of two bytes each."""
    zeros = sorted(start[side::2].count(0) for side in (0, 1))
    return zeros[1] > len(start) / 4 and zeros[0] <= len(start) / 100


def _format_of_bytes(start: bytes, name: str) -> str:
    if start.startswith(b"PAR1"):
        return "parquet"
    if b"\0" in start[:_HEAD]:
        raise BadInput(
            f"{name}: expected text, JSON, CSV or Parquet, got binary data of another kind"
        )
    return "json" if start.lstrip().startswith((b"{", b"[{", b'["')) else "text"


def known_suffixes() -> str:
    """Every suffix that has a reader, for messages."""
    return ", ".join(suffix for name in readers.names() for suffix in readers[name].suffixes)
