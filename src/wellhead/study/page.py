"""The report of a study: the answer for everybody first, then each step for those who check it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wellhead._result import render
from wellhead.consensus.page import (
    agreement_blocks,
    checks,
    facts,
    footer,
    forest,
    how,
    joined,
    lead,
    method_table,
    share_axis,
)
from wellhead.report.blocks import Bullets, Callout, Details, Section
from wellhead.report.numbers import count, number, p_value, percent, probability
from wellhead.report.page import Page
from wellhead.report.svg.flow import Flow, Stage
from wellhead.report.svg.forest import Forest, Stretch
from wellhead.report.table import Column, Table
from wellhead.study import planning_page  # noqa: F401  (registers the page of a plan)
from wellhead.study.run import StudyResult

if TYPE_CHECKING:
    from wellhead.study.ablation import LengthMatch

__all__ = ["study_page"]


@render.register
def study_page(study: StudyResult) -> Page:
    """The whole report."""
    joint = study.joint
    parts = [
        Section("From submissions to the estimate", [_flow(study)]),
        Section("Each way of looking, and all together", [forest(joint), method_table(joint)]),
        Section("Where the ways of looking agree", agreement_blocks(joint.agreement)),
        _section("What the answer hangs on", _ablations(study)),
        _section("Checks", checks(joint)),
        _section("If answers were rejected", _policies(study)),
        _section("Workers", _workers(study)),
        _section("Over time", _time(study)),
        _section("Texts that repeat", _near_duplicates(study)),
        _section("Single texts, with their evidence", _cases(study)),
        Section("For the methods section of a paper", [study.methods]),
        Section("How it was estimated", how(joint)),
    ]
    return Page(
        title=study.title,
        lead=lead(joint),
        facts=facts(joint),
        sections=[part for part in parts if part is not None],
        footer=footer(joint),
    )


def _section(heading: str, blocks: list[Any]) -> Section | None:
    return Section(heading, blocks) if blocks else None


def _flow(study: StudyResult) -> Flow:
    return Flow(
        title="From submissions to the estimate",
        description="; ".join(f"{step.name}: {step.n}" for step in study.steps),
        stages=[Stage(*step) for step in study.steps],
    )


def _ablations(study: StudyResult) -> list[Any]:
    blocks: list[Any] = []
    if study.ablations:
        whole = joined(study.joint)
        rows = [
            Stretch(
                a.name,
                a.share.low,
                a.share.point if a.determined else math.nan,
                a.share.high,
                a.n,
            )
            for a in study.ablations
        ]
        blocks += [
            "The same share with one thing left out. If a line lies far from the strip, the "
            "answer depends on what was left out there. A method alone is corrected for its "
            "errors if texts of known origin show them; otherwise it is a plain count.",
            Forest(
                title="The share with one thing left out",
                description="One line per thing left out; the strip is the joint estimate.",
                rows=rows,
                x=share_axis([whole, *rows]),
                overall=whole,
                table=Table(
                    [
                        Column("what is left"),
                        Column("texts", "count"),
                        Column("share", "percent"),
                        Column("interval", "share"),
                    ],
                    [
                        [
                            a.name if a.determined else f"{a.name} (a range, not an estimate)",
                            a.n,
                            a.share.point if a.determined else None,
                            (a.share.low, a.share.high),
                        ]
                        for a in study.ablations
                    ],
                ),
            ),
        ]
    return blocks + (_length(study.length) if study.length else [])


def _length(match: LengthMatch) -> list[Any]:
    first, second = (percent(share.point) for share in match.after)
    before = " against ".join(percent(share.point) for share in match.before)
    return [
        f"Length: texts that '{match.judge}' flags have {count(match.lengths[0])} characters in "
        f"the middle, the others {count(match.lengths[1])}. '{match.tested}' flags {before} of "
        f"them. Among {match.pairs} pairs of like length it flags {first} against {second}. Had "
        "the gap closed, the two would have agreed because of length only.",
        Table(
            [
                Column("texts"),
                Column(f"{match.tested} flags", "percent"),
                Column("interval", "share"),
            ],
            [
                [name, share.point, (share.low, share.high)]
                for name, share in (
                    (f"flagged by {match.judge}, all", match.before[0]),
                    ("others, all", match.before[1]),
                    (f"flagged by {match.judge}, matched in length", match.after[0]),
                    ("others, matched in length", match.after[1]),
                )
            ],
        ),
    ]


def _policies(study: StudyResult) -> list[Any]:
    if not study.policies:
        return []
    return [
        "How many answers each simple rule would reject here, how many of those are expected to "
        "be by people, and how many of 1,000 honest answers it would reject. Drawn from the "
        "model, ranges in brackets.",
        Table(
            [
                Column("reject"),
                Column("answers", "count"),
                Column("by people among them"),
                Column("of 1,000 by people"),
                Column("machine texts let pass"),
            ],
            [
                [p.rule, p.rejected, *map(_ranged, (p.innocent, p.of_thousand, p.missed))]
                for p in study.policies
            ],
        ),
    ]


def _ranged(three: tuple[float, float, float]) -> str:
    low, expected, high = (f"{x:.0f}" if x >= 9.95 or x < 0.05 else f"{x:.1f}" for x in three)
    return f"{expected} ({low} to {high})"


def _workers(study: StudyResult) -> list[Any]:
    found = study.workers
    if found is None or not found.rows:
        return []
    several = [worker for worker in found.rows if worker.answers > 1]
    return [
        f"{count(len(found.rows))} workers, {count(len(several))} with more than one answer. Each "
        "worker's share is shrunk towards that of all, the more so the fewer answers there are. "
        "It is a reason to look at the answers, not a verdict on a person.",
        Table(
            [
                Column("worker"),
                Column("answers", "count"),
                Column("machine texts expected", "number", digits=2),
                Column("share, drawn towards all", "percent"),
                Column("interval", "share"),
            ],
            [
                [w.name, w.answers, w.expected, w.share.point, (w.share.low, w.share.high)]
                for w in found.rows
            ],
            cap=30,
        ),
    ]


def _time(study: StudyResult) -> list[Any]:
    found = study.drift
    if found is None:
        return []
    verdict = (
        "The share changes while the study runs"
        if found.p_value < 0.05
        else "Nothing shows that the share changes while the study runs"
    )
    rows = [
        [_span(s.start, s.end, found.dated), s.n, s.share.point, (s.share.low, s.share.high)]
        for s in found.stretches
    ]
    return [
        f"{verdict} (rank correlation {number(found.trend, 2)}, permutation p = "
        f"{p_value(found.p_value)}).",
        Table(
            [
                Column("from, to"),
                Column("texts", "count"),
                Column("share", "percent"),
                Column("interval", "share"),
            ],
            rows,
        ),
    ]


def _span(start: float, end: float, dated: bool) -> str:
    """
    >>> _span(0, 90_000, True), _span(1, 20, False)
    ('1970-01-01 00:00 to 1970-01-02 01:00', '1 to 20')
    """
    if not dated:
        return f"{number(start)} to {number(end)}"
    first, last = (datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M") for t in (start, end))
    return f"{first} to {last}"


def _near_duplicates(study: StudyResult) -> list[Any]:
    if not study.near_duplicates:
        return []
    return [
        "Texts that share most of their five-word runs. Two workers with the same text may have "
        "used the same source, the same program, or each other; or one person has two accounts.",
        Table(
            [
                Column("texts"),
                Column("how many", "count"),
                Column("workers", "count"),
                Column("in common", "percent"),
            ],
            [
                [", ".join(t.ids), len(t.ids), t.workers or None, t.alike]
                for t in study.near_duplicates
            ],
            cap=30,
        ),
    ]


def _cases(study: StudyResult) -> list[Any]:
    if not study.cases:
        return []
    blocks: list[Any] = [
        Callout(
            "note",
            "No line here says that somebody did something wrong.",
            "It lists what was seen and what that cannot show, for a person to look at and for the "
            "person concerned to answer.",
        )
    ]
    for case in study.cases:
        chance = (
            ""
            if case.probability is None
            else f", machine-written: {probability(case.probability)}"
        )
        lines = [*case.evidence, *(f"But: {limit}" for limit in case.limits), case.appeal]
        blocks.append(Details(f"{case.id}{chance}", [Bullets(lines)]))
    return blocks
