"""What cannot be seen: bounds for the unobservable part, and labels that can be trusted.

In: votes. Out: the range of shares left when nothing is assumed about the documents on which a
method was not observable, and the prediction-powered share when a method is right wherever it
speaks. Source: Manski (1990), American Economic Review 80, 319-323; the interval around the
bounds: Horowitz & Manski (2000), JASA 95, 77-84, simple outer form.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import fisher_exact

from wellhead._stats import Interval, wilson
from wellhead.prevalence.audit import MINIMUM_LABELS, audited_share

__all__ = ["Bounds", "Trusted", "bounds", "silence_differs", "trusted_share", "widen"]


class Bounds(NamedTuple):
    """Share a method flags, with the silent documents counted as nobody and as everybody.

    Attributes:
        low, high: the share if no silent document were machine text, and if all were.
        outer_low, outer_high: the same with sampling error, at the level asked for.
        silent: documents on which the method was not observable.
    """

    low: float
    high: float
    outer_low: float
    outer_high: float
    silent: int


class Trusted(NamedTuple):
    """The share when one method is taken as the truth wherever it speaks."""

    share: Interval
    labels: int


def bounds(votes: np.ndarray, *, level: float = 0.95) -> Bounds:
    """Bounds from one method's votes (1 machine, 0 human, -1 not observable).

    >>> bounds(np.array([1, 0, 0, -1]))[:2]
    (0.25, 0.5)
    """
    n, ones, silent = votes.size, int((votes == 1).sum()), int((votes < 0).sum())
    low, high = wilson(ones, n, level=level), wilson(ones + silent, n, level=level)
    return Bounds(low.point, high.point, low.low, high.high, silent)


def widen(share: Interval, silent: float) -> Interval:
    """`share` of the observable part as the share of all, whatever the silent part may be.

    Args:
        share: of the documents on which the methods spoke.
        silent: part of the documents on which they did not.

    >>> widen(Interval(0.2, 0.3, 0.4), 0.5)
    Interval(low=0.1, point=0.3, high=0.7, level=0.95)
    """
    return share._replace(low=share.low * (1 - silent), high=share.high * (1 - silent) + silent)


def trusted_share(
    trusted: np.ndarray, helper: np.ndarray, *, level: float = 0.95
) -> Trusted | None:
    """The share if the method in `trusted` is right wherever it speaks.

    Its answers serve as an audited subset and the other method's as predictions. The interval
    holds when the method spoke on a random part of the documents; `silence_differs` looks for
    signs against that. None with fewer labels than an estimate needs.

    Args:
        trusted, helper: shape (n,), votes; the helper may be any number, its mean stands in
            where it is missing (-1).
    """
    labelled = np.flatnonzero(trusted >= 0)
    if labelled.size < MINIMUM_LABELS:
        return None
    spoke = helper >= 0
    guess = np.where(spoke, helper, helper[spoke].mean() if spoke.any() else 0.0)
    share = audited_share(guess, labelled, trusted[labelled], level=level, sampled=True)
    return Trusted(share, int(labelled.size))


def silence_differs(method: np.ndarray, other: np.ndarray) -> float | None:
    """p-value that `other` flags as often where `method` is silent as where it speaks.

    A small value says that silence is not at random. None when there is nothing to compare.
    """
    heard = other >= 0
    silent = method < 0
    table = [
        [int((heard & part & (other == says)).sum()) for says in (1, 0)]
        for part in (silent, ~silent)
    ]
    if min(sum(row) for row in table) == 0:
        return None
    return float(fisher_exact(table)[1])
