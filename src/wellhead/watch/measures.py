"""What people do, beside what the model does: minutes, ratings, and whether they go with harm.

Time in conversation and satisfaction may rise because of what the rules forbid. So they are charted
beside the rate, never as its excuse, and their association with violations is tested: the value at
each violation is ranked among the clean answers of the same version just before it (as many as 50,
since the last violation). If violations fall on values without regard to them, these ranks are
uniform whatever trend the values have, and a bet on high or on low ranks cannot be expected to
gain. Blocks share no answer, so that the bets may be multiplied and looked at after each one.

Source: Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World, ch. 7 (tests of
exchangeability by betting on ranks); Shafer (2021), Testing by betting, JRSS A 184.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from wellhead.prevalence.sequential import confidence_sequence, discoveries
from wellhead.watch.result import Measure

__all__ = ["Measured", "measured"]

_NEIGHBOURS, _BINS = 50, 128
_BETS = np.concatenate([sign * np.geomspace(0.1, 0.95, 6) for sign in (-1, 1)])


class Measured:
    """One measure, counted answer by answer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._around: dict[str, deque[float]] = {}
        self._gained = np.zeros_like(_BETS)
        self._ranked, self._ranks = 0, 0.0
        self._n = {True: 0, False: 0}
        self._sums = {True: 0.0, False: 0.0}
        self._bins: list[tuple[int, float]] = []
        self._size = 1

    def add(self, version: str, value: float | None, violates: bool) -> None:
        """Count one answer; None where nothing was measured."""
        if value is None or not math.isfinite(value):
            return
        self._n[violates] += 1
        self._sums[violates] += value
        self._chart(value)
        around = self._around.setdefault(version, deque(maxlen=_NEIGHBOURS))
        if not violates:
            around.append(value)
        elif around:
            self._rank(value, np.array(around))
            around.clear()

    def _rank(self, value: float, around: np.ndarray) -> None:
        rank = float((around < value).mean() + (around == value).mean() / 2)
        self._gained += np.log1p(_BETS * (2 * rank - 1))
        self._ranked, self._ranks = self._ranked + 1, self._ranks + rank

    def _chart(self, value: float) -> None:
        """Means of equally many answers each; twice as many when there are too many means."""
        if self._bins and self._bins[-1][0] < self._size:
            n, total = self._bins[-1]
            self._bins[-1] = n + 1, total + value
            return
        if len(self._bins) == _BINS:
            pairs = zip(self._bins[::2], self._bins[1::2], strict=True)
            self._bins = [(a[0] + b[0], a[1] + b[1]) for a, b in pairs]
            self._size *= 2
        self._bins.append((1, value))

    @property
    def log_e(self) -> float:
        """The logarithm of the e-value against "violations have no regard to the measure"."""
        most = float(self._gained.max())
        return most + float(np.log(np.exp(self._gained - most).mean()))

    def result(self, *, associated: bool, level: float = 0.95) -> Measure:
        """What was found; whether it is associated is decided among all measures."""
        means = {each: self._sums[each] / n if n else None for each, n in self._n.items()}
        ends = np.cumsum([size for size, _ in self._bins])
        course = tuple(
            (int(end), total / size) for end, (size, total) in zip(ends, self._bins, strict=True)
        )
        rank = confidence_sequence(self._ranks, self._ranked, level=level)
        n = sum(self._n.values())
        return Measure(
            self.name, n, means[False], means[True], rank, self.log_e, associated, course
        )


def measured(measures: Sequence[Measured], *, error: float) -> tuple[Measure, ...]:
    """What was found of each, and which go with violations, of which `error` at the most do not."""
    associated = discoveries([each.log_e for each in measures], error=error)
    return tuple(each.result(associated=at in associated) for at, each in enumerate(measures))
