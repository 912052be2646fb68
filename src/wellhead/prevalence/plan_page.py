"""The page of a plan: what to collect for a wanted interval width."""

from __future__ import annotations

from wellhead._result import render
from wellhead.prevalence.plan import Plan
from wellhead.report.blocks import Section
from wellhead.report.numbers import count, percent
from wellhead.report.page import Page
from wellhead.report.table import Column, Table

__all__ = ["plan_page"]


@render.register
def plan_page(plan: Plan) -> Page:
    """What a plan says, the answer first."""
    return Page(
        title="What to collect for the interval you want",
        lead=_lead(plan),
        facts=(
            ("known-human texts", _references(plan)),
            ("audited labels", f"{count(plan.labels[1])} ({_range(plan)})"),
            ("labels without a detector", count(plan.labels_alone)),
        ),
        sections=[
            Section(
                "Known-human texts",
                [
                    "Simulated on the detector's measured clusters, each left out of what the "
                    "estimate may know. Beyond a few hundred texts what remains is how little is "
                    "known about the generator, and only audited labels or texts of the suspected "
                    "generator narrow it.",
                    Table(
                        columns=[
                            Column("known-human texts", "count"),
                            Column("mean width", "percent"),
                            Column("9 in 10 below", "percent"),
                        ],
                        rows=[tuple(row) for row in plan.references],
                    ),
                ],
            ),
            Section(
                "Audited labels",
                [
                    f"Documents drawn by lot from the {count(plan.documents)} and labelled with "
                    "certainty give an interval that needs no assumption about generator or "
                    "domain. How many depends on how well the detector sees the generator: "
                    f"{count(plan.labels[0])} where it sees it well, {count(plan.labels[2])} where "
                    f"it hardly does, {count(plan.labels_alone)} if it were blind."
                ],
            ),
        ],
    )


def _lead(plan: Plan) -> str:
    wanted = (
        f"For a {percent(plan.level)} interval {percent(plan.width)} wide, at an expected share of "
        f"{percent(plan.share)} in {count(plan.documents)} documents: "
    )
    labels = (
        f"{count(plan.labels[1])} documents drawn by lot and labelled ({_range(plan)}, depending "
        "on the generator)"
    )
    if plan.human is None:
        narrowest = min(row.width for row in plan.references)
        return (
            f"{wanted}{labels}. Known-human texts alone do not get there: {_largest(plan)} of them "
            f"give {percent(narrowest)} on average."
        )
    return f"{wanted}{count(plan.human)} known-human texts of the same kind, or {labels}."


def _range(plan: Plan) -> str:
    return f"{count(plan.labels[0])} to {count(plan.labels[2])}"


def _largest(plan: Plan) -> str:
    return count(max(row.human for row in plan.references))


def _references(plan: Plan) -> str:
    return "not enough alone" if plan.human is None else count(plan.human)
