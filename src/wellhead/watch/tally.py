"""The running count of one version: hits, their times, and what may be said at any moment."""

from __future__ import annotations

import numpy as np

from wellhead._stats import Interval
from wellhead.errors import BadSetting
from wellhead.prevalence.sequential import Change, confidence_sequence, excess

__all__ = ["ERROR", "PATIENCE", "Tally"]

ERROR = 0.05  # of ever alarming, for a version that keeps the limit
PATIENCE = 400_000  # responses between false alarms for a change, on average


class Tally:
    """Judged responses of one version, one after the other.

    Two alarms watch it: the e-value against "never above the limit", which is false with
    probability `ERROR` at the most over all time, and the e-detector, which a long good past does
    not make slow.

    Attributes:
        n, hits: so far.
        over, changed: after how many responses each alarm was first raised; None if never.
    """

    def __init__(self, limit: float | None = None, *, error: float = ERROR) -> None:
        if limit is not None and not 0 < limit < 1:
            raise BadSetting(f"expected a limit between 0 and 1, got {limit}.")
        self.limit, self.error = limit, error
        self.n = self.hits = 0
        self.places: list[int] = []
        self.over: int | None = None
        self.changed: int | None = None
        self._from = (0, 0)  # where the bet against the limit began; anew after each alarm
        self._change = None if limit is None else Change(limit, patience=PATIENCE)

    def add(self, violates: bool) -> bool:
        """Count one response; whether it raised an alarm."""
        self.n += 1
        if not violates:
            if self._change:
                self._change.clean()
            return False
        self.hits += 1
        self.places.append(self.n)
        return self._alarm()

    def _alarm(self) -> bool:
        """Between hits both bets only fall, so that it is enough to look at hits."""
        if self.limit is None or self._change is None:
            return False
        changed = self._change.hit()
        hits, n = self.hits - self._from[0], self.n - self._from[1]
        over = bool(excess(hits, n, self.limit) >= np.log(1 / self.error))
        if over:
            self._from = (self.hits, self.n)
        self.over = self.over or (self.n if over else None)
        self.changed = self.changed or (self.n if changed else None)
        return over or changed

    @property
    def alarmed(self) -> bool:
        return self.over is not None or self.changed is not None

    def interval(self, *, level: float = 0.95) -> Interval:
        """The average rate so far, at all times at once."""
        return confidence_sequence(self.hits, self.n, level=level)

    def course(self, points: int = 60) -> list[tuple[int, Interval]]:
        """The interval at some moments on the way, evenly spread."""
        if not self.n:
            return []
        moments = np.unique(np.linspace(1, self.n, min(points, self.n)).astype(int))
        seen = np.searchsorted(self.places, moments, side="right")
        return [
            (int(n), confidence_sequence(int(k), int(n)))
            for n, k in zip(moments, seen, strict=True)
        ]
