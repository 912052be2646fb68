"""The section of a forecast's page on prices: the cheapest mix, what is on offer, the frontier."""

from __future__ import annotations

import math

from wellhead.recursion.forecast.prices import CheapestMix, FrontierAt
from wellhead.report import Column, Section, Table
from wellhead.report.numbers import number
from wellhead.report.svg import Axis, Line, LineChart

__all__ = ["prices_section"]

_NAMES = {"stream": "text at hand", "real": "real text", "audit": "audit", "detector": "detector"}


def prices_section(mix: CheapestMix, limit: str) -> Section:
    """The cheapest way to stay below the limit."""
    return Section(f"What staying below {limit} costs", [mix.sentence, _sources(mix), _chart(mix)])


def _sources(mix: CheapestMix) -> Table:
    columns = [
        Column("source"),
        Column("real text in it", "percent"),
        Column("price of a unit kept", "number"),
        Column("part of the cheapest mix", "percent"),
    ]
    rows = [
        [_NAMES.get(one.name, one.name), one.real_share, one.price, mix.parts.get(one.name, 0.0)]
        for one in mix.sources
    ]
    return Table(columns, rows, caption="What is read or scored is paid for, kept or not")


def _chart(mix: CheapestMix) -> LineChart:
    limits = [row.inflation for row in mix.frontier]
    best = Line("cheapest mix", limits, [row.price for row in mix.frontier], accent=True)
    others = []
    for name in mix.frontier[0].alone:
        prices = [row.alone[name] for row in mix.frontier]
        known = [math.nan if price is None else price for price in prices]
        if any(price is not None for price in prices):
            others.append(Line(f"with {_NAMES.get(name, name)} alone", limits, known))
    first, last = (f"{number(row.price)} at {number(row.inflation)}" for row in _ends(mix))
    return LineChart(
        "The price of a limit",
        f"A unit of training text costs from {first} to {last}. Beside the cheapest mix: the text "
        "at hand with one source alone.",
        [best, *others],
        Axis("limit on inflation"),
        Axis("price of a unit of training text", low=0),
    )


def _ends(mix: CheapestMix) -> tuple[FrontierAt, FrontierAt]:
    return mix.frontier[0], mix.frontier[-1]
