"""A rate without the errors of the judge that reported it.

In: how often the judge flagged, and how often it flagged cases known to be bad (its recall) and
known to be good (its false alarms). Out: the true rate, ``(flagged − false) / (recall − false)``
(Rogan & Gladen 1978), between its extremes over three confidence sequences that hold together at
all times. What it assumes: known cases are as hard for the judge as those of the traffic.
"""

from __future__ import annotations

from wellhead._stats import Interval, clamp
from wellhead.prevalence.sequential import confidence_sequence

__all__ = ["Counts", "corrected_rate"]

Counts = tuple[int, int]


def corrected_rate(flagged: Counts, bad: Counts, good: Counts, *, level: float = 0.95) -> Interval:
    """The true rate, at all times at once.

    Args:
        flagged: of the traffic: (flagged, judged).
        bad: of cases known to be bad: (flagged, judged).
        good: of cases known to be good: (flagged, judged).
        level: probability that no interval of the sequence ever misses.

    Source: Rogan & Gladen (1978), Am. J. Epidemiol. 107, 71-76; Bonferroni over the three.

    >>> low, point, high, _ = corrected_rate((300, 10_000), (160, 200), (0, 1000))
    >>> round(low, 3), round(point, 4), round(high, 3)
    (0.02, 0.0375, 0.054)
    """
    each = 1 - (1 - level) / 3
    seen, caught, false = (confidence_sequence(*pair, level=each) for pair in (flagged, bad, good))
    low = _share(seen.low, caught.high, false.high)
    high = _share(seen.high, caught.low, false.low)
    at_best = good[0] / good[1] if good[1] else 0.0
    point = _share(seen.point, caught.point, at_best)
    return clamp(low, point, max(low, high), level)


def _share(flagged: float, recall: float, false: float) -> float:
    """The rate at which a judge with these errors flags so often; 1 where none is high enough."""
    if flagged <= false:
        return 0.0
    return 1.0 if recall <= flagged else (flagged - false) / (recall - false)
