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
        typer.Option(
            help="A daily file of heads, or the output of an earlier `verify --json`: what it "
            "names must still exist."
        ),
    ] = None,
    receipt: Annotated[
        list[str] | None, typer.Option(help="A receipt that a writer was shown; may be repeated.")
    ] = None,
    database: DatabaseOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, the heads of all chains included.")
    ] = False,
) -> None:
    """Check recordings and conclusions; exit 3 when anything was altered."""
    from wellhead.collect.heads import read_heads, signed
    from wellhead.collect.verify import verify_study

    with opened(study, database) as host:
        (known,) = host.studies.values()
        keys = host.keys[known.id]
        earlier = read_heads(heads.read_text("utf-8"), keys) if heads else None
        result = host.store.read(
            lambda c: verify_study(c, known, keys, heads=earlier, receipts=receipt or ())
        )
    if as_json:
        typer.echo(json.dumps(signed(keys, result.to_dict())))
    else:
        for found in result.breaks:
            typer.echo(f"session {found.session}, batch {found.seq}: {found.problem}")
        words = f"{len(result.breaks)} breaks" if result.breaks else "all intact"
        counts = f"{result.links} batches, {result.conclusions} conclusions"
        typer.echo(f"{result.sessions} sessions, {counts}: {words}")
        typer.echo("Not covered: " + "; ".join(result.not_covered) + ".")
    if result.breaks:
        raise BadInput("recordings were altered after they were received; see above.")
