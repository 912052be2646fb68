"""`wellhead collect export`: the answers of a study, in formats that others read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wellhead.cli._options import Replace, folder_out, keep_earlier
from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, opened, with_extra

if TYPE_CHECKING:
    from wellhead.lineage import Store

__all__ = ["export"]

_WRITTEN = {
    "csv": ("answers.csv",),
    "parquet": ("answers.parquet", "events.parquet"),
    "huggingface": ("README.md", "data"),
    "idfx": ("*.idfx",),
    "evidence": ("evidence.parquet",),
}


@collect_app.command()
@with_extra
def export(
    study: StudyArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", callback=folder_out, help="Folder to write into.")
    ],
    replace: Replace = False,
    format: Annotated[
        str, typer.Option(help="csv, parquet, huggingface, idfx or evidence.")
    ] = "parquet",
    lineage: Annotated[
        str | None,
        typer.Option(help="Also note the answers as originals in this lineage store."),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="For --lineage: SPDX name or address of it.")
    ] = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the answers with what their recordings say; workers appear under pseudonyms."""
    from wellhead.collect.answers import settle
    from wellhead.collect.export import export_study
    from wellhead.collect.export.lineage import record
    from wellhead.collect.store.erasure import note_action

    keep_earlier(out, replace, *_WRITTEN.get(format, ("*",)))
    store = None if lineage is None else _store(lineage)
    noted: list[str] = []
    with opened(study, database) as host:
        (known,) = host.studies.values()
        settle(host.store, known, host.keys[known.id], now_ms=host.now_ms)
        files = export_study(host.store, known, format, out)
        now, keys = host.now_ms, host.keys[known.id]
        if store is not None:
            noted = host.store.read(
                lambda c: record(c, known, keys, store, licence=licence, now_ms=now)
            )
        host.store.write(lambda c: note_action(c, known.id, "shell", "export", format, now_ms=now))
    names = [str(file) for file in files]
    if as_json:
        typer.echo(json.dumps({"study": known.id, "files": names, "lineage": noted}))
    else:
        typer.echo("\n".join([*names, *noted]))


def _store(address: str) -> Store:
    from wellhead.lineage import Store

    return Store(address)
