"""`wellhead collect verify`: does the database still say what was received?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, opened, with_extra
from wellhead.errors import BadInput

__all__ = ["verify"]


@collect_app.command()
@with_extra
def verify(
    study: StudyArgument,
    heads: Annotated[
        Path | None,
        typer.Option(help="Output of an earlier `verify --json`: what it names must still exist."),
    ] = None,
    database: DatabaseOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, the heads of all chains included.")
    ] = False,
) -> None:
    """Check every recording against its chain; exit 3 when anything was altered."""
    from wellhead.collect.verify import read_heads, verify_study

    earlier = read_heads(heads.read_text("utf-8")) if heads else None
    with opened(study, database) as host:
        (keys,) = host.keys.values()
        result = host.store.read(lambda connection: verify_study(connection, keys, heads=earlier))
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
    else:
        for found in result.breaks:
            typer.echo(f"session {found.session}, batch {found.seq}: {found.problem}")
        words = f"{len(result.breaks)} breaks" if result.breaks else "all intact"
        typer.echo(f"{result.sessions} sessions, {result.links} batches: {words}")
    if result.breaks:
        raise BadInput("recordings were altered after they were received; see above.")
