"""The page of a plan: what to collect for a wanted interval width."""

from __future__ import annotations

from collections.abc import Sequence

from wellhead._result import render
from wellhead.prevalence.plan import BESIDE, MachineSize, Plan, ReferenceSize, Way
from wellhead.report.blocks import Block, Section
from wellhead.report.numbers import count, percent
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Line, LineChart
from wellhead.report.table import Column, Table

__all__ = ["plan_page"]


@render.register
def plan_page(plan: Plan) -> Page:
    """What a plan says, the answer first."""
    return Page(
        title="What to collect for the interval you want",
        lead=_lead(plan),
        facts=(
            ("known-human texts", _or_not(plan.human)),
            ("labels drawn by doubt", f"{count(plan.labels_active[1])} ({_range(plan, True)})"),
            ("labels drawn at random", f"{count(plan.labels[1])} ({_range(plan)})"),
            ("labels without a detector", count(plan.labels_alone)),
        ),
        sections=[
            Section("Ways to get there", _ways(plan)),
            Section("Known-human texts", _human(plan)),
            Section("Machine texts of your own task", _machine(plan)),
            Section("Audited labels", _labels(plan)),
        ],
    )


def _lead(plan: Plan) -> str:
    wanted = (
        f"For a {percent(plan.level)} interval {percent(plan.width)} wide, at an expected share of "
        f"{percent(plan.share)} in {count(plan.documents)} documents: "
    )
    labels = (
        f"{count(plan.labels[1])} documents drawn at random and labelled ({_range(plan)}, "
        f"depending on the generator), or {count(plan.labels_active[1])} drawn by the detector's "
        "doubt"
    )
    cheapest = plan.cheapest
    end = "" if cheapest is None else f" At these prices the cheapest is: {_told(cheapest)}."
    if plan.human is None:
        narrowest = min(row.width for row in plan.references)
        return (
            f"{wanted}{labels}. Known-human texts alone do not get there: {_largest(plan)} of them "
            f"give {percent(narrowest)} on average.{end}"
        )
    return f"{wanted}{count(plan.human)} known-human texts of the same kind, or {labels}.{end}"


def _told(way: Way) -> str:
    return f"{way.name}, for {way.cost:,.2f}"


def _ways(plan: Plan) -> list[Block | str]:
    columns = [
        Column("way"),
        Column("known-human texts", "count"),
        Column("machine texts", "count"),
        Column("labels", "count"),
        Column("gets there"),
    ]
    rows: list[list[object]] = [
        [way.name, way.human, way.machine, way.labels, "yes" if way.reached else "no"]
        for way in plan.ways
    ]
    if plan.prices is not None:
        columns.append(Column("cost"))
        for row, way in zip(rows, plan.ways, strict=True):
            row.append(f"{way.cost:,.2f}")
    return [
        Table(columns, rows),
        "Where a way does not get there, its numbers are the most that was tried. Labels are given "
        "for a generator that the detector sees as well as most.",
        _picture(plan),
    ]


def _picture(plan: Plan) -> LineChart:
    references, machines, labels = plan.references, plan.machines, plan.label_widths
    numbers = [row.human for row in references]
    lines = [
        Line("known-human texts", numbers, [row.width for row in references]),
        Line(
            f"machine texts, beside {BESIDE} human",
            [row.machine for row in machines],
            [row.width for row in machines],
        ),
    ]
    if labels:
        at = [row.labels for row in labels]
        lines += [
            Line("labels at random", at, [row.random for row in labels]),
            Line("labels by doubt", at, [row.active for row in labels], accent=True),
        ]
    lines.append(Line("wanted", [numbers[0], numbers[-1]], [plan.width] * 2))
    return LineChart(
        title="What each further text or label buys",
        description=(
            "The width of the interval against the number of texts or labels. A curve that stays "
            "above the wanted width does not get there."
        ),
        lines=lines,
        x=Axis("texts or labels", log=True),
        y=Axis("mean width of the interval", percent=True, low=0.0),
        n=f"{count(plan.documents)} documents, share {percent(plan.share)}",
    )


def _human(plan: Plan) -> list[Block | str]:
    return [
        "Simulated on the detector's measured clusters, each left out of what the estimate may "
        "know. Beyond a few hundred texts what remains is how little is known about the generator, "
        "and only audited labels or texts of the suspected generator narrow it.",
        _widths("known-human texts", plan.references),
    ]


def _machine(plan: Plan) -> list[Block | str]:
    return [
        f"Texts by the generator that wrote the corpus, beside {BESIDE} known-human ones "
        "(wellhead generate, then assay --machine). The interval keeps room for generators that "
        "are not among them. What adapting the detector to your task adds, from 80 texts a side "
        "on, is not in these numbers: on fifteen measured tasks intervals were no narrower on "
        "average, and up to 22 points narrower where the general detector sees little.",
        _widths("machine texts", plan.machines),
    ]


def _widths(texts: str, rows: Sequence[ReferenceSize | MachineSize]) -> Table:
    columns = [
        Column(texts, "count"),
        Column("mean width", "percent"),
        Column("9 in 10 below", "percent"),
    ]
    return Table(columns, [tuple(row) for row in rows])


def _labels(plan: Plan) -> list[Block | str]:
    return [
        f"Documents drawn at random from the {count(plan.documents)} and labelled with certainty "
        "give an interval that needs no assumption about generator or domain. How many depends "
        f"on how well the detector sees the generator: {count(plan.labels[0])} where it sees it "
        f"well, {count(plan.labels[2])} where it hardly does, {count(plan.labels_alone)} if it "
        "were blind. Drawn by the detector's doubt (wellhead audit --way active) it takes "
        f"{count(plan.labels_active[0])}, {count(plan.labels_active[1])} and "
        f"{count(plan.labels_active[2])}; what the interval rests on is the same.",
        Table(
            [
                Column("labels", "count"),
                Column("width without a detector", "percent"),
                Column("drawn at random", "percent"),
                Column("drawn by doubt", "percent"),
            ],
            [tuple(row) for row in plan.label_widths],
        ),
    ]


def _range(plan: Plan, active: bool = False) -> str:
    low, _, high = plan.labels_active if active else plan.labels
    return f"{count(low)} to {count(high)}"


def _largest(plan: Plan) -> str:
    return count(max(row.human for row in plan.references))


def _or_not(number: int | None) -> str:
    return "not enough alone" if number is None else count(number)
