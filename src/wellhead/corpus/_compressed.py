"""Bytes of a file as plain UTF-8: decompressed by their first bytes, converted where needed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from wellhead.corpus.encoding import as_utf8, marked_encoding
from wellhead.corpus.rows import Stream
from wellhead.errors import BadInput

__all__ = ["Opened", "opened"]

_BUFFER = 1 << 18
# The first bytes of each compression, its suffix, and what undoes it.
_COMPRESSIONS: tuple[tuple[bytes, str, Callable[[Stream], Any]], ...] = (
    (b"\x1f\x8b", "gz", lambda stream: gzip.GzipFile(fileobj=stream)),
    (b"BZh", "bz2", bz2.BZ2File),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMAFile),
    # Arrow's reader says when a file ends early; that of `zstandard` just ends.
    (
        b"\x28\xb5\x2f\xfd",
        "zst",
        lambda stream: pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd"),
    ),
)


class Opened:
    """An open file: `stream` of plain bytes, `compression`, and how much is read.

    Args:
        raw: the file.
        size: its bytes.
        encoding: what it is written in, where that is not UTF-8.
    """

    def __init__(self, raw: io.FileIO, size: int, encoding: str | None = None) -> None:
        self._raw = raw
        self._size = size
        self.compression = ""
        self.stream: Stream = io.BufferedReader(raw, _BUFFER)
        start = self.stream.peek(6)
        for magic, suffix, undo in _COMPRESSIONS:
            if start.startswith(magic):
                self.compression = suffix
                self.stream = io.BufferedReader(undo(self.stream), _BUFFER)
        again = self.stream.peek(6) if self.compression else b""
        self.twice = any(again.startswith(magic) for magic, *_ in _COMPRESSIONS)
        encoding = encoding or marked_encoding(self.stream.peek(4)[:4])
        if encoding:
            self.stream = as_utf8(self.stream, encoding)

    @property
    def done(self) -> float:
        """The share of the file's bytes that are read, from 0 to 1."""
        return min(1.0, self._raw.tell() / self._size) if self._size else 1.0


@contextmanager
def opened(path: Path, encoding: str | None = None) -> Iterator[Opened]:
    """Open `path` for reading; whatever goes wrong on the way is told as one `BadInput`.

    Args:
        path: the file.
        encoding: what it is written in, where that is not UTF-8.

    Raises:
        BadInput: the file is missing, may not be read, or is broken (a compressed file that
            ends early, a Parquet file that is none).
    """
    packed = ""
    try:
        with path.open("rb", buffering=0) as raw:
            file = Opened(raw, path.stat().st_size, encoding)
            packed = file.compression
            if file.twice:
                raise BadInput(f"{path}: is compressed twice; undo one of the two first")
            yield file
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file") from error
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise _broken_archive(path, error) from error
    except UnicodeDecodeError as error:
        if encoding:
            raise BadInput(f"{path}: is not written in {encoding} ({_line(error)})") from error
        raise _broken_table(path, error) from error
    except (pa.ArrowException, OverflowError) as error:
        raise _broken_table(path, error) from error
    except OSError as error:
        # Arrow reports broken content as an OSError without a number.
        if packed and not error.errno:
            raise _broken_archive(path, error) from error
        how = f"cannot be read ({error.strerror})" if error.errno else f"is broken ({_line(error)})"
        raise BadInput(f"{path}: {how}") from error


def _broken_table(path: Path, error: Exception) -> BadInput:
    return BadInput(
        f"{path}: expected a whole Parquet or Arrow file, got a broken one ({_line(error)}); "
        "write or fetch it again"
    )


def _broken_archive(path: Path, error: Exception) -> BadInput:
    return BadInput(
        f"{path}: expected a whole compressed file, got a broken one ({_line(error)}); "
        "fetch it again"
    )


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
