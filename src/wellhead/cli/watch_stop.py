"""`wellhead watch kill`, `resume`, `rollback` and `drill`: what people order."""

from __future__ import annotations

from typing import Annotated

import typer

from wellhead.cli._options import AsJson
from wellhead.cli.watch import By, SettingsFile, Why, watch_app
from wellhead.errors import LimitExceeded

OfVersion = Annotated[
    str | None, typer.Option("--version", help="This version alone; by default everything.")
]


@watch_app.command("kill")
def kill_command(settings: SettingsFile, by: By, why: Why, version: OfVersion = None) -> None:
    """Stop all answers at once, also those under way; or one version's alone."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.switch import kill, stop_version

    read = read_settings(settings)
    if version is not None:
        stop_version(read, version, by=by, why=why)
        typer.echo(f"version {version} is stopped until wellhead watch resume", err=True)
        return
    kill(read, by=by, why=why)
    typer.echo(f"stopped: {read.kill} is there; wellhead watch resume takes it back", err=True)


@watch_app.command("resume")
def resume_command(
    settings: SettingsFile,
    by: By,
    why: Why,
    version: OfVersion = None,
    trial: Annotated[
        bool,
        typer.Option(
            "--trial",
            help="Half-open: let a twentieth of the traffic through until 200 answers are clean.",
        ),
    ] = False,
) -> None:
    """Undo the kill and close every breaker; or one version's alone."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.switch import resume

    resume(read_settings(settings), by=by, why=why, version=version, trial=trial)


@watch_app.command("rollback")
def rollback_command(
    settings: SettingsFile,
    by: By,
    why: Why,
    to: Annotated[
        str | None,
        typer.Option(help="A version, or the hash of an earlier one; by default the baseline."),
    ] = None,
    over: Annotated[bool, typer.Option("--over", help="Let all versions answer again.")] = False,
) -> None:
    """Let one version answer alone: a current one, or an earlier one by the hash of its state."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.switch import roll_back, roll_forward

    read = read_settings(settings)
    if over:
        roll_forward(read, by=by, why=why)
        return
    version = roll_back(read, to or read.baseline, by=by, why=why)
    typer.echo(f"{version.name} ({version.hash[:12]}) answers alone", err=True)


@watch_app.command("drill")
def drill_command(
    kind: Annotated[str, typer.Argument(help="kill, rollback, meter, log or silence.")],
    settings: SettingsFile,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Rehearse a KIND of stop on the running gateway, time it, and keep a signed record."""
    from wellhead.cli._options import echo_json
    from wellhead.watch.drills import drill
    from wellhead.watch.settings import read_settings

    found = drill(read_settings(settings), kind, by=by)
    if as_json:
        echo_json({**found._asdict(), "steps": [step._asdict() for step in found.steps]})
    else:
        for step in found.steps:
            mark = "passed" if step.passed else "FAILED"
            typer.echo(f"{mark}  {step.seconds:7.2f} s  {step.what}")
        typer.echo(f"record: {found.record}", err=True)
    if not found.passed:
        raise LimitExceeded(f"the {kind} drill failed.")
