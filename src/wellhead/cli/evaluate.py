"""`wellhead evaluate`: what each generation, or any model, still can do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli import app
from wellhead.cli._options import AsJson, folder_out, show_result

__all__ = ["evaluate_command"]


@app.command("evaluate")
def evaluate_command(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs, checkpoints, GGUF files, smollm2, URLs; a run gives all its generations."
        ),
    ] = None,
    tasks: Annotated[
        str, typer.Option(help="Suites (quick, seed), tasks, or YAML files, separated by commas.")
    ] = "quick",
    data: Annotated[Path, typer.Option(help="Folder with the files of the suite seed.")] = Path(
        "evaluation-data"
    ),
    limit: Annotated[int | None, typer.Option(min=1, help="Most items of each task.")] = None,
    shots: Annotated[
        int | None, typer.Option(min=0, max=64, help="Solved items before each question.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", callback=folder_out, help="Folder for the report and all answers."
        ),
    ] = None,
    confirm_run_unsafe_code: Annotated[
        bool,
        typer.Option(
            "--confirm-run-unsafe-code", help="Run programs that a model wrote (humaneval)."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask models questions with known answers; tell what later generations lost.

    Every answer is kept in the folder: stop and start as you like, nothing is asked twice.
    """
    from wellhead.capability.run import evaluate

    folder = out or Path("evaluations")
    result = evaluate(
        *(models or []),
        tasks=[part.strip() for part in tasks.split(",") if part.strip()],
        data=data,
        limit=limit,
        shots=shots,
        out=folder,
        confirm_run_unsafe_code=confirm_run_unsafe_code,
        show=True,
    )
    show_result(result, as_json=as_json, saved=result.save(folder))
