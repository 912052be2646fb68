"""Rate limits as token buckets, kept in the database so that all server processes share them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from wellhead.collect.store.committer import Refused
from wellhead.collect.store.models import Bucket, Session

__all__ = ["check_rate", "forget_buckets", "many_tries", "pace", "spend", "too_many", "within_rate"]

_UNIT = 1_000
_MINUTE_MS = 60_000


def spend(allowance: int, since_ms: int, now_ms: int, per_minute: int, cost: int = 1) -> int | None:
    """What is left of a bucket after `cost` is taken, in thousandths; None when it is empty.

    A bucket holds one minute's worth and refills evenly. A clock that was set back refills
    nothing.

    >>> spend(0, 0, 60_000, 2), spend(500, 1000, 1000, 2)
    (1000, None)
    """
    refill = max(0, now_ms - since_ms) * per_minute * _UNIT // _MINUTE_MS
    left = min(per_minute * _UNIT, allowance + refill) - cost * _UNIT
    return left if left >= 0 else None


def pace(connection: Connection, row: Row[Any], *, per_minute: int, now_ms: int) -> None:
    """Count one request of a session; a batch counts itself (see `recording.append`).

    Raises:
        Refused: 429 when the minute's worth is spent.
    """
    left = spend(row.allowance, row.allowance_ms, now_ms, per_minute)
    if left is None:
        raise too_many()
    values = {"allowance": left, "allowance_ms": now_ms}
    connection.execute(update(Session).where(Session.id == row.id).values(**values))


def too_many() -> Refused:
    """What a session is told that asks too often."""
    return Refused(429, "rate", "Too many requests; the page will try again.", retry_ms=5000)


def forget_buckets(connection: Connection, *, now_ms: int) -> None:
    """Drop the buckets that are full again: they say nothing, and name an address by its hash."""
    connection.execute(delete(Bucket).where(Bucket.at_ms < now_ms - _MINUTE_MS))


def check_rate(connection: Connection, key: str, *, per_minute: int, now_ms: int) -> None:
    """Count one request under `key`.

    Raises:
        Refused: 429 when the minute's worth is spent.
    """
    if not within_rate(connection, key, per_minute=per_minute, now_ms=now_ms):
        raise many_tries()


def many_tries() -> Refused:
    """What somebody is told whose minute's worth is spent."""
    words = "Too many requests; please try again in a minute."
    return Refused(429, "rate", words, retry_ms=30_000)


def within_rate(connection: Connection, key: str, *, per_minute: int, now_ms: int) -> bool:
    """Count one request under `key`; False when the minute's worth is spent."""
    query = select(Bucket.allowance, Bucket.at_ms).where(Bucket.key == key).with_for_update()
    row = connection.execute(query).first()
    left = spend(*(row or (0, 0)), now_ms, per_minute)
    if left is None:
        return False
    values = {"allowance": left, "at_ms": now_ms}
    if row is None:
        connection.execute(insert(Bucket).values(key=key, **values))
    else:
        connection.execute(update(Bucket).where(Bucket.key == key).values(**values))
    return True
