"""What is too large for memory: texts and arrays in temporary files.

Small ones stay in memory. A temporary file has no name where the system allows it, so that nothing
is left of it however the process ends; it lies where ``TMPDIR`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any, overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["FiledArray", "FiledTexts"]

IN_MEMORY = 128 << 20
"""Bytes of one file that stay in memory; what is larger goes to disk."""

_AT_ONCE = 512


class FiledTexts(Sequence[str]):
    """Texts that lie in a temporary file; only where each begins and ends is in memory."""

    def __init__(self) -> None:
        self._file: IO[bytes] = _file()
        self._end = 0
        self._starts: list[int] = []
        self._stops: list[int] = []

    def add(self, text: str) -> None:
        """Put one more text behind the others."""
        self._starts.append(self._end)
        self._end += self._file.write(text.encode("utf-8", "surrogatepass"))
        self._stops.append(self._end)

    def part(self, rows: Sequence[int]) -> FiledTexts:
        """Some of the texts, of the same file."""
        part = object.__new__(FiledTexts)
        part._file, part._end = self._file, self._end
        part._starts = [self._starts[row] for row in rows]
        part._stops = [self._stops[row] for row in rows]
        return part

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self._read(row) for row in range(len(self))[at]]
        return self._read(range(len(self))[at])

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _AT_ONCE):
            yield from self[start : start + _AT_ONCE]

    def _read(self, row: int) -> str:
        start, stop = self._starts[row], self._stops[row]
        self._file.seek(start)
        return self._file.read(stop - start).decode("utf-8", "surrogatepass")


class FiledArray:
    """A one-dimensional array that grows; on disk once it is large."""

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._file = _file()
        self._size = 0

    def add(self, part: NDArray[Any]) -> None:
        """Put these values behind the others."""
        self._size += self._file.write(part.astype(self._dtype, copy=False).tobytes())

    def array(self) -> NDArray[Any]:
        """All of it, to read and to write in place; nothing can be added any more."""
        if self._size <= IN_MEMORY:
            self._file.seek(0)
            return np.frombuffer(bytearray(self._file.read()), self._dtype)
        self._file.flush()
        return np.asarray(np.memmap(self._file, self._dtype, "r+"))


def _file() -> Any:
    """A file that goes with whatever holds it."""
    return SpooledTemporaryFile(max_size=IN_MEMORY)
