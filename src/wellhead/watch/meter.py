"""The meter: another process, which judges the bytes that were relayed.

It reads the spool and the log of the gateway, and writes one verdict for each exchange into a log
of its own. Exchanges whose bytes are not those that the log commits to are said to be so. It cannot
tell a canary from an exchange by its form. Killed and started again, it goes on where it was: what
has a verdict is not judged twice.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from wellhead.errors import BadSetting
from wellhead.watch.kept import Kept, Row
from wellhead.watch.ledger import FOLDER, Ledger, Reader
from wellhead.watch.settings import Settings
from wellhead.watch.spool import Said, commitment, drop, read_said
from wellhead.watch.verdict import Exchange
from wellhead.watch.wording import answer_text, question_text

__all__ = ["Meter", "run_meter"]

_AT_A_TIME = 64
_PAUSE = 0.1
_STORED = 512
_AGAIN = 5.0  # seconds until a store that was away is tried again
_HOUR = 3600.0
_LOG = logging.getLogger(__name__)


class Meter:
    """Judges what is new at each call of `step`."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.verdict = settings, settings.verdict()
        self.kept, self.queue = Kept(settings), settings.queue()
        self._exchanges = Reader(settings.folder / "exchanges.jsonl")
        self._asked: dict[str, tuple[float, str, str]] = {}
        self._promised: dict[str, str] = {}
        self._lost: set[str] = set()
        self._read: dict[Path, int] = {}
        self._judged: dict[str, dict[str, Any]] = {}
        self._rows: list[Row] = []
        self._dropped = self._failed = 0.0
        self._resume()
        self._ledger = Ledger(settings.folder / "verdicts.jsonl", sync=settings.sync)

    def _resume(self) -> None:
        """Read the logs of an earlier life, and remember what still lies in the spool."""
        self._follow()
        spool = {said.id for path in self._spool() for _, said in read_said(path)}
        for kept in (self._asked, self._promised):
            for id in [id for id in kept if id not in spool]:
                del kept[id]
        for entry in Reader(self.settings.folder / "verdicts.jsonl").new():
            if entry.get("id") in spool:
                self._judged[str(entry["id"])] = entry

    def _spool(self) -> list[Path]:
        return sorted((self.settings.folder / "spool").glob("*.jsonl"))

    def _follow(self) -> None:
        for entry in self._exchanges.new():
            id, kind = str(entry.get("id")), entry.get("kind")
            if kind == "asked":
                named = str(entry.get("version", "")), str(entry.get("group", ""))
                self._asked[id] = (float(entry.get("at", 0)), *named)
            elif kind == "answered":
                self._promised[id] = str(entry.get("answer"))
            elif kind == "lost":
                self._lost.add(id)
                self._asked.pop(id, None)

    def step(self) -> int:
        """Judge what was answered since the last call; how many exchanges that were."""
        self._follow()
        said = list(self._new())
        for start in range(0, len(said), _AT_A_TIME):
            self._judge(said[start : start + _AT_A_TIME])
        self._store()
        return len(said)

    def _new(self) -> Iterator[Said]:
        for path in self._spool():
            for after, said in read_said(path, self._read.get(path, 0)):
                if said.id in self._judged or said.id in self._lost:
                    self._read[path] = after
                    self._lost.discard(said.id)
                    self._promised.pop(said.id, None)
                    if entry := self._judged.pop(said.id, None):
                        self._keep(said, entry)
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
        judgements = self.verdict.judge(exchanges)
        named = f"{self.verdict.name}@{self.verdict.revision}"
        if self.queue is not None:
            whose = [self._asked.get(each.id, (0.0, "", "")) for each in batch]
            offered = [
                exchange._replace(version=version, group=group)
                for exchange, (_, version, group) in zip(exchanges, whose, strict=True)
            ]
            self.queue.offer(zip(offered, judgements, strict=True), named)
        for said, found in zip(batch, judgements, strict=True):
            true = commitment(said.nonce, said.answer) == self._promised.pop(said.id)
            entry = {
                "kind": "verdict",
                "id": said.id,
                "violates": found.violates,
                "score": found.score,
                "categories": list(found.categories),
                "votes": list(found.votes),
                "verdict": named,
                "true_bytes": true,
                "at": time.time(),
            }
            self._ledger.append(entry)
            self._keep(said, entry)

    def _keep(self, said: Said, entry: dict[str, Any]) -> None:
        """Have an exchange go into the store at the end of this step."""
        at, version, group = self._asked.pop(said.id, (0.0, "", ""))
        self._rows.append(
            Row(
                id=said.id,
                at=at,
                version=version,
                group=group,
                violates=bool(entry["violates"]),
                score=float(entry["score"]),
                categories=tuple(map(str, entry.get("categories", ()))),
                verdict=str(entry["verdict"]),
                nonce=said.nonce,
                question=question_text(said.question),
                answer=answer_text(said.answer),
            )
        )

    def _store(self) -> None:
        """Fill the store, and drop what was kept long enough; while it is away, nothing goes."""
        if time.monotonic() - self._failed < _AGAIN:
            return
        try:
            while self._rows:
                self.kept.put(self._rows[:_STORED])
                del self._rows[:_STORED]
            if time.time() - self._dropped > _HOUR:
                self._dropped = time.time()
                self.kept.drop_old()
        except OSError as error:
            self._failed = time.monotonic()
            _LOG.warning("%s; exchanges wait in the spool", error)
            return
        self._tidy()

    def _tidy(self) -> None:
        """Spool files that are judged and stored to their end go."""
        for path, read in tuple(self._read.items()):
            if read == path.stat().st_size and drop(path):
                del self._read[path]


def _lock(settings: Settings) -> IO[str]:
    path = settings.folder / "meter.lock"
    try:
        return path.open("a+")
    except PermissionError as error:
        raise BadSetting(
            f"{path}: expected a file that this user may write to. If gateway and meter run as two "
            "users, name a group of both in the settings, and remove the lock that a meter of "
            "another user left."
        ) from error


def run_meter(settings: Settings, *, parent: int | None = None) -> None:
    """Judge until told to stop; with `parent`, until that process is gone and all is judged.

    One meter judges at a time: a second one waits until the first has ended, so that a gateway
    that is started anew does not have its exchanges judged twice.
    """
    settings.folder.mkdir(FOLDER, parents=True, exist_ok=True)
    with _lock(settings) as lock:
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
