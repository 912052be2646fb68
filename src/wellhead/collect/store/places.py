"""Who gets which task: wanted answers are kept, and a person takes part as often as the study says.

Flows in: the study, a pseudonym and the time, within the transaction that opens the session.
Flows out: a task, or a refusal. A place is taken by an answer that nobody rejected, and reserved
by a session that is being written; a reservation ends when nothing came from it for as long as
the study says. Who finishes after that is not turned away: an answer is never lost.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from wellhead.collect.store.committer import Refused
from wellhead.collect.store.models import Note, Session
from wellhead.collect.store.models import Study as StudyRow
from wellhead.collect.study import Study

__all__ = ["assign_condition", "assign_task", "places"]

_MINUTE_MS = 60_000


class Places(NamedTuple):
    """How many answers a task has, and how many more are being written."""

    answers: int
    reserved: int


def assign_task(
    connection: Connection, study: Study, worker: str, *, after: str | None, now_ms: int
) -> str:
    """The task with the fewest answers and reservations, one that is new to this person first.

    Ties go to the order of the list.

    Args:
        connection: of the transaction that opens the session.
        study: what is wanted.
        worker: pseudonym of the person.
        after: a session of this person that the new one goes on with, on the same task; its
            place is the new one's.
        now_ms: server time.

    Raises:
        Refused: 403 when every place is taken, or the person has taken part.
    """
    # With several processes two writers could otherwise take the last place.
    connection.execute(select(StudyRow.id).where(StudyRow.id == study.id).with_for_update())
    mine = connection.execute(
        select(Session.id, Session.task, Session.submitted_ms, Session.last_ms).where(
            Session.study == study.id, Session.worker == worker
        )
    ).all()
    known = {task.id for task in study.tasks}
    before = next((row.task for row in mine if row.id == after and row.task in known), None)
    if before is not None:
        return str(before)
    open_to = _not_done(study, mine, now_ms)
    taken = places(connection, study, now_ms=now_ms)
    wanted = study.answers_per_task
    free = [task for task in open_to if not wanted or sum(taken[task]) < wanted]
    if not free:
        full = wanted and all(sum(taken[task.id]) >= wanted for task in study.tasks)
        raise _full(taken) if full else _taken_part()
    seen = {row.task for row in mine}
    return min(free, key=lambda task: (task in seen, sum(taken[task])))


def assign_condition(
    connection: Connection, study: Study, worker: str, task: str, *, now_ms: int
) -> str:
    """The condition of this person, or the one that this task, then the study, is shortest of.

    Whoever had a condition keeps it. Answers and reservations count by the condition's weight;
    ties are drawn by the study's seed.
    """
    weights = {one.id: one.weight for one in study.conditions}
    if not weights:
        return ""
    mine = select(Session.condition).where(Session.study == study.id, Session.worker == worker)
    before = connection.execute(mine.order_by(Session.started_ms)).scalars()
    for condition in before:
        if condition in weights:
            return str(condition)
    everybody = select(func.count()).where(Session.study == study.id)
    number = connection.execute(everybody).scalar_one()
    held = _held(connection, study, now_ms)
    here = Counter(row.condition for row in held if row.task == task)
    everywhere = Counter(row.condition for row in held)

    def rank(condition: str) -> tuple[float, float, bytes]:
        weight = weights[condition]
        drawn = hashlib.sha256(f"{study.seed}/{number}/{condition}".encode()).digest()
        return here[condition] / weight, everywhere[condition] / weight, drawn

    return min(weights, key=rank)


def _not_done(study: Study, mine: Sequence[Any], now_ms: int) -> list[str]:
    """The tasks that this person may still be given."""
    since = now_ms - study.entry.reserve_minutes * _MINUTE_MS
    live = {row.task for row in mine if row.submitted_ms is None and row.last_ms >= since}
    done = {row.task for row in mine if row.submitted_ms is not None}
    tasks = [task.id for task in study.tasks]
    if study.entry.once == "no":
        return tasks
    if study.entry.once == "study":
        if done:
            raise _taken_part()
        open_to = [] if live else tasks
    else:
        open_to = [task for task in tasks if task not in done | live]
    if not open_to and live:
        raise Refused(
            403, "entry", "You have begun already. Please go on in the browser where you began."
        )
    if not open_to:
        raise _taken_part()
    return open_to


def places(connection: Connection, study: Study, *, now_ms: int) -> Mapping[str, Places]:
    """Places taken and reserved, by task."""
    held = _held(connection, study, now_ms)
    counted = Counter((row.task, bool(row.answered)) for row in held)
    return {
        task.id: Places(counted[task.id, True], counted[task.id, False]) for task in study.tasks
    }


def _held(connection: Connection, study: Study, now_ms: int) -> Sequence[Any]:
    """The sessions that take a place or reserve one."""
    since = now_ms - study.entry.reserve_minutes * _MINUTE_MS
    holds = or_(Session.submitted_ms.is_not(None), Session.last_ms >= since)
    answered = Session.submitted_ms.is_not(None).label("answered")
    query = select(Session.task, Session.condition, answered)
    return connection.execute(query.where(Session.study == study.id, holds, ~_rejected())).all()


def _rejected() -> ColumnElement[bool]:
    said = select(Note.decision).where(Note.session == Session.id, Note.decision != "")
    newest = said.order_by(Note.written_ms.desc()).limit(1).scalar_subquery()
    return newest.is_not_distinct_from("reject")


def _full(taken: Mapping[str, Places]) -> Refused:
    if any(place.reserved for place in taken.values()):
        return Refused(
            403,
            "full",
            "All places are taken just now. One may become free: please try again later.",
        )
    return Refused(403, "full", "This study has all the answers it needs. Thank you.")


def _taken_part() -> Refused:
    return Refused(403, "entry", "You have taken part already. Thank you.")
