"""The chain that makes a recording tamper-evident.

Flows in: the bytes of each batch and the time the server received it. Flows out: receipts, and,
on checking, every break. With H = SHA-256, M = HMAC-SHA-256 under the study's receipt key and
‖ for joining length-prefixed parts::

    hash_n    = H(hash_{n-1} ‖ bytes_n)          hash_0 covers the session as it was opened
    receipt_n = M("link" ‖ session ‖ n ‖ receipt_{n-1} ‖ hash_n ‖ received_n)
    head      = M("head" ‖ session ‖ n ‖ receipt_n)

A batch carries the previous receipt, which nobody can guess, so it cannot have been made before
that receipt was given. What this proves is order, completeness and a time window. It does not
prove that a person wrote: the browser belongs to the writer. Somebody who holds an older copy
of the whole database can put it back; compare against saved heads to find that.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Break", "Head", "Link", "extend", "open_chain", "seal", "verify_chain"]


class Link(NamedTuple):
    """One batch in the chain; `body` is None once retention has removed it."""

    seq: int
    body: bytes | None
    received_ms: int
    hash: bytes
    receipt: bytes


class Head(NamedTuple):
    """Where a chain ends: the last sequence number, its receipt and the seal over both."""

    seq: int
    receipt: bytes
    seal: bytes


class Break(NamedTuple):
    """One thing wrong with a chain, at the first place where it shows."""

    session: str
    seq: int
    problem: str


def _join(*parts: bytes | str | int) -> bytes:
    """Length-prefixed, so that no two lists of parts give the same bytes."""
    raw = [str(part).encode() if isinstance(part, str | int) else part for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in raw)


def _mac(key: bytes, *parts: bytes | str | int) -> bytes:
    return hmac.digest(key, _join(*parts), "sha256")


def open_chain(key: bytes, session: str, opening: bytes, started_ms: int) -> Link:
    """Link 0: what was true when the session was opened.

    >>> link = open_chain(b"k", "s1", b"{}", 0)
    >>> link.seq, len(link.receipt)
    (0, 32)
    """
    digest = _first_hash(session, opening)
    receipt = _receipt(key, session, 0, b"", digest, started_ms)
    return Link(0, opening, started_ms, digest, receipt)


def extend(key: bytes, session: str, last: Link, body: bytes, received_ms: int) -> Link:
    """The link that follows `last` for a batch with these bytes."""
    digest, seq = _next_hash(last, body), last.seq + 1
    receipt = _receipt(key, session, seq, last.receipt, digest, received_ms)
    return Link(seq, body, received_ms, digest, receipt)


def _first_hash(session: str, opening: bytes) -> bytes:
    return hashlib.sha256(_join("wellhead chain v1", session, opening)).digest()


def _next_hash(last: Link, body: bytes) -> bytes:
    return hashlib.sha256(_join(last.hash, body)).digest()


def _receipt(
    key: bytes, session: str, seq: int, last: bytes, digest: bytes, received_ms: int
) -> bytes:
    return _mac(key, "link", session, seq, last, digest, received_ms)


def seal(key: bytes, session: str, last: Link) -> Head:
    """The head to store beside the chain, so that a missing end is noticed."""
    return Head(last.seq, last.receipt, _mac(key, "head", session, last.seq, last.receipt))


def verify_chain(
    key: bytes, session: str, opening: bytes, links: Iterable[Link], head: Head
) -> list[Break]:
    """Every break in one session's chain; an empty list means that it holds.

    Args:
        key: the study's receipt key.
        session: the session's id.
        opening: canonical bytes of the session as stored now.
        links: all stored links in order of sequence number, link 0 included.
        head: the stored head.

    Returns:
        Breaks in order. Checking goes on after a break from the stored values, so that each
        altered place is named once.
    """
    breaks: list[Break] = []
    last: Link | None = None
    for link in links:
        if problem := _compare(key, session, opening, link, last):
            breaks.append(Break(session, link.seq, problem))
        last = link
    if problem := _compare_head(key, session, last, head):
        breaks.append(Break(session, head.seq, problem))
    return breaks


def _compare(key: bytes, session: str, opening: bytes, link: Link, last: Link | None) -> str | None:
    expected = 0 if last is None else last.seq + 1
    if link.seq != expected:
        return f"expected batch {expected}, found batch {link.seq}: dropped, repeated or swapped"
    body = opening if last is None else link.body
    if body is not None:
        digest = _first_hash(session, body) if last is None else _next_hash(last, body)
        if not hmac.compare_digest(link.hash, digest):
            return (
                "the session's opening was altered" if last is None else "the content was altered"
            )
    before = b"" if last is None else last.receipt
    receipt = _receipt(key, session, link.seq, before, link.hash, link.received_ms)
    if not hmac.compare_digest(link.receipt, receipt):
        return "the receipt does not verify: its content, its time or its place was altered"
    return None


def _compare_head(key: bytes, session: str, last: Link | None, head: Head) -> str | None:
    if last is None:
        return "the chain is empty"
    expected = seal(key, session, last)
    if head.seq != expected.seq or not hmac.compare_digest(head.receipt, expected.receipt):
        return f"the chain ends at batch {last.seq}, its head says {head.seq}: the end is missing"
    if not hmac.compare_digest(head.seal, expected.seal):
        return "the seal over the head does not verify"
    return None
