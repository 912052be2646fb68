"""Many chains summed up as one curve, with an interval, and without falling into two traps.

The mean over chains of a tail mass is constant in expectation however many chains lose their
tails; and the mean of a variance after n >> M generations is decided by chains so rare that no
simulation sees them. Medians are reported instead, and a mean is refused with the reason where
it would mislead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit
from scipy.stats import quantile_test

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.data import Array
from wellhead.recursion.measure.catalogue import measure_named

__all__ = [
    "BEYOND",
    "STATISTICS",
    "Point",
    "band",
    "grouped_point",
    "mean_misleads",
    "mean_refused",
    "median_interval",
    "summarise",
    "usual_statistic",
]

STATISTICS = ("mean", "median", "geometric")
BEYOND = "some chains are beyond the range of numbers. Use the median."


class Point(NamedTuple):
    """One generation of a curve: value, interval of that value, and how many chains.

    The ends are NaN where so few chains give no interval of that level: one for a mean, fewer
    than six for a median at 95 %.
    """

    generation: int
    value: float
    low: float
    high: float
    chains: int


def summarise(
    measure: str,
    generation: int,
    values: Array,
    statistic: str | None = None,
    level: float = 0.95,
) -> Point:
    """One point of the curve of `measure` from its values over chains.

    Args:
        measure: its name.
        generation: the generation.
        values: one for each chain; values that are not numbers are left out. Infinite ones (a
            logarithm of what underflowed) have a place in a median and none in a mean.
        statistic: "mean", "median" or "geometric" (the exponential of the mean logarithm);
            None takes the mean of plain measures and the median of the others.
        level: coverage of the interval: Student's t for means, order statistics for medians.

    Raises:
        wellhead.errors.BadSetting: a mean that would mislead, or an unknown statistic.
    """
    present = values[~np.isnan(values)]
    chosen = statistic or usual_statistic(measure)
    if chosen not in STATISTICS:
        raise unknown_name("statistic", chosen, STATISTICS)
    if len(present) == 0:
        return Point(generation, float("nan"), float("nan"), float("nan"), 0)
    if chosen == "median":
        return Point(
            generation, float(np.median(present)), *median_interval(present, level), len(present)
        )
    if chosen == "geometric":
        with np.errstate(divide="ignore"):
            low, middle, high = _mean_interval(np.log(present), level)
        return Point(
            generation, float(np.exp(middle)), float(np.exp(low)), float(np.exp(high)), len(present)
        )
    reason = mean_misleads(measure, present)
    if not np.isfinite(present).all():
        reason = BEYOND
    if reason:
        raise BadSetting(mean_refused(measure, reason))
    low, middle, high = _mean_interval(present, level)
    return Point(generation, middle, low, high, len(present))


def mean_refused(measure: str, reason: str) -> str:
    """What is said where no mean is given."""
    return f"the mean of {measure} over chains would mislead: {reason}"


def usual_statistic(measure: str) -> str:
    """The statistic that fits a measure: the mean of plain ones, the median of the others."""
    return "mean" if measure_named(measure).kind == "plain" else "median"


def grouped_point(point: Point, values: Array, grouped: int) -> Point:
    """The point with an interval for chains that learn from each other, so many at a time.

    They are not independent: the ends move out by the root of the design effect, which is that of
    the values, or of their places above the point, whichever is larger.
    """
    groups = values.reshape(-1, grouped)
    if grouped == 1 or len(groups) < 2:
        return point
    wider = np.sqrt(max(1.0, _design_effect(groups), _design_effect(groups > point.value)))
    low, high = (point.value + wider * (end - point.value) for end in (point.low, point.high))
    return point._replace(low=float(low), high=float(high))


def _design_effect(groups: Array) -> float:
    """The variance of a mean over groups, over that of as many independent values."""
    known = groups[np.isfinite(groups).all(axis=1)].astype(float)
    spread = known.var(ddof=1) if len(known) > 1 else 0.0
    if spread == 0:
        return 1.0
    return float(groups.shape[1] * known.mean(axis=1).var(ddof=1) / spread)


def band(points: list[Point]) -> tuple[list[float] | None, list[float] | None]:
    """Lower and upper ends; none where too few chains give an interval anywhere."""
    if not any(np.isfinite(point.low) for point in points):
        return None, None
    return [point.low for point in points], [point.high for point in points]


def mean_misleads(measure: str, values: Array) -> str | None:
    """Why the mean of these values over chains would mislead; None when it would not.

    >>> mean_misleads("tail_mass", np.array([0.05, 0.04])) is None
    False
    >>> mean_misleads("heterozygosity", np.array([0.5, 0.4])) is None
    True
    """
    kind = measure_named(measure).kind
    if kind == "martingale":
        return (
            "its expectation is conserved while almost every chain loses it, so the mean shows "
            "no collapse where there is one. Use the median, or survival."
        )
    if kind != "heavy" or len(values) < 2:
        return None
    if measure == "variance" and np.var(np.log(np.maximum(values, 1e-300)), ddof=1) > 4:
        return (
            "its logarithm varies by more than 2 (generations > 2 × samples per generation), so "
            "that chains too rare to be simulated decide the mean. Use the median or geometric."
        )
    top = np.sort(values)[-max(1, len(values) // 100) :]
    if len(values) >= 10 and top.sum() > 0.5 * values.sum() > 0:
        return (
            f"{len(top)} of {len(values)} chains make up more than half of it. "
            "Use the median, or many more chains."
        )
    return None


def _mean_interval(values: Array, level: float) -> tuple[float, float, float]:
    middle, count = float(values.mean()), len(values)
    if count < 2:
        return float("nan"), middle, float("nan")
    half = stdtrit(count - 1, 0.5 + level / 2) * values.std(ddof=1) / np.sqrt(count)
    return middle - float(half), middle, middle + float(half)


def median_interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Order statistics that hold the median with probability `level` at least (Conover 1999).

    NaN where there are too few values.
    """
    found = quantile_test(values).confidence_interval(level)
    return float(found.low), float(found.high)
