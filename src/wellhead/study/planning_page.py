"""The page of a study plan: what to collect, the answer first."""

from __future__ import annotations

from wellhead._result import render
from wellhead.consensus.page import names_of
from wellhead.report.blocks import Bullets, Section
from wellhead.report.numbers import count, percent
from wellhead.report.page import Page
from wellhead.report.table import Column, Table
from wellhead.study.planning import StudyPlan

__all__ = ["plan_study_page", "several"]


@render.register
def plan_study_page(plan: StudyPlan) -> Page:
    """What a plan says."""
    return Page(
        title="What to collect for the study you plan",
        lead=_lead(plan),
        facts=(("wanted width", percent(plan.width)), ("expected share", percent(plan.share))),
        sections=[
            Section(
                "Designs",
                [
                    f"Each line is a design, simulated {plan.repeats} times. Warm-ups are texts "
                    "known to be by people, seen by every method, and as many machine texts seen "
                    "by the first method. Audited answers are drawn at random, and their origin "
                    "is found out.",
                    Table(
                        columns=[
                            *([Column("methods")] if several(plan) else []),
                            Column("answers", "count"),
                            Column("warm-ups", "count"),
                            Column("audited", "count"),
                            Column("mean width", "percent"),
                            Column("9 in 10 below", "percent"),
                            Column("held the share", "percent"),
                            Column("settles it"),
                        ],
                        rows=[
                            (
                                *([", ".join(d.methods)] if several(plan) else []),
                                d.answers,
                                d.warm_ups,
                                d.audited,
                                d.width,
                                d.width_90,
                                d.coverage,
                                "yes" if d.enough else "no" if d.determined else "no, a range only",
                            )
                            for d in plan.designs
                        ],
                    ),
                ],
            ),
            Section(
                "What was assumed about the methods",
                [
                    Bullets(
                        [
                            f"{m.name}: sensitivity {percent(m.sensitivity)} (the part of machine "
                            f"texts that it flags), specificity {percent(m.specificity)} (the part "
                            "of texts by people that it does not flag)."
                            for m in plan.methods
                        ]
                    ),
                    "The methods are taken to err independently of each other. Only three methods "
                    "in groups that differ, or texts of known origin, can show that they do not.",
                ],
            ),
        ],
    )


def several(plan: StudyPlan) -> bool:
    """Whether different sets of methods were tried."""
    return len({design.methods for design in plan.designs}) > 1


def _lead(plan: StudyPlan) -> str:
    best = plan.smallest
    if best is None:
        narrowest = min(plan.designs, key=lambda design: design.width)
        return (
            f"None of these designs gives a range of {percent(plan.width)} or less. The narrowest "
            f"gives {percent(narrowest.width)}: collect more answers, or have more of them audited."
        )
    parts = [f"{count(best.answers)} answers"]
    if best.warm_ups:
        parts.append(f"{count(best.warm_ups)} texts known to be by people")
    if best.audited:
        parts.append(f"{count(best.audited)} answers whose origin is found out")
    collected = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    if several(plan):
        collected += f", judged by {names_of(list(best.methods))}"
    return (
        f"Collect {collected}: the answer will then be a range about {percent(best.width)} wide. "
        "It is the smallest of the designs that were tried."
    )
