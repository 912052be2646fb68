"""What it costs to stay below a limit: the cheapest mix of real text, a detector and an audit.

In: prices of a unit of text, the real share of the text at hand, the share that the limit needs.
Out: the parts of the cheapest training set, its price, and the frontier of price against limit.
Every source gives text with a known real share at a known price for each unit that is kept, so that
the cheapest mix is a linear programme with two constraints (the parts sum to 1, the share is
reached): one source, or two that reach the share exactly. docs/forecast.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.forecast.remedies import needed_share, number_up, percent_up
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.ranges import check_positive
from wellhead.recursion.theory.shared_web import SharedWeb
from wellhead.report.numbers import number, percent

__all__ = [
    "CheapestMix",
    "FrontierAt",
    "Limit",
    "Mix",
    "Prices",
    "Source",
    "cheapest",
    "cheapest_mix",
    "prices_of",
    "sources",
]

_LIMITS = 40


class Prices(NamedTuple):
    """What a unit of text costs, in any currency; None: not on offer.

    Attributes:
        real: text known to be real, from elsewhere.
        audit: having a person read a unit, who tells real text from machine text.
        detector: having a unit scored by the detector.
        stream: a unit of the text at hand.
    """

    real: float | None = None
    audit: float | None = None
    detector: float | None = None
    stream: float = 0.0


class Source(NamedTuple):
    """Text that can be had: the share of it that is real, and the price of a unit kept."""

    name: str
    real_share: float
    price: float


class Mix(NamedTuple):
    """A training set: the price of a unit, and its parts by source."""

    price: float
    parts: dict[str, float]


class Limit(NamedTuple):
    """Inflation that may not be exceeded up to a generation, of one model or of those of a web."""

    inflation: float
    generations: int
    web: SharedWeb | None = None

    @property
    def needed_share(self) -> float:
        """The least share of fresh real text that keeps it."""
        return needed_share(
            self.inflation, regime="fresh-real", generations=self.generations, web=self.web
        )


class FrontierAt(NamedTuple):
    """What another limit would cost.

    Attributes:
        inflation: the limit.
        price: of a unit of the cheapest mix.
        alone: of a unit where the text at hand is mixed with this one source; None: cannot.
    """

    inflation: float
    price: float
    alone: dict[str, float | None]


class CheapestMix(NamedTuple):
    """The cheapest training set that keeps the limit.

    Attributes:
        price: of a unit of training text, with the interval of the real share.
        parts: by source, at the point of that interval.
        needed_share: the real share that the limit needs.
        sources: everything on offer, at the point of that interval.
        frontier: prices of other limits.
        sentence: the answer in words.
    """

    price: Range
    parts: dict[str, float]
    needed_share: float
    sources: tuple[Source, ...]
    frontier: tuple[FrontierAt, ...]
    sentence: str


def prices_of(given: Prices | Mapping[str, Any]) -> Prices:
    """The checked prices.

    Raises:
        BadSetting: a name that has no price, or a price that is no number of 0 or more.

    >>> prices_of({"real": 5, "audit": 1})
    Prices(real=5.0, audit=1.0, detector=None, stream=0.0)
    """
    named = given._asdict() if isinstance(given, Prices) else dict(given)
    for name, price in named.items():
        if name not in Prices._fields:
            raise unknown_name("price", name, Prices._fields)
        if price is not None:
            named[name] = float(check_positive(f"the price of {name}", price, zero=True))
    return Prices(**named)


def sources(prices: Prices, share: float, detector: Detector | None) -> list[Source]:
    """Everything on offer, where the text at hand has this real share.

    What is read or scored is paid for, whether it is kept or not.

    >>> [(one.name, round(one.price, 2)) for one in sources(Prices(5.0, 1.0), 0.5, None)]
    [('stream', 0.0), ('real', 5.0), ('audit', 2.0)]
    """
    found = [Source("stream", share, prices.stream)]
    if prices.real is not None:
        found.append(Source("real", 1.0, prices.real))
    if prices.audit is not None and share > 0:
        found.append(Source("audit", 1.0, (prices.stream + prices.audit) / share))
    if prices.detector is None:
        return found
    if detector is None:
        raise BadSetting(
            "a price of a detector needs its rates: give true_positive_rate and false_positive_rate"
        )
    human = share * (1 - detector.false_positive_rate)
    kept = human + (1 - share) * (1 - detector.true_positive_rate)
    scored = prices.stream + prices.detector
    if kept > 0:
        found.append(Source("detector", human / kept, scored / kept))
    if prices.audit is not None and human > 0:
        both = (scored + kept * prices.audit) / human
        found.append(Source("detector, then audit", 1.0, both))
    return found


def cheapest(offers: Iterable[Source], needed: float) -> Mix | None:
    """The cheapest mix with the real share that is needed; None where nothing reaches it.

    >>> mix = cheapest([Source("stream", 0.2, 0), Source("real", 1, 3)], 0.4)
    >>> round(mix.price, 2), {name: round(part, 2) for name, part in mix.parts.items()}
    (0.75, {'real': 0.25, 'stream': 0.75})
    """
    rising = sorted(offers, key=lambda one: one.real_share)
    mixes = [Mix(one.price, {one.name: 1.0}) for one in rising if one.real_share >= needed]
    for low, high in combinations(rising, 2):
        if low.real_share < needed <= high.real_share:
            part = (needed - low.real_share) / (high.real_share - low.real_share)
            price = part * high.price + (1 - part) * low.price
            mixes.append(Mix(price, {high.name: part, low.name: 1 - part}))
    return min(mixes, key=lambda mix: mix.price, default=None)


def cheapest_mix(
    limit: Limit, prices: Prices, share: Range, detector: Detector | None
) -> CheapestMix:
    """The cheapest mix that keeps the limit, and the frontier.

    Raises:
        BadSetting: nothing on offer keeps the limit, or a price cannot be used.
    """
    needed = limit.needed_share
    offers = sources(prices, share.point, detector)
    best = cheapest(offers, needed)
    if best is None:
        raise BadSetting(
            f"nothing on offer reaches the real share of {needed:.3g} that the limit needs: give "
            "the price of real text, or of an audit"
        )
    ends = [cheapest(sources(prices, a, detector), needed) for a in (share.low, share.high)]
    at_ends = [best.price, *(math.inf if mix is None else mix.price for mix in ends)]
    price = Range(min(at_ends), best.price, max(at_ends), share.level)
    return CheapestMix(
        price,
        best.parts,
        needed,
        tuple(offers),
        _frontier(limit, offers),
        _sentence(limit, price, best, needed),
    )


def _frontier(limit: Limit, offers: Sequence[Source]) -> tuple[FrontierAt, ...]:
    stream, *bought = offers
    found = []
    for inflation in np.geomspace(1.01, max(2 * limit.inflation, 3.0), _LIMITS).tolist():
        needed = limit._replace(inflation=inflation).needed_share
        best = cheapest(offers, needed)
        if best is not None:
            mixes = {one.name: cheapest([stream, one], needed) for one in bought}
            alone = {name: None if mix is None else mix.price for name, mix in mixes.items()}
            found.append(FrontierAt(inflation, best.price, alone))
    return tuple(found)


_WORDS = {
    "stream": "text as it is",
    "real": "real text from elsewhere",
    "audit": "text that an audit found real",
    "detector": "text that the detector kept",
    "detector, then audit": "text that the detector kept and an audit found real",
}


def _sentence(limit: Limit, price: Range, best: Mix, needed: float) -> str:
    costs = number_up(price.point)
    if not price.sure:
        high = "without bound" if math.isinf(price.high) else number_up(price.high)
        costs += f" ({number(price.low)} to {high})"
    told = (
        f"The cheapest training set that keeps inflation below {number(limit.inflation)} up to "
        f"generation {limit.generations} costs {costs} a unit: "
    )
    if len(best.parts) == 1:
        return f"{told}{_WORDS[next(iter(best.parts))]}, which is {percent(needed)} real or more."
    real, rest = best.parts
    return f"{told}{percent_up(best.parts[real])} {_WORDS[real]}, the rest {_WORDS[rest]}."
