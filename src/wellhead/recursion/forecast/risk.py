"""How recursion inflates error, with the interval of the real share carried through.

In: a regime, the last generation, the real share and a detector. Out: the inflation constant
kappa of each generation and its limit (see `wellhead.recursion.theory.inflation`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wellhead.recursion.forecast.share import Range
from wellhead.recursion.theory.generations import Floats
from wellhead.recursion.theory.regimes import inflation_under

__all__ = ["Inflation", "InflationAt", "inflation_of"]


class InflationAt(NamedTuple):
    """Excess error after some generations, as a multiple of one round on real data."""

    generation: int
    inflation: Range


class Inflation(NamedTuple):
    """The course of inflation: at the last generation, in the limit, and on the way."""

    last: Range
    limit: Range
    generations: tuple[InflationAt, ...]


def _ends(regime: str, share: Any) -> list[Any]:
    """The real shares among which the lowest and the highest inflation are, the point second."""
    if share is None:
        return [None, None]
    if regime in ("changing-share", "shared-web"):
        return list(share[:3])
    if regime != "synthetic-added" or share.sure:
        return [share.low, share.point, share.high]
    # The only regime whose inflation may turn inside the interval.
    return [share.low, share.point, *np.linspace(share.low, share.high, 101)]


def inflation_of(regime: str, generations: int, share: Any) -> Inflation:
    """The inflation of generations 1 to `generations`, with its interval.

    `share` is an interval, a `Course` of them, a `Web`, or None where the regime takes none.
    """
    times = np.arange(1, generations + 1)
    shares, level = _ends(regime, share), share.level if share else None
    constants = [inflation_under(regime, a) for a in shares]
    courses = np.array([constant.after(times) for constant in constants])
    rows = tuple(InflationAt(int(t), _between(courses[:, i], level)) for i, t in enumerate(times))
    limits = np.array([constant.limit for constant in constants])
    return Inflation(rows[-1].inflation, _between(limits, level), rows)


def _between(values: Floats, level: float | None) -> Range:
    return Range(float(values.min()), float(values[1]), float(values.max()), level)
