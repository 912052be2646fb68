"""What the page about a run of language models adds: words, histograms, texts, forecast.

Nothing is added for runs without text. Texts come from ``samples.json`` and ``words.json`` in the
``generations`` of the run folder; they were written by models, and are shown as untrusted as any
other text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isclose, isfinite
from pathlib import Path
from typing import Any, TypeVar

from wellhead.recursion.curves import band
from wellhead.recursion.result import Run
from wellhead.recursion.theory_vs_observed import Excess, excess_losses, order_agreement
from wellhead.report.blocks import Block, Details, Section
from wellhead.report.numbers import number
from wellhead.report.svg import Axis, Line, LineChart
from wellhead.report.table import Column, Table

__all__ = ["text_sections"]

T = TypeVar("T")
MOST = 6  # settings side by side
SAME = 0.05  # forecasts nearer to each other than this are one forecast
PAIRS = 4  # prompts
SIDES = 5  # generations side by side
NAMED = 25  # vanished words by name
BINS = ("1_to_2", "3_to_9", "10_to_99", "100_and_more")
SPOKEN = {
    "1_to_2": "seen 1-2 times",
    "3_to_9": "seen 3-9 times",
    "10_to_99": "seen 10-99 times",
    "100_and_more": "seen 100 times or more",
}


def text_sections(run: Run) -> list[Section]:
    """The sections of a run of language models; none for other runs."""
    made = [
        ("Rare words first", _words(run)),
        ("Forecast against observed", _forecast(run)),
        ("Words that vanished", _vanished(run)),
        ("What it wrote", _written(run)),
    ]
    return [Section(heading, blocks) for heading, blocks in made if blocks]


def _words(run: Run) -> list[Block | str]:
    """How many real words are left, and how much more they cost, by how often they were seen."""
    if "loss_1_to_2" not in run.measures:
        return []
    charts: list[Block | str] = []
    for setting in run.plan.settings[:MOST]:
        # A bin that no word of the real text is in was not measured.
        if any(f"survival_{name}" in run.measures for name in BINS):
            charts.append(_kept_chart(run, setting.label))
        charts.append(_word_chart(run, setting.label))
    return charts


def _kept_chart(run: Run, label: str) -> LineChart:
    lines = []
    for name in BINS:
        if f"survival_{name}" not in run.measures:
            continue
        points = run.curve(f"survival_{name}", label, "mean")
        x, y = [point.generation for point in points], [point.value for point in points]
        if points:
            lines.append(Line(SPOKEN[name], x, y, *band(points)))
    return LineChart(
        f"Words left in the training data, {label}",
        "Of the different words of the real text, by how often they came in it.",
        lines,
        Axis("generation", whole=True),
        Axis("words left", percent=True),
        n=f"mean over {run.plan.seeds} repetitions",
        band="95 % interval of it",
    )


def _word_chart(run: Run, label: str) -> LineChart:
    lines = []
    for name in BINS:
        points = run.curve(f"loss_{name}", label, "mean")
        if points:
            start = points[0].value
            x = [point.generation for point in points]
            lines.append(Line(SPOKEN[name], x, [point.value - start for point in points]))
    return LineChart(
        f"Excess loss by word frequency, {label}",
        "Held-out real words, by how often they came in the real text that was learned from.",
        lines,
        Axis("generation", whole=True),
        Axis("loss above generation 0", "nats per word"),
        n=f"mean over {run.plan.seeds} repetitions",
    )


def _forecast(run: Run) -> list[Block | str]:
    rows = excess_losses(run)
    if not rows:
        return []
    uneven = any(
        isfinite(row.sized) and not isclose(row.sized, row.kappa, rel_tol=SAME) for row in rows
    )
    columns = [
        Column("setting"),
        Column("real share", "percent", "after selection"),
        Column("κ", "number", "same size" if uneven else "forecast"),
        *((Column("size", "percent", "that counts"), Column("κ", "number", "at it")) * uneven),
        Column("excess loss", "number", "nats per token"),
        Column("range over repetitions", "interval"),
    ]
    table = [
        [
            row.setting,
            row.real_share,
            _known(row.kappa),
            *((_known(row.size), _known(row.sized)) * uneven),
            row.observed,
            (row.low, row.high),
        ]
        for row in rows
    ]
    return [_words_on_order(rows, uneven), Table(columns, table)]


def _known(value: float) -> float | None:
    return None if value != value else value


def _words_on_order(rows: list[Excess], uneven: bool) -> str:
    agreement, sized = order_agreement(rows), order_agreement(rows, "sized")
    words = (
        "κ is how much theory expects recursion to inflate the error of one round, from the real "
        "share that the training data had. It counts sampling noise alone: narrow sampling adds "
        "a bias that it does not know."
    )
    if uneven:
        words += (
            " It is given for training data of the same size in every generation, and at the size "
            "that a selector left: blocks of equal weight that would inform as much."
        )
    if agreement != agreement:
        return words
    words += f" Kendall's τ between its order and that observed is {number(agreement)}"
    return f"{words}, and {number(sized)} at the effective size." if uneven else f"{words}."


def _vanished(run: Run) -> list[Block | str]:
    """How many words of the real text each generation no longer reads, and which."""
    if run.path is None:
        return []
    lines, tables = [], []
    for place, setting in enumerate(run.plan.settings[:MOST]):
        found = _read(run.path, place, "words.json", _gone)
        if not found:
            continue
        times = sorted(found)
        lines.append(Line(setting.label, times, [found[each]["lost"] for each in times]))
        rows = [
            [str(generation), kept["lost"], kept["of"], _named(kept["words"])]
            for generation, kept in sorted(found.items())
        ]
        columns = [
            Column("generation"),
            Column("words gone", "count"),
            Column("of", "count"),
            Column("the most frequent of them, with their counts in the real text"),
        ]
        tables.append(Details(f"Which: {setting.label}", [Table(columns, rows)]))
    if not lines:
        return []
    chart = LineChart(
        "Words that vanished",
        "Distinct words of the first real training data that a generation's training data lack; "
        "of the first repetition.",
        lines,
        Axis("generation", whole=True),
        Axis("distinct words gone", low=0),
    )
    return [chart, *tables]


def _named(words: list[tuple[str, int]]) -> str:
    return ", ".join(f"{word} ({count})" for word, count in words[:NAMED]) or "none"


def _written(run: Run) -> list[Block | str]:
    """The same prompts, answered by each generation, side by side."""
    if run.path is None:
        return []
    blocks: list[Block | str] = []
    for place, setting in enumerate(run.plan.settings[:MOST]):
        found = _read(run.path, place, "samples.json", _pairs)
        if not found:
            continue
        shown = _spread(sorted(found))
        same = [
            pair["prompt"]
            for number, pair in enumerate(found[shown[0]])
            if all(_prompt(found[each], number) == pair["prompt"] for each in shown)
        ]
        columns = [Column("prompt (real)"), *(Column(f"generation {each}") for each in shown)]
        rows = [
            [prompt, *(_answer(found[each], prompt) for each in shown)] for prompt in same[:PAIRS]
        ]
        if rows:
            blocks.append(f"{setting.label}: the same prompts, answered by each generation.")
            blocks.append(Table(columns, rows))
    return blocks


def _spread(generations: list[int]) -> list[int]:
    """Up to `SIDES` generations, the first and the last among them."""
    last = len(generations) - 1
    places = {round(last * step / (SIDES - 1)) for step in range(SIDES)}
    return [generations[place] for place in sorted(places)]


def _prompt(pairs: list[dict[str, str]], number: int) -> str | None:
    return pairs[number]["prompt"] if number < len(pairs) else None


def _answer(pairs: list[dict[str, str]], prompt: str) -> str:
    return next((pair["continuation"] for pair in pairs if pair["prompt"] == prompt), "")


def _read(path: Path, setting: int, name: str, parsed: Callable[[Any], T]) -> dict[int, T]:
    """What the first repetition of a setting left in its folders, by generation."""
    found = {}
    for file in sorted(path.glob(f"generations/{setting:03d}-*-00/*/{name}")):
        try:
            # Folders count fits from 1; the first fit is generation 0.
            found[int(file.parent.name) - 1] = parsed(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _pairs(given: Any) -> list[dict[str, str]]:
    return [{key: str(pair[key]) for key in ("prompt", "continuation")} for pair in given]


def _gone(given: Any) -> dict[str, Any]:
    words = [(str(word), int(count)) for word, count in given["words"]]
    return {"of": int(given["of"]), "lost": int(given["lost"]), "words": words}
