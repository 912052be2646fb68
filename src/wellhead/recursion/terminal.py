"""The last generation of a run, in a terminal: one line for each setting."""

from __future__ import annotations

import sys
from math import isfinite
from typing import IO

from wellhead.errors import BadSetting
from wellhead.recursion.curves import Point
from wellhead.recursion.kept import kept_note
from wellhead.recursion.measure.catalogue import measure_named
from wellhead.recursion.result import Run

__all__ = ["HEADLINES", "headlines", "show", "statistic_of"]

# What is shown first, of what a run measured.
HEADLINES = (
    "perplexity",
    "models_divergence",
    "models_apart",
    "vocabulary",
    "output_perplexity",
    "distinct_2",
    "variance",
    "log_variance",
    "wasserstein2_squared",
    "excess_risk",
    "survival",
    "heterozygosity",
    "entropy",
    "latent_deviation",
    "kl",
    "tail_mass",
)


def headlines(run: Run, most: int = 4) -> list[str]:
    """The few measures that say most about this run, and one of each setting that has none."""
    asked = (run.plan.headline, *HEADLINES, *run.measures)
    known = [name for name in dict.fromkeys(asked) if name in run.measures]
    shown = [name for name in known if name in (run.plan.headline, *HEADLINES)] or known
    shown = shown[:most]
    for setting in run.plan.settings:
        rows = run.rows(setting.label)
        has = [name for name in known if rows[name].null_count < rows.num_rows]
        if not set(has) & set(shown):
            shown += has[:1]
    return shown


def statistic_of(run: Run, measure: str) -> str:
    """ "mean" where it may be shown for every setting in every generation, else "median"."""
    try:
        for setting in run.plan.settings:
            run.curve(measure, setting.label, "mean")
    except BadSetting:
        return "median"
    return "mean"


def show(run: Run, *, file: IO[str] | None = None) -> None:
    """Print the last generation of every setting, with 95 % intervals, and where the run lies."""
    from rich.console import Console
    from rich.table import Table

    console = Console(file=file or sys.stdout, highlight=False)
    names = headlines(run)
    statistics = {name: statistic_of(run, name) for name in names}
    table = Table(
        title=run.plan.title or run.plan.name,
    )
    banded = False
    table.add_column("setting", overflow="fold")  # nothing of a name is cut off
    table.add_column("generation", justify="right")
    for name in names:
        head = f"{statistics[name]} {measure_named(name).title}"
        table.add_column(head, justify="right", overflow="fold")
    for setting in run.plan.settings:
        curves = [run.curve(name, setting.label, statistics[name]) for name in names]
        generation = max((curve[-1].generation for curve in curves if curve), default=None)
        last = [
            curve[-1] if curve and curve[-1].generation == generation else None for curve in curves
        ]
        banded = banded or any(point is not None and isfinite(point.low) for point in last)
        written = "-" if generation is None else str(generation)
        table.add_row(setting.label, written, *(_cell(point) for point in last))
    brackets = "in brackets 95 % intervals; " if banded else "too few chains for intervals; "
    table.caption = f"{brackets}what a run shows holds for its own family and sizes"
    console.print(table)
    if note := kept_note(run.plan):
        console.print(note)
    if run.cells[0] < run.cells[1]:
        console.print(f"{run.cells[0]} of {run.cells[1]} cells are finished.")
    if run.path is not None:
        console.print(f"run folder: {run.path}", soft_wrap=True)


def _cell(point: Point | None) -> str:
    if point is None:
        return "-"
    known = isfinite(point.low)
    return f"{point.value:.4g}" + known * f" [{point.low:.3g}, {point.high:.3g}]"
