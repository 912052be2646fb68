"""The same text from different writers: equal foreign pastes and equal answers.

Flows in: an answer and what was derived from it. Flows out: its marks, kept in a table of their
own, and what several writers of a study share, with a flag for each of their answers. Everybody
may paste the task; the same foreign passage from two people is worth a look. Pastes are compared
by the hash under the study's key, answers without regard to case and white space.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from wellhead.collect.derive.flags import Flag
from wellhead.collect.store.models import Mark, Session

__all__ = [
    "LONG_ENOUGH",
    "SharedText",
    "find_shared_texts",
    "keep_marks",
    "shared_text_flags",
    "weigh",
]

LONG_ENOUGH = 50
_SAYS = {
    "answer": "the same answer was handed in by {}",
    "paste": "the same foreign text was pasted by {}",
}


class SharedText(NamedTuple):
    """Different workers with the same paste or the same answer; `events` beside `sessions`."""

    kind: str
    sessions: tuple[str, ...]
    workers: int
    events: tuple[int, ...] = ()


def keep_marks(connection: Connection, session: str, text: str, derived: Mapping[str, Any]) -> None:
    """Replace the marks of one answer by those of what was derived last."""
    connection.execute(delete(Mark).where(Mark.session == session))
    rows = [
        {"session": session, "kind": kind, "mark": mark, "event": event}
        for (kind, mark), event in _marks(text, derived).items()
    ]
    if rows:
        connection.execute(insert(Mark), rows)


def _marks(text: str, derived: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    # Of equal pastes the one of which most stayed is kept.
    for paste in sorted(derived["pastes"], key=lambda paste: int(paste["kept"])):
        if paste["hash"] and paste["origin"] == "outside" and paste["n"] >= LONG_ENOUGH:
            found["paste", paste["hash"]] = paste["event"]
    plain = " ".join(text.lower().split())
    if len(plain) >= LONG_ENOUGH:
        found["answer", hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()] = -1
    return found


def find_shared_texts(connection: Connection, study: str) -> list[SharedText]:
    """Everything that several workers of the study have in common, answers first."""
    shared = (
        select(Mark.kind, Mark.mark)
        .join(Session, Session.id == Mark.session)
        .where(Session.study == study)
        .group_by(Mark.kind, Mark.mark)
        .having(func.count(Session.worker.distinct()) > 1)
        .subquery()
    )
    same = (shared.c.kind == Mark.kind) & (shared.c.mark == Mark.mark)
    query = (
        select(Mark.kind, Mark.mark, Mark.event, Session.id, Session.worker)
        .join(Session, Session.id == Mark.session)
        .join(shared, same)
        .where(Session.study == study)
        .order_by(Mark.kind, Session.submitted_ms, Session.id)
    )
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        groups[row.kind, row.mark].append(row)
    return [
        SharedText(
            kind,
            tuple(row.id for row in rows),
            len({row.worker for row in rows}),
            tuple(row.event for row in rows),
        )
        for (kind, _), rows in groups.items()
    ]


def weigh(flag: Flag, derived: Mapping[str, Any]) -> Flag:
    """The flag; only a note where the paste was taken back: what did not stay accuses nobody."""
    if flag.name != "identical_paste":
        return flag
    stays = any(p["event"] in flag.evidence and 10 * p["kept"] >= p["n"] for p in derived["pastes"])
    return flag if stays else flag._replace(strength="note")


def shared_text_flags(connection: Connection, study: str) -> dict[str, list[Flag]]:
    """The flags of each answer that shares text with another writer's, by session."""
    flags: dict[str, list[Flag]] = defaultdict(list)
    for shared in find_shared_texts(connection, study):
        others = "another writer" if shared.workers == 2 else f"{shared.workers - 1} other writers"
        says = _SAYS[shared.kind].format(others)
        for session, event in zip(shared.sessions, shared.events, strict=True):
            evidence = (event,) if event >= 0 else ()
            flags[session].append(Flag(f"identical_{shared.kind}", "medium", evidence, says))
    return flags
