"""What reviewers write about answers, and what they decide.

A decision is part of a note: who decided, when and why stays together. The newest one counts, and
so does the newest bonus. A rejection needs its reason; suspicion is none.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from wellhead.collect.store import Refused
from wellhead.collect.store.models import Note, Session

__all__ = ["DECISIONS", "Said", "add_note", "bonus_of", "decision_of", "notes_of"]

DECISIONS = ("accept", "reject")


class Said(NamedTuple):
    """One note; `decision` is "" and `bonus` (in hundredths) None where it says nothing of them."""

    author: str
    written_ms: int
    text: str
    decision: str = ""
    bonus: int | None = None


def add_note(connection: Connection, study: str, session: str, said: Said) -> None:
    """Keep a note about an answer of this study.

    Raises:
        Refused: 404 when the study has no such session, 422 for a note that says nothing, a
            decision that there is not, or a rejection without its reason.
    """
    query = select(Session.id).where(Session.id == session, Session.study == study)
    if connection.execute(query).first() is None:
        raise Refused(404, "not_found", "There is no such answer in this study.")
    if said.decision and said.decision not in DECISIONS:
        raise Refused(422, "bad_request", "A decision is “accept” or “reject”.")
    if not said.text.strip() and (said.decision != "accept" and said.bonus is None):
        raise Refused(422, "bad_request", "Please write a note; a rejection needs its reason.")
    values = {**said._asdict(), "text": said.text.strip()}
    connection.execute(insert(Note).values(id=secrets.token_hex(16), session=session, **values))


def notes_of(connection: Connection, study: str) -> dict[str, list[Said]]:
    """All notes of a study by session, oldest first."""
    columns = (Note.session, Note.author, Note.written_ms, Note.text, Note.decision, Note.bonus)
    query = select(*columns).join(Session, Session.id == Note.session)
    found: dict[str, list[Said]] = defaultdict(list)
    rows = connection.execute(query.where(Session.study == study).order_by(Note.written_ms))
    for row in rows:
        found[row.session].append(Said._make(row[1:]))
    return dict(found)


def decision_of(notes: Sequence[Said]) -> Said | None:
    """The newest note that decides."""
    return next((said for said in reversed(notes) if said.decision), None)


def bonus_of(notes: Sequence[Said]) -> int:
    """The newest bonus, in hundredths; 0 where none was given."""
    return next((said.bonus for said in reversed(notes) if said.bonus is not None), 0)
