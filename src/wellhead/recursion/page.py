"""The page about a run of the collapse laboratory.

In: a `Run`. Out: a `Page` with the result in words, one chart per leading measure (bands over
chains, the exact curve on top where there is one), the eight verdicts, what was run, and what it
cost. Means that would mislead are not drawn: the median is, and the chart says so.
"""

from __future__ import annotations

import tomli_w

import wellhead.recursion.dry_run_page  # noqa: F401  (registers its page)
from wellhead._result import render
from wellhead.recursion.closed_form import LEADING, closed_form_curves
from wellhead.recursion.curves import band
from wellhead.recursion.family import AnyFamily, HasEpochs
from wellhead.recursion.kept import kept_chains, kept_note
from wellhead.recursion.measure.catalogue import measure_named
from wellhead.recursion.measure.text import HISTOGRAM_EDGES
from wellhead.recursion.page_images import image_sections
from wellhead.recursion.page_text import text_sections
from wellhead.recursion.result import Run
from wellhead.recursion.setting import Setting
from wellhead.recursion.terminal import headlines, statistic_of
from wellhead.recursion.verdicts import Verdict, verdicts
from wellhead.report.blocks import Block, Callout, Code, Details, Section
from wellhead.report.numbers import count, counted, number
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Line, LineChart
from wellhead.report.table import Column, Table

__all__ = ["collapse_page"]

CHARTS = 6
CURVES = 8
SPOKEN = 3  # settings that the first sentence lists; of more it gives the ends
NAMED = 2  # settings that a verdict names; more are counted
HISTOGRAMS = 4
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
            Section("Is it collapse? Eight meanings", _verdicts(found)),
            Section("What happened", _charts(run)),
            *text_sections(run),
            *image_sections(run),
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
    statistic = statistic_of(run, name)
    for setting in run.plan.settings:
        points = run.curve(name, setting.label, statistic)
        if points:
            ends.append((points[-1].value, setting.label))
    if len(ends) > SPOKEN:
        ends = [min(ends), max(ends)]
        found = " to ".join(f"{number(value)} (“{label}”)" for value, label in ends)
    else:
        found = ", ".join(f"{number(value)} under “{label}”" for value, label in ends)
    last = max(setting.generations for setting in run.plan.settings)
    sentence = f"After {last} generations, {statistic} of {measure.title}: {found}."
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
    groups = _by_family(run)
    charts: list[Block | str] = [
        chart
        for name in names
        for family, settings in groups.items()
        if (chart := _chart(run, name, settings, family if len(groups) > 1 else "")).lines
    ]
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


def _by_family(run: Run) -> dict[str, list[Setting]]:
    """The settings of each family: their measures share an axis."""
    groups: dict[str, list[Setting]] = {}
    for setting in run.plan.settings:
        groups.setdefault(setting.name_of("family"), []).append(setting)
    return groups


def _chart(run: Run, name: str, settings: list[Setting], family: str) -> LineChart:
    measure = measure_named(name)
    lines, statistic = [], statistic_of(run, name)
    curves = [(setting, run.curve(name, setting.label, statistic)) for setting in settings]
    curves = [(setting, points) for setting, points in curves if points]
    for setting, points in curves[:CURVES]:
        exact = closed_form_curves(setting).get(name) if statistic == "mean" else None
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
    drawn = [setting for setting, _ in curves] or settings
    hidden = len(curves) - CURVES
    word = "setting is" if hidden == 1 else "settings are"
    more = f" {hidden} more {word} in the tables of the run folder." if hidden > 0 else ""
    return LineChart(
        measure.title[0].upper() + measure.title[1:] + (f", {family}" if family else ""),
        f"The {statistic} over chains, generation by generation.{more}",
        lines,
        Axis("generation", whole=True),
        Axis(measure.title, measure.unit, log=measure.log_axis and _positive(lines)),
        n=f"{statistic} over chains; {_sizes(run, drawn, statistic)}",
        band="95 % interval of it",
        theory="theory, to leading order" if name in LEADING else "exact (theory)",
    )


def _positive(lines: list[Line]) -> bool:
    return all(value > 0 for line in lines for value in line.y)


def _sizes(run: Run, settings: list[Setting], statistic: str) -> str:
    seeds, mean = run.plan.seeds, statistic == "mean"
    counts = sorted(
        {(each.chains if mean else kept_chains(each, seeds)) * seeds for each in settings}
    )
    spoken = " to ".join(count(each) for each in dict.fromkeys((counts[0], counts[-1])))
    return f"n = {spoken} chains, {seeds} repetition{'s' * (seeds > 1)}"


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
    by_meaning, labels = list(zip(*found.values(), strict=True)), list(found)
    head = [Column("meaning"), Column("verdict, by setting")]
    table = Table(head, [[each[0].meaning, _said(labels, each)] for each in by_meaning])
    named = Table(head, [[each[0].meaning, _said(labels, each, len(found))] for each in by_meaning])
    columns = [
        Column("meaning"),
        Column("verdict"),
        Column("median over chains", "number"),
        Column("its interval", "interval", "95 %, or the range"),
        Column("rule and ground"),
    ]
    details = [
        Details(f"How it was decided: {label}", [Table(columns, [_row(v) for v in found[label]])])
        for label in found
    ]
    words = (
        "Model collapse has eight meanings in the literature (Schaeffer et al. 2025), and a run "
        "can show one without another. Statistics are medians over chains of the ratio of the last "
        "generation to the first fit, unless the rule says otherwise."
    )
    if any(verdict.shown is None for verdicts in found.values() for verdict in verdicts):
        words += " Why a meaning is not measurable stands below."
    if len(labels) > NAMED:
        details.insert(0, Details("Which settings these are", [named]))
    return [words, table, *details]


def _said(labels: list[str], decided: tuple[Verdict, ...], named: int = NAMED) -> str:
    """The settings with each verdict on one meaning: by name, or how many there are."""
    parts = []
    for word in ("shown", "not shown", "not measurable"):
        names = [label for label, each in zip(labels, decided, strict=True) if each.word == word]
        told = "; ".join(names)
        if len(names) == len(labels) > 1:
            told = "every setting"
        elif len(names) > named:
            told = f"{len(names)} of {len(labels)} settings"
        if names:
            parts.append(f"{word}: {told}")
    return ". ".join(part[0].upper() + part[1:] for part in parts)


def _row(verdict: Verdict) -> list[object]:
    if verdict.shown is None:
        return [verdict.meaning, verdict.word, None, None, verdict.reason]
    interval = (verdict.low, verdict.high)
    return [verdict.meaning, verdict.word, verdict.value, interval, verdict.reason]


def _what(run: Run) -> list[Block | str]:
    # Two columns, which a phone shows whole.
    columns = [Column("setting"), Column("family, regime, sampler, selector; sizes")]
    rows = [[setting.label, _sentence(setting, run.plan.seeds)] for setting in run.plan.settings]
    notes = [
        f"The selector of “{setting.label}” acts on the real data that is named."
        for setting in run.plan.settings
        if setting.name_of("selector") != "none" and _real_data(setting) != "none"
    ]
    notes += [note] if (note := kept_note(run.plan)) else []
    plan = Details("The whole plan, as TOML", [Code(tomli_w.dumps(run.plan.to_dict()))])
    return [Table(columns, rows), *notes, _definitions(run), plan]


def _sentence(setting: Setting, seeds: int) -> str:
    """What a setting is, in one line."""
    parts = ", ".join(setting.name_of(part) for part in PARTS)
    size = f"{counted(setting.size, 'sample')} per generation; " if setting.size else ""
    return (
        f"{parts}; {size}real data in each after the first: {_real_data(setting)}; "
        f"{counted(setting.generations, 'generation')}; "
        f"{counted(setting.chains * seeds, 'chain')}"
    )


def _real_data(setting: Setting) -> str:
    """The real items that generations really take: shares are whole numbers of items."""
    if setting.size is None:
        share = setting.regime.share
        if share is None:
            return "as the regime says" if setting.regime.real_data(1) else "none"
        return f"a share of {share:.3g}"
    later = setting.sizes()[1:] or [setting.size]
    told = [setting.regime.real_data(size) for size in (min(later), max(later))]
    return " to ".join(dict.fromkeys(told)) or "none"


def _definitions(run: Run) -> Details:
    """What each measure of the run is, one click away."""
    known = [measure_named(name) for name in run.measures]
    rows = [[each.title, each.meaning] for each in known if each.meaning]
    return Details("What each measure is", [Table([Column("measure"), Column("what it is")], rows)])
