"""`wellhead collapse report`: what a run found, as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli._options import Replace, file_out, keep_earlier
from wellhead.cli.collapse import collapse_app

__all__ = ["report"]


@collapse_app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run folder, finished or not.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            callback=file_out,
            help="An .html or .md file; default report.html in the run.",
        ),
    ] = None,
    replace: Replace = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Curves and verdicts as JSON on stdout, no file.")
    ] = False,
) -> None:
    """Write the report of a run: curves, exact curves, eight verdicts, plan and cost."""
    from wellhead.recursion import Run

    keep_earlier(out, replace)
    result = Run.load(run)
    if as_json:
        typer.echo(result.to_json())
        return
    target = out or run / "report.html"
    if target.suffix == ".md":
        result.save_markdown(target)
    else:
        result.save_html(target)
    typer.echo(str(target))
