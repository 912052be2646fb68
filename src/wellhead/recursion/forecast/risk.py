"""How recursion inflates error, with the interval of the real share carried through.

In: a regime, the last generation, the real share and a detector. Out: the inflation constant
kappa of each generation and its limit (see `wellhead.recursion.theory.inflation`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.forecast.share import Interval
from wellhead.recursion.theory import inflation
from wellhead.recursion.theory.ranges import Floats

__all__ = ["Inflation", "InflationAt", "inflation_of", "kappa"]

#: Regimes whose inflation depends on the share of real text.
MIXES = ("fresh-real", "fixed-original", "synthetic-added")


class InflationAt(NamedTuple):
    """Excess error after some generations, as a multiple of one round on real data."""

    generation: int
    inflation: Interval


class Inflation(NamedTuple):
    """The course of inflation: at the last generation, in the limit, and on the way."""

    last: Interval
    limit: Interval
    generations: tuple[InflationAt, ...]


def kappa(regime: str, n: Floats | None, real_share: float | None) -> Floats:
    """The inflation constant of a regime at generations n, or its limit for n = None.

    >>> round(kappa("fresh-real", None, 0.1), 2)
    5.26
    """
    if regime in MIXES:
        if real_share is None:
            raise BadSetting(f"the regime {regime} needs a real share (real_share or assay)")
        mixed = {
            "fresh-real": inflation.fresh_real,
            "fixed-original": inflation.fixed_original,
            "synthetic-added": inflation.synthetic_added,
        }[regime]
        if real_share:
            return mixed(n, real_share=real_share)
        if regime == "synthetic-added":
            # Originals are there, outnumbered without end: the same as very few in very many.
            return mixed(n, real_share=1e-12)
        return inflation.replace(n)
    steady = {
        "replace": inflation.replace,
        "growing": inflation.growing,
        "accumulate": inflation.accumulate,
        "accumulate-subsample": inflation.accumulate_subsample,
        "golden-ratio": inflation.golden_ratio,
    }[regime]
    return steady(n)


def _ends(regime: str, share: Interval | None) -> list[float | None]:
    """The real shares among which the lowest and the highest inflation are, the point second."""
    if share is None:
        return [None, None]
    if regime != "synthetic-added" or share.sure:
        return [share.low, share.point, share.high]
    # The only regime whose inflation may turn inside the interval.
    return [share.low, share.point, *np.linspace(share.low, share.high, 101)]


def inflation_of(regime: str, generations: int, share: Interval | None) -> Inflation:
    """The inflation of generations 1 to `generations`, with its interval."""
    times = np.arange(1, generations + 1)
    shares, level = _ends(regime, share), share.level if share else None
    courses = np.array([kappa(regime, times, a) for a in shares])
    rows = tuple(InflationAt(int(t), _between(courses[:, i], level)) for i, t in enumerate(times))
    limits = np.array([float(kappa(regime, None, a)) for a in shares])
    return Inflation(rows[-1].inflation, _between(limits, level), rows)


def _between(values: Floats, level: float | None) -> Interval:
    return Interval(float(values.min()), float(values[1]), float(values.max()), level)
