"""Texts that were written before the answer or beside it: the warm-up and the study's fields.

Each is kept whenever another one is taken up, and its origin is concluded from the part of the
recording that led to it. A text is called known human only where the study vouches for its kind
(the warm-up, or a field with ``known_human``) and its recording shows nothing but a person's
writing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.schema import text_hash
from wellhead.collect.shown import shown_text
from wellhead.collect.store.models import Part, Session
from wellhead.collect.study import Study

__all__ = ["derive_parts", "left_empty", "parts_of", "texts_of", "unrecorded"]

# An answer that was put aside for a field beside it is no part of itself.
_BEFORE = Part.name != "answer"
_OWN = ("typed", "typed_with_assist")


def derive_parts(
    connection: Connection,
    study: Study,
    session: str,
    batches: Sequence[Stored],
    facts: Mapping[str, Any],
    key: bytes,
) -> list[dict[str, Any]]:
    """What the recording says of each text before the answer, in the order of the study."""
    query = select(Part.name, Part.text, Part.batch).where(Part.session == session, _BEFORE)
    vouched = {"warmup", *(one.id for one in study.fields if one.known_human)}
    place = {name: i for i, name in enumerate(("warmup", *(one.id for one in study.fields)))}
    rows = connection.execute(query.order_by(Part.batch, Part.name)).all()
    found: list[dict[str, Any]] = []
    # A text that the study no longer asks for comes last.
    for name, text, last in sorted(rows, key=lambda row: place.get(row.name, len(place))):
        if not text:
            found.append({"name": name, "outcome": None, "shares": {}, "known_human": False})
            continue
        until = [stored for stored in batches if stored.body.seq <= last]
        derived = derive(
            until,
            text,
            level=facts["level"],
            declared=facts["declared"],
            key=key,
            shown=shown_text(study, facts, ""),
        )
        whole = bool(until) and until[-1].body.sha == text_hash(text)
        outcome = derived.outcome if whole else "incomplete_log"
        found.append(
            {
                "name": name,
                "outcome": outcome,
                "shares": derived.shares,
                "known_human": name in vouched and outcome in _OWN,
            }
        )
    return found


def texts_of(connection: Connection, session: str) -> dict[str, str]:
    """The texts of a session that were finished or put aside, by name."""
    query = select(Part.name, Part.text).where(Part.session == session)
    return {row.name: row.text for row in connection.execute(query)}


def unrecorded(
    connection: Connection, session: str, asked: Collection[str], texts: Mapping[str, str]
) -> dict[str, str]:
    """Of the texts that a page hands in, those asked for that the recording did not lead to."""
    known = texts_of(connection, session)
    return {
        name: text
        for name, text in texts.items()
        if name in asked and name != "answer" and text != known.get(name, "")
    }


def left_empty(
    connection: Connection, session: str, study: Study, texts: Mapping[str, str]
) -> dict[str, str]:
    """The optional fields in which nothing was written, each with its empty text."""
    written = {**texts_of(connection, session), **texts}
    return {one.id: "" for one in study.fields if one.optional and not written.get(one.id)}


def parts_of(connection: Connection, study: str) -> dict[str, dict[str, str]]:
    """The texts before the answers of a study, by session and name."""
    query = select(Part.session, Part.name, Part.text).join(Session, Session.id == Part.session)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for session, name, text in connection.execute(
        query.where(Session.study == study, _BEFORE).order_by(Part.batch, Part.name)
    ):
        found[session][name] = text
    return dict(found)
