"""An interval: what every estimate here returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Interval", "clamp", "highest_density"]


class Interval(NamedTuple):
    """A share with its interval: `low` <= `point` <= `high`, all in [0, 1], at `level`."""

    low: float
    point: float
    high: float
    level: float = 0.95

    @property
    def width(self) -> float:
        return self.high - self.low

    def covers(self, truth: float) -> bool:
        """Whether `truth` lies inside, rounding of the ends forgiven."""
        return self.low - 1e-9 <= truth <= self.high + 1e-9


def clamp(low: float, point: float, high: float, level: float) -> Interval:
    """The interval cut to [0, 1], with the point inside it."""
    low, high = max(0.0, low), min(1.0, high)
    return Interval(low, min(max(point, low), high), high, level)


def highest_density(mass: np.ndarray, level: float) -> Interval:
    """The shortest interval of a posterior on equal cells of [0, 1], around its median.

    An equal-tailed interval can never include 0 and so cannot cover a share of zero; the highest
    density interval includes the end of the range where the posterior piles up there.

    Args:
        mass: shape (cells,), posterior probabilities; they sum to 1.
        level: probability inside.

    Returns:
        The shortest run of cells with at least `level` of the mass; the point is the median,
        moved into the interval where needed.

    Source:
        Box & Tiao (1973), Bayesian Inference in Statistical Analysis, §2.8.

    >>> highest_density(np.array([0.8, 0.1, 0.1, 0.0, 0.0]), 0.75)
    Interval(low=0.0, point=0.1, high=0.2, level=0.75)
    """
    cells = mass.size
    ends = np.cumsum(mass)
    stops = np.searchsorted(ends, ends - mass + level - 1e-9)
    lengths = np.where(stops < cells, stops - np.arange(cells), cells)
    first = int(np.argmin(lengths))
    last = min(first + int(lengths[first]), cells - 1)
    median = (min(int(np.searchsorted(ends, 0.5)), cells - 1) + 0.5) / cells
    return clamp(first / cells, median, (last + 1) / cells, level)
