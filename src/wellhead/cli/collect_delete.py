"""`wellhead collect delete`: forget one writer, or what is older than the study keeps."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, opened, with_extra
from wellhead.errors import BadInput, BadSetting

__all__ = ["delete"]


@collect_app.command()
@with_extra
def delete(
    study: StudyArgument,
    worker: Annotated[
        str | None,
        typer.Option(help="Platform id or pseudonym of the writer to delete without a trace."),
    ] = None,
    expired: Annotated[
        bool, typer.Option("--expired", help="Recordings older than the study's retention_days.")
    ] = False,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Delete a writer, or the recordings whose time is over; what was done is noted."""
    from wellhead.collect.answers import settle
    from wellhead.collect.store.erasure import delete_worker, expire

    if (worker is None) == (not expired):
        raise BadSetting("give --worker or --expired, one of the two.")
    with opened(study, database) as host:
        (known,) = host.studies.values()
        now, keys = host.now_ms, host.keys[known.id]
        if worker is not None:
            names = {worker, keys.pseudonym(known.entry.platform, worker)}
            done = host.store.write(
                lambda c: delete_worker(c, known.id, names, "shell", now_ms=now)
            )
            if not done:
                raise BadInput(f"nobody called {worker!r} has written in {known.id}.")
        elif known.retention_days == 0:
            raise BadSetting("the study keeps recordings for ever: retention_days is 0.")
        else:
            settle(host.store, known, keys, now_ms=now)
            days = known.retention_days
            done = host.store.write(
                lambda c: expire(c, known.id, days=days, actor="shell", now_ms=now)
            )
    typer.echo(json.dumps({"study": known.id, "sessions": done}) if as_json else f"{done} sessions")
