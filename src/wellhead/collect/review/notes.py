"""What reviewers write about answers."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert, select

from wellhead.collect.store import Refused
from wellhead.collect.store.models import Note, Session

__all__ = ["add_note"]


def add_note(
    connection: Connection, study: str, session: str, author: str, text: str, *, now_ms: int
) -> None:
    """Keep a note about an answer of this study.

    Raises:
        Refused: 404 when the study has no such session.
    """
    query = select(Session.id).where(Session.id == session, Session.study == study)
    if connection.execute(query).first() is None:
        raise Refused(404, "not_found", "There is no such answer in this study.")
    connection.execute(
        insert(Note).values(
            id=secrets.token_hex(16), session=session, author=author, written_ms=now_ms, text=text
        )
    )
