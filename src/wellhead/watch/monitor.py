"""What the verdicts say so far: tallies by version, canaries, conservation, alarms.

It reads the three logs and nothing else, so that the gateway, `status` and `report` say the same.
Canaries are told from exchanges by a list that the meter does not need to be able to read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from wellhead._stats import Interval
from wellhead.errors import BadSetting
from wellhead.prevalence.sequential import Difference, confidence_sequence
from wellhead.watch.ledger import Reader
from wellhead.watch.settings import Settings
from wellhead.watch.tally import Tally

__all__ = ["Alarm", "Conserved", "Monitor"]


class Alarm(NamedTuple):
    """Something that somebody must look at; `version` is None where it is about all of them."""

    kind: str
    version: str | None
    why: str


class Conserved(NamedTuple):
    """What must add up: asked = answered + lost + open; answered = verdicts + waiting.

    Attributes:
        lost: exchanges in work when a gateway was killed.
        unknown: verdicts on exchanges that were not.
        falsified: verdicts on other bytes than those that were relayed.
    """

    asked: int
    answered: int
    lost: int
    verdicts: int
    unknown: int
    falsified: int

    @property
    def open(self) -> int:
        return self.asked - self.answered - self.lost

    @property
    def waiting(self) -> int:
        return self.answered - self.verdicts


class Monitor:
    """Follows the logs of one watch."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        folder = settings.folder
        self._exchanges = Reader(folder / "exchanges.jsonl")
        self._verdicts = Reader(folder / "verdicts.jsonl")
        self._canaries = Reader(folder / "canaries.jsonl")
        self._asked: dict[str, dict[str, Any]] = {}
        self._waiting: dict[str, float] = {}
        self._truth: dict[str, bool] = {}
        self.tallies: dict[str, Tally] = {}
        self.difference = Difference()
        self.caught = {True: [0, 0], False: [0, 0]}  # by truth: flagged, of
        self.lost: list[str] = []
        self._asked_n = self._answered_n = self._verdicts_n = self._unknown = self._false = 0

    def step(self) -> list[Alarm]:
        """Read what is new; the alarms that it raises."""
        alarms: list[Alarm] = []
        # Verdicts first: what they are about was written before them.
        verdicts = list(self._verdicts.new())
        for entry in self._canaries.new():
            self._truth[str(entry["id"])] = bool(entry["bad"])
        for entry in self._exchanges.new():
            alarms += self._safely(self._exchange, entry)
        for entry in verdicts:
            alarms += self._safely(self._verdict, entry)
        return alarms

    def _safely(
        self, count: Callable[[dict[str, Any]], list[Alarm]], entry: dict[str, Any]
    ) -> list[Alarm]:
        try:
            return count(entry)
        except (KeyError, TypeError, ValueError, AttributeError, BadSetting):
            return [Alarm("log", None, "a line in the logs is none that a watch writes")]

    def _exchange(self, entry: dict[str, Any]) -> list[Alarm]:
        id = str(entry["id"])
        if entry["kind"] == "asked":
            self._asked_n += 1
            self._asked[id] = entry
        elif entry["kind"] == "answered":
            self._answered_n += 1
            self._waiting[id] = float(entry["at"])
        elif entry["kind"] == "lost" and self._asked.pop(id, None):
            self.lost.append(id)
        return []

    def _verdict(self, entry: dict[str, Any]) -> list[Alarm]:
        id, violates = str(entry["id"]), bool(entry["violates"])
        self._verdicts_n += 1
        asked = self._asked.pop(id, None)
        if asked is None or self._waiting.pop(id, None) is None:
            self._unknown += 1
            return [Alarm("conservation", None, f"a verdict on exchange {id[:20]}, which was not")]
        if not entry.get("true_bytes", True):
            self._false += 1
            return [Alarm("bytes", None, f"what was judged as {id[:20]} is not what was relayed")]
        if id in self._truth:
            counts = self.caught[self._truth.pop(id)]
            counts[0], counts[1] = counts[0] + violates, counts[1] + 1
            return []
        return self._count(asked, violates)

    def _count(self, asked: dict[str, Any], violates: bool) -> list[Alarm]:
        version = str(asked["version"])
        tally = self.tallies.setdefault(version, Tally(self.settings.limit))
        if violates and len(asked["drawn"]) > 1:
            self.difference.hit(version, asked["drawn"])
        if not tally.add(violates):
            return []
        low = tally.interval().low
        return [Alarm("rate", version, f"above the limit, at least {low:.2%} of {tally.n:,}")]

    def silent(self, now: float | None = None) -> float:
        """Seconds for which the oldest answer has waited for its verdict."""
        oldest = next(iter(self._waiting.values()), None)
        return 0.0 if oldest is None else (time.time() if now is None else now) - oldest

    @property
    def unfinished(self) -> list[str]:
        """Exchanges that were asked and of which no whole answer is logged."""
        return [*self.lost, *(id for id in self._asked if id not in self._waiting)]

    @property
    def conserved(self) -> Conserved:
        return Conserved(
            *(self._asked_n, self._answered_n, len(self.lost)),
            *(self._verdicts_n, self._unknown, self._false),
        )

    def recall(self) -> Interval | None:
        """The part of known-bad canaries that the meter flagged; None before the first."""
        hits, n = self.caught[True]
        return confidence_sequence(hits, n) if n else None

    def false_alarms(self) -> Interval | None:
        """The part of known-good canaries that the meter flagged."""
        hits, n = self.caught[False]
        return confidence_sequence(hits, n) if n else None

    def actions(self) -> list[dict[str, Any]]:
        """Everything that was done, in order."""
        return list(Reader(self.settings.folder / "actions.jsonl").new())
