"""A rate without the errors of the judge that reported it.

In: how often the judge flagged, and how often it flagged cases known to be bad (its recall) and
known to be good (its false alarms). Out: the true rate r, where the judge flags the part
``q = r s + (1 − r) f`` of all, with recall s and false alarms f (Rogan & Gladen 1978).

One claim is tested of all three together: the evidence against q, against s and against f
multiplies, and r is refused where no s and f are left for which the product stays small. With bets
as evidence the interval holds at all times at once (each is a bet on observations of its own, so
that their product is one too, Ville); with squared scores, which add up, it holds at one look. What
both assume: known cases are as hard for the judge as those of the traffic, and it flags bad cases
at least as often as good ones.

Sources: Rogan & Gladen (1978), Am. J. Epidemiol. 107, 71-76; Vovk & Wang (2021), E-values:
    calibration, combination and applications, Ann. Stat. 49 (products); Lancaster
    (1961), Significance tests in discrete distributions, J. Am. Stat. Assoc. 56 (mid-p).
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtri

from wellhead._stats import Interval, clamp
from wellhead.prevalence.sequential import log_bets

__all__ = ["Counts", "corrected_once", "corrected_rate"]

Counts = tuple[int, int]
_Rates = NDArray[np.float64]
_Evidence = Callable[[float, float, _Rates], _Rates]  # (hits, n) against rates, as too low

_POINTS, _FINE, _CLOSER = 81, 401, 25
_ROUNDS = 4


def corrected_rate(flagged: Counts, bad: Counts, good: Counts, *, level: float = 0.95) -> Interval:
    """The true rate, at all times at once.

    Args:
        flagged: of the traffic: (flagged, judged).
        bad: of cases known to be bad: (flagged, judged).
        good: of cases known to be good: (flagged, judged).
        level: probability that no interval of the sequence ever misses.

    >>> low, point, high, _ = corrected_rate((300, 10_000), (160, 200), (0, 1000))
    >>> round(low, 3), round(point, 4), round(high, 3)
    (0.024, 0.0375, 0.05)
    """
    return _between(flagged, bad, good, log_bets, float(np.log(2 / (1 - level))), level)


def corrected_once(flagged: Counts, bad: Counts, good: Counts, *, level: float = 0.95) -> Interval:
    """The true rate, for one look at a time that was fixed beforehand.

    >>> low, point, high, _ = corrected_once((300, 10_000), (160, 200), (0, 1000))
    >>> round(low, 3), round(point, 4), round(high, 3)
    (0.032, 0.0375, 0.043)
    """
    allowed = NormalDist().inv_cdf((1 + level) / 2) ** 2 / 2
    return _between(flagged, bad, good, _score, allowed, level)


def _between(
    flagged: Counts, bad: Counts, good: Counts, evidence: _Evidence, allowed: float, level: float
) -> Interval:
    """The rates that are not refused; seen from clean answers, the upper end is a lower one."""
    low = _lowest(flagged, bad, good, evidence, allowed)
    high = 1 - _lowest(_other(flagged), _other(good), _other(bad), evidence, allowed)
    seen, caught, false = (hits / n if n else 0.5 for hits, n in (flagged, bad, good))
    point = 0.0 if seen <= false else 1.0 if caught <= seen else (seen - false) / (caught - false)
    return clamp(low, min(max(point, low), high), high, level)


def _other(counts: Counts) -> Counts:
    return counts[1] - counts[0], counts[1]


def _lowest(
    flagged: Counts, bad: Counts, good: Counts, evidence: _Evidence, allowed: float
) -> float:
    """The smallest rate that is not refused.

    For each recall and false alarms, what their own evidence leaves over bounds how low the flagged
    part may be, and with it the rate; the smallest is sought on a grid that closes in.
    """
    if not flagged[1]:
        return 0.0
    q = _around(flagged, _FINE)
    against = evidence(*flagged, q)
    s, f = _around(bad, _POINTS), _around(good, _POINTS)
    lowest = 1.0
    for _ in range(_ROUNDS):
        left = allowed - _too_high(evidence, bad, s)[:, None] - _too_high(evidence, good, f)
        part = np.where(left < against[-1], np.inf, np.interp(-left, -against, q))
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = (part - f) / (s[:, None] - f)
        # A part that is no larger than the false alarms needs no violation.
        rate = np.where(part <= f, 0.0, np.where(s[:, None] > f, rate, np.inf))
        at, beside = np.unravel_index(int(rate.argmin()), rate.shape)
        lowest = min(lowest, float(rate[at, beside]))
        s, f = _closer(s, int(at)), _closer(f, int(beside))
    return lowest


def _too_high(evidence: _Evidence, counts: Counts, rates: _Rates) -> _Rates:
    """Evidence that rates are too high: that those of the other outcome are too low."""
    return evidence(*_other(counts), 1 - rates)


def _around(counts: Counts, points: int) -> _Rates:
    """Rates around the one that was seen, as far as any evidence lets them be."""
    hits, n = counts
    middle = (hits + 0.5) / (n + 1)
    reach = 12 * np.sqrt(middle * (1 - middle) / (n + 1)) + 12 / (n + 1)
    return np.linspace(max(middle - reach, 0.0), min(middle + reach, 1.0), points)


def _closer(rates: _Rates, at: int) -> _Rates:
    step = rates[1] - rates[0]
    return np.linspace(max(rates[at] - step, 0.0), min(rates[at] + step, 1.0), _CLOSER)


def _score(hits: float, n: float, rates: _Rates) -> _Rates:
    """Half the squared standard score of what was seen, or more, under each rate that is too low.

    The tail is the binomial one, with half of what was seen (mid-p), and so holds where few are
    expected: none in 200 does not refuse 1 %, as a likelihood ratio would.
    """
    if not n:
        return np.zeros_like(rates)
    least = betainc(hits, n - hits + 1, rates) if hits else np.ones_like(rates)
    more = betainc(hits + 1, n - hits, rates) if hits < n else np.zeros_like(rates)
    score = -ndtri(np.clip((least + more) / 2, 1e-300, 0.5))
    # Beyond what was seen it falls on by a trace, so that it has an inverse.
    return np.where(score > 0, score**2 / 2, -1e-9 * rates)
