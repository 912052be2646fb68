"""`wellhead collect serve`: run the study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli.collect import DatabaseOption, collect_app, with_extra
from wellhead.errors import BadSetting

__all__ = ["serve"]


@collect_app.command()
@with_extra
def serve(
    studies: Annotated[
        list[Path] | None, typer.Argument(help="Study files.", metavar="STUDY.toml")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8080,
    demo: Annotated[
        bool, typer.Option("--demo", help="A complete local study with simulated answers.")
    ] = False,
    database: DatabaseOption = None,
    behind_proxy: Annotated[
        str | None,
        typer.Option(help="Address of the proxy whose forwarding headers are trusted."),
    ] = None,
    processes: Annotated[
        int, typer.Option(help="How many processes answer; more than one needs PostgreSQL.", min=1)
    ] = 1,
    insecure_cookies: Annotated[
        bool, typer.Option(help="Let researchers sign in over plain HTTP; for loopback only.")
    ] = False,
) -> None:
    """Serve one or more studies: writers at /s/STUDY, researchers at /review."""
    from wellhead.collect.serve import run, run_demo

    if demo == bool(studies):
        raise BadSetting("give a study file, or --demo for a local trial; not both.")
    if demo:
        run_demo(address=host, port=port)
        return
    run(
        studies or [],
        address=host,
        port=port,
        database=database,
        proxy=behind_proxy,
        secure=not insecure_cookies,
        processes=processes,
    )
