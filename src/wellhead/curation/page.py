"""The page of a plan: what is kept and lost, the frontier, the tails, what training does.

A `CurationPlan` flows in, a `Page` flows out. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from wellhead._result import render
from wellhead.curation.result import CurationPlan
from wellhead.curation.tails import Stretch, Tails
from wellhead.report.blocks import Block, Callout, Details, Section
from wellhead.report.numbers import count, counted, interval, number, percent
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Line, LineChart
from wellhead.report.table import Column, Table

__all__ = ["plan_page"]


@render.register
def plan_page(plan: CurationPlan) -> Page:
    """The report of one plan."""
    tails = plan.tails
    return Page(
        title="What to keep of this text, and what that costs",
        lead=_lead(plan),
        alerts=_alerts(plan),
        facts=_facts(plan),
        sections=[
            Section("Purity against human text lost", _frontier(plan)),
            Section("What training on it would do", _outlooks(plan)),
            *([Section("What is lost at the edges", _tails(tails))] if tails else []),
            Section("How this was computed", _method(plan)),
        ],
        footer=f"wellhead {plan.version} · {' '.join(plan.detector)} · seed {plan.seed}",
    )


def _lead(plan: CurationPlan) -> str:
    found = plan.chosen
    lost = _span(found.human_lost)
    machine = _most(found.machine) if plan.upper_bound_only else _span(found.machine)
    before = _most(plan.share) if plan.upper_bound_only else percent(plan.share.point)
    if plan.met is False:
        near = (
            "The closest is to keep everything" if plan.dial is None else "The closest is this plan"
        )
        costs = f"{machine} machine text in it, and {lost} of the human text lost."
        return f"{plan.answer} {near}: {costs}\n\n{_written(plan)}"
    if plan.dial is None:
        best = f" (best estimate {percent(found.machine.point)})" * (not plan.upper_bound_only)
        said = (
            f"Keep everything: {count(plan.documents)} documents, of which machines wrote "
            f"{machine}{best}. No human text is lost."
        )
    elif plan.policy == "weight":
        said = (
            f"Weigh the {count(plan.distinct)} distinct texts: together they count as "
            f"{count(found.weight)}. By weight, {machine} of that is machine text, instead of "
            f"{before}; {lost} of the human text is lost for it."
        )
    else:
        said = (
            f"Keep {count(found.kept)} of {count(plan.distinct)} distinct texts. Of what is kept, "
            f"{machine} is machine text, instead of {before}; {lost} of the human texts are lost "
            "for it."
        )
    return "\n\n".join(filter(None, [said, plan.answer, _written(plan)]))


def _written(plan: CurationPlan) -> str:
    if plan.written is None:
        return "This is a plan; nothing else was written."
    done = plan.written
    return (
        f"{count(done.kept)} documents were written to {done.folder}, in "
        f"{counted(done.files, 'file')}. The old corpus is as it was."
    )


def _alerts(plan: CurationPlan) -> list[Callout]:
    return [
        Callout(
            "warning",
            one,
            "So the reference is not taken to stand for the corpus's own people: the intervals "
            "allow that all that is dropped was human.",
        )
        for one in plan.doubts
    ]


def _facts(plan: CurationPlan) -> list[tuple[str, str]]:
    found, texts = plan.chosen, plan.chosen.human_lost_texts
    lost = "none"
    if found.human_lost.high > 0:
        lost = f"{_share(found.human_lost)}; {count(texts[0])} to {count(texts[2])} texts"
    facts = [
        ("policy", plan.policy if plan.dial is None else f"{plan.policy}, dial {plan.dial:g}"),
        ("texts kept", f"{count(found.kept)} of {count(plan.distinct)}"),
        ("effective size", count(found.effective)),
        (
            "machine text left",
            _most(found.machine) if plan.upper_bound_only else _share(found.machine),
        ),
        ("human text lost", lost),
        ("undecided", f"{counted(plan.edge.documents, 'text')} could go either way"),
        (
            "documents that repeat another",
            f"{count(plan.repeats)}, {'dropped' if plan.folded else 'kept with their text'}",
        ),
    ]
    if plan.apart:
        facts.append(("set apart by the assay, kept", count(plan.apart)))
    if (reserve := plan.reserve) is not None:
        facts.append(
            (
                "reserve of human originals",
                f"{counted(reserve.texts, 'text')}, machine text among them "
                f"{interval(reserve.machine.low, reserve.machine.high, share=True)}",
            )
        )
    return facts


def _span(found: Sequence[float]) -> str:
    """An interval of a share; one number where its ends are the same."""
    low, high = found[0], found[2]
    return percent(high) if high - low < 1e-9 else interval(low, high, share=True)


def _most(found: Sequence[float]) -> str:
    return f"at most {percent(found[2], up=True)}"


def _share(found: Sequence[float]) -> str:
    return f"{percent(found[1])} ({interval(found[0], found[2], share=True)})"


def _frontier(plan: CurationPlan) -> list[Block | str]:
    rows = [
        [
            "keep everything" if point.dial is None else f"{point.dial:g}",
            "chosen" if point.dial == plan.dial else "",
            point.found.kept,
            point.found.effective,
            _span(point.found.machine),
            _span(point.found.human_lost),
            ("yes" if not point.missed else "no") if plan.targets.any else "–",
        ]
        for point in plan.frontier
    ]
    columns = [
        Column("dial"),
        Column(""),
        Column("texts kept", "count"),
        Column("worth", "count", "equal weights"),
        Column("machine text left"),
        Column("human text lost"),
        Column("limits promised"),
    ]
    ordered = sorted(plan.frontier, key=lambda point: point.found.human_lost.point)
    lost = [point.found.human_lost.point for point in ordered]
    machine = [point.found.machine for point in ordered]
    chart = LineChart(
        title="Machine text left against human text lost",
        description=(
            "Each mark is one dial of the policy. To the right more human text is lost, further "
            "down less machine text is left. The orange mark is what the plan does."
        ),
        lines=[
            Line(
                "dials",
                lost,
                [one.point for one in machine],
                [one.low for one in machine],
                [one.high for one in machine],
            ),
            Line(
                "this plan",
                [plan.chosen.human_lost.point],
                [plan.chosen.machine.point],
                accent=True,
            ),
        ],
        x=Axis("human text lost", percent=True, low=0.0),
        y=Axis("machine text left", percent=True, low=0.0),
        n=f"n = {count(plan.distinct)} texts",
        band=f"{percent(plan.share.level)} interval",
    )
    return [chart, f"The dial is the {plan.dial_means}.", Table(columns, rows)]


def _outlooks(plan: CurationPlan) -> list[Block | str]:
    rows = [
        [
            one.name,
            one.texts,
            one.effective,
            _span(one.real[:3]),
            _factor(one.inflation[:3]),
            None if one.words is None else _span(one.words[:3]),
        ]
        for one in plan.outlooks
    ]
    columns = [
        Column("what is done"),
        Column("texts", "count", "by weight"),
        Column("worth", "count", "equal weights"),
        Column("human share", unit="a_eff"),
        Column("inflation of error", unit=f"generation {plan.targets.generations}"),
        Column("words left", unit="of the corpus's"),
    ]
    return [
        "If every generation is trained on a fresh mix like this one. Inflation 1 is no harm. The "
        "constants hold for regular estimators; for language models they order the ways, they do "
        "not measure them. The oracle drops exactly what machines wrote.",
        Table(columns, rows),
    ]


def _factor(found: Sequence[float]) -> str:
    low, high = found[0], found[2]
    return number(high) if high - low < 1e-9 else interval(low, high)


def _tails(tails: Tails) -> list[Block | str]:
    words = Table(
        [
            Column("words that occur"),
            Column("words", "count"),
            Column("left", "percent", digits=1),
            Column("left at random", "percent", digits=1),
        ],
        [[_times(one.low, one.high), one.words, one.left, one.by_lot] for one in tails.words],
        caption="Rare words left, beside a random choice of as many documents",
    )
    blocks: list[Block | str] = [words]
    for name, stretches in (
        ("by length", tails.lengths),
        ("by group", tails.groups),
        ("by topic (words of a random sample)", tails.topics),
    ):
        if stretches:
            blocks += [f"Texts {name}:", _stretches(stretches)]
    blocks.append(
        "“Human text lost” is by the probabilities of the assay, which are right on average over "
        "the corpus. Where people of one kind write like machines, they take these for machines: "
        "a kind that stands out deserves a look, and labels of its own."
    )
    return blocks


def _stretches(stretches: Sequence[Stretch]) -> Table:
    columns = [
        Column("kind"),
        Column("texts", "count"),
        Column("kept", "percent", "by weight", 1),
        Column("interval", "share"),
        Column("human text lost", "percent", "estimate", 1),
        Column(""),
    ]
    rows = [
        [
            one.name,
            one.texts,
            one.kept,
            (one.interval.low, one.interval.high),
            one.human_lost,
            "clearly less is kept" if one.stands_out else "",
        ]
        for one in stretches
    ]
    return Table(columns, rows)


def _times(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} times or more"
    return counted(low, "time") if low == high else f"{low} to {high} times"


def _method(plan: CurationPlan) -> list[Block | str]:
    edge = plan.edge
    low, high = sorted(edge.shares)
    return [
        f"The assay says that machines wrote {_share(plan.share)} of the distinct texts. At the "
        f"ends of the interval: if {percent(high)} were machine text, {count(edge.kept[0])} texts "
        f"would be kept (at a weight above one half), if {percent(low)}, {count(edge.kept[1])}; "
        f"{counted(edge.documents, 'text')} would change sides in between.",
        "Human text lost is estimated from the human reference alone: the part of it that scores "
        "where text is dropped, with the chance of that sample. It knows no generator. What is "
        "kept beyond it is machine text. Both need that reference and corpus hold the same kind "
        f"of people; the intervals hold at {percent(plan.share.level)}.",
        Details(
            "What the policies do",
            [
                "weight: odds of being human, tempered and capped. fdr: drops what is flagged at "
                "a rate. budget: keeps so many of the surest. groups: drops from each group no "
                "more than the assay holds to be machine text there."
            ],
        ),
        f"Effective size: {number(plan.chosen.effective, 4)} equal weights inform as much (Kish).",
    ]
