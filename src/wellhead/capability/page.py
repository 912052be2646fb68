"""The page of an evaluation: what fell first, small multiples by generation, every figure."""

from __future__ import annotations

from wellhead._result import render
from wellhead.capability.falls import Comparison
from wellhead.capability.page_published import published_section
from wellhead.capability.result import Evaluation, Score, TaskShown
from wellhead.report.blocks import Block, Bullets, Callout, Details, Section
from wellhead.report.numbers import count, counted, number
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Line, Panel, Panels
from wellhead.report.table import Column, Table

__all__ = ["evaluation_page"]

SPOKEN = 3  # tasks that the first sentence lists


@render.register
def evaluation_page(found: Evaluation) -> Page:
    """The whole page."""
    sections = [
        Section("What goes first", _first(found)),
        Section("Capability by generation", _pictures(found)),
        Section("Every task", [_scores(found)]),
        Section("Later models against the first, item by item", _compared(found)),
        published_section(found),
        Section("How it was measured", [Bullets(_how(found))]),
    ]
    return Page(
        title="What each generation still can do" if found.comparisons else "What the model can do",
        lead=_lead(found),
        facts=_facts(found),
        sections=[section for section in sections if section.blocks],
        alerts=_alerts(found),
        footer=f"wellhead {found.version}. Greedy or by likelihood throughout: no randomness.",
    )


def _lead(found: Evaluation) -> str:
    if not found.comparisons:
        above = [score for score in found.scores if score.above_chance]
        known = [score for score in found.scores if score.accuracy is not None]
        model = found.scores[0].model
        return f"{model} is above chance in {len(above)} of {counted(len(known), 'task')}."
    said = [_series_lead(found, series) for series in found.series if _last(found, series)]
    if len(said) == 1:
        return said[0]
    fell = {series: len(_fallen(found, series)) for series in found.series if _last(found, series)}
    most = max(fell, key=lambda series: fell[series])
    ends = " to ".join(map(str, dict.fromkeys((min(fell.values()), fell[most]))))
    whole = f"In {len(fell)} settings {ends} of {counted(len(found.tasks), 'task')} fall"
    return f"{whole}, most under “{most or 'the models named'}”.\n\n{' '.join(said)}"


def _last(found: Evaluation, series: str) -> int:
    return max((each.generation for each in found.comparisons if each.series == series), default=0)


def _fallen(found: Evaluation, series: str) -> list[str]:
    """The tasks that fell, soonest first."""
    return list(dict.fromkeys(each.task for each in found.fallen if each.series == series))


def _series_lead(found: Evaluation, series: str) -> str:
    mine = [each for each in found.fallen if each.series == series]
    tasks = _fallen(found, series)
    where = f"Under “{series}”" if series else "Against the first model"
    after = f" within {counted(_last(found, series), 'generation')}" if series else ""
    asked = counted(len(found.tasks), "task")
    if not tasks:
        none = "the one task is not" if len(found.tasks) == 1 else f"none of {asked} is"
        return f"{where}, {none} seen to fall{after}."
    named = ", ".join(
        f"{task} ({_soonest(mine, task)})" if series else task for task in tasks[:SPOKEN]
    )
    verb = "falls" if len(tasks) == 1 else "fall"
    more = ", first" if len(tasks) > SPOKEN else ":"
    return f"{where}, {len(tasks)} of {asked} {verb}{after}{more} {named}."


def _soonest(mine: list[Comparison], task: str) -> str:
    return f"generation {min(each.generation for each in mine if each.task == task)}"


def _facts(found: Evaluation) -> list[tuple[str, str]]:
    models = len(dict.fromkeys((score.series, score.generation) for score in found.scores))
    facts = [
        ("models", count(models)),
        ("tasks", count(len(found.tasks))),
        ("items of each model", count(sum(task.items for task in found.tasks))),
    ]
    if found.comparisons:
        fell = sum(each.falls for each in found.comparisons)
        facts.append(("falls among the comparisons", f"{fell} of {len(found.comparisons)}"))
    return [*facts, ("time taken now", f"{number(found.seconds)} s")]


def _alerts(found: Evaluation) -> list[Callout]:
    firsts = {each.series: each.generation for each in reversed(found.scores)}
    low = dict.fromkeys(
        score.task
        for score in found.scores
        if score.generation == firsts[score.series]
        and score.accuracy is not None
        and not score.above_chance
    )
    if not low or not found.comparisons:
        return []
    tasks = ", ".join(low)
    return [
        Callout(
            "note",
            f"At chance from the start: {tasks}.",
            "An accuracy at chance has nowhere to fall. Bits per byte of the right answers still "
            "move.",
        )
    ]


def _first(found: Evaluation) -> list[Block | str]:
    if not found.fallen:
        return []
    columns = [
        Column("generation", "count"),
        Column("setting"),
        Column("task"),
        Column("what fell"),
        Column("change", "number"),
        Column("its interval", "interval"),
    ]
    rows = [
        [
            *(each.generation, each.series or each.model, each.task, each.measure),
            *(each.value, each.interval),
        ]
        for each in found.fallen
    ]
    words = (
        "The first generation in which each task is seen to fall, against the first model on the "
        "same items. Each interval is at the level at which Holm's procedure judges it among all "
        f"{count(len(found.comparisons))} comparisons, so that the chance of one false fall or "
        "more is at most 5 %. It holds for these models over items like these, not over other "
        "runs of the same setting."
    )
    return [words, Table(columns, rows)]


def _pictures(found: Evaluation) -> list[Block | str]:
    lines = [series for series in found.series if series and len(_steps(found, series)) > 1]
    if not lines:
        return []
    return [
        chart
        for chart in (_bits(found, lines), _accuracy(found, lines))
        if any(panel.lines for panel in chart.panels)
    ]


def _steps(found: Evaluation, series: str) -> list[int]:
    return sorted({score.generation for score in found.scores if score.series == series})


def _accuracy(found: Evaluation, series: list[str]) -> Panels:
    panels = []
    for task in found.tasks:
        curves = []
        for name in series:
            known = [each for each in found.of(task.name, name) if each.accuracy is not None]
            if known:
                curves.append(
                    Line(name, [each.generation for each in known], [_right(e) for e in known])
                )
        level = next((each.chance for each in found.scores if each.task == task.name), 0.0)
        if curves:
            panels.append(Panel(task.name, curves, level))
    return Panels(
        "Right answers",
        "Share of right answers by generation, one panel for each task, beside chance.",
        panels,
        Axis("generation", whole=True),
        Axis("right answers", percent=True, low=0.0),
    )


def _right(score: Score) -> float:
    return score.accuracy if score.accuracy is not None else float("nan")


def _bits(found: Evaluation, series: list[str]) -> Panels:
    panels = []
    for task in found.tasks:
        curves = []
        for name in series:
            known = [each for each in found.of(task.name, name) if each.bits_per_byte is not None]
            if known:
                steps, bits = [e.generation for e in known], [e.bits_per_byte or 0.0 for e in known]
                curves.append(Line(name, steps, bits))
        if curves:
            panels.append(Panel(task.name, curves))
    return Panels(
        "What the right answer costs",
        "Bits per byte of the right answers by generation, one panel for each task; lower is "
        "better.",
        panels,
        Axis("generation", whole=True),
        Axis("bits per byte of the right answer"),
    )


def _scores(found: Evaluation) -> Table:
    columns = [
        Column("task"),
        Column("model"),
        Column("right", "percent", digits=1),
        Column("95 % interval", "share"),
        Column("right by length", "percent", digits=1),
        Column("chance", "percent"),
        Column("bits per byte", "number"),
        Column("items", "count"),
    ]
    rows = [
        [
            *(score.task, score.model, score.accuracy, score.interval, score.by_length),
            *(score.chance, score.bits_per_byte, score.items),
        ]
        for task in found.tasks
        for score in found.scores
        if score.task == task.name
    ]
    return Table(columns, rows, rest="evaluation.json")


def _compared(found: Evaluation) -> list[Block | str]:
    columns = [
        Column("task"),
        Column("model"),
        Column("measure"),
        Column("change", "number"),
        Column("interval as judged", "interval"),
        Column("95 % if alone", "interval"),
        Column("p", "p"),
        Column("verdict"),
    ]
    rows = [
        [
            *(each.task, each.model, each.measure, each.value, each.interval, each.alone),
            *(each.p, each.verdict),
        ]
        for task in found.tasks
        for each in found.comparisons
        if each.task == task.name
    ]
    if not rows:
        return []
    fell = sum(each.falls for each in found.comparisons)
    rose = sum(each.verdict == "rises" for each in found.comparisons)
    all_of_them = counted(len(rows), "comparison")
    words = f"{fell} of {all_of_them} fall, {rose} rise, the others cannot be told apart."
    return [words, Details("All comparisons", [Table(columns, rows, rest="evaluation.json")])]


def _how(found: Evaluation) -> list[str]:
    return [
        "Right answers and prompts are lm-eval's; no chat template is applied. “By length”: "
        "likelihoods of the answers divided by their length, as some papers report.",
        "Bits per byte: minus log₂ of the probability of the right answer, over its bytes. It "
        "compares models with different tokenizers.",
        "Accuracy between two models on the same items: the adjusted Wald interval for paired "
        "proportions (Bonett & Price 2012). Bits per byte: a ratio of sums with errors by cluster. "
        "Items that share a paragraph are one cluster (Miller 2024). Many comparisons: Holm "
        "(1979).",
        *(_asked(task) for task in found.tasks),
    ]


def _asked(task: TaskShown) -> str:
    """What one task is.

    >>> _asked(TaskShown("rare", "the next word", 0, "", (), 100))
    'rare: the next word; 100 items, no solved example before a question.'
    """
    shots = counted(task.shots, "solved example") if task.shots else "no solved example"
    settings = "".join(f"; {each}" for each in task.settings)
    words = f"{task.name}: {task.title}" if task.title != task.name else task.name
    return f"{words}; {counted(task.items, 'item')}, {shots} before a question{settings}."
