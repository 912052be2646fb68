"""Submitted answers with what their recordings say, out of the database.

Deriving (see `derive`) is pure and costs milliseconds; its result is kept beside the answer
until a late batch makes it stale. `settle` brings everything up to date and, at the privacy
level `summary`, then forgets the events; the chain keeps their hashes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select, update

from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.keys import Keys
from wellhead.collect.schema import parse_body
from wellhead.collect.store import Store
from wellhead.collect.store.models import Answer, Link, Session
from wellhead.collect.study import Study
from wellhead.collect.verify import verify_session

__all__ = [
    "OUTSIDE",
    "Record",
    "current_records",
    "derive_session",
    "load_batches",
    "load_record",
    "load_records",
    "settle",
]

_SESSION = Session.__table__
OUTSIDE = ("paste_outside", "drop", "scripted")
_AT_ONCE = 50
_MINUTE_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Record:
    """One submitted answer.

    Attributes:
        session, task, worker, platform, attempt: whose it is; `worker` is a pseudonym.
        opening: what was true when the session began (consent, level, verification, client).
        started_ms, submitted_ms: server time.
        receipt: where its chain ends, as hex.
        text: the answer.
        derived: provenance, shares, outcome, flags, integrity (`derive.Answer.to_dict`).
    """

    session: str
    task: str
    worker: str
    platform: str
    attempt: int
    opening: dict[str, Any]
    started_ms: int
    submitted_ms: int
    receipt: str
    text: str
    derived: dict[str, Any]

    @property
    def outcome(self) -> str:
        """One word for how the answer came about."""
        return str(self.derived["outcome"])

    @property
    def outside_share(self) -> float:
        """Share of the final characters that came from outside or from a program."""
        shares = self.derived["shares"]
        return float(min(1.0, sum(shares.get(origin, 0.0) for origin in OUTSIDE)))


def settle(store: Store, study: Study, keys: Keys, *, now_ms: int) -> int:
    """Derive what is new or stale, a few answers per transaction; returns how many."""
    done = 0
    while True:
        pending = store.read(lambda connection: list(_pending(connection, study.id)))
        if not pending:
            break
        store.write(partial(_derive_all, keys, pending))
        done += len(pending)
    if study.writing.privacy == "summary":
        closed = now_ms - study.limits.late_minutes * _MINUTE_MS
        store.write(lambda connection: _forget_events(connection, study.id, closed))
    return done


def _pending(connection: Connection, study: str) -> Iterator[Row[Any]]:
    stale = or_(Answer.derived_seq.is_(None), Answer.derived_seq != Session.seq)
    query = _joined().where(Session.study == study, stale, Session.expired_ms.is_(None))
    yield from connection.execute(query.limit(_AT_ONCE))


def _joined() -> Select[Any]:
    columns = (Answer.text, Answer.derived, Answer.derived_seq)
    return select(_SESSION, *columns).join(Answer, Answer.session == Session.id)


def _derive_all(keys: Keys, rows: Sequence[Row[Any]], connection: Connection) -> None:
    for row in rows:
        _derive_one(connection, keys, row)


def _derive_one(connection: Connection, keys: Keys, row: Row[Any]) -> None:
    derived = json.dumps(derive_session(connection, keys, row, row.text))
    connection.execute(
        update(Answer).where(Answer.session == row.id).values(derived=derived, derived_seq=row.seq)
    )


def derive_session(connection: Connection, keys: Keys, row: Row[Any], text: str) -> dict[str, Any]:
    """What the stored recording of a session says about its answer; nothing is written."""
    facts = json.loads(row.opening)
    batches = load_batches(connection, row.id)
    first = connection.execute(
        select(Link.receipt).where(Link.session == row.id, Link.seq == 0)
    ).scalar_one()
    answer = derive(
        batches,
        text,
        level=facts["level"],
        declared=facts["declared"],
        key=keys.pastes,
        started_ms=row.started_ms,
        first_receipt=first.hex(),
        chain_ok=not verify_session(connection, keys, row),
    )
    derived = answer.to_dict()
    del derived["text"]
    score = answer.transcription
    derived["transcription"] = score and score._asdict()
    origins: Counter[str] = Counter()
    for length, origin, _ in derived["provenance"]:
        origins[origin] += length
    derived["origins"] = dict(origins)
    return derived


def load_batches(connection: Connection, session: str) -> list[Stored]:
    """The batches of a session as they were kept, in order."""
    query = (
        select(Link.body, Link.received_ms, Link.receipt)
        .where(Link.session == session, Link.batch.is_not(None), Link.body.is_not(None))
        .order_by(Link.seq)
    )
    return [
        Stored(parse_body(body), received_ms, receipt.hex())
        for body, received_ms, receipt in connection.execute(query)
        if body is not None
    ]


def _forget_events(connection: Connection, study: str, closed_ms: int) -> None:
    over = select(Session.id).where(Session.study == study, Session.submitted_ms < closed_ms)
    connection.execute(
        update(Link)
        .where(Link.session.in_(over), Link.batch.is_not(None), Link.body.is_not(None))
        .values(body=None)
    )


def load_records(connection: Connection, study: str) -> Iterator[Record]:
    """Every derived answer of a study in order of submission, one at a time."""
    query = _joined().where(Session.study == study, Answer.derived.is_not(None))
    rows = connection.execution_options(yield_per=100).execute(
        query.order_by(Session.submitted_ms, Session.id)
    )
    return (_record(row) for row in rows)


def current_records(connection: Connection, study: str, keys: Keys) -> Iterator[Record]:
    """The same for whoever may only read: what is stale is derived anew and not kept."""
    query = _joined().where(
        Session.study == study, or_(Answer.derived.is_not(None), Session.expired_ms.is_(None))
    )
    rows = connection.execute(query.order_by(Session.submitted_ms, Session.id))
    for row in rows:
        stale = row.derived_seq != row.seq and row.expired_ms is None
        yield _record(row, derive_session(connection, keys, row, row.text) if stale else None)


def load_record(connection: Connection, study: str, session: str) -> Record | None:
    """One derived answer of this study, or None."""
    query = _joined().where(
        Session.study == study, Session.id == session, Answer.derived.is_not(None)
    )
    row = connection.execute(query).first()
    return None if row is None else _record(row)


def _record(row: Row[Any], derived: dict[str, Any] | None = None) -> Record:
    return Record(
        session=row.id,
        task=row.task,
        worker=row.worker,
        platform=row.platform,
        attempt=row.attempt,
        opening=json.loads(row.opening),
        started_ms=row.started_ms,
        submitted_ms=row.submitted_ms,
        receipt=row.head_receipt.hex(),
        text=row.text,
        derived=json.loads(row.derived) if derived is None else derived,
    )
