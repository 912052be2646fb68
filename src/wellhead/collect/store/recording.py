"""Writing a recording down: open a session, append a batch, hand in an answer.

Every function here takes the connection of an open transaction, refuses before it writes, and
can be repeated: the caller's transaction decides what is kept (see `committer`). A batch that
comes again (its acknowledgement was lost) gets the receipt it got the first time.
"""

from __future__ import annotations

import hmac
import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from wellhead.collect import chain
from wellhead.collect.keys import Keys
from wellhead.collect.messages import Receipt, Submission, Submitted
from wellhead.collect.schema import Body, body_hash, units
from wellhead.collect.store.committer import Refused
from wellhead.collect.store.engine import unwaited
from wellhead.collect.store.limits import spend, too_many
from wellhead.collect.store.models import Answer, Base, Draft, Link, Part
from wellhead.collect.store.opening import LEASE_MS, canonical, facts_of
from wellhead.collect.study import Limits, Study

__all__ = ["Arrived", "append", "hand_in", "handed_in", "responses_hash"]

_MINUTE_MS = 60_000

# Built once: to build a statement costs more than to run it.
_TABLES = Base.metadata.tables
_LINKS, _SESSIONS, _DRAFTS = _TABLES["links"], _TABLES["sessions"], _TABLES["drafts"]
_ADD_LINK = insert(_LINKS)
_MOVE_HEAD = update(_SESSIONS).where(_SESSIONS.c.id == bindparam("this"))


def _upsert(add: Any) -> Any:
    new = {"batch": add.excluded.batch, "text": add.excluded.text}
    return add.on_conflict_do_update(index_elements=["session"], set_=new)


_DRAFT_OF = {
    "sqlite": _upsert(sqlite.insert(_DRAFTS)),
    "postgresql": _upsert(postgresql.insert(_DRAFTS)),
}


class Arrived(NamedTuple):
    """One batch that came in: its exact bytes, what they say, and the draft beside them."""

    raw: bytes
    body: Body
    draft: str | None
    take: bool


def append(
    connection: Connection,
    keys: Keys,
    row: Row[Any],
    batch: Arrived,
    study: Study,
    *,
    now_ms: int,
) -> Receipt:
    """The receipt for a batch that is now part of the chain.

    Raises:
        Refused: 409 for a batch that does not follow the last one or comes from a second tab,
            410 for one that comes too late, 413 when the session would hold more events or
            bytes than the study allows, 422 for what the privacy level forbids, 429 for too many.
    """
    body, limits = batch.body, study.limits
    if body.seq <= row.batch:
        return _again(connection, row, batch)
    _check_place(connection, row, body)
    _check_level(body, facts_of(row.opening)["level"])
    _check_size(row, batch, limits)
    late_ms = limits.late_minutes * _MINUTE_MS
    if row.submitted_ms is not None and now_ms > row.submitted_ms + late_ms:
        raise Refused(410, "closed", "This answer was handed in; nothing can be added.")
    if row.tab not in {None, body.tab} and row.tab_until_ms >= now_ms and not batch.take:
        raise Refused(409, "lease", "This answer is being written in another tab.")
    _keep_part(connection, row, body, study)
    allowances = _spend(row, len(batch.raw), limits, now_ms)
    link = _follow(keys, row, batch.raw, now_ms)
    with unwaited(connection):
        _write_link(
            connection,
            keys,
            row,
            link,
            batch=body.seq,
            batch_hash=body_hash(batch.raw),
            phase=_phase(body, row.phase),
            events=row.events + len(body.events),
            stored_bytes=row.stored_bytes + len(batch.raw),
            tab=body.tab,
            tab_until_ms=now_ms + LEASE_MS,
            **allowances,
        )
        if batch.draft is not None and row.submitted_ms is None:
            _write_draft(connection, row.id, body.seq, batch.draft)
    return _receipt(row.id, body.seq, link.received_ms, link.receipt, body.seq)


def _check_size(row: Row[Any], batch: Arrived, limits: Limits) -> None:
    events = row.events + len(batch.body.events)
    size = row.stored_bytes + len(batch.raw)
    if events > limits.events_per_session or size > limits.kilobytes_per_session * 1024:
        raise Refused(413, "too_large", "This recording has become too long; the text is kept.")


def _spend(row: Row[Any], size: int, limits: Limits, now_ms: int) -> dict[str, int]:
    """One batch and its bytes, taken from what the session may send in a minute."""
    left = spend(row.allowance, row.allowance_ms, now_ms, limits.batches_per_minute)
    per_minute = limits.kilobytes_per_minute * 1024
    bytes_left = spend(row.byte_allowance, row.byte_allowance_ms, now_ms, per_minute, size)
    if left is None or bytes_left is None:
        raise too_many()
    return {
        "allowance": left,
        "allowance_ms": now_ms,
        "byte_allowance": bytes_left,
        "byte_allowance_ms": now_ms,
    }


def _receipt(session: str, seq: int, received_ms: int, receipt: bytes, ack: int) -> Receipt:
    return Receipt(sid=session, seq=seq, received_at=received_ms, receipt=receipt.hex(), ack=ack)


def _check_place(connection: Connection, row: Row[Any], body: Body) -> None:
    following = row.batch + 1
    if body.seq != following:
        raise Refused(409, "gap", "A batch is missing before this one.", expected=following)
    if not hmac.compare_digest(body.prev, row.batch_hash):
        raise Refused(
            409, "conflict", "The batch does not follow the stored one.", expected=following
        )
    if not _was_given(connection, row, body.nonce):
        raise Refused(409, "conflict", "The batch carries a receipt that was never given.")


def _check_level(body: Body, level: str) -> None:
    """What the writer was told is not recorded is refused, whoever sends it."""
    if level == "full":
        return
    events = body.read()
    if any(getattr(event.data, "x", None) is not None for event in events):
        raise Refused(422, "bad_request", "This study does not record what is typed.")
    if level == "summary" and any(event.kind in ("key", "car") for event in events):
        raise Refused(422, "bad_request", "This study does not record keys.")


def _was_given(connection: Connection, row: Row[Any], nonce: str) -> bool:
    """Batches written offline carry an older receipt than the last; any of this session will do."""
    if hmac.compare_digest(nonce, row.head_receipt.hex()):
        return True
    query = select(Link.seq).where(Link.session == row.id, Link.receipt == bytes.fromhex(nonce))
    return connection.execute(query).first() is not None


def _phase(body: Body, before: str) -> str:
    names = [event.data.name for event in body.read() if event.kind == "phase"]
    return names[-1] if names else before


def _keep_part(connection: Connection, row: Row[Any], body: Body, study: Study) -> None:
    """The text that the batch before this one ended with, if this one takes up another.

    Only texts that the study asks for are kept, none longer than an answer may be: whatever a
    browser sends, a session holds so many and no more.
    """
    begun = next((event for event in body.read() if event.kind == "phase"), None)
    if begun is None or begun.data.name == row.phase or row.submitted_ms is not None:
        return
    query = select(Draft.text).where(Draft.session == row.id)
    text = connection.execute(query).scalar()
    connection.execute(delete(Part).where(Part.session == row.id, Part.name == row.phase))
    asked = row.phase in study.stages
    if text and asked and units(text) <= study.writing.max_characters:
        values = {"session": row.id, "name": row.phase, "batch": row.batch, "text": text}
        connection.execute(insert(Part).values(**values))


def _again(connection: Connection, row: Row[Any], batch: Arrived) -> Receipt:
    query = select(Link.body, Link.receipt, Link.received_ms).where(
        Link.session == row.id, Link.batch == batch.body.seq
    )
    stored = connection.execute(query).first()
    if stored is None or stored.body != batch.raw:
        raise Refused(409, "conflict", "Another batch has this number.", expected=row.batch + 1)
    return _receipt(row.id, batch.body.seq, stored.received_ms, stored.receipt, row.batch)


def _follow(keys: Keys, row: Row[Any], body: bytes, now_ms: int) -> chain.Link:
    last = chain.Link(row.seq, None, row.last_ms, row.head_hash, row.head_receipt)
    # The server's clock may be set back; the chain's must not.
    return chain.extend(keys.receipts, row.id, last, body, max(now_ms, row.last_ms))


def _write_link(
    connection: Connection,
    keys: Keys,
    row: Row[Any],
    link: chain.Link,
    *,
    batch: int | None = None,
    **changes: Any,
) -> None:
    added = {**link._asdict(), "session": row.id, "batch": batch}
    connection.execute(_ADD_LINK, added)
    if batch is not None:
        changes["batch"] = batch
    head = chain.seal(keys.receipts, row.id, link)
    changes |= {
        "this": row.id,
        "seq": link.seq,
        "last_ms": link.received_ms,
        "head_hash": link.hash,
        "head_receipt": head.receipt,
        "head_seal": head.seal,
    }
    connection.execute(_MOVE_HEAD, changes)


def _write_draft(connection: Connection, session: str, batch: int, text: str) -> None:
    values = {"session": session, "batch": batch, "text": text}
    connection.execute(_DRAFT_OF[connection.dialect.name], values)


def hand_in(
    connection: Connection,
    keys: Keys,
    row: Row[Any],
    submission: Submission,
    response: Submitted,
    *,
    now_ms: int,
) -> Submitted:
    """The response to an answer that is now stored; `handed_in` has said that there is none yet.

    The answer is kept even when batches are missing, and so are the submission's `texts`, which
    are those that the recording does not lead to, or empty. The link binds all of them by hash.
    """
    facts: dict[str, Any] = {
        "submit": submission.nonce,
        "seq": submission.seq,
        "sha": body_hash(submission.text),
    }
    responses = canonical(submission.responses).decode()
    if (bound := responses_hash(responses)) is not None:
        facts["responses"] = bound
    if submission.texts:
        facts["texts"] = {name: body_hash(text) for name, text in submission.texts.items()}
    link = _follow(keys, row, canonical(facts), now_ms)
    _write_link(connection, keys, row, link, submitted_ms=link.received_ms)
    full = response.model_copy(update={"received_at": link.received_ms})
    connection.execute(
        insert(Answer).values(
            session=row.id,
            submit_key=submission.nonce,
            submitted_ms=link.received_ms,
            text=submission.text,
            response=full.model_dump_json(),
            responses=responses,
            code=full.completion.code or None,
        )
    )
    connection.execute(delete(Draft).where(Draft.session == row.id))
    # The answer as it was when another text was taken up may hold words that were deleted since.
    gone = ["answer", *submission.texts]
    connection.execute(delete(Part).where(Part.session == row.id, Part.name.in_(gone)))
    if submission.texts:
        about = {"session": row.id, "batch": row.batch}
        values = [{**about, "name": name, "text": text} for name, text in submission.texts.items()]
        connection.execute(insert(Part), values)
    return full


def responses_hash(responses: str) -> str | None:
    """What binds the answers to the questions; None where nothing was asked."""
    return body_hash(responses) if json.loads(responses) else None


def handed_in(
    connection: Connection, row: Row[Any], submission: Submission | None = None
) -> Submitted | None:
    """The response that an earlier submission got, or None when there was none.

    Args:
        connection: of an open transaction.
        row: the session.
        submission: compared with the stored one; None only asks.

    Raises:
        Refused: 410 when another answer was handed in already.
    """
    query = select(Answer.submit_key, Answer.text, Answer.response).where(Answer.session == row.id)
    stored = connection.execute(query).first()
    if stored is None:
        return None
    if submission and (stored.submit_key, stored.text) != (submission.nonce, submission.text):
        raise Refused(410, "closed", "Another answer was handed in already.")
    return Submitted.model_validate_json(stored.response)
