"""A log that only grows: one line an entry, each naming the hash of the line before it.

In: facts, as JSON. Out: the line's place, the Merkle root over all lines (RFC 9162), and what is
wrong with a log. A line that was changed, removed, inserted or moved breaks the chain at that
place. A log that was rewritten whole is consistent in itself: only a head that was kept elsewhere
shows it. Several processes may append; each line is with the system before `append` returns, so
that a process that is killed loses nothing that it had logged.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wellhead.errors import BadInput
from wellhead.lineage import merkle

__all__ = ["FOLDER", "Chain", "Fault", "Ledger", "Reader", "check"]

FOLDER = 0o750  # of a new one; what was said is nobody else's to read
_START = "0" * 64
_LONGEST = 1 << 20
_MOST_FAULTS = 1000
_TEXTS = ("kind", "id", "version", "hash", "group", "by", "why", "alarm", "drill", "record")
_NUMBERS = ("at", "began", "seconds")
_LATEST = 2.5e11  # seconds; the last year that calendars have is 9999


class Fault(NamedTuple):
    """What is wrong with a log, and at which line (from 0)."""

    log: str
    line: int
    problem: str


class Ledger:
    """A log to append to.

    Args:
        path: where it lies.
        mode: of a new one; its group may read it.
        sync: whether a line is on disk when `append` returns, and not with the system alone.
    """

    def __init__(self, path: Path, *, mode: int = 0o640, sync: bool = False) -> None:
        self.path = path
        path.parent.mkdir(FOLDER, parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, mode)
        self._bytes, self.size, self._last = 0, 0, _START
        self._sync = sync

    def append(self, facts: Mapping[str, Any]) -> int:
        """Write one entry; its place in the log."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            self._catch_up()
            entry = {**facts, "n": self.size, "before": self._last}
            line = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
            if len(line) > _LONGEST:
                raise BadInput(f"{self.path}: an entry takes at most {_LONGEST} bytes.")
            os.write(self._handle, line + b"\n")
            if self._sync:
                os.fsync(self._handle)
            self._bytes += len(line) + 1
            self.size, self._last = self.size + 1, merkle.leaf(line).hex()
            return self.size - 1
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _catch_up(self) -> None:
        """Read what other processes wrote; a line that was cut off by a crash goes."""
        end = os.fstat(self._handle).st_size
        if end == self._bytes:
            return
        with self.path.open("rb") as stream:
            stream.seek(self._bytes)
            for line in stream:
                if not line.endswith(b"\n"):
                    os.ftruncate(self._handle, self._bytes)
                    break
                self._bytes += len(line)
                self.size, self._last = self.size + 1, merkle.leaf(line[:-1]).hex()

    def close(self) -> None:
        os.close(self._handle)


class Reader:
    """The entries of a log as they come: each call of `new` gives those since the last one.

    A line that is none, which somebody else wrote, is an entry of nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._at = path, 0
        self._file: tuple[int, int] | None = None

    def new(self) -> Iterator[dict[str, Any]]:
        """The whole lines that were written since.

        Raises:
            BadInput: what was read was taken away, cut short, or put in another file's place.
        """
        try:
            now = self.path.stat()
        except FileNotFoundError as error:
            if self._file is None:
                return
            raise self._gone() from error
        if self._file not in (None, (now.st_dev, now.st_ino)) or now.st_size < self._at:
            raise self._gone()
        self._file = now.st_dev, now.st_ino
        if now.st_size == self._at:
            return  # asked five times a second, between answers
        with self.path.open("rb") as stream:
            stream.seek(self._at)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                self._at += len(line)
                try:
                    yield _entry(line)
                except _NO_ENTRY:
                    yield {}  # `check` tells where

    def _gone(self) -> BadInput:
        return BadInput(
            f"{self.path.name} was taken away or replaced while it was followed; put it back, and "
            "start the gateway again"
        )


class Chain:
    """What a log is as far as it was read: its size, its Merkle root, and what is wrong with it.

    It goes on with the log as that grows, and remembers no line. What stands after the last end of
    a line is still being written.

    Attributes:
        faults: at every place where they show, the first ones.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.faults = path, list[Fault]()
        self._tree, self._at, self._before = merkle.Tree(), 0, _START
        self._number = 0  # that the next line must have

    @property
    def size(self) -> int:
        return self._tree.size

    @property
    def root(self) -> str:
        return self._tree.root.hex()

    def read(self, upto: int | None = None) -> None:
        """Go on to the end, or until so many lines are read."""
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            stream.seek(self._at)
            while upto is None or self.size < upto:
                line = stream.readline()
                if not line.endswith(b"\n"):
                    return
                self._at += len(line)
                self.take(line[:-1])

    def take(self, line: bytes) -> None:
        """Go on by one line, without its end."""
        at, found = self.size, merkle.leaf(line)
        problem, number = _problem(line, self._number, self._before)
        # One line that is gone shifts the numbers of all after it: told once.
        self._number = number + 1
        if problem and len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(self.path.name, at, problem))
        self._tree.add(found)
        self._before = found.hex()


def _problem(line: bytes, expected: int, before: str) -> tuple[str, int]:
    """What is wrong with a line, after those before it, and its number."""
    try:
        entry = _entry(line)
        number, named = int(entry["n"]), entry["before"]
    except _NO_ENTRY:
        return "the line is no entry of a log", expected
    if named != before:
        return "a line before it was changed, removed, inserted or moved", number
    return "" if number == expected else f"the entry is numbered {number}", number


_NO_ENTRY = (ValueError, KeyError, TypeError, RecursionError, OverflowError)


def _refused(constant: str) -> float:
    raise ValueError(f"expected a number, got {constant}")


def _entry(line: bytes) -> dict[str, Any]:
    """What a line says, with names, reasons and times that can be shown.

    Raises:
        ValueError, TypeError, RecursionError, OverflowError: it is no line of a log.
    """
    entry: dict[str, Any] = json.loads(line, parse_constant=_refused)
    if not isinstance(entry, dict):
        raise TypeError
    for name in _TEXTS:
        if not isinstance(entry.get(name), str | None):
            raise TypeError
    for name in _NUMBERS:
        value = entry.get(name, 0)
        if not isinstance(value, int | float) or not 0 <= value < _LATEST:
            raise ValueError
    if b"\\u" in line:  # half a letter cannot be shown
        json.dumps(entry, ensure_ascii=False).encode()
    return entry


def check(path: Path) -> list[Fault]:
    """What is wrong with the chain of a log, at every place where it shows."""
    chain = Chain(path)
    chain.read()
    return chain.faults
