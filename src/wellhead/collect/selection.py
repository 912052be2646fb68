"""Which answers a researcher wants to see, and in which order.

Flows in: what a form says. Flows out: conditions for the database, which looks through the stored
conclusions itself, so that a list of many thousand answers costs one query.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, case, or_, select

from wellhead.collect.derive.flags import Flag, Strength
from wellhead.collect.find import find_answers
from wellhead.collect.keys import Keys
from wellhead.collect.shared_text import shared_text_flags, weigh
from wellhead.collect.store.models import Answer, Note, Session
from wellhead.collect.study import Study
from wellhead.errors import BadInput

__all__ = ["FLAGS", "SORTS", "STRENGTHS", "Selection"]

STRENGTHS: tuple[Strength, ...] = get_args(Strength)
FLAGS = (
    *("outside_text", "scripted_text", "unobserved_text", "unexplained_text", "round_trip"),
    *("chat_markup", "away_then_insert", "mechanical_keys", "pasted_then_removed", "canary_word"),
    *("identical_paste", "identical_answer"),
)
SORTS = ("newest", "oldest", "strongest flag", "task", "writer", "outcome")
_DAY_MS = 86_400_000


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Every field that is not "" narrows the list.

    Attributes:
        outcome, task, condition: of the answer.
        flag, strength: a flag of that name, or that strength, or both at once.
        writer: a pseudonym, or the platform's id.
        since, until: days, as YYYY-MM-DD (UTC), both included.
        find: a code, an id, a receipt, or words of the answer.
        decision: ``accept``, ``reject`` or ``undecided``.
        sort: one of `SORTS`.
    """

    outcome: str = ""
    task: str = ""
    condition: str = ""
    flag: str = ""
    strength: str = ""
    writer: str = ""
    since: str = ""
    until: str = ""
    find: str = ""
    decision: str = ""
    sort: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return any(getattr(self, item.name) for item in fields(self) if item.name != "sort")

    @property
    def query(self) -> str:
        """The selection as an address has it."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return urlencode({name: value for name, value in given.items() if value})

    def where(self, connection: Connection, study: Study, keys: Keys) -> list[ColumnElement[bool]]:
        """Conditions on sessions joined with answers.

        Raises:
            BadInput: a day is not one.
        """
        wanted: list[ColumnElement[bool]] = []
        if self.outcome:
            wanted.append(Answer.outcome == self.outcome)
        if self.task:
            wanted.append(Session.task == self.task)
        if self.condition:
            wanted.append(Session.condition == self.condition)
        if self.writer:
            pseudonym = keys.pseudonym(study.entry.platform, self.writer)
            wanted.append(Session.worker.in_({self.writer, pseudonym}))
        if self.since:
            wanted.append(Session.submitted_ms >= _day(self.since))
        if self.until:
            wanted.append(Session.submitted_ms < _day(self.until) + _DAY_MS)
        if self.flag or self.strength:
            wanted.append(self._flagged(connection, study))
        if self.find:
            named = find_answers(connection, study, keys, self.find)
            said = Answer.text.icontains(self.find, autoescape=True)
            wanted.append(or_(Session.id.in_(named), said))
        if self.decision:
            wanted.append(self._decided())
        return wanted

    def order(self, connection: Connection, study: Study) -> tuple[Any, ...]:
        """By what the list is sorted; the newest first where nothing else decides."""
        newest = (Session.submitted_ms.desc(), Session.id.desc())
        if self.sort == "strongest flag":
            ranks = [
                (Selection(strength=name)._flagged(connection, study), place)
                for place, name in enumerate(reversed(STRENGTHS))
            ]
            return (case(*ranks, else_=len(ranks)), *newest)
        first: dict[str, tuple[Any, ...]] = {
            "oldest": (Session.submitted_ms, Session.id),
            "task": (Session.task,),
            "writer": (Session.worker,),
            "outcome": (Answer.outcome,),
        }
        return (*first.get(self.sort, ()), *newest)

    def _flagged(self, connection: Connection, study: Study) -> ColumnElement[bool]:
        """The stored flags, as they are spelled there, and those that answers share."""
        names = [f'"name": "{self.flag}"'] if self.flag else []
        strengths = [f'"strength": "{self.strength}"'] if self.strength else []
        spelled = ", ".join([*names, *strengths])
        shared = _shared(connection, study, self)
        return or_(Answer.derived.contains(spelled, autoescape=True), Session.id.in_(shared))

    def _decided(self) -> ColumnElement[bool]:
        said = select(Note.decision).where(Note.session == Session.id, Note.decision != "")
        newest = said.order_by(Note.written_ms.desc()).limit(1).scalar_subquery()
        return newest.is_(None) if self.decision == "undecided" else newest == self.decision


def _shared(connection: Connection, study: Study, wanted: Selection) -> list[str]:
    """Sessions with a flag of the wanted kind that they share with another writer's."""
    flags = shared_text_flags(connection, study.id)
    query = select(Answer.session, Answer.derived).where(Answer.session.in_(flags))
    found = []
    for session, derived in connection.execute(query):
        known = json.loads(derived) if derived else {"pastes": []}
        if any(_is(weigh(flag, known), wanted) for flag in flags[session]):
            found.append(session)
    return found


def _is(flag: Flag, wanted: Selection) -> bool:
    return wanted.flag in ("", flag.name) and wanted.strength in ("", flag.strength)


def _day(text: str) -> int:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput(f"expected a day as YYYY-MM-DD, got {text!r}.") from error
    return (day - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
