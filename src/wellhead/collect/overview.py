"""A study at a glance: progress, outcomes with intervals, equal pastes across workers.

Flows in: the records of a study. Flows out: one frozen `Overview`. Outcomes are shares of
independent answers with Wilson's interval; several answers of one worker are not independent,
so the number of workers stands beside them. The share of foreign or scripted answers comes with
bounds for the answers that could not be observed: none of them, or all of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, NamedTuple

from scipy.stats import norm
from sqlalchemy import Connection, func, select

from wellhead.collect.answers import Record
from wellhead.collect.store.models import Session
from wellhead.collect.study import Study

__all__ = ["FOREIGN", "UNKNOWN", "Overview", "Share", "Twins", "overview", "wilson"]

FOREIGN = ("pasted_outside", "mixed", "scripted")
UNKNOWN = ("unobservable", "incomplete_log")
_LONG_ENOUGH = 50


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


class Twins(NamedTuple):
    """Different workers with the same paste or the same answer."""

    kind: str
    sessions: tuple[str, ...]
    workers: int


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the dashboard shows.

    Attributes:
        study: id.
        wanted: answers that the study asks for.
        started, submitted: sessions and answers.
        workers: different workers among the answers.
        tasks: answers by task.
        outcomes: share of each outcome.
        foreign: share of answers with foreign or scripted text among those observed.
        foreign_bounds: that share over all answers if none, or all, of the unobserved had it.
        twins: equal pastes and answers across workers.
        unsound: sessions whose chain or replay does not hold.
    """

    study: str
    wanted: int
    started: int
    submitted: int
    workers: int
    tasks: dict[str, int]
    outcomes: dict[str, Share]
    foreign: Share
    foreign_bounds: tuple[float, float]
    twins: tuple[Twins, ...]
    unsound: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def wilson(count: int, n: int, *, level: float = 0.95) -> Share:
    """Wilson's score interval for a share.

    Args:
        count: successes.
        n: trials; with none, the interval is all of [0, 1].
        level: confidence.

    Source: Wilson, Journal of the American Statistical Association 22 (1927), 209-212.

    >>> share = wilson(17, 46)
    >>> round(share.low, 3), round(share.high, 3)
    (0.245, 0.514)
    """
    if n == 0:
        return Share(0, 0, 0.0, 1.0)
    z = float(norm.ppf(0.5 + level / 2))
    p = count / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Share(count, n, max(0.0, middle - half), min(1.0, middle + half))


def overview(connection: Connection, study: Study, records: Iterable[Record]) -> Overview:
    """The study at a glance.

    Args:
        connection: for counting the sessions.
        study: what was asked for.
        records: every derived answer, as `load_records` gives them.
    """
    kept = list(records)
    started = connection.execute(select(func.count()).where(Session.study == study.id)).scalar_one()
    outcomes = Counter(record.outcome for record in kept)
    foreign = sum(outcomes[name] for name in FOREIGN)
    unknown = sum(outcomes[name] for name in UNKNOWN)
    n = len(kept)
    found = Counter(record.task for record in kept)
    return Overview(
        study=study.id,
        wanted=study.answers_per_task * len(study.tasks),
        started=started,
        submitted=n,
        workers=len({record.worker for record in kept}),
        tasks={task.id: found[task.id] for task in study.tasks},
        outcomes={name: wilson(count, n) for name, count in outcomes.most_common()},
        foreign=wilson(foreign, n - unknown),
        foreign_bounds=(foreign / n, (foreign + unknown) / n) if n else (0.0, 1.0),
        twins=tuple(_twins(kept)),
        unsound=tuple(record.session for record in kept if not _sound(record)),
    )


def _sound(record: Record) -> bool:
    integrity = record.derived["integrity"]
    return bool(integrity["chain_ok"]) and bool(integrity["replay_ok"])


def _twins(records: Iterable[Record]) -> Iterable[Twins]:
    pasted: dict[str, list[Record]] = defaultdict(list)
    written: dict[bytes, list[Record]] = defaultdict(list)
    for record in records:
        for mark in {p["hash"] for p in record.derived["pastes"] if _counts(p)}:
            pasted[mark].append(record)
        plain = " ".join(record.text.lower().split())
        if len(plain) >= _LONG_ENOUGH:
            written[hashlib.sha256(plain.encode("utf-8", "replace")).digest()].append(record)
    for kind, groups in (("answer", written.values()), ("paste", pasted.values())):
        for group in groups:
            workers = len({record.worker for record in group})
            if workers > 1:
                yield Twins(kind, tuple(record.session for record in group), workers)


def _counts(paste: dict[str, Any]) -> bool:
    """Everybody may paste the task; the same foreign paste twice is worth a look."""
    return bool(paste["hash"]) and paste["origin"] == "outside" and paste["n"] >= _LONG_ENOUGH
