"""Bytes of a file, decompressed on the way when their first bytes say gzip or Zstandard."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from wellhead.corpus.rows import Stream
from wellhead.errors import BadInput

__all__ = ["Opened", "opened"]

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BUFFER = 1 << 18


class Opened:
    """An open file: `stream` of plain bytes, `compression`, and how much is read."""

    def __init__(self, raw: io.FileIO, size: int) -> None:
        self._raw = raw
        self._size = size
        buffered = io.BufferedReader(raw, _BUFFER)
        start = buffered.peek(4)[:4]
        self.compression = ""
        self.stream: Stream = buffered
        if start.startswith(_GZIP):
            self.compression = "gz"
            self.stream = io.BufferedReader(gzip.GzipFile(fileobj=buffered), _BUFFER)
        elif start.startswith(_ZSTD):
            self.compression = "zst"
            # Arrow's reader says when a file ends early; that of `zstandard` just ends.
            frames = pa.CompressedInputStream(pa.PythonFile(buffered, "r"), "zstd")
            self.stream = io.BufferedReader(frames, _BUFFER)

    @property
    def done(self) -> float:
        """The share of the file's bytes that are read, from 0 to 1."""
        return min(1.0, self._raw.tell() / self._size) if self._size else 1.0


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open `path` for reading; whatever goes wrong on the way is told as one `BadInput`.

    Raises:
        BadInput: the file is missing, may not be read, or is broken (a compressed file that
            ends early, a Parquet file that is none).
    """
    packed = ""
    try:
        with path.open("rb", buffering=0) as raw:
            file = Opened(raw, path.stat().st_size)
            packed = file.compression
            yield file
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _broken_archive(path, error) from error
    except (pa.ArrowException, UnicodeDecodeError, OverflowError) as error:
        raise BadInput(
            f"{path}: expected a whole Parquet file, got a broken one ({_line(error)}); "
            "write or fetch it again"
        ) from error
    except OSError as error:
        # Arrow reports broken content as an OSError without a number.
        if packed and not error.errno:
            raise _broken_archive(path, error) from error
        how = f"cannot be read ({error.strerror})" if error.errno else f"is broken ({_line(error)})"
        raise BadInput(f"{path}: {how}") from error


def _broken_archive(path: Path, error: Exception) -> BadInput:
    return BadInput(
        f"{path}: expected a whole compressed file, got a broken one ({_line(error)}); "
        "fetch it again"
    )


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
