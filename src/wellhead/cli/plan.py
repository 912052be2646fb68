"""``wellhead plan``: what to collect for the interval width one wants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead._progress import progress
from wellhead.cli import app
from wellhead.errors import BadSetting

plan_app = typer.Typer(invoke_without_command=True, help="What to collect for a wanted interval.")
app.add_typer(plan_app, name="plan")


@plan_app.callback()
def plan(
    context: typer.Context,
    width: Annotated[
        float | None, typer.Option(help="Wanted interval width, for example 0.1.")
    ] = None,
    share: Annotated[float, typer.Option(help="Expected machine-written share.")] = 0.25,
    documents: Annotated[int, typer.Option(help="Documents in the corpus.")] = 1000,
    level: Annotated[float, typer.Option(help="Confidence of the interval.")] = 0.95,
    detector: Annotated[str, typer.Option(help="The detector that will be used.")] = "general",
    seed: Annotated[int, typer.Option(help="The same seed gives the same plan.")] = 0,
    out: Annotated[Path | None, typer.Option(help="HTML file for the plan.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as JSON on stdout.")] = False,
) -> None:
    """How many known-human texts or audited labels give an interval of WIDTH?"""
    if context.invoked_subcommand is not None:
        return
    if width is None:
        raise BadSetting(
            "expected the wanted interval width, for example: wellhead plan --width 0.1"
        )
    from wellhead.detect import load_scorer
    from wellhead.prevalence.library import library_of
    from wellhead.prevalence.plan import plan as run
    from wellhead.report.terminal import show

    with progress("simulating") as bar:
        result = run(
            library_of(load_scorer(detector)),
            width=width,
            share=share,
            documents=documents,
            level=level,
            seed=seed,
            progress=bar,
        )
    if out is not None:
        result.save_html(out)
    if as_json:
        typer.echo(result.to_json())
    else:
        show(result.page(), more=() if out is None else (f"report: {out}",))
