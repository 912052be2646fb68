"""`wellhead collect find`: whose answer is it? By code, platform id, session or receipt."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, opened, with_extra
from wellhead.errors import BadInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["find"]


@collect_app.command()
@with_extra
def find(
    study: StudyArgument,
    what: Annotated[
        str,
        typer.Argument(help="Completion code, platform id, pseudonym, session or receipt."),
    ],
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find an answer by whatever its writer can show; exit 3 if there is none."""
    from wellhead.collect.answers import settle
    from wellhead.collect.find import find_answers

    with opened(study, database) as host:
        (known,) = host.studies.values()
        keys = host.keys[known.id]
        settle(host.store, known, keys, now_ms=host.now_ms)
        sessions = host.store.read(lambda c: find_answers(c, known, keys, what))
        found = host.store.read(lambda c: [_told(c, known.id, one) for one in sessions])
    if not sessions:
        raise BadInput(f"nothing in {known.id} is called {what!r}: no code, id, session, receipt.")
    if as_json:
        typer.echo(json.dumps({"study": known.id, "found": found}))
        return
    for one in found:
        typer.echo("  ".join(str(value) for value in one.values() if value))


def _told(connection: Connection, study: str, session: str) -> dict[str, str | None]:
    from wellhead.collect.answers import load_record
    from wellhead.collect.notes import decision_of

    record = load_record(connection, study, session)
    if record is None:
        return {"session": session, "outcome": "not handed in"}
    said = decision_of(record.notes)
    return {
        "session": session,
        "worker": record.worker,
        "task": record.task,
        "outcome": record.outcome,
        "submitted_at": datetime.fromtimestamp(record.submitted_ms / 1000, UTC).isoformat(),
        "completion_code": record.code,
        "decision": said.decision if said else None,
    }
