"""Forgetting: one writer on request, old recordings by rule. What was done is noted.

A deletion removes every row of the sessions, drafts, answers and notes included, and the
platform identity; the audit keeps the sessions' random ids, so that a later check of saved
heads can tell a deletion from a theft. On SQLite the freed pages are overwritten.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from wellhead.collect.store.models import (
    Answer,
    Audit,
    Draft,
    Grant,
    Identity,
    Link,
    Mark,
    Note,
    Part,
    Session,
    Visit,
)

__all__ = ["delete_worker", "expire", "note_action", "recent_actions"]

_DAY_MS = 86_400_000


def delete_worker(
    connection: Connection, study: str, names: Collection[str], actor: str, *, now_ms: int
) -> int:
    """Delete everything of the writers with these pseudonyms; returns how many sessions."""
    sessions = list(
        connection.execute(
            select(Session.id).where(Session.study == study, Session.worker.in_(names))
        ).scalars()
    )
    identities = connection.execute(
        delete(Identity).where(Identity.study == study, Identity.worker.in_(names))
    )
    connection.execute(delete(Visit).where(Visit.study == study, Visit.worker.in_(names)))
    for start in range(0, len(sessions), 500):
        _delete_sessions(connection, sessions[start : start + 500])
    if sessions or identities.rowcount:
        note_action(connection, study, actor, "delete", " ".join(sessions), now_ms=now_ms)
    return len(sessions)


def _delete_sessions(connection: Connection, sessions: list[str]) -> None:
    for table in (Note, Mark, Part, Answer, Draft, Link):
        connection.execute(delete(table).where(table.session.in_(sessions)))
    connection.execute(delete(Session).where(Session.id.in_(sessions)))


def expire(connection: Connection, study: str, *, days: int, actor: str, now_ms: int) -> int:
    """Forget the events, drafts and identities of sessions older than `days`.

    Answers and what was derived from them stay; the chain keeps the hashes. A session that was
    never handed in is deleted whole.

    Returns:
        How many sessions were touched.
    """
    limit = now_ms - days * _DAY_MS
    old = (Session.study == study, Session.last_ms < limit, Session.expired_ms.is_(None))
    left = list(
        connection.execute(select(Session.id).where(*old, Session.submitted_ms.is_(None))).scalars()
    )
    kept = list(
        connection.execute(
            select(Session.id).where(*old, Session.submitted_ms.is_not(None))
        ).scalars()
    )
    for start in range(0, len(left), 500):
        _delete_sessions(connection, left[start : start + 500])
    for start in range(0, len(kept), 500):
        some = kept[start : start + 500]
        bodies = update(Link).where(Link.session.in_(some), Link.batch.is_not(None))
        connection.execute(bodies.values(body=None))
        connection.execute(update(Session).where(Session.id.in_(some)).values(expired_ms=now_ms))
    _forget_identities(connection, study)
    if left:
        note_action(connection, study, actor, "delete", " ".join(left), now_ms=now_ms)
    if kept:
        note_action(connection, study, actor, "expire", " ".join(kept), now_ms=now_ms)
    return len(left) + len(kept)


def _forget_identities(connection: Connection, study: str) -> None:
    """Names of workers none of whose sessions still has its events."""
    live = select(Session.worker).where(Session.study == study, Session.expired_ms.is_(None))
    for table in (Identity, Visit):
        connection.execute(delete(table).where(table.study == study, table.worker.not_in(live)))


def note_action(
    connection: Connection, study: str, actor: str, action: str, detail: str, *, now_ms: int
) -> None:
    """Write down who did what."""
    connection.execute(
        insert(Audit).values(
            id=secrets.token_hex(16),
            at_ms=now_ms,
            actor=actor,
            study=study,
            action=action,
            detail=detail,
        )
    )


def recent_actions(connection: Connection, study: str, most: int) -> list[Row[Any]]:
    """Who did what, newest first: to this study, and sign-ins of those who may enter it."""
    people = select(Grant.user).where(Grant.study == study)
    here = (Audit.study == study) | ((Audit.study == "") & Audit.actor.in_(people))
    query = select(Audit.at_ms, Audit.actor, Audit.action, Audit.detail).where(here)
    return list(connection.execute(query.order_by(Audit.at_ms.desc()).limit(most)))
