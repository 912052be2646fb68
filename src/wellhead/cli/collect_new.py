"""`wellhead collect new`: a commented study file, a task list and a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli.collect import collect_app, with_extra

__all__ = ["new"]


@collect_app.command()
@with_extra
def new(
    folder: Annotated[Path, typer.Argument(help="Where to make the study.")],
    tasks: Annotated[
        Path | None, typer.Option(help="A CSV or JSONL list of tasks to copy in.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Shown to writers.")] = None,
    platform: Annotated[
        str, typer.Option(help="How writers arrive: link, prolific, mturk or qualtrics.")
    ] = "link",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a study: STUDY.toml with every setting explained, its tasks and its secret."""
    from wellhead.collect.create import new_study

    study = new_study(folder, tasks=tasks, title=title, platform=platform)
    if as_json:
        made = {"id": study.id, "study": str(study.path), "key": str(study.key_path)}
        typer.echo(json.dumps({**made, "tasks": len(study.tasks)}))
        return
    typer.echo(
        f"{study.path}: {len(study.tasks)} tasks. Edit it, then:\n"
        f"  wellhead collect user add {study.path} YOUR-NAME\n"
        f"  wellhead collect serve {study.path}\n"
        f"Keep {study.key_path} secret and backed up: receipts and pseudonyms depend on it."
    )
