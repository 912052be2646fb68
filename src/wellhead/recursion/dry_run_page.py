"""How a dry run looks."""

from __future__ import annotations

from wellhead._result import render
from wellhead.recursion.dry_run import DryRun
from wellhead.recursion.families.transformer.cost import USED, WIDE, Cost
from wellhead.report.blocks import Callout, Section
from wellhead.report.numbers import counted, number, percent
from wellhead.report.page import Page
from wellhead.report.table import Column, Table

__all__ = ["dry_run_page"]


@render.register
def dry_run_page(found: DryRun) -> Page:
    """The whole page."""
    first = found.settings[0].cost
    gpus = f"{found.gpus} × {found.gpu.name}"
    settings = counted(len(found.settings), "setting")
    return Page(
        title=f"What {found.name} would take",
        lead=(
            f"{settings} in {counted(found.seeds, 'repetition')} take "
            f"{_hours(found.hours)} on {gpus}, {_dollars(found.dollars)} at "
            f"{number(found.price)} an hour."
        ),
        facts=[
            ("parameters", number(first.parameters)),
            (
                "tokens of generation 0",
                f"{number(first.tokens)}, {number(first.unique_tokens)} unique",
            ),
            (
                "memory of each GPU",
                f"{number(first.memory / 1e9)} of {number(found.gpu.memory / 1e9)} GB",
            ),
            ("operations", number(found.seeds * sum(each.cost.flops for each in found.settings))),
            ("expected loss of generation 0", _loss(first)),
        ],
        alerts=_alerts(found),
        sections=[Section("Settings", [_table(found)])],
        footer=(
            f"Reckoned at {percent(USED)} of the GPU's peak speed. Loss: Hoffmann et al. (2022) "
            "with the constants of Besiroglu et al. (2024), arXiv 2404.10102."
        ),
    )


def _hours(hours: float) -> str:
    if hours >= 0.1:
        return f"about {number(hours)} hours"
    return "a few minutes" if hours > 1 / 60 else "less than a minute"


def _dollars(dollars: float) -> str:
    return f"{number(dollars, 2)} dollars" if dollars >= 0.01 else "less than a cent"


def _loss(cost: Cost) -> str:
    bound = "at most " if cost.bounded else ""
    return f"{bound}{number(cost.loss)} nats per token"


def _alerts(found: DryRun) -> list[Callout]:
    untried = Callout("note", "Reckoned, not measured: nobody has tried this on a GPU yet.", "")
    alerts = [untried]
    if any(not each.cost.fits_memory for each in found.settings):
        alerts.append(
            Callout(
                "warning",
                "It does not fit into a GPU.",
                "Lower family.micro_batch, or the size; weights are not split between GPUs.",
            )
        )
    if any(not each.cost.inside_law for each in found.settings):
        alerts.append(
            Callout(
                "note",
                "The expected loss is outside the range of its law",
                "(44 million to 16 billion parameters, web text): an orientation at best.",
            )
        )
    if any(each.cost.bounded for each in found.settings):
        alerts.append(
            Callout(
                "note",
                "The scaling law predicts a loss above that of guessing,",
                "so the loss of guessing among all tokens is given instead: a bound, not a "
                "forecast.",
            )
        )
    if found.width < WIDE:
        alerts.append(
            Callout(
                "note",
                f"Networks {found.width} wide cannot keep a GPU busy.",
                "Expect many times the hours; or use CPUs.",
            )
        )
    return alerts


def _table(found: DryRun) -> Table:
    columns = [
        Column("setting"),
        Column("fits", "count"),
        Column("tokens written", "number"),
        Column("operations", "number"),
        Column("hours", "number"),
        Column("dollars", "number"),
    ]
    rows = [
        [
            *(each.label, each.cost.fits, each.cost.written, each.cost.flops),
            *(each.cost.hours, each.cost.price),
        ]
        for each in found.settings
    ]
    return Table(columns, rows, caption="one repetition")
