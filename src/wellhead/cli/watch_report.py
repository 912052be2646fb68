"""`wellhead watch status`, `report` and `verify`: how it stands, what was, and the proof."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli._options import AsJson, PageFile, Replace, keep_earlier, show_result
from wellhead.cli.watch import SettingsFile, watch_app
from wellhead.errors import LimitExceeded


@watch_app.command("status")
def status_command(
    settings: SettingsFile,
    out: PageFile = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Show the state of the watch; exit 1 if something needs attention."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.status import status_of

    keep_earlier(out, replace)
    found = status_of(read_settings(settings))
    show_result(found, as_json=as_json, html=out)
    if not found.well:
        raise LimitExceeded("something in the watch needs attention; see above.")


Day = typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="A day, or a day and time, in UTC.")


@watch_app.command("report")
def report_command(
    settings: SettingsFile,
    since: Annotated[datetime | None, Day] = None,
    until: Annotated[datetime | None, Day] = None,
    out: PageFile = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Report what happened in a period, on one offline page, for readers who were not there."""
    from wellhead.watch.report import report_on
    from wellhead.watch.settings import read_settings

    keep_earlier(out, replace)
    start, end = (at.replace(tzinfo=UTC).timestamp() if at else None for at in (since, until))
    found = report_on(read_settings(settings), since=start or 0.0, until=end)
    show_result(found, as_json=as_json, html=out)


@watch_app.command("verify")
def verify_command(
    settings: SettingsFile,
    head: Annotated[
        list[Path] | None,
        typer.Option(help="Heads that were kept elsewhere; by default all in `heads`."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Public key; by default the watch's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find what was removed, changed, moved or inserted in the logs, or rewritten since a head."""
    from wellhead.cli._options import echo_json
    from wellhead.errors import BadInput
    from wellhead.lineage.signing import public_key
    from wellhead.watch.heads import own_key, verify_logs
    from wellhead.watch.settings import read_settings

    read = read_settings(settings)
    heads = head or sorted(read.heads.glob("head-*.json"))
    public = public_key(key or own_key(read.folder).with_suffix(".pem.pub"))
    faults = verify_logs(read.folder, heads, public)
    if as_json:
        echo_json({"heads": len(heads), "faults": [fault._asdict() for fault in faults]})
    for fault in faults:
        typer.echo(f"{fault.log}, line {fault.line}: {fault.problem}", err=True)
    if faults:
        raise BadInput(f"{len(faults)} faults in the logs.")
    if not as_json:
        typer.echo(f"the logs are whole, and continue {len(heads)} signed heads")
