"""`collect verify`: does the database still say what was received?

Flows in: a connection and the study's keys. Flows out: every break of every chain, and the
heads, to be kept elsewhere. Besides the chain itself the stored answer is compared with the hash
that its submission link binds, and the session's columns with what link 0 binds. Sessions that
earlier heads name and the database no longer holds are breaks, too, unless a deletion or the
retention rule accounts for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from wellhead.collect.chain import Break, Head, Link, verify_chain
from wellhead.collect.keys import Keys
from wellhead.collect.schema import body_hash
from wellhead.collect.store import models
from wellhead.errors import BadInput

__all__ = ["Verification", "read_heads", "verify_session", "verify_study"]

_BOUND = ("study", "task", "worker", "entry", "platform", "attempt")


@dataclass(frozen=True)
class Verification:
    """What was checked and what was found.

    Attributes:
        study: the study's id.
        sessions: how many chains were checked.
        links: how many links they have.
        breaks: everything that does not hold; empty is good.
        heads: session to `[seq, receipt]`; keep them outside the database.
    """

    study: str
    sessions: int
    links: int
    breaks: list[Break]
    heads: dict[str, list[Any]]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        breaks = [found._asdict() for found in self.breaks]
        return {**self.__dict__, "intact": not self.breaks, "breaks": breaks}


def verify_study(
    connection: Connection, keys: Keys, *, heads: Mapping[str, list[Any]] | None = None
) -> Verification:
    """Check every chain of a study.

    Args:
        connection: for reading.
        keys: of the study.
        heads: heads saved earlier; chains that have become shorter or are gone are breaks.
    """
    table = models.Session.__table__
    query = select(table).where(models.Session.study == keys.study)
    breaks: list[Break] = []
    found: dict[str, list[Any]] = {}
    count = 0
    for row in connection.execute(query.order_by(models.Session.started_ms)).all():
        breaks += verify_session(connection, keys, row)
        found[row.id] = [row.seq, row.head_receipt.hex()]
        count += row.seq + 1
    breaks += _against(connection, keys.study, heads or {}, found)
    return Verification(keys.study, len(found), count, breaks, found)


def verify_session(connection: Connection, keys: Keys, row: Row[Any]) -> list[Break]:
    """Every break in one session's chain, answer and columns."""
    head = Head(row.seq, row.head_receipt, row.head_seal)
    links = list(_links(connection, row.id))
    breaks = verify_chain(keys.receipts, row.id, row.opening, links, head)
    breaks += [Break(row.id, 0, problem) for problem in _columns(row)]
    answer = connection.execute(
        select(models.Answer.text).where(models.Answer.session == row.id)
    ).scalar()
    problem = _answer(links, answer)
    return [*breaks, Break(row.id, row.seq, problem)] if problem else breaks


def _links(connection: Connection, session: str) -> Iterable[Link]:
    link = models.Link
    query = select(link.seq, link.body, link.received_ms, link.hash, link.receipt)
    for row in connection.execute(query.where(link.session == session).order_by(link.seq)):
        yield Link(*row)


def _columns(row: Row[Any]) -> Iterable[str]:
    try:
        facts = json.loads(row.opening)
    except ValueError:
        facts = {}
    for name in _BOUND:
        if facts.get(name) != getattr(row, name):
            yield f"the session's {name} is not the one it was opened with"


def _answer(links: list[Link], text: str | None) -> str | None:
    bound = {sha for sha in map(_submitted_hash, links) if sha}
    if text is None:
        return "an answer was handed in and is missing" if bound else None
    if not bound:
        return "there is an answer that was never handed in"
    return None if body_hash(text) in bound else "the answer is not the one that was handed in"


def _submitted_hash(link: Link) -> str | None:
    """The hash of the answer, if this link is a submission; batches are longer and differ."""
    try:
        facts = json.loads(link.body or b"{}")
    except ValueError:
        return None
    return facts["sha"] if set(facts) == {"submit", "seq", "sha"} else None


def _against(
    connection: Connection, study: str, earlier: Mapping[str, list[Any]], now: dict[str, list[Any]]
) -> Iterable[Break]:
    deleted = _deleted(connection, study)
    link = models.Link
    for session, (seq, receipt) in earlier.items():
        if session not in now:
            if session not in deleted:
                yield Break(session, seq, "the whole session is missing")
            continue
        query = select(link.receipt).where(link.session == session, link.seq == seq)
        stored = connection.execute(query).scalar()
        if stored is None or stored.hex() != receipt:
            yield Break(session, seq, "the chain is not the one of the saved heads")


def _deleted(connection: Connection, study: str) -> set[str]:
    audit = models.Audit
    query = select(audit.detail).where(audit.study == study, audit.action == "delete")
    return {name for detail in connection.execute(query).scalars() for name in detail.split()}


def read_heads(text: str) -> dict[str, list[Any]]:
    """The heads in what `collect verify --json` printed earlier.

    Raises:
        BadInput: the text is something else.
    """
    try:
        heads = json.loads(text)["heads"]
        return {str(name): [int(seq), str(receipt)] for name, (seq, receipt) in heads.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput("expected the output of an earlier `collect verify --json`.") from error
