"""The meter: another process, which judges the bytes that were relayed.

It reads the spool and the log of the gateway, and writes one verdict for each exchange into a log
of its own. Exchanges whose bytes are not those that the log commits to are said to be so. It cannot
tell a canary from an exchange by its form. Killed and started again, it goes on where it was: what
has a verdict is not judged twice.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from wellhead.watch.ledger import Ledger, Reader
from wellhead.watch.settings import Settings
from wellhead.watch.spool import Said, answer_text, commitment, question_text, read_said
from wellhead.watch.verdict import Exchange

__all__ = ["Meter", "run_meter"]

_AT_A_TIME = 64
_PAUSE = 0.1
_DAY = 86_400


class Meter:
    """Judges what is new at each call of `step`."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.verdict = settings, settings.verdict()
        self._exchanges = Reader(settings.folder / "exchanges.jsonl")
        self._promised: dict[str, str] = {}
        self._lost: set[str] = set()
        self._read: dict[Path, int] = {}
        judged = Reader(settings.folder / "verdicts.jsonl")
        self._judged = {str(entry.get("id")) for entry in judged.new()}
        self._ledger = Ledger(settings.folder / "verdicts.jsonl")

    def step(self) -> int:
        """Judge what was answered since the last call; how many exchanges that were."""
        for entry in self._exchanges.new():
            if entry.get("kind") == "answered":
                self._promised[entry["id"]] = entry["answer"]
            elif entry.get("kind") == "lost":
                self._lost.add(entry["id"])
        said = list(self._new())
        for start in range(0, len(said), _AT_A_TIME):
            self._judge(said[start : start + _AT_A_TIME])
        self._tidy()
        return len(said)

    def _new(self) -> Iterator[Said]:
        for path in sorted((self.settings.folder / "spool").glob("*.jsonl")):
            for after, said in read_said(path, self._read.get(path, 0)):
                if said.id in self._judged or said.id in self._lost:
                    self._read[path] = after
                    self._promised.pop(said.id, None)
                elif said.id in self._promised:
                    self._read[path] = after
                    yield said
                else:
                    break  # the gateway is just writing it

    def _judge(self, batch: list[Said]) -> None:
        exchanges = [
            Exchange(each.id, answer_text(each.answer), question_text(each.question))
            for each in batch
        ]
        for said, found in zip(batch, self.verdict.judge(exchanges), strict=True):
            self._judged.add(said.id)
            true = commitment(said.nonce, said.answer) == self._promised.pop(said.id)
            self._ledger.append(
                {
                    "kind": "verdict",
                    "id": said.id,
                    "violates": found.violates,
                    "score": found.score,
                    "categories": list(found.categories),
                    "votes": list(found.votes),
                    "verdict": f"{self.verdict.name}@{self.verdict.revision}",
                    "true_bytes": true,
                    "at": time.time(),
                }
            )

    def _tidy(self) -> None:
        """Texts that are not to be kept go, a whole file at a time."""
        paths = sorted(self._read)
        for path in paths[:-1]:
            size, old = path.stat().st_size, time.time() - path.stat().st_mtime
            dropped = self.settings.keep == "hashes" or old > self.settings.keep_days * _DAY
            if dropped and self._read[path] == size:
                path.unlink()
                del self._read[path]


def run_meter(settings: Settings, *, parent: int | None = None) -> None:
    """Judge until told to stop; with `parent`, until that process is gone and all is judged.

    One meter judges at a time: a second one waits until the first has ended, so that a gateway
    that is started anew does not have its exchanges judged twice.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    with (settings.folder / "meter.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        meter = Meter(settings)
        while True:
            gone = parent is not None and os.getppid() != parent
            if not meter.step():
                if gone:
                    return
                time.sleep(_PAUSE)
