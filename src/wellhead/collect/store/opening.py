"""Opening a session, finding it again, and who may write in it."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from wellhead.collect import chain
from wellhead.collect.keys import Keys
from wellhead.collect.schema import LEVELS, NO_BODY
from wellhead.collect.store.committer import Refused
from wellhead.collect.store.models import Identity, Link, Session, Visit

__all__ = [
    "LEASE_MS",
    "Opening",
    "authorise",
    "canonical",
    "facts_of",
    "find_by_token",
    "find_session",
    "new_token",
    "open_session",
    "stored_bytes",
    "take_lease",
]

_SESSION = Session.__table__
_FIND_AND_LOCK = select(_SESSION).where(_SESSION.c.id == bindparam("this")).with_for_update()
_HOUR_MS = 3_600_000
# How long a silent tab keeps other tabs out.
LEASE_MS = 30_000


class Opening(NamedTuple):
    """What is true when a session begins; `facts` goes into link 0 of the chain.

    `entry` is a keyed hash of the visit, by which a returning writer is found; `platform_worker`
    is the platform's own id, `platform_visit` its name for the visit, both kept apart, None where
    the platform gave none.
    """

    study: str
    task: str
    worker: str
    entry: str
    platform: str
    platform_worker: str | None
    platform_visit: str | None
    tab: str
    phase: str
    condition: str
    facts: Mapping[str, Any]


def canonical(value: Any) -> bytes:
    """The one form in which facts of ours are hashed and stored.

    >>> canonical({"b": 1, "a": "é"})
    b'{"a":"\\xc3\\xa9","b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


_LEAST: dict[str, Any] = {
    "level": "process",
    "declared": [],
    "verified": "none",
    "consent": {"version": ""},
    "task": "",
    "task_version": "",
    "returns": {},
}


def facts_of(raw: bytes) -> dict[str, Any]:
    """What was true when a session began, by its stored opening.

    An opening that somebody has altered may lack anything; what is missing gets the value that
    says least. That it was altered is the chain's finding, not this function's.

    >>> facts_of(b"{}")["level"]
    'process'
    """
    try:
        found = json.loads(raw)
    except ValueError:
        found = {}
    found = found if isinstance(found, dict) else {}
    usable = {name: value for name, value in found.items() if _usable(name, value)}
    return {**_LEAST, **usable}


def _usable(name: str, value: Any) -> bool:
    if name == "consent":
        return isinstance(value, dict) and isinstance(value.get("version"), str)
    if name == "level":
        return value in LEVELS
    return name not in _LEAST or type(value) is type(_LEAST[name])


def open_session(
    connection: Connection, keys: Keys, opening: Opening, *, hours: int, now_ms: int
) -> tuple[Row[Any], str]:
    """A new session with link 0 of its chain, and the token that opens it."""
    session, token = secrets.token_hex(16), secrets.token_urlsafe(32)
    attempt = 1 + _attempts(connection, opening)
    facts = canonical({**opening.facts, "attempt": attempt})
    first = chain.open_chain(keys.receipts, session, facts, now_ms)
    head = chain.seal(keys.receipts, session, first)
    _remember(connection, opening)
    connection.execute(
        insert(Session).values(
            id=session,
            study=opening.study,
            task=opening.task,
            worker=opening.worker,
            entry=opening.entry,
            platform=opening.platform,
            attempt=attempt,
            opening=facts,
            token_hash=_hash(token),
            token_until_ms=now_ms + hours * _HOUR_MS,
            started_ms=now_ms,
            last_ms=now_ms,
            seq=0,
            batch=0,
            batch_hash=NO_BODY,
            phase=opening.phase,
            condition=opening.condition,
            head_hash=first.hash,
            head_receipt=head.receipt,
            head_seal=head.seal,
            events=0,
            tab=opening.tab,
            tab_until_ms=now_ms + LEASE_MS,
            allowance=0,
            allowance_ms=0,
            stored_bytes=0,
            byte_allowance=0,
            byte_allowance_ms=0,
        )
    )
    connection.execute(
        insert(Link).values(
            session=session,
            seq=0,
            received_ms=now_ms,
            body=facts,
            hash=first.hash,
            receipt=first.receipt,
        )
    )
    return connection.execute(select(_SESSION).where(Session.id == session)).one(), token


def _attempts(connection: Connection, opening: Opening) -> int:
    query = select(func.count()).where(
        Session.study == opening.study,
        Session.worker == opening.worker,
        Session.task == opening.task,
    )
    return int(connection.execute(query).scalar_one())


def _remember(connection: Connection, opening: Opening) -> None:
    if opening.platform_visit is not None:
        known = select(Visit.entry).where(
            Visit.study == opening.study, Visit.entry == opening.entry
        )
        if connection.execute(known).first() is None:
            names = {"study": opening.study, "entry": opening.entry, "worker": opening.worker}
            connection.execute(insert(Visit).values(**names, platform_visit=opening.platform_visit))
    if opening.platform_worker is None:
        return
    known = select(Identity.worker).where(
        Identity.study == opening.study, Identity.worker == opening.worker
    )
    if connection.execute(known).first() is None:
        connection.execute(
            insert(Identity).values(
                study=opening.study,
                worker=opening.worker,
                platform=opening.platform,
                platform_worker=opening.platform_worker,
            )
        )


def stored_bytes(connection: Connection, study: str) -> int:
    """How many bytes of batches the study holds."""
    total = select(func.coalesce(func.sum(Session.stored_bytes), 0)).where(Session.study == study)
    return int(connection.execute(total).scalar_one())


def find_session(connection: Connection, study: str, entry: str) -> Row[Any] | None:
    """The newest session of this visit."""
    query = (
        select(_SESSION)
        .where(Session.study == study, Session.entry == entry)
        .order_by(Session.started_ms.desc())
        .limit(1)
        .with_for_update()
    )
    return connection.execute(query).first()


def find_by_token(
    connection: Connection, study: str, token: str, *, now_ms: int
) -> Row[Any] | None:
    """The session of this study that `token` opens."""
    query = select(_SESSION).where(
        Session.token_hash == _hash(token),
        Session.study == study,
        Session.token_until_ms >= now_ms,
    )
    return connection.execute(query.with_for_update()).first()


def new_token(connection: Connection, row: Row[Any], *, hours: int, now_ms: int) -> str:
    """A fresh token for a session; the old one no longer opens it."""
    token = secrets.token_urlsafe(32)
    until = now_ms + hours * _HOUR_MS
    connection.execute(
        update(Session)
        .where(Session.id == row.id)
        .values(token_hash=_hash(token), token_until_ms=until)
    )
    return token


def _hash(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def authorise(connection: Connection, session: str, token: str, *, now_ms: int) -> Row[Any]:
    """The session's row, if the token opens it.

    A wrong token and an unknown session get the same answer, so that ids cannot be probed.

    Raises:
        Refused: 401.
    """
    row = connection.execute(_FIND_AND_LOCK, {"this": session}).first()
    good = hmac.compare_digest(row.token_hash if row else bytes(32), _hash(token))
    if row is None or not good or row.token_until_ms < now_ms:
        raise Refused(401, "unauthorised", "This page is no longer signed in. Please reload it.")
    return row


def take_lease(connection: Connection, row: Row[Any], tab: str, *, now_ms: int) -> bool:
    """Whether `tab` may write now; a silent lease is taken over, a live one is not."""
    free = row.tab in {None, tab} or row.tab_until_ms < now_ms
    if free:
        connection.execute(
            update(Session)
            .where(Session.id == row.id)
            .values(tab=tab, tab_until_ms=now_ms + LEASE_MS)
        )
    return free
