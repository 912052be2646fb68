"""How far two methods agree, before any model: the cross table, kappa, and what one says where
the other spoke.

In: two columns of votes. Out: counts and shares with intervals. Agreement is not accuracy: two
methods can agree on the same mistake, and this file says nothing about who is right.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from wellhead._stats import Interval, wilson

__all__ = ["Agreement", "agreement", "kappa"]


class Agreement(NamedTuple):
    """Two methods, `first` and `second`, on the documents of the collection.

    Attributes:
        both, only_first, only_second, neither: documents by what the two said, where both spoke.
        silent: documents on which at least one of them was not observable.
        kappa: agreement beyond chance; 1 always agree, 0 as by chance; None where undefined.
        second_where_first: how often the second says machine where the first does.
        second_where_not: how often it does where the first says human.
    """

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int
    silent: int
    kappa: Interval | None
    second_where_first: Interval
    second_where_not: Interval

    @property
    def n(self) -> int:
        """Documents on which both spoke."""
        return self.both + self.only_first + self.only_second + self.neither


def agreement(
    first: np.ndarray, second: np.ndarray, *, names: tuple[str, str], level: float = 0.95
) -> Agreement:
    """The cross table of two methods and what follows from it.

    Args:
        first, second: shape (n,), 1 machine, 0 human, -1 not observable.
        names: of the two methods.
        level: of the intervals.

    >>> both = agreement(
    ...     np.array([1, 1, 0, 0, -1]), np.array([1, 0, 0, 0, 1]), names=("text", "process")
    ... )
    >>> both.both, both.only_first, both.neither, both.silent
    (1, 1, 2, 1)
    """
    spoke = (first >= 0) & (second >= 0)
    a, b = first[spoke], second[spoke]
    cells = np.bincount(2 * a.astype(np.int64) + b, minlength=4)
    neither, only_second, only_first, both = (int(cell) for cell in cells)
    return Agreement(
        first=names[0],
        second=names[1],
        both=both,
        only_first=only_first,
        only_second=only_second,
        neither=neither,
        silent=int((~spoke).sum()),
        kappa=kappa(cells.reshape(2, 2), level=level),
        second_where_first=wilson(both, both + only_first, level=level),
        second_where_not=wilson(only_second, only_second + neither, level=level),
    )


def kappa(table: np.ndarray, *, level: float = 0.95) -> Interval | None:
    """Cohen's kappa with its large-sample interval; None where one answer never occurs.

    Args:
        table: shape (k, k), counts; rows one judge, columns the other.

    Source:
        Cohen (1960); variance: Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72, eq. 13.
        Where all agree, the lower end is that of Wilson's interval for the agreement.

    >>> low, point, high, _ = kappa(np.array([[20, 5], [10, 15]]))
    >>> round(low, 2), round(point, 2), round(high, 2)
    (0.15, 0.4, 0.65)
    """
    n = table.sum()
    if n == 0:
        return None
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance = float(rows @ columns)
    if chance > 1 - 1e-12:
        return None
    seen = float(np.trace(p))
    value = float((seen - chance) / (1 - chance))
    margin = rows[None, :] + columns[:, None]
    own = np.diag(p) * ((1 - chance) - (rows + columns) * (1 - seen)) ** 2
    off = p * margin**2 * (1 - seen) ** 2
    lost = (seen * chance - 2 * chance + seen) ** 2
    variance = (own.sum() + off.sum() - np.trace(off) - lost) / (n * (1 - chance) ** 4)
    half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(max(float(variance), 0.0))
    if seen > 1 - 1e-12:
        # Perfect agreement leaves no variance to estimate; the counts still are what they are.
        low = (wilson(n, n, level=level).low - chance) / (1 - chance)
        return Interval(float(max(-1.0, low)), value, 1.0, level)
    return Interval(max(-1.0, value - half), value, min(1.0, value + half), level)
