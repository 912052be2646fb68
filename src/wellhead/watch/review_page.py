"""The part of the page about people's labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wellhead.report.blocks import Block, Callout
from wellhead.report.numbers import counted, number
from wellhead.report.table import Column, Table
from wellhead.watch.judges_page import span
from wellhead.watch.result import Labelled, Rate, Reviewed, Watched

__all__ = ["queue_blocks", "review_blocks"]


def review_blocks(found: Watched) -> list[Block | str]:
    """The corrected rates, the judge's errors, and how far raters agree."""
    review = found.review
    if review is None:
        return []
    blocks: list[Block | str] = []
    if review.open:
        blocks.append(
            Callout(
                "note",
                f"{counted(review.open, 'drawn answer')} without a label that counts",
                "The lower end of each interval takes them as clean, the upper end as violations. "
                "wellhead watch label opens the page.",
            )
        )
    blocks += [_judge(review), _rates([*found.versions, *found.groups])]
    if review.agreement:
        blocks.append(_agreement(review))
    return blocks


def _judge(review: Reviewed) -> Table:
    rows = [
        ("of what it flags, people call a violation", span(review.precision)),
        ("of what it lets pass, people call a violation", span(review.missed)),
        ("of all violations, it flags", span(review.recall)),
    ]
    return Table(
        [Column("the judge against people"), Column("95 %, at all times")],
        rows,
        caption=f"From {counted(review.labels, 'label')}; "
        f"{counted(review.drawn, 'answer')} drawn at random.",
    )


def _rates(rates: Sequence[Rate]) -> Table:
    rows = [
        (
            rate.name or "–",
            rate.labelled.labels,
            span(rate.interval),
            span(rate.labelled.interval),
            span(rate.labelled.once) if rate.labelled.once else "–",
        )
        for rate in rates
        if rate.labelled is not None
    ]
    return Table(
        [
            Column("version or group"),
            Column("labels", "count"),
            Column("by the judge"),
            Column("by people's labels, at all times"),
            Column("at one look"),
        ],
        rows,
        caption="The last column is for a report at a date that was fixed before anybody looked.",
    )


def _agreement(review: Reviewed) -> Table:
    return Table(
        [
            Column("raters"),
            Column("both could tell", "count"),
            Column("same label", "count"),
            Column("kappa"),
        ],
        [
            (
                f"{pair.first} and {pair.second}",
                pair.both,
                pair.same,
                "–"
                if pair.kappa is None
                else f"{number(pair.kappa.point)} ({number(pair.kappa.low)} to "
                f"{number(pair.kappa.high)})",
            )
            for pair in review.agreement
        ],
        caption="Second labels go above all to answers on which the first one and the judge "
        "disagree, so that this is agreement on the hard ones.",
    )


class _Reviewed(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def labelled(self) -> Labelled | None: ...


def queue_blocks(rates: Sequence[_Reviewed], review: Reviewed | None) -> list[Block | str]:
    """How the queue of a running watch stands."""
    rows = [
        (each.name, each.labelled.labels, each.labelled.open, span(each.labelled.interval))
        for each in rates
        if each.labelled is not None
    ]
    if not rows:
        return []
    columns = [
        Column("version or group"),
        Column("labelled", "count"),
        Column("waiting", "count"),
        Column("rate by people's labels"),
    ]
    caption = "Answers drawn at random; wellhead watch label opens the page. 95 %, at all times."
    blocks: list[Block | str] = [Table(columns, rows, caption=caption)]
    if review is not None:
        blocks.append(_judge(review))
        blocks += [_agreement(review)] if review.agreement else []
    return blocks
