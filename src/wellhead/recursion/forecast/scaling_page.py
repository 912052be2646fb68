"""The part of a forecast's page about scaling: what more text teaches, and what cut tails cost."""

from __future__ import annotations

from wellhead.recursion.forecast.scaling import Cut, Scaling
from wellhead.report import Column, Section, Table
from wellhead.report.numbers import count, number, percent

__all__ = ["scaling_section"]


def scaling_section(scaling: Scaling, generations: int) -> Section:
    """Words first, then a row for each tail."""
    low, point, high = scaling.exponent[:3]
    told = (
        f"Of further words drawn evenly from the same documents {percent(scaling.unseen)} would be "
        f"new; new documents bring more. Ten times the text divides that by {number(10**point)} "
        f"({number(10**low)} to {number(10**high)}): the share falls as its size to the power "
        f"-{number(point)}."
    )
    if scaling.last_worth is not None and generations > 1:
        told += (
            f" After {count(generations)} generations of raw counts that replace each other, a "
            f"training set teaches as many words as {count(round(scaling.last_worth))} words of "
            "real text."
        )
    table = Table(
        [Column("words that a sampler never says"), Column("all of its output is worth", "text")],
        [[f"the rarest {percent(cut.dropped)} of the text", _worth(cut)] for cut in scaling.cuts],
        caption="However much a model writes: more of it teaches no other words. Real text is "
        "counted as words drawn evenly from this corpus",
    )
    return Section("Scaling, and where a cut tail ends it", [told, table])


def _worth(cut: Cut) -> str:
    if cut.words is None:
        return "more real text than this corpus has"
    return f"{count(round(cut.words))} words of real text"
