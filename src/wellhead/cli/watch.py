"""`wellhead watch`: what a deployed model says, per version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli import app

__all__ = ["By", "SettingsFile", "Why", "watch_app"]

watch_app = typer.Typer(
    help="What a deployed model says, by version, with intervals that hold however often you look.",
    no_args_is_help=True,
)
app.add_typer(watch_app, name="watch")

SettingsFile = Annotated[Path, typer.Argument(metavar="WATCH.toml", help="What is watched.")]


def _readable(text: str) -> str:
    """What can be logged and shown; a kill is not refused for a letter that a shell broke."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


By = Annotated[str, typer.Option("--by", callback=_readable, help="Who does it; kept in the log.")]
Why = Annotated[str, typer.Option("--why", callback=_readable, help="Why; kept in the log.")]
