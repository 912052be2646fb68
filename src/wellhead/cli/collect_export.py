"""`wellhead collect export`: the answers of a study, in formats that others read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, opened, with_extra

__all__ = ["export"]


@collect_app.command()
@with_extra
def export(
    study: StudyArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")],
    format: Annotated[
        str, typer.Option(help="csv, parquet, huggingface, idfx or evidence.")
    ] = "parquet",
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the answers with what their recordings say; workers leave as pseudonyms."""
    from wellhead.collect.answers import settle
    from wellhead.collect.export import export_study
    from wellhead.collect.store.erasure import note_action

    with opened(study, database) as host:
        (known,) = host.studies.values()
        settle(host.store, known, host.keys[known.id], now_ms=host.now_ms)
        files = export_study(host.store, known, format, out)
        now = host.now_ms
        host.store.write(lambda c: note_action(c, known.id, "shell", "export", format, now_ms=now))
    names = [str(file) for file in files]
    typer.echo(json.dumps({"study": known.id, "files": names}) if as_json else "\n".join(names))
