"""The texts between gateway and meter, in files of so many exchanges each.

The log holds commitments (SHA-256 over a nonce and the bytes), the spool the nonce and the bytes:
when a spool file goes, what is left in the log tells nobody what was said, and still proves it to
whoever kept the text.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Said", "Spool", "commitment", "drop", "read_said"]

IN_A_FILE = 256
SECONDS_IN_A_FILE = 60.0


class Said(NamedTuple):
    """One exchange in bytes, as they were relayed."""

    id: str
    nonce: str
    question: bytes
    answer: bytes


def commitment(nonce: str, data: bytes) -> str:
    """What stands for the bytes in the log."""
    return hashlib.sha256(bytes.fromhex(nonce) + data).hexdigest()


class Spool:
    """Where the gateway puts what was said.

    Args:
        folder: of its files.
        sync: whether an exchange is on disk when `put` returns.
    """

    def __init__(self, folder: Path, *, sync: bool = False) -> None:
        self.folder, self._sync = folder, sync
        folder.mkdir(parents=True, exist_ok=True)
        self._handle, self._left, self._until = -1, 0, 0.0

    def put(self, said: Said) -> None:
        """Keep one exchange; with the system, or on disk, when this returns."""
        if not self._left or time.monotonic() > self._until:
            if self._handle >= 0:
                os.close(self._handle)
            path = self.folder / f"{time.time_ns():020d}-{secrets.token_hex(2)}.jsonl"
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            fcntl.flock(self._handle, fcntl.LOCK_EX)  # as long as this process may write to it
            self._left, self._until = IN_A_FILE, time.monotonic() + SECONDS_IN_A_FILE
        row = {
            "id": said.id,
            "nonce": said.nonce,
            "question": said.question.decode("utf-8", "surrogateescape"),
            "answer": said.answer.decode("utf-8", "surrogateescape"),
        }
        os.write(self._handle, json.dumps(row).encode() + b"\n")
        if self._sync:
            os.fsync(self._handle)
        self._left -= 1


def drop(path: Path) -> bool:
    """Delete a spool file, unless somebody may still write to it; whether it is gone."""
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        path.unlink()
        return True


def read_said(path: Path, at: int = 0) -> Iterator[tuple[int, Said]]:
    """The exchanges in a spool file from byte `at` on, each with the byte after it."""
    with path.open("rb") as stream:
        stream.seek(at)
        for line in stream:
            if not line.endswith(b"\n"):
                return
            at += len(line)
            row = json.loads(line)
            both = (row[name].encode("utf-8", "surrogateescape") for name in ("question", "answer"))
            yield at, Said(row["id"], row["nonce"], *both)
