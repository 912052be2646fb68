"""The page about a run of the collapse laboratory.

In: a `Run`. Out: a `Page` with the result in words, one chart per leading measure (bands over
chains, the exact curve on top where there is one), the eight verdicts, what was run, and what it
cost. Means that would mislead are not drawn: the median is, and the chart says so.
"""

from __future__ import annotations

import tomli_w

from wellhead._result import render
from wellhead.errors import BadSetting
from wellhead.recursion.closed_form import exact_curves
from wellhead.recursion.curves import Point, band
from wellhead.recursion.family import AnyFamily, HasEpochs
from wellhead.recursion.measure.catalogue import measure_named
from wellhead.recursion.measure.text import HISTOGRAM_EDGES
from wellhead.recursion.page_images import image_sections
from wellhead.recursion.page_text import text_sections
from wellhead.recursion.result import Run
from wellhead.recursion.setting import Setting
from wellhead.recursion.terminal import headlines
from wellhead.recursion.verdicts import Verdict, verdicts
from wellhead.report.blocks import Block, Callout, Code, Details, Section
from wellhead.report.numbers import count, number
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Line, LineChart
from wellhead.report.table import Column, Table

__all__ = ["collapse_page"]

CHARTS = 6
CURVES = 8
SPOKEN = 3  # settings that the first sentence lists; of more it gives the ends
HISTOGRAMS = 4
SHORT = {True: "shown", False: "no", None: None}  # where each setting has a column
PARTS = ("family", "regime", "sampler", "selector")


@render.register
def collapse_page(run: Run) -> Page:
    """The page of a run, finished or not."""
    found = {each.label: verdicts(run, each.label) for each in run.plan.settings}
    return Page(
        title=run.plan.title or run.plan.name,
        lead=_lead(run),
        facts=_facts(run),
        sections=[
            Section("What happened", _charts(run)),
            *text_sections(run),
            *image_sections(run),
            Section("Is it collapse? Eight meanings", _verdicts(found)),
            Section("What was run", _what(run)),
        ],
        footer=(
            f"wellhead {run.version}, seed {run.plan.seed}. The plan above, saved as config.toml, "
            "makes the same numbers again: wellhead collapse run config.toml"
        ),
    )


def _lead(run: Run) -> str:
    name = headlines(run, 1)[0]
    measure = measure_named(name)
    ends = []
    for setting in run.plan.settings:
        points = run.curve(name, setting.label)
        if points:
            ends.append((points[-1].value, setting.label))
    if len(ends) > SPOKEN:
        ends = [min(ends), max(ends)]
        found = " to ".join(f"{number(value)} (“{label}”)" for value, label in ends)
    else:
        found = ", ".join(f"{number(value)} under “{label}”" for value, label in ends)
    last = max(setting.generations for setting in run.plan.settings)
    typical = "" if measure.kind == "plain" else "the median "
    sentence = f"After {last} generations, {typical}{measure.title}: {found}."
    return "\n\n".join(part for part in (sentence, run.plan.about) if part)


def _facts(run: Run) -> list[tuple[str, str]]:
    chains = sum(setting.chains for setting in run.plan.settings) * run.plan.seeds
    facts = [
        ("settings", count(len(run.plan.settings))),
        ("repetitions of each", count(run.plan.seeds)),
        ("chains in all", count(chains)),
        ("computing time", f"{number(run.seconds)} s"),
    ]
    if run.joules is not None:
        facts.append(("energy, by the machine's counters", f"{number(run.joules / 3600)} Wh"))
    if "training_tokens" in run.measures:
        facts.append(("tokens trained on", count(_tokens(run))))
    if run.cells[0] < run.cells[1]:
        facts.append(("finished", f"{run.cells[0]} of {run.cells[1]} cells"))
    return facts


def _tokens(run: Run) -> int:
    """Tokens of the recorded generations' training data, once for each epoch."""
    epochs = {each.label: _epochs(each.family) for each in run.plan.settings}
    rows = zip(
        run.table["setting"].to_pylist(), run.table["training_tokens"].to_pylist(), strict=True
    )
    return round(sum(epochs[label] * (tokens or 0) for label, tokens in rows))


def _epochs(family: AnyFamily) -> int:
    return family.epochs if isinstance(family, HasEpochs) else 1


def _charts(run: Run) -> list[Block | str]:
    names = headlines(run, CHARTS)
    charts: list[Block | str] = [_chart(run, name) for name in names]
    if run.cells[0] < run.cells[1]:
        charts.insert(
            0,
            Callout(
                "warning",
                "This run is not finished.",
                f"{run.cells[0]} of {run.cells[1]} cells are in these curves.",
            ),
        )
    histograms = [_histogram(run, setting) for setting in run.plan.settings[:HISTOGRAMS]]
    return [*charts, *(chart for chart in histograms if chart is not None)]


def _chart(run: Run, name: str) -> LineChart:
    measure = measure_named(name)
    lines, words = [], set()
    for setting in run.plan.settings[:CURVES]:
        points, statistic = _curve(run, name, setting)
        if not points:
            continue
        words.add(statistic)
        exact = exact_curves(setting).get(name) if statistic == "mean" else None
        lines.append(
            Line(
                setting.label,
                [point.generation for point in points],
                [point.value for point in points],
                *band(points),
                exact=exact,
                exact_x=None if exact is None else list(range(len(exact))),
            )
        )
    spoken = " and ".join(sorted(words))
    hidden = len(run.plan.settings) - CURVES
    settings = "setting is" if hidden == 1 else "settings are"
    more = f" {hidden} more {settings} in the tables of the run folder." if hidden > 0 else ""
    return LineChart(
        measure.title[0].upper() + measure.title[1:],
        f"The {spoken} over chains, generation by generation.{more}",
        lines,
        Axis("generation", whole=True),
        Axis(measure.title, measure.unit, log=measure.log_axis and _positive(lines)),
        n=f"{spoken} over chains; {_sizes(run)}",
        band="95 % interval of it",
    )


def _curve(run: Run, name: str, setting: Setting) -> tuple[list[Point], str]:
    """The mean where it may be shown in every generation, else the median."""
    for statistic in ("mean", "median"):
        try:
            return run.curve(name, setting.label, statistic), statistic
        except BadSetting:
            continue
    return [], "median"


def _positive(lines: list[Line]) -> bool:
    return all(value > 0 for line in lines for value in line.y)


def _sizes(run: Run) -> str:
    counts = sorted({setting.chains * run.plan.seeds for setting in run.plan.settings})
    return f"n = {count(counts[0])} chains" if len(counts) == 1 else "chains as planned"


def _histogram(run: Run, setting: Setting) -> LineChart | None:
    """How strange generation 0 finds the output of later generations of a setting."""
    names = sorted(name for name in run.measures if name.startswith("output_histogram_"))
    if not names:
        return None
    generations = [point.generation for point in run.curve(names[0], setting.label)]
    if not generations:
        return None
    chosen = sorted({generations[0], generations[len(generations) // 2], generations[-1]})
    middles = (HISTOGRAM_EDGES[:-1] * HISTOGRAM_EDGES[1:]) ** 0.5
    lines = [
        Line(
            f"generation {generation}",
            middles,
            [float(run.values(name, setting.label, generation).mean()) for name in names],
            accent=generation == chosen[-1],
        )
        for generation in chosen
    ]
    return LineChart(
        f"What generation 0 thinks of later output, {setting.label}",
        "Perplexity of blocks of output (64 words or tokens) under the model of generation 0.",
        lines,
        Axis("perplexity under generation 0", log=True),
        Axis("blocks", percent=True),
        n=f"{setting.label}, mean over repetitions",
    )


def _verdicts(found: dict[str, list[Verdict]]) -> list[Block | str]:
    labels = list(found)[:CURVES]
    meanings = [verdict.meaning for verdict in next(iter(found.values()))]
    rows = [
        [meaning, *(SHORT[found[label][place].shown] for label in labels)]
        for place, meaning in enumerate(meanings)
    ]
    table = Table([Column("meaning"), *(Column(label) for label in labels)], rows)
    columns = [
        Column("meaning"),
        Column("verdict"),
        Column("statistic", "number"),
        Column("95 % interval", "interval"),
        Column("rule and ground"),
    ]
    details = [
        Details(f"How it was decided: {label}", [Table(columns, [_row(v) for v in found[label]])])
        for label in labels
    ]
    words = (
        "Model collapse has eight meanings in the literature (Schaeffer et al. 2025), and a run "
        "can show one without another. Statistics are ratios of the last generation to the first "
        "fit within chains, unless the rule says otherwise. A dash: not measurable in this run, "
        "for a reason that stands below."
    )
    return [words, table, *details]


def _row(verdict: Verdict) -> list[object]:
    if verdict.shown is None:
        return [verdict.meaning, verdict.word, None, None, verdict.reason]
    interval = (verdict.low, verdict.high)
    return [verdict.meaning, verdict.word, verdict.value, interval, verdict.reason]


def _what(run: Run) -> list[Block | str]:
    columns = [
        Column("setting"),
        Column("family, regime, sampler, selector"),
        Column("samples", "count", "per generation"),
        Column("generations", "count"),
        Column("chains", "count"),
    ]
    rows = [
        [
            setting.label,
            ", ".join(setting.name_of(part) for part in PARTS),
            setting.size,
            setting.generations,
            setting.chains * run.plan.seeds,
        ]
        for setting in run.plan.settings
    ]
    plan = Details("The whole plan, as TOML", [Code(tomli_w.dumps(run.plan.to_dict()))])
    return [Table(columns, rows), plan]
