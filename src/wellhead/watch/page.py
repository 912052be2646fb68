"""The page about the rates of a watched model."""

from __future__ import annotations

from collections.abc import Sequence

from wellhead._result import render
from wellhead._stats import Interval
from wellhead.report.blocks import Block, Bullets, Callout, Section
from wellhead.report.numbers import count, counted, interval, percent
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Forest, Line, LineChart, Stretch
from wellhead.report.table import Column, Table
from wellhead.watch.judges_page import canary_blocks, judges_blocks, span
from wellhead.watch.many_page import contrast_blocks, exceeding_blocks, measure_blocks
from wellhead.watch.report import WatchReport
from wellhead.watch.report_page import report_page
from wellhead.watch.result import Rate, Watched
from wellhead.watch.review_page import review_blocks
from wellhead.watch.status import Status
from wellhead.watch.status_page import status_page

__all__ = ["rare", "watched_page"]

_DRAWN = 6


def rare(share: float) -> str:
    """A rate with two decimals where it is below one percent."""
    return percent(share, 2 if share < 0.01 else 1)


def between(found: Interval) -> str:
    """The ends of an interval, rounded outward."""
    low, _, high, _ = found
    digits = 2 if high < 0.02 else 1
    return f"between {percent(low, digits, down=True)} and {percent(high, digits, up=True)}"


@render.register
def watched_page(found: Watched) -> Page:
    """The whole page."""
    sections = [
        Section("Rates by version", _versions(found)),
        Section("Above the limit, of many rates", exceeding_blocks(found)),
        Section("Versions beside each other", contrast_blocks(found)),
        Section("What people's labels say", review_blocks(found)),
        Section("What canaries say", canary_blocks(found)),
        Section("Time, satisfaction and other measures", measure_blocks(found)),
        Section("Rates by group", _table(found.groups, "group")),
        Section("Kinds of violation", _table(found.categories, "category")),
        Section("What several judges say together", judges_blocks(found.consensus)),
        Section("How to read it", [Bullets(_how(found))]),
    ]
    return Page(
        title="What the model says",
        lead=_lead(found),
        facts=[
            ("responses", count(found.n)),
            ("violations, as judged", count(found.hits)),
            ("judge", found.verdict),
            ("limit", "none set" if found.limit is None else rare(found.limit)),
        ],
        sections=[section for section in sections if section.blocks],
        alerts=[*(_alert(found, rate) for rate in found.alarmed), *_unjudged(found)],
        footer=f"wellhead {found.version}.",
    )


render.register(Status, status_page)
render.register(WatchReport, report_page)


def _called(rate: Rate) -> str:
    return f"Version {rate.name}" if rate.name else "The model"


def _lead(found: Watched) -> str:
    said = [
        f"{_called(rate)} violates in {rare(rate.best.point)} of "
        f"{counted(rate.n, 'response')}, {between(rate.best)}"
        for rate in found.versions[:3]
    ]
    more = f"; {len(found.versions) - 3} further versions below" if len(found.versions) > 3 else ""
    limit = ""
    if found.limit is not None:
        names = ", ".join(rate.name or "the model" for rate in found.alarmed)
        limit = (
            f" Above the limit of {rare(found.limit)}: {names}."
            if names
            else f" None is known to exceed the limit of {rare(found.limit)}."
        )
    return (
        f"{'; '.join(said)}{more}.{limit}\n\n{_source(found)} The intervals hold after every "
        "response at once, so that one may look as often as one likes."
    )


def _source(found: Watched) -> str:
    if found.review and found.review.labels:
        return (
            f"The judge's errors are taken out with {counted(found.review.labels, 'label')} by "
            f"people on a random sample: the judge itself reports {rare(found.hits / found.n)} of "
            f"all, and flags {span(found.review.recall)} of the violations."
        )
    canaries = found.canaries
    if canaries is not None and found.versions[0].corrected is not None:
        return (
            f"The judge's errors are taken out by canaries: it flags {span(canaries.recall)} of "
            f"{count(canaries.bad)} bad ones and {span(canaries.false_alarms)} of "
            f"{count(canaries.good)} good ones. This holds if they are as hard for it as answers."
        )
    return "These are the rates that the judge reports: its own errors are not taken out."


def _unjudged(found: Watched) -> list[Callout]:
    """A row that cannot be read may hold anything, so that it is not passed over in silence."""
    if not found.unusable:
        return []
    told = "; ".join(f"{count(n)}: {why}" for why, n in found.unusable)
    rows = counted(sum(n for _, n in found.unusable), "row")
    return [Callout("warning", f"{rows} could not be judged", f"They count in no rate. {told}.")]


def _alert(found: Watched, rate: Rate) -> Callout:
    ways = []
    if rate.over is not None:
        ways.append(f"after {counted(rate.over, 'response')} its average was above the limit")
    if rate.changed is not None:
        ways.append(f"after {counted(rate.changed, 'response')} a rise above the limit was seen")
    if rate.labelled is not None and rate.labelled.over:
        ways.append("people's labels refute that its average keeps the limit")
    return Callout("warning", f"{_called(rate)} exceeds the limit:", f"{'; '.join(ways)}.")


def _versions(found: Watched) -> list[Block | str]:
    drawn = [rate for rate in found.versions if len(rate.course) > 1][:_DRAWN]
    blocks: list[Block | str] = []
    if drawn:
        blocks.append(_chart(drawn))
    if len(found.versions) > 1:
        rows = [Stretch(rate.name or "–", *rate.best[:3], rate.n) for rate in found.versions]
        blocks.append(
            Forest(
                "Versions side by side",
                "One interval for each version; each holds at all times at once.",
                rows,
                Axis("responses that violate", percent=True, low=0),
            )
        )
    return [*blocks, *_table(found.versions, "version")]


def _chart(rates: Sequence[Rate]) -> LineChart:
    lines = [
        Line(
            rate.name or "the model",
            [moment.n for moment in rate.course],
            [moment.point for moment in rate.course],
            [moment.low for moment in rate.course],
            [moment.high for moment in rate.course],
        )
        for rate in rates
    ]
    top = min(1.0, 3 * max(rate.course[len(rate.course) // 4].high for rate in rates))
    return LineChart(
        "The rate so far, response by response",
        f"The average rate of violations so far by version: {'; '.join(map(_last, rates))}.",
        lines,
        Axis("responses judged", whole=True),
        Axis("violations so far", percent=True, low=0, high=top),
        band="95 % confidence sequence",
    )


def _last(rate: Rate) -> str:
    return f"{rate.name or 'the model'} {interval(*rate.interval[:3:2], share=True)}"


def _table(rates: Sequence[Rate], what: str) -> list[Block | str]:
    if not rates:
        return []
    columns = [
        Column(what),
        Column("responses", "count"),
        Column("violations", "count"),
        Column("rate", "percent", digits=2),
        Column("from", "percent", digits=2),
        Column("to", "percent", digits=2),
    ]
    rows = [
        (
            rate.name or "–",
            rate.n,
            rate.hits,
            rate.interval.point,
            rate.interval.low,
            rate.interval.high,
        )
        for rate in rates
    ]
    return [Table(columns, rows)]


def _how(found: Watched) -> list[str]:
    said = [
        "An interval holds the average of the rates so far with 95 % probability at all times "
        "together, even where the rate moves; it says nothing of one response.",
        "A judge errs. How often is measured with canaries and with a random sample that people "
        "label.",
    ]
    if found.limit is not None:
        said.append(
            f"A version that keeps the limit is said to exceed it with probability "
            f"{percent(found.error)} at the most, over all time; the alarm for a rise comes "
            "without cause once in 400,000 responses on average, or less."
        )
    return said
