"""Two models on the same items: by how much the second differs, and how sure that is.

In: what each model scored on each item, and which items belong together (questions on one
paragraph are not independent). Out: an `Estimate`, from which an interval at any level and a
p-value follow, so that the two never contradict each other.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from wellhead._stats import design_effect

__all__ = ["Estimate", "bits_difference", "share_difference"]

Values = NDArray[np.float64]
Labels = NDArray[np.int64]


class Estimate(NamedTuple):
    """A difference and how sure it is.

    Args:
        value: the difference that was seen, second model minus first.
        centre: the middle of its intervals.
        error: its standard error.
        degrees: degrees of freedom; infinite where the normal law is meant.
    """

    value: float
    centre: float
    error: float
    degrees: float = np.inf

    def interval(self, level: float) -> tuple[float, float]:
        """The interval that holds the true difference with probability `level`."""
        top = 0.5 + level / 2
        normal = np.isinf(self.degrees)
        half = NormalDist().inv_cdf(top) if normal else float(stats.t.ppf(top, self.degrees))
        half *= self.error
        return self.centre - half, self.centre + half

    @property
    def p(self) -> float:
        """The smallest error rate at which the interval leaves out 0."""
        if self.error == 0:
            return 1.0 if self.centre == 0 else 0.0
        far = abs(self.centre) / self.error
        if np.isinf(self.degrees):
            return math.erfc(far / math.sqrt(2))
        return float(2 * stats.t.sf(far, self.degrees))


def share_difference(before: Values, after: Values, clusters: Labels) -> Estimate:
    """The change of a share of right answers, on the same items.

    One item of each kind (only the first model right, only the second) is added before the Wald
    interval is taken, which then holds its level for small samples and for none that changed.
    Items that belong together count as fewer, by the design effect of the changes.

    Source:
        Bonett & Price (2012), JEBS 37, 479-488; recommended by Fagerland, Lydersen & Laake (2014),
        Statistics in Medicine 33, 2850-2875. Clusters: Miller (2024), arXiv 2411.00640, §2.2.

    >>> alone = np.arange(50)
    >>> fell = share_difference(np.ones(50), np.repeat([0.0, 1.0], 25), alone)
    >>> low, high = fell.interval(0.95)
    >>> round(low, 2), fell.value, round(high, 2)
    (-0.63, -0.5, -0.33)
    """
    change = after - before
    n = len(change) / design_effect(change, clusters)
    won, lost = (n * float(np.mean(change == sign)) for sign in (1, -1))
    up, down = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    error = float(np.sqrt((up + down - (up - down) ** 2) / (n + 2)))
    return Estimate(float(change.mean()), up - down, error)


def bits_difference(before: Values, after: Values, size: Values, clusters: Labels) -> Estimate:
    """The change of bits per byte of the right answers, on the same items.

    A ratio of sums, whose error comes from what each cluster adds to it (linearised), with as many
    degrees of freedom as there are clusters, less one.

    Args:
        before, after: bits of the right answer of each item under the two models.
        size: its bytes.
        clusters: which items belong together.

    Source:
        Cochran (1977), Sampling Techniques, §6 and §9A; Miller (2024), arXiv 2411.00640, §4.
    """
    change = after - before
    value = float(change.sum() / size.sum())
    _, member = np.unique(clusters, return_inverse=True)
    sums = np.bincount(member, weights=change - value * size)
    groups = len(sums)
    if groups < 2:
        return Estimate(value, value, float("inf"), 1)
    error = float(np.sqrt(groups / (groups - 1) * (sums**2).sum()) / size.sum())
    return Estimate(value, value, error, groups - 1)
