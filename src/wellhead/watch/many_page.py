"""The parts of the page about many rates, about versions beside each other, and about measures."""

from __future__ import annotations

from wellhead.report.blocks import Block, Callout
from wellhead.report.numbers import count, counted, number, percent
from wellhead.report.svg import Axis, Line, LineChart
from wellhead.report.table import Column, Table
from wellhead.watch.judges_page import span
from wellhead.watch.result import Contrast, Measure, Watched
from wellhead.watch.status import Status

__all__ = ["contrast_blocks", "exceeding_blocks", "measure_blocks"]

_OF = {"all": "all answers", "group": "group", "category": "kind of violation"}


def exceeding_blocks(found: Watched | Status) -> list[Block | str]:
    """Which of many rates exceed the limit."""
    if found.looked_at < 2:
        return []
    said = (
        f"{counted(found.looked_at, 'rate')} were compared with the limit: of each version, and in "
        f"it of each group and kind. {count(len(found.exceeding))} exceed it, as the judge "
        f"reports; of those named at most {percent(found.error)} are wrong on average, however "
        "many are looked at and whenever (e-BH)."
        + (" Their intervals allow for that choice." if found.exceeding else "")
    )
    if not found.exceeding:
        return [said]
    rows = [
        (
            each.version or "–",
            " ".join(part for part in (_OF[each.of], each.name) if part),
            each.n,
            each.hits,
            span(each.interval),
        )
        for each in found.exceeding
    ]
    columns = [
        Column("version"),
        Column("of"),
        Column("answers", "count"),
        Column("violations", "count"),
        Column("rate"),
    ]
    return [said, Table(columns, rows)]


def contrast_blocks(found: Watched) -> list[Block | str]:
    """Whether versions differ."""
    if not found.contrasts:
        return []
    by_lot = found.contrasts[0].log_e is not None
    other = found.contrasts[0].other or "–"
    said = (
        "Versions were drawn at random, so that a difference is due to the version."
        if by_lot
        else "Versions were not drawn at random: their users or times may differ, and a "
        "difference need not be due to the version. With --lot VERSION=SHARE it can be tested."
    )
    columns = [Column("version"), Column(f"its rate less that of {other}")]
    if by_lot:
        columns += [Column(f"its rate over that of {other}"), Column("differs")]
    rows = [_contrast(each) for each in found.contrasts]
    caption = "95 % at all times, as the judge reports." + (
        f" Of the versions that are said to differ at most {percent(found.error)} do not."
        if by_lot
        else ""
    )
    return [said, Table(columns, rows, caption=caption)]


def _contrast(each: Contrast) -> tuple[str, ...]:
    low, high = each.difference.low * 100, each.difference.high * 100
    row = (each.version or "–", f"{number(low, 2)} to {number(high, 2)} points")
    if each.ratio is None:
        return row
    top = f"{each.ratio[1]:.2g}" if each.ratio[1] < 1e3 else "any more"
    return (*row, f"{each.ratio[0]:.2g} to {top}", "yes" if each.differs else "not shown")


def measure_blocks(found: Watched | Status) -> list[Block | str]:
    """What was measured beside the answers, with the warning that belongs to it."""
    if not found.measures:
        return []
    named = ", ".join(each.name for each in found.measures if each.associated)
    blocks: list[Block | str] = [
        Callout(
            "warning" if named else "note",
            f"Violations go with {named}" if named else "More of these is not better",
            "Time in conversation and satisfaction can rise with harm: whatever the rules forbid "
            "may be what keeps people there. They say nothing about safety.",
        )
    ]
    blocks.append(_measures(found))
    return [*blocks, *(_chart(each) for each in found.measures if len(each.course) > 1)]


def _measures(found: Watched | Status) -> Table:
    rows = [
        (
            each.name,
            each.n,
            "–" if each.clean is None else number(each.clean, 2),
            "–" if each.violating is None else number(each.violating, 2),
            percent(each.rank.point),
            "yes" if each.associated else "not shown",
        )
        for each in found.measures
    ]
    return Table(
        [
            Column("measure"),
            Column("answers", "count"),
            Column("mean, clean"),
            Column("mean, violating"),
            Column("above clean ones"),
            Column("goes with violations"),
        ],
        rows,
        caption="Above clean ones: the part of the clean answers just before that a violation's "
        "value is higher than; 50 % where violations have nothing to do with the measure. They "
        "are of its own time and version, so that trends do not matter; of the measures named at "
        f"most {percent(found.error)} are wrong on average.",
    )


def _chart(each: Measure) -> LineChart:
    return LineChart(
        f"{each.name}, answer by answer",
        f"Means of equally many answers in a row, from {number(each.course[0][1], 2)} to "
        f"{number(each.course[-1][1], 2)}.",
        [Line(each.name, [n for n, _ in each.course], [mean for _, mean in each.course])],
        Axis("answers", whole=True),
        Axis(f"mean of {each.name}"),
        n=counted(each.n, "answer"),
    )
