"""Answers by what somebody has in hand: a code, an id, a receipt.

A writer who asks where their pay is has a completion code or the platform's id, not our session.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, or_, select

from wellhead.collect.keys import Keys
from wellhead.collect.store.models import Answer, Identity, Link, Session, Visit
from wellhead.collect.study import Study

__all__ = ["find_answers"]

_MOST = 200
_SHORTEST = 6


def find_answers(connection: Connection, study: Study, keys: Keys, wanted: str) -> list[str]:
    """The sessions of the study, newest first, that `wanted` names.

    Args:
        connection: for reading.
        study: whose sessions, handed in or not.
        keys: of the study; with them an id that the platform gave is turned into its pseudonym.
        wanted: a completion code, a session (or its first six characters and more), the
            platform's or our name for a worker or a visit, or a receipt.
    """
    # As our own CSV writes what a spreadsheet would take for a formula, too.
    wanted = wanted.strip().removeprefix("'").removeprefix("salted:")
    if not wanted:
        return []
    platform = study.entry.platform
    ways: list[Any] = [
        Answer.code.in_({wanted, wanted.upper()}),  # our own codes are upper case
        Session.worker.in_({wanted, keys.pseudonym(platform, wanted)}),
        Session.entry.in_({wanted, keys.pseudonym(f"visit/{platform}", wanted)}),
        Session.id == wanted,
        *_named(study.id, wanted),
    ]
    if len(wanted) >= _SHORTEST and wanted.isalnum():
        ways.append(Session.id.startswith(wanted, autoescape=True))
    query = select(Session.id).outerjoin(Answer, Answer.session == Session.id)
    newest = query.where(Session.study == study.id, or_(*ways)).order_by(Session.started_ms.desc())
    return list(connection.execute(newest.limit(_MOST)).scalars())


def _named(study: str, wanted: str) -> list[Any]:
    """Parts of what the platform calls a visit (Prolific's submission alone), and receipts."""
    visits = select(Visit.entry).where(
        Visit.study == study,
        or_(
            Visit.platform_visit == wanted,
            Visit.platform_visit.endswith(f"/{wanted}", autoescape=True),
        ),
    )
    people = select(Identity.worker).where(
        Identity.study == study, Identity.platform_worker == wanted
    )
    found: list[Any] = [Session.entry.in_(visits), Session.worker.in_(people)]
    if len(wanted) == 64:
        try:
            receipt = bytes.fromhex(wanted)
        except ValueError:
            return found
        links = select(Link.session).where(Link.receipt == receipt)
        found.append(Session.id.in_(links))
    return found
