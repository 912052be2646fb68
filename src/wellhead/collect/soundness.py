"""Whether one session's rows are what was received: its chain, its answer, its columns.

Flows in: a connection, the study's keys, a session's row. Flows out: every break. Besides the
chain itself the stored answer is compared with the hash that its submission link binds, and the
session's columns, its times among them, with what the links bind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from wellhead.collect.chain import Break, Head, Link, verify_chain
from wellhead.collect.keys import Keys
from wellhead.collect.parts import texts_of
from wellhead.collect.schema import body_hash
from wellhead.collect.store import models
from wellhead.collect.store.opening import facts_of
from wellhead.collect.store.recording import responses_hash

__all__ = ["verify_session"]

_BOUND = ("study", "task", "worker", "entry", "platform", "attempt")
_SUBMITTED = {"submit", "seq", "sha"}


def verify_session(connection: Connection, keys: Keys, row: Row[Any]) -> list[Break]:
    """Every break in one session's chain, answer and columns."""
    head = Head(row.seq, row.head_receipt, row.head_seal)
    links = list(_links(connection, row.id))
    breaks = verify_chain(keys.receipts, row.id, row.opening, links, head)
    breaks += [Break(row.id, 0, problem) for problem in _columns(row)]
    columns = select(models.Answer.text, models.Answer.submitted_ms, models.Answer.responses)
    answer: Any = connection.execute(columns.where(models.Answer.session == row.id)).first()
    texts = texts_of(connection, row.id)
    problems = (
        *_answer(links, answer),
        *_beside(links, answer, texts),
        *_times(row, links, answer),
    )
    return [*breaks, *(Break(row.id, row.seq, problem) for problem in problems)]


def _links(connection: Connection, session: str) -> Iterable[Link]:
    link = models.Link
    query = select(link.seq, link.body, link.received_ms, link.hash, link.receipt)
    for row in connection.execute(query.where(link.session == session).order_by(link.seq)):
        yield Link(*row)


def _columns(row: Row[Any]) -> Iterable[str]:
    facts = facts_of(row.opening)
    if facts.get("condition", "") != row.condition:
        yield "the session's condition is not the one it was opened with"
    for name in _BOUND:
        if facts.get(name) != getattr(row, name):
            yield f"the session's {name} is not the one it was opened with"


def _answer(links: list[Link], answer: Row[Any] | None) -> Iterable[str]:
    submitted = [facts for facts in map(_submission, links) if facts]
    bound = {facts["sha"] for facts in submitted}
    asked = {facts.get("responses") for facts in submitted}
    if answer is None:
        if bound:
            yield "an answer was handed in and is missing"
    elif not bound:
        yield "there is an answer that was never handed in"
    elif body_hash(answer.text) not in bound:
        yield "the answer is not the one that was handed in"
    elif responses_hash(answer.responses) not in asked:
        yield "the answers to the questions are not those that were handed in"


def _beside(links: list[Link], answer: Row[Any] | None, texts: Mapping[str, str]) -> Iterable[str]:
    """Texts that were handed in with the answer, for no recording leads to them."""
    for facts in filter(None, map(_submission, links)) if answer else ():
        for name, sha in facts.get("texts", {}).items():
            if body_hash(texts.get(name, "")) != sha:
                yield f"the text {name} is not the one that was handed in"


def _times(row: Row[Any], links: list[Link], answer: Row[Any] | None) -> Iterable[str]:
    """The columns that pages and exports read, held against the times the receipts bind."""
    submitted = next((link.received_ms for link in links if _submission(link)), None)
    if links and links[0].received_ms != row.started_ms:
        yield "the session did not start when its row says"
    if links and links[-1].received_ms != row.last_ms:
        yield "the last batch did not arrive when the session's row says"
    if submitted != row.submitted_ms or (answer and answer.submitted_ms != submitted):
        yield "the answer was not handed in when its row says"


def _submission(link: Link) -> dict[str, Any] | None:
    """What this link binds, if it is a submission; batches are longer and differ."""
    try:
        facts = json.loads(link.body or b"{}")
    except ValueError:
        return None
    return facts if set(facts) - {"responses", "texts"} == _SUBMITTED else None
