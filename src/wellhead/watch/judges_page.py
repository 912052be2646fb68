"""The part of the page about several judges."""

from __future__ import annotations

from wellhead._stats import Interval
from wellhead.report.blocks import Block, Bullets
from wellhead.report.numbers import percent
from wellhead.report.table import Column, Table
from wellhead.watch.result import Consensus

__all__ = ["judges_blocks", "span"]


def span(found: Interval | None) -> str:
    """Both ends, rounded outward; two decimals where they are small."""
    if found is None:
        return "cannot be told"
    digits = 2 if found.high < 0.02 else 1
    low = percent(found.low, digits, down=True)
    return f"{low} to {percent(found.high, digits, up=True)}"


def judges_blocks(found: Consensus | None) -> list[Block | str]:
    """The rate by all judges together, their errors, and what that rests on."""
    if found is None:
        return []
    if found.rate is None:
        return [f"The judges could not be joined: {found.why_not}"]
    said = (
        f"By all judges together {span(found.rate)} of the answers violate, at this one look."
        if found.identified
        else f"The judges' votes do not determine the rate: all from {span(found.rate)} fits them. "
        "A second version with another rate, a third judge, or labels by people would settle it."
    )
    table = Table(
        [
            Column("judge"),
            Column("flagged", "count"),
            Column("of the violations it flags"),
            Column("of the clean it lets pass"),
        ],
        [
            (judge.name, judge.flagged, span(judge.sensitivity), span(judge.specificity))
            for judge in found.judges
        ],
        caption="Sensitivity and specificity with 95 % intervals; the first judge decides.",
    )
    return [said, table, Bullets(found.rests_on)]
