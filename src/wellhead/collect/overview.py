"""A study at a glance: progress, outcomes with intervals, equal pastes across workers.

Flows in: the database, in which everything is derived. Flows out: one frozen `Overview`.
Outcomes are shares of independent answers with Wilson's interval; several answers of one worker
are not independent, so the number of workers stands beside them. The share of foreign or
scripted answers comes with bounds for the answers that could not be observed: none of them, or
all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from wellhead import _stats
from wellhead.collect.shared_text import SharedText, find_shared_texts
from wellhead.collect.store.models import Answer, Session
from wellhead.collect.study import Study

__all__ = ["FOREIGN", "UNKNOWN", "Arm", "Overview", "Share", "overview", "wilson"]

FOREIGN = ("pasted_outside", "mixed", "scripted")
UNKNOWN = ("unobservable", "incomplete_log", "clock_cannot_be_right")


@dataclass(frozen=True)
class Share:
    """`count` of `n`, with an interval for the share behind it."""

    count: int
    n: int
    low: float
    high: float

    @property
    def point(self) -> float:
        """The observed share; 0 when nothing was observed."""
        return self.count / self.n if self.n else 0.0


@dataclass(frozen=True)
class Arm:
    """One condition: its answers, how they came about, and the share with foreign text."""

    answers: int
    outcomes: dict[str, int]
    foreign: Share


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the dashboard shows.

    Attributes:
        study: id.
        wanted: answers that the study asks for; 0 for as many as come.
        started, submitted: sessions and answers.
        workers: different workers among the answers.
        tasks: answers by task.
        conditions: the same by condition, with what became of them.
        outcomes: share of each outcome.
        foreign: share of answers with foreign or scripted text among those observed.
        foreign_bounds: that share over all answers if none, or all, of the unobserved had it.
        shared_texts: equal pastes and answers across workers.
        unsound: sessions whose chain or replay does not hold.
        clock: sessions whose clock cannot be right.
    """

    study: str
    wanted: int
    started: int
    submitted: int
    workers: int
    tasks: dict[str, int]
    conditions: dict[str, Arm]
    outcomes: dict[str, Share]
    foreign: Share
    foreign_bounds: tuple[float, float]
    shared_texts: tuple[SharedText, ...]
    unsound: tuple[str, ...]
    clock: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def wilson(count: int, n: int) -> Share:
    """`count` of `n` with Wilson's 95 % interval; all of [0, 1] where nothing was counted."""
    share = _stats.wilson(count, n)
    return Share(count, n, share.low, share.high)


def overview(connection: Connection, study: Study) -> Overview:
    """The study at a glance, counted by the database; `settle` has derived what is new.

    Args:
        connection: for reading.
        study: what was asked for.
    """
    started = connection.execute(select(func.count()).where(Session.study == study.id)).scalar_one()
    workers = _derived(select(func.count(Session.worker.distinct())), study)
    outcomes = _counts(connection, study, Answer.outcome)
    found = _counts(connection, study, Session.task)
    unsound = _derived(select(Session.id), study).where(Answer.sound == 0)
    clock = _derived(select(Session.id), study).where(Answer.outcome == "clock_cannot_be_right")
    foreign, unknown = _sum(outcomes, FOREIGN), _sum(outcomes, UNKNOWN)
    n = sum(outcomes.values())
    return Overview(
        study=study.id,
        wanted=study.answers_per_task * len(study.tasks),
        started=started,
        submitted=n,
        workers=connection.execute(workers).scalar_one(),
        tasks={task.id: found.get(task.id, 0) for task in study.tasks},
        conditions=_arms(connection, study),
        outcomes={name: wilson(count, n) for name, count in outcomes.items()},
        foreign=wilson(foreign, n - unknown),
        foreign_bounds=(foreign / n, (foreign + unknown) / n) if n else (0.0, 1.0),
        shared_texts=tuple(find_shared_texts(connection, study.id)),
        unsound=tuple(connection.execute(unsound.order_by(Session.submitted_ms)).scalars()),
        clock=tuple(connection.execute(clock.order_by(Session.submitted_ms)).scalars()),
    )


def _sum(outcomes: Mapping[str, int], names: Sequence[str]) -> int:
    return sum(outcomes.get(name, 0) for name in names)


def _arms(connection: Connection, study: Study) -> dict[str, Arm]:
    """Every condition of the study and every one that answers still carry, in that order."""
    columns: tuple[Any, ...] = (Session.condition, Answer.outcome)
    query = _derived(select(*columns, func.count().label("n")), study).group_by(*columns)
    found: dict[str, dict[str, int]] = {one.id: {} for one in study.conditions}
    for condition, outcome, n in connection.execute(query.order_by(*columns)):
        if condition:
            found.setdefault(condition, {})[outcome] = n
    return {name: _arm(outcomes) for name, outcomes in found.items()}


def _arm(outcomes: dict[str, int]) -> Arm:
    n = sum(outcomes.values())
    return Arm(n, outcomes, wilson(_sum(outcomes, FOREIGN), n - _sum(outcomes, UNKNOWN)))


def _derived(query: Select[Any], study: Study) -> Select[Any]:
    """The query over the study's derived answers."""
    joined = query.join_from(Session, Answer, Answer.session == Session.id)
    return joined.where(Session.study == study.id, Answer.derived.is_not(None))


def _counts(connection: Connection, study: Study, column: Any) -> dict[str, int]:
    """How many answers have which value, the most frequent first."""
    query = _derived(select(column, func.count().label("n")), study).group_by(column)
    ordered = query.order_by(func.count().desc(), column)
    return {str(row[0]): int(row.n) for row in connection.execute(ordered)}
