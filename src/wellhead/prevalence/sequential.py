"""Rates that may be looked at after every single observation, and tests that may be as well.

In: how many of the first n observations were hits, in the order in which they came. Out: intervals
that hold at all times together, and e-values: bets against a hypothesis that, while it is true,
ever grow beyond 1/α with probability α at the most (Ville), whenever one looks and stops.

Every bet here is a mixture over λ of ``exp(λ hits − n log(1 + p (e^λ − 1)))``. With log being
concave, this is at most the product over observations for their own rates p_i when p is the mean of
those, so that the interval is for the average of the rates so far, however they moved and whatever
they depended on; no observation need be like another.

Sources:
    Howard, Ramdas, McAuliffe & Sekhon (2021), Time-uniform confidence sequences, Ann. Stat. 49
    (mixtures, averages of changing means); Shin, Ramdas & Rinaldo (2023), E-detectors, NEJSDS 2
    (restarts); Wang & Ramdas (2022), False discovery rate control with e-values, JRSS B 84;
    Grünwald, de Heide & Koolen (2024), Safe testing, JRSS B 86 (tests between groups).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from wellhead._stats import Interval, clamp
from wellhead.errors import BadSetting

__all__ = [
    "Change",
    "Difference",
    "confidence_sequence",
    "discoveries",
    "excess",
    "log_bets",
    "ratio_sequence",
]

_BETS = np.geomspace(0.02, 10, 48)
# Most of the stake on odds that double to multiply by twenty, the rest on every scale alike.
_BELL = np.exp(-0.5 * (np.log(_BETS / 1.2) / 0.8) ** 2)
_STAKES = 0.7 * _BELL / _BELL.sum() + 0.3 / _BETS.size
# A change is sought from half as much again upward: smaller bets alarm by patience alone.
_CHANGES = _BETS[np.log(1.5) <= _BETS]
_CHANGE_STAKES = _STAKES[-_CHANGES.size :] / _STAKES[-_CHANGES.size :].sum()
_HALVINGS = 50


def _log_bet(hits: float, n: float, rate: float, bets: NDArray[np.float64]) -> float:
    """The logarithm of the mixed bet."""
    grown = np.log(_STAKES) + bets * hits - n * np.log1p(rate * np.expm1(bets))
    most = float(grown.max())
    return most + float(np.log(np.exp(grown - most).sum()))


def log_bets(hits: float, n: float, rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of the e-value against "the rate was never above", for each of `rates`.

    >>> log_bets(40, 20_000, np.array([0.001, 0.002])).round(1).tolist()
    [6.0, -2.2]
    """
    paid = n * np.log1p(np.multiply.outer(np.expm1(_BETS), rates))
    return logsumexp((np.log(_STAKES) + _BETS * hits)[:, None] - paid, axis=0)  # type: ignore[no-any-return]


def excess(hits: float, n: float, limit: float) -> float:
    """The logarithm of the e-value against "the rate was never above `limit`".

    >>> excess(40, 20_000, 0.002) < 0, excess(12, 600, 0.002) > 3
    (True, True)
    """
    if not 0 < limit < 1:
        raise BadSetting(f"expected a limit between 0 and 1, got {limit}.")
    return _log_bet(hits, n, limit, _BETS)


def confidence_sequence(hits: float, n: float, *, level: float = 0.95) -> Interval:
    """The average rate so far, in an interval that holds after every observation at once.

    Args:
        hits: of the first `n`.
        n: observations so far.
        level: probability that no interval of the whole sequence ever misses.

    >>> low, point, high, _ = confidence_sequence(40, 20_000)
    >>> round(low, 4), point, round(high, 4)
    (0.0011, 0.002, 0.0032)
    """
    if n <= 0:
        return Interval(0.0, 0.5, 1.0, level)
    allowed, point = np.log(2 / (1 - level)), hits / n
    low = _end(hits, n, _BETS, allowed, 0.0, point) if hits > 0 else 0.0
    high = _end(hits, n, -_BETS, allowed, 1.0, point) if hits < n else 1.0
    return clamp(low, point, high, level)


def _end(
    hits: float, n: float, bets: NDArray[np.float64], allowed: float, outer: float, inner: float
) -> float:
    """Where the bet falls below what is allowed, between `outer` (refused) and `inner`."""
    for _ in range(_HALVINGS):
        middle = (outer + inner) / 2
        if _log_bet(hits, n, middle, bets) >= allowed:
            outer = middle
        else:
            inner = middle
    return outer


class Change:
    """An alarm for a rate that rose above `limit` at an unknown time, after however long a rest.

    While the rate is at the limit or below, the mean number of observations until a false alarm is
    at least `patience`; after an alarm it begins anew.

    >>> change = Change(0.002, patience=10_000)
    >>> change.clean(200_000)
    >>> [change.hit() for _ in range(3)]
    [False, True, False]
    """

    def __init__(self, limit: float, *, patience: float) -> None:
        if not 0 < limit < 1 or patience < 1:
            raise BadSetting(
                f"expected a limit in (0, 1) and patience ≥ 1, got {limit}, {patience}"
            )
        self.limit, self.patience = limit, patience
        self._pay = -np.log1p(limit * np.expm1(_CHANGES))
        self._sum = np.zeros_like(_CHANGES)

    @property
    def value(self) -> float:
        """The e-detector now; an alarm is at `patience`."""
        return float(_CHANGE_STAKES @ self._sum)

    def clean(self, n: int = 1) -> None:
        """`n` observations without a hit: the sum over starting times in closed form."""
        shrink = np.exp(n * self._pay)
        self._sum = shrink * self._sum + (1 - shrink) / np.expm1(-self._pay)

    def hit(self) -> bool:
        """One observation that is a hit; whether this raises the alarm."""
        self._sum = (self._sum + 1) * np.exp(_CHANGES + self._pay)
        if self.value < self.patience:
            return False
        self._sum = np.zeros_like(_CHANGES)
        return True


class Difference:
    """Whether the version that was drawn at random says anything about the rate.

    Each observation was given its version with known probabilities. If versions do not differ, a
    hit falls on each version with just these, whatever the rates are and however they move; the
    e-value bets on the shares of the hits that have been seen. Only hits count: a rate that is
    rare loses little by it.

    >>> lot = Difference()
    >>> for version in ["a"] * 20:
    ...     lot.hit(version, {"a": 0.5, "b": 0.5})
    >>> lot.log_e > 6
    True
    """

    def __init__(self) -> None:
        self.log_e = 0.0
        self.seen: dict[str, float] = {}
        self._expected: dict[str, float] = {}

    def hit(self, version: str, drawn: Mapping[str, float]) -> None:
        """A hit on `version`, which was drawn with the probabilities `drawn`.

        Raises:
            BadSetting: the version could not have been drawn.
        """
        if drawn.get(version, 0) <= 0:
            raise BadSetting(f"version '{version}' was not among those drawn: {dict(drawn)}.")
        stakes = {
            name: share * (self.seen.get(name, 0) + 0.5) / (self._expected.get(name, 0) + 0.5)
            for name, share in drawn.items()
        }
        self.log_e += float(np.log(stakes[version] / sum(stakes.values()) / drawn[version]))
        self.seen[version] = self.seen.get(version, 0) + 1
        for name, share in drawn.items():
            self._expected[name] = self._expected.get(name, 0) + share


def ratio_sequence(
    hits: tuple[int, int], odds: float = 1.0, *, level: float = 0.95
) -> tuple[float, float]:
    """Ends of the ratio of two rates, for two versions that were drawn at random at constant odds.

    Args:
        hits: on the first and on the second version.
        odds: how often the first was drawn for once the second.
        level: as for `confidence_sequence`.

    >>> low, high = ratio_sequence((30, 10))
    >>> round(low, 1), round(high, 1)
    (1.0, 10.9)
    """
    low, _, high, _ = confidence_sequence(hits[0], sum(hits), level=level)
    ends = [share / (1 - share) / odds if share < 1 else float("inf") for share in (low, high)]
    return ends[0], ends[1]


def discoveries(log_e: Sequence[float], *, error: float = 0.05) -> list[int]:
    """Which of many tests speak, with a false discovery rate of at most `error` (e-BH).

    It holds however the tests depend on each other.

    >>> discoveries([0.0, 8.0, 4.5, 1.0])
    [1, 2]
    """
    order = sorted(range(len(log_e)), key=lambda place: -log_e[place])
    found = [
        rank
        for rank, place in enumerate(order, 1)
        if log_e[place] >= np.log(len(log_e) / (error * rank))
    ]
    return sorted(order[: max(found, default=0)])
