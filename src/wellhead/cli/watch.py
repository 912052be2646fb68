"""`wellhead watch`: what a deployed model says, per version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli import app
from wellhead.cli._options import AsJson, PageFile, TextColumn, share_of, show_result
from wellhead.errors import LimitExceeded

__all__ = ["watch_app"]

watch_app = typer.Typer(
    help="What a deployed model says, per version, with intervals that may be looked at all day.",
    no_args_is_help=True,
)
app.add_typer(watch_app, name="watch")

Limit = Annotated[
    float | None,
    typer.Option(parser=share_of, metavar="SHARE", help="Rate that no version may exceed."),
]


@watch_app.command("judge")
def judge_command(
    records: Annotated[str, typer.Argument(help="Recorded answers: a file, a folder, a glob, -.")],
    rules: Annotated[Path, typer.Option(help="File of rules (TOML): what a violation is.")],
    limit: Limit = None,
    version_column: Annotated[
        str | None, typer.Option(help="Column that names the version; version or model.")
    ] = None,
    group_by: Annotated[str | None, typer.Option(help="Column of groups.")] = None,
    text_column: TextColumn = None,
    out: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge recorded answers in their order: rates by version that hold at every moment."""
    from wellhead.watch import judge
    from wellhead.watch.rules import read_rules

    found = judge(
        records,
        read_rules(rules),
        limit=limit,
        version_column=version_column,
        group_column=group_by,
        text_column=text_column,
    )
    show_result(found, as_json=as_json, html=out)
    if found.alarmed:
        names = ", ".join(rate.name or "the model" for rate in found.alarmed)
        raise LimitExceeded(f"above the limit of {limit:.2%}: {names}.")
