"""Submitted answers with what their recordings say, out of the database.

Deriving (see `derive`) is pure and costs milliseconds; its result is kept beside the answer
until a late batch makes it stale. `settle` brings everything up to date and, at the privacy
level `summary`, then forgets the events; the chain keeps their hashes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from wellhead.collect.canary import canary_flags, canary_word
from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.flags import Flag, strongest_first
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.ids import Ids
from wellhead.collect.keys import Keys
from wellhead.collect.notes import Said, notes_of
from wellhead.collect.parts import derive_parts, parts_of
from wellhead.collect.schema import parse_body
from wellhead.collect.shared_text import keep_marks, shared_text_flags, weigh
from wellhead.collect.shown import shown_text
from wellhead.collect.soundness import verify_session
from wellhead.collect.store import Store
from wellhead.collect.store.models import Answer, Identity, Link, Session, Visit
from wellhead.collect.store.opening import facts_of
from wellhead.collect.study import Study

__all__ = [
    "OUTSIDE",
    "RULES",
    "Record",
    "answered",
    "current_records",
    "derive_session",
    "load_batches",
    "load_page",
    "load_record",
    "load_records",
    "settle",
    "settle_once",
]

_SESSION = Session.__table__
OUTSIDE = ("paste_outside", "drop", "scripted")
# Version of what is concluded from a recording: answers of an earlier one are derived anew.
RULES = 4
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
        code: the completion code that the writer was given.
        ids: of worker and visit, in the form in which they may leave: the platform's own where
            the writer agreed to that, else ``salted:`` and a keyed hash; None where it gave none.
        notes: what reviewers wrote and decided, oldest first.
        condition: the arm of the experiment, "" without.
        responses: to the study's questions, by id.
        parts: texts before the answer: name and text; what is known of each is in `derived`.
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
    code: str
    ids: Ids
    notes: tuple[Said, ...]
    condition: str
    responses: dict[str, str]
    parts: dict[str, str]

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
    """Derive what is new or stale, a few answers at a time; returns how many.

    Writers are not held up: deriving reads, and what comes out is written in one short
    transaction. A batch that arrives meanwhile makes it stale again.
    """
    done = 0
    while found := store.read(lambda connection: _derive_pending(connection, study, keys)):
        store.write(partial(_keep_all, found))
        done += len(found)
    if study.writing.privacy == "summary":
        closed = now_ms - study.limits.late_minutes * _MINUTE_MS
        store.write(lambda connection: _forget_events(connection, study.id, closed))
    return done


def settle_once(store: Store, session: str, study: Study, keys: Keys) -> None:
    """Derive this answer if it never was; a writer who asks again and again costs nothing more."""
    first = (Session.id == session, Answer.derived_seq.is_(None), Session.expired_ms.is_(None))
    if found := store.read(lambda connection: _derive(connection, study, keys, *first)):
        store.write(partial(_keep_all, found))


def _derive_pending(connection: Connection, study: Study, keys: Keys) -> list[_Derived]:
    return _derive(connection, study, keys, Session.study == study.id, _is_stale())


_FORGOTTEN = (
    select(Link.seq)
    .where(Link.session == Session.id, Link.batch.is_not(None), Link.body.is_(None))
    .exists()
)


def _is_stale() -> ColumnElement[bool]:
    """Never derived, by older rules, or before a late batch; where the events are still there."""
    derived_before = or_(
        Answer.derived_seq != Session.seq, Answer.rules.is_(None), Answer.rules != RULES
    )
    stale = or_(Answer.derived_seq.is_(None), and_(derived_before, ~_FORGOTTEN))
    return and_(stale, Session.expired_ms.is_(None))


def _derive(connection: Connection, study: Study, keys: Keys, *which: Any) -> list[_Derived]:
    rows = connection.execute(_joined().where(*which).limit(_AT_ONCE)).all()
    return [
        _Derived(row.id, row.seq, row.text, derive_session(connection, study, keys, row))
        for row in rows
    ]


def _joined() -> Select[Any]:
    columns = (Answer.text, Answer.derived, Answer.outcome, Answer.code, Answer.responses)
    names = (Identity.platform_worker, Visit.platform_visit)
    states = (_is_stale().label("stale"), _FORGOTTEN.label("forgotten"))
    person = and_(Identity.study == Session.study, Identity.worker == Session.worker)
    visit = and_(Visit.study == Session.study, Visit.entry == Session.entry)
    found = select(_SESSION, *columns, *names, *states).join(Answer, Answer.session == Session.id)
    return found.outerjoin(Identity, person).outerjoin(Visit, visit)


def answered(connection: Connection, study: str) -> Sequence[Row[Any]]:
    """Every session with an answer, and whether what was derived of it is `stale` or its events
    are `forgotten`."""
    query = _joined().where(Session.study == study)
    return connection.execute(query.order_by(Session.submitted_ms, Session.id)).all()


class _Derived(NamedTuple):
    """What was derived of a session when its last link was `seq`."""

    session: str
    seq: int
    text: str
    derived: dict[str, Any]


def _keep_all(found: Sequence[_Derived], connection: Connection) -> None:
    for one in found:
        _keep(connection, one)


def _keep(connection: Connection, one: _Derived) -> None:
    integrity = one.derived["integrity"]
    kept = connection.execute(
        update(Answer)
        .where(Answer.session == one.session)
        .values(
            derived=json.dumps(one.derived),
            derived_seq=one.seq,
            rules=RULES,
            outcome=one.derived["outcome"],
            sound=int(bool(integrity["chain_ok"] and integrity["replay_ok"])),
        )
    )
    # The writer may have been deleted meanwhile.
    if kept.rowcount:
        keep_marks(connection, one.session, one.text, one.derived)


def derive_session(
    connection: Connection, study: Study, keys: Keys, row: Row[Any]
) -> dict[str, Any]:
    """What the stored recording of an answer says about it; nothing is written."""
    facts, text = facts_of(row.opening), row.text
    word = canary_word(keys, row.id) if facts.get("canary") else ""
    canary = study.writing.canary.replace("{word}", word) if word else ""
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
        shown=shown_text(study, facts, canary),
        started_ms=row.started_ms,
        first_receipt=first.hex(),
        chain_ok=not verify_session(connection, keys, row),
    )
    if word:
        flags = strongest_first([*answer.flags, *canary_flags(text, word, answer.provenance)])
        answer = replace(answer, flags=tuple(flags))
    derived = answer.to_dict()
    del derived["text"]
    score = answer.transcription
    derived["transcription"] = score and score._asdict()
    origins: Counter[str] = Counter()
    for length, origin, _ in derived["provenance"]:
        origins[origin] += length
    derived["origins"] = dict(origins)
    parts = derive_parts(connection, study, row.id, batches, facts, keys.pastes)
    if parts:
        derived["parts"] = parts
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


def load_records(
    connection: Connection, study: str, where: Sequence[ColumnElement[bool]] = ()
) -> Iterator[Record]:
    """The derived answers of a study for which `where` holds, as handed in, one at a time."""
    beside = _beside(connection, study)
    query = _joined().where(Session.study == study, Answer.derived.is_not(None), *where)
    rows = connection.execution_options(yield_per=100).execute(
        query.order_by(Session.submitted_ms, Session.id)
    )
    return (_record(row, beside) for row in rows)


def load_page(
    connection: Connection,
    study: str,
    *,
    where: Sequence[ColumnElement[bool]] = (),
    order: Sequence[Any] = (),
    start: int = 0,
    size: int = 50,
) -> tuple[list[Record], int]:
    """Derived answers, newest first, and how many there are; only these are read.

    Args:
        connection: for reading.
        study: whose answers.
        where: only answers for which this holds (see `selection`).
        order: by what they are sorted.
        start: how many newer ones to pass over.
        size: how many at most.
    """
    wanted = [Session.study == study, Answer.derived.is_not(None), *where]
    count = select(func.count()).select_from(_SESSION).join(Answer, Answer.session == Session.id)
    total = connection.execute(count.where(*wanted)).scalar_one()
    order = order or (Session.submitted_ms.desc(), Session.id.desc())
    query = _joined().where(*wanted).order_by(*order)
    rows = connection.execute(query.offset(start).limit(size)).all()
    beside = _beside(connection, study)
    return [_record(row, beside) for row in rows], int(total)


def current_records(connection: Connection, study: Study, keys: Keys) -> Iterator[Record]:
    """The same for whoever may only read: what is stale is derived anew and not kept."""
    query = _joined().where(
        Session.study == study.id, or_(Answer.derived.is_not(None), Session.expired_ms.is_(None))
    )
    rows = connection.execute(query.order_by(Session.submitted_ms, Session.id))
    beside = _beside(connection, study.id)
    for row in rows:
        derived = derive_session(connection, study, keys, row) if row.stale else None
        yield _record(row, beside, derived)


def load_record(connection: Connection, study: str, session: str) -> Record | None:
    """One derived answer of this study, or None."""
    query = _joined().where(
        Session.study == study, Session.id == session, Answer.derived.is_not(None)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return _record(row, _beside(connection, study))


class _Beside(NamedTuple):
    """What stands beside the answers of a study, by session."""

    flags: dict[str, list[Flag]]
    notes: dict[str, list[Said]]
    parts: dict[str, dict[str, str]]


def _beside(connection: Connection, study: str) -> _Beside:
    flags, notes = shared_text_flags(connection, study), notes_of(connection, study)
    return _Beside(flags, notes, parts_of(connection, study))


def _record(row: Row[Any], beside: _Beside, derived: dict[str, Any] | None = None) -> Record:
    derived = json.loads(row.derived) if derived is None else derived
    flags = beside.flags.get(row.id, [])
    if flags:
        known = [Flag(**flag) for flag in derived["flags"]]
        flags = [weigh(flag, derived) for flag in flags]
        derived["flags"] = [
            {**flag._asdict(), "evidence": list(flag.evidence)}
            for flag in strongest_first([*known, *flags])
        ]
    opening = facts_of(row.opening)
    return Record(
        session=row.id,
        task=row.task,
        worker=row.worker,
        platform=row.platform,
        attempt=row.attempt,
        opening=opening,
        started_ms=row.started_ms,
        submitted_ms=row.submitted_ms,
        receipt=row.head_receipt.hex(),
        text=row.text,
        derived=derived,
        code=row.code or "",
        ids=Ids.of(row, plain=opening.get("ids") == "plain"),
        notes=tuple(beside.notes.get(row.id, ())),
        condition=row.condition,
        responses=json.loads(row.responses),
        parts=beside.parts.get(row.id, {}),
    )
