"""`wellhead collect import`: writing that was recorded elsewhere."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli._options import Replace, folder_out, keep_earlier
from wellhead.cli.collect import collect_app, with_extra

__all__ = ["import_"]


@collect_app.command("import")
@with_extra
def import_(
    file: Annotated[Path, typer.Argument(help="The file to import.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", callback=folder_out, help="Folder to write into.")
    ],
    format: Annotated[
        str,
        typer.Option(
            help="gpturk (MTurk batch with key and paste log), recordings (our recorder's data "
            "in CSV, JSON or JSONL) or idfx."
        ),
    ] = "recordings",
    replace: Replace = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Turn another tool's file into answers.parquet and evidence.parquet."""
    from wellhead.collect.importers import read_import
    from wellhead.collect.importers.imported import write_imported

    keep_earlier(out, replace, "answers.parquet", "evidence.parquet")
    answers = list(read_import(file, format))
    write_imported(answers, out)
    outcomes = dict(Counter(answer.outcome for answer in answers).most_common())
    if as_json:
        typer.echo(json.dumps({"answers": len(answers), "outcomes": outcomes, "out": str(out)}))
        return
    typer.echo(f"{len(answers)} answers in {out}")
    for name, count in outcomes.items():
        typer.echo(f"  {name.replace('_', ' ')}: {count}")
