"""The parts of the page about several judges, and about one among known answers."""

from __future__ import annotations

from wellhead._stats import Interval
from wellhead.report.blocks import Block, Bullets
from wellhead.report.numbers import counted, percent
from wellhead.report.table import Column, Table
from wellhead.watch.result import Consensus, Watched

__all__ = ["canary_blocks", "judges_blocks", "span"]


def span(found: Interval | None) -> str:
    """Both ends, rounded outward; two decimals where they are small."""
    if found is None:
        return "cannot be told"
    digits = 2 if found.high < 0.02 else 1
    low = percent(found.low, digits, down=True)
    return f"{low} to {percent(found.high, digits, up=True)}"


def canary_blocks(found: Watched) -> list[Block | str]:
    """The judge on answers of known kind, and the rates without the errors that they show."""
    known = found.canaries
    rates = [rate for rate in (*found.versions, *found.groups) if rate.corrected is not None]
    if known is None:
        return []
    said = Bullets(
        [
            f"Of {counted(known.bad, 'bad canary/bad canaries')} it flags {span(known.recall)}.",
            f"Of {counted(known.good, 'good canary/good canaries')} it flags "
            f"{span(known.false_alarms)}.",
        ]
    )
    if not rates:
        return [said]
    table = Table(
        [
            Column("version or group"),
            Column("as the judge reports"),
            Column("without its errors, at all times"),
            Column("at one look"),
        ],
        [
            (each.name or "–", span(each.interval), span(each.corrected), span(each.corrected_once))
            for each in rates
        ],
        caption="The last column is for a report at a date that was fixed before anybody looked.",
    )
    return [said, table]


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
