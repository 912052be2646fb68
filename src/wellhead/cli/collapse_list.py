"""`wellhead collapse list`: presets, and everything that a config file can name."""

from __future__ import annotations

import typer

from wellhead.cli._options import AsJson, echo_json
from wellhead.cli.collapse import collapse_app

__all__ = ["show_list"]


@collapse_app.command("list")
def show_list(
    as_json: AsJson = False,
) -> None:
    """List the known presets, families, regimes, samplers, selectors and schedules."""
    from wellhead.recursion import list_presets
    from wellhead.recursion.config import PARTS

    parts = {kind: known.names() for kind, known in PARTS.items()}
    if as_json:
        echo_json({"presets": [p._asdict() for p in list_presets()], **parts})
        return
    typer.echo("presets (wellhead collapse run NAME)")
    for preset in list_presets():
        typer.echo(f"  {preset.name:18} {preset.title}")
    for kind, names in parts.items():
        typer.echo(f"{kind}: {', '.join(names)}")
