"""The figures in docs/presets: each preset run at its quick setting, written into its page.

A page keeps its words; what stands between ``<!-- figures -->`` and ``<!-- end of figures -->`` is
replaced by what the run gave: one row a setting, means or medians named, 95 % intervals in
brackets, values of theory where there are any. ``--small`` runs a few chains of each, which
takes seconds and is only good for `--check`: it fails where a page and its preset no longer have
the same rows and columns. Presets whose extra is missing are named as skipped.

    python benchmarks/preset_figures.py [PRESET ...] [--small] [--check] [--workers N]
"""

from __future__ import annotations

import re
import sys
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead._atomic import write_text
from wellhead.errors import BadSetting, MissingExtra
from wellhead.recursion.closed_form import LEADING, closed_form_curves
from wellhead.recursion.measure.catalogue import measure_named
from wellhead.recursion.presets import preset
from wellhead.recursion.result import Run
from wellhead.recursion.run import collapse
from wellhead.recursion.setting import Setting

PAGES = Path(__file__).parents[1] / "docs" / "presets"
MARKED = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
FEW = 24  # chains of a small run


class Column(NamedTuple):
    """A measure, the statistic over chains, and how many generations before the last."""

    measure: str
    statistic: str = "mean"
    generation: int | None = None


SHOWN: dict[str, tuple[Column, ...]] = {
    "cut-tails": (Column("lost_mass"),),
    "gerstgrasser": (Column("excess_risk"),),
    "golden-ratio": (Column("mean_square_error"),),
    "heavy-tails": (Column("kappa"),),
    "kazdan": (Column("variance"), Column("wasserstein2_squared"), Column("excess_risk")),
    "mad": (Column("log_variance"), Column("variance"), Column("variance", "median")),
    "shared-web": (Column("variance"), Column("wasserstein2_squared"), Column("models_apart")),
    "shared-web-words": (
        Column("perplexity", generation=0),
        Column("perplexity"),
        Column("vocabulary"),
        Column("models_divergence", generation=0),
        Column("models_divergence"),
    ),
    "shumailov-code": (Column("log_variance"), Column("wasserstein2_squared")),
    "shumailov-paper": (
        Column("log_variance"),
        Column("wasserstein2_squared"),
        Column("variance", "median"),
    ),
    "suresh": (Column("survivors"), Column("log_variance")),
    "verifiers": tuple(
        Column(measure, generation=generation)
        for measure in ("excess_risk", "variance", "survivors")
        for generation in (1, 2, None)
    ),
    "words": (Column("perplexity"), Column("vocabulary")),
}


def run(name: str, small: bool, workers: int | None = None) -> Run:
    """The preset at its quick setting; a small one has few chains, and no number worth keeping."""
    if not small:
        return collapse(name, workers=workers)
    table = preset(name)
    table["seeds"] = 1
    words = name in ("words", "shared-web-words")
    for part in (table, *table.get("settings", [])):
        if words and "size" in part:
            part["size"] = 5_000
        elif "chains" in part:
            grouped = part.get("regime", {})
            models = grouped.get("models", 1) if isinstance(grouped, dict) else 1
            part["chains"] = max(FEW // models, 1) * models
    if words:
        table["generations"] = 2
    return collapse(table)


def cell(result: Run, setting: Setting, column: Column) -> str:
    """A value, its interval, and the exact one; a dash where the setting has no such measure."""
    try:
        curve = result.curve(column.measure, setting.label, column.statistic)
    except BadSetting as error:
        return "refused: rare chains decide it" if "mislead" in str(error) else "–"
    at = setting.generations if column.generation is None else column.generation
    point = next((one for one in curve if one.generation == at), None)
    if point is None or not point.chains:
        return "–"
    written = f"{point.value:.3g}"
    if isfinite(point.low):
        written += f" [{point.low:.3g}, {point.high:.3g}]"
    exact = closed_form_curves(setting).get(column.measure)
    if exact is not None and column.statistic == "mean":
        how = "leading order" if column.measure in LEADING else "exact"
        written += f", {how} {exact[at]:.3g}"
    return written


def tables(result: Run, columns: tuple[Column, ...]) -> str:
    """The figures of a page; measures in several generations get a table each."""
    measures = list(dict.fromkeys(column.measure for column in columns))
    if len({column.generation for column in columns}) == 1:
        return table(result, columns)
    parts = [tuple(c for c in columns if c.measure == measure) for measure in measures]
    return "\n\n".join(table(result, part) for part in parts)


def table(result: Run, columns: tuple[Column, ...]) -> str:
    """One row for each setting that has any of the measures."""
    last = max(setting.generations for setting in result.plan.settings)
    names = [
        f"{column.statistic} {measure_named(column.measure).title}, generation "
        f"{last if column.generation is None else column.generation}"
        for column in columns
    ]
    rows = [
        [setting.label, *(cell(result, setting, column) for column in columns)]
        for setting in result.plan.settings
    ]
    rows = [row for row in rows if any(value != "–" for value in row[1:])]
    return markdown_table(("setting", *names), rows)


def outline(text: str) -> list[str]:
    """The heads of a table's rows and its columns, without the numbers and the generation."""
    rows = [row for row in text.splitlines() if not row.startswith("| ---")]
    heads = ["setting |" in row for row in rows]
    return [
        re.sub(r"generation \d+", "", row) if head else row.split(" | ")[0]
        for row, head in zip(rows, heads, strict=True)
    ]


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("presets", nargs="*", default=list(SHOWN))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--check", action="store_true", help="change nothing, compare the outlines")
    parser.add_argument("--workers", type=int, help="processes; default one per core")
    parser.add_argument("--pages", type=Path, default=PAGES)
    options = parser.parse_args()
    if options.small and not options.check:
        parser.error("--small gives no figures worth keeping: add --check")
    found, stale = {}, []
    for name in options.presets:
        page = options.pages / f"{name}.md"
        text = page.read_text(encoding="utf-8")
        try:
            made = tables(run(name, options.small, options.workers), SHOWN[name])
        except MissingExtra as error:
            print(f"{name} skipped: {error}")
            continue
        print(f"{name}\n{made}\n", flush=True)
        found[name] = made
        kept = MARKED.search(text)
        if kept is None:
            sys.exit(f"{page} has no place for figures: put both marks into it.")
        if options.check:
            old = "\n".join(kept.group(0).splitlines()[1:-1])
            stale += [name] if outline(old) != outline(made) else []
        else:
            write_text(page, MARKED.sub(lambda part, m=made: f"{part[1]}{m}\n{part[2]}", text))
    save_json(options.json, found)
    if stale:
        sys.exit(f"stale: {', '.join(stale)}. Run this script without --check for them.")


if __name__ == "__main__":
    main()
