"""The few statistics that every room shares: an interval, and what goes into one."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Interval",
    "clamp",
    "clopper_pearson",
    "design_effect",
    "effective_size",
    "highest_density",
    "score_interval",
    "wilson",
]


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


def highest_density(mass: NDArray[np.float64], level: float) -> Interval:
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


def wilson(count: float, n: float, *, level: float = 0.95) -> Interval:
    """Wilson's interval for `count` of `n`; all of [0, 1] when n is 0.

    Counts may be sums of probabilities, which `scipy.stats.binomtest` does not take.

    Source: Wilson (1927), JASA 22, 209-212.

    >>> low, point, high, _ = wilson(13, 46)
    >>> round(low, 3), round(point, 3), round(high, 3)
    (0.173, 0.283, 0.425)
    """
    if n <= 0:
        return Interval(0.0, 0.5, 1.0, level)
    return score_interval(count / n, n, NormalDist().inv_cdf(0.5 + level / 2), level)


def score_interval(share: float, n: float, z: float, level: float) -> Interval:
    """Wilson's interval around `share` of `n` (perhaps effective) draws, at the quantile `z`."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return clamp(middle - half, share, middle + half, level)


def clopper_pearson(count: ArrayLike, n: int, *, error: float) -> tuple[NDArray[np.float64], ...]:
    """Exact lower and upper bounds for `count` of `n`, each wrong with probability `error`.

    Source: Clopper & Pearson (1934), Biometrika 26, 404-413.

    >>> [float(bound.round(3)) for bound in clopper_pearson(0, 10, error=0.05)]
    [0.0, 0.259]
    """
    from scipy.special import betaincinv

    hits = np.asarray(count, np.float64)
    low = betaincinv(np.maximum(hits, 1), n - hits + 1, error)
    high = betaincinv(hits + 1, np.maximum(n - hits, 1), 1 - error)
    return np.where(hits > 0, low, 0.0), np.where(hits < n, high, 1.0)


def design_effect(values: NDArray[np.float64], clusters: ArrayLike) -> float:
    """How much likeness within clusters enlarges the variance of the mean of `values`.

    ``1 + (m - 1) r`` with m the mean size of the cluster in which a value stands and r the
    correlation within clusters (analysis of variance); never below 1.

    Source: Kish (1965), Survey Sampling, §5.4; Donner (1986) for r.
    """
    _, member, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    n, k = values.size, sizes.size
    if k in (1, n):
        return 1.0
    means = np.bincount(member, weights=values) / sizes
    between = (sizes * (means - values.mean()) ** 2).sum() / (k - 1)
    within = ((values - means[member]) ** 2).sum() / (n - k)
    typical = (n - (sizes**2).sum() / n) / (k - 1)
    spread = between + (typical - 1) * within
    alike = (between - within) / spread if spread > 0 else 0.0
    return float(1 + ((sizes**2).sum() / n - 1) * max(alike, 0.0))


def effective_size(weights: NDArray[np.float64]) -> float:
    """How many equal weights would inform a mean as much as `weights` do.

    Source: Kish (1965), Survey Sampling, §11.7.

    >>> effective_size(np.array([2.0, 1.0, 1.0])).__round__(2)
    2.67
    """
    return float(weights.sum() ** 2 / (weights**2).sum())
