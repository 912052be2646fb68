"""`wellhead collapse`: recursive training, run, listed, reported and held against theory."""

from __future__ import annotations

import typer

from wellhead.cli import app

__all__ = ["collapse_app"]

collapse_app = typer.Typer(
    help="Train on your own output, again and again, and measure what is lost.",
    no_args_is_help=True,
)
app.add_typer(collapse_app, name="collapse")
