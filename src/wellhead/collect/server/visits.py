"""A writer's visit, in the database: begun, looked at again, ended.

Each function takes the connection of an open transaction and the messages of the API; the words
and rules come from the study, the person from the signed ticket.
"""

from __future__ import annotations

import json
import secrets
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from wellhead.collect.answers import load_batches
from wellhead.collect.canary import canary_word
from wellhead.collect.derive.replay import replay
from wellhead.collect.messages import (
    Recorded,
    Settings,
    Start,
    Started,
    State,
    Submission,
    Submitted,
)
from wellhead.collect.parts import left_empty, texts_of, unrecorded
from wellhead.collect.platforms import Arrival, completion_code, finish
from wellhead.collect.questions import problem_with
from wellhead.collect.schema import text_hash, units
from wellhead.collect.server.host import Host
from wellhead.collect.server.tickets import read_ticket
from wellhead.collect.shown import view
from wellhead.collect.store import Refused
from wellhead.collect.store.limits import check_rate
from wellhead.collect.store.models import Answer, Draft
from wellhead.collect.store.opening import (
    Opening,
    facts_of,
    find_by_token,
    find_session,
    new_token,
    open_session,
    stored_bytes,
    take_lease,
)
from wellhead.collect.store.places import assign_condition, assign_task
from wellhead.collect.store.recording import hand_in, handed_in
from wellhead.collect.study import Study
from wellhead.collect.words import enough_words

__all__ = ["Agreement", "agreement", "begin", "end", "recorded", "state"]


def begin(
    connection: Connection, host: Host, start: Start, token: str, address: str, *, now_ms: int
) -> Started:
    """A new session, or the one this visit had before.

    A visit is found again by its bearer token, or by a ticket whose arrival was verified by
    signature: an address alone can be typed by anybody.
    """
    study = host.study(start.study)
    keys, limits = host.keys[study.id], study.limits
    if start.consent.version != study.consent.version:
        raise Refused(403, "entry", "The consent text has changed. Please open the study anew.")
    arrival, name = read_ticket(keys, start.ticket, hours=limits.session_hours, now_ms=now_ms)
    arrival = _declared(study, arrival, start)
    check_rate(
        connection,
        f"start:{study.id}:{keys.address(address)}",
        per_minute=limits.starts_per_minute,
        now_ms=now_ms,
    )
    known = _known(connection, host, study, arrival, token, now_ms)
    if study.closed and known is None:
        raise Refused(403, "entry", "This study is closed. Thank you for your interest.")
    if known is None and stored_bytes(connection, study.id) >= limits.megabytes_per_study * 2**20:
        raise Refused(403, "entry", "This study has no room for more. Please tell its researchers.")
    row, bearer = known or open_session(
        connection,
        keys,
        _opening(connection, host, study, arrival, name, start, now_ms),
        hours=limits.session_hours,
        now_ms=now_ms,
    )
    return Started(
        token=bearer,
        resumed=known is not None,
        task=view(study, study.task(row.task), row.condition),
        recorder=Settings(
            level=row_level(row),
            key=keys.pastes.hex(),
            copies=keys.pseudonym("copies", arrival.worker or ""),
            canary=study.writing.canary.replace("{word}", canary_word(keys, row.id)),
        ),
        at=state(connection, row, start.tab, now_ms=now_ms),
    )


def _declared(study: Study, arrival: Arrival, start: Start) -> Arrival:
    """The arrival, with the name that the writer gave where the study asks for one."""
    if arrival.worker is None and study.entry.ask_name:
        # "A 12" and "a12 " are one person.
        name = "".join(start.name.split()).casefold()
        if not name:
            raise Refused(422, "entry", "Please fill in who you are.")
        arrival = arrival._replace(worker=name, verified="declared")
    if arrival.worker is None and study.entry.once != "no":
        raise Refused(403, "entry", "Please enter through your personal link.")
    return arrival


def _known(
    connection: Connection,
    host: Host,
    study: Study,
    arrival: Arrival,
    token: str,
    now_ms: int,
) -> tuple[Row[Any], str] | None:
    """The session of an earlier visit and the token that opens it from now on.

    Raises:
        Refused: 401 for a token that opens no session of this visit: nobody begins a new one
            without having been asked.
    """
    row = find_by_token(connection, study.id, token, now_ms=now_ms) if token else None
    if row is not None and _same_visit(host, study, arrival, row):
        return row, token
    if token:
        raise Refused(401, "unauthorised", "This address belongs to another visit.")
    if arrival.verified != "jwt" or not arrival.visit:
        return None
    row = find_session(connection, study.id, _entry(host, study, arrival, ""))
    if row is None:
        return None
    hours = study.limits.session_hours
    return row, new_token(connection, row, hours=hours, now_ms=now_ms)


def _same_visit(host: Host, study: Study, arrival: Arrival, row: Row[Any]) -> bool:
    """Whether what the address says of visit and writer is what the session was begun with."""
    keys, platform = host.keys[study.id], study.entry.platform
    if arrival.visit and row.entry != _entry(host, study, arrival, ""):
        return False
    return not arrival.worker or row.worker == keys.pseudonym(platform, arrival.worker)


def _entry(host: Host, study: Study, arrival: Arrival, name: str) -> str:
    visit = arrival.visit or name
    return host.keys[study.id].pseudonym(f"visit/{study.entry.platform}", visit)


def _opening(
    connection: Connection,
    host: Host,
    study: Study,
    arrival: Arrival,
    name: str,
    start: Start,
    now_ms: int,
) -> Opening:
    platform = study.entry.platform
    worker = host.keys[study.id].pseudonym(platform, arrival.worker or f"unnamed/{name}")
    chosen = _place(connection, study, arrival, worker, start.after, now_ms)
    task = study.task(chosen)
    condition = assign_condition(connection, study, worker, task.id, now_ms=now_ms)
    entry = _entry(host, study, arrival, name)
    return Opening(
        study=study.id,
        task=task.id,
        worker=worker,
        entry=entry,
        platform=platform,
        platform_worker=arrival.worker,
        platform_visit=arrival.visit or None,
        tab=start.tab,
        phase=study.stages[0],
        condition=condition,
        facts={
            "v": 1,
            "study": study.id,
            "task": task.id,
            "task_version": view(study, task, condition).version,
            "worker": worker,
            "entry": entry,
            "platform": platform,
            "verified": arrival.verified,
            "returns": arrival.returns,
            "consent": start.consent.model_dump(),
            "ids": "plain" if study.shares_ids else "salted",
            "level": study.writing.privacy,
            "canary": bool(study.writing.canary),
            "declared": start.declared,
            "client": start.client.model_dump(),
            **({"condition": condition} if condition else {}),
            "nonce": secrets.token_hex(16),
        },
    )


def _place(
    connection: Connection,
    study: Study,
    arrival: Arrival,
    worker: str,
    after: str | None,
    now_ms: int,
) -> str:
    """A task, or a refusal that leads back those for whom there is no place."""
    try:
        return assign_task(connection, study, worker, after=after, now_ms=now_ms)
    except Refused as error:
        if error.reason == "full" and study.entry.full_code:
            way = finish(study.entry.platform, study.entry.full_code, "", arrival.returns)
            error.extra["completion"] = way
        raise


def row_level(row: Row[Any]) -> Any:
    """The privacy level under which the session was opened."""
    return facts_of(row.opening)["level"]


def state(connection: Connection, row: Row[Any], tab: str, *, now_ms: int) -> State:
    """Where the session stands, and whether `tab` may write."""
    draft = connection.execute(select(Draft.text).where(Draft.session == row.id)).scalar()
    over = row.submitted_ms is not None
    writer = not over and take_lease(connection, row, tab, now_ms=now_ms)
    return State(
        sid=row.id,
        state="submitted" if over else "open",
        seq=row.batch,
        prev=row.batch_hash,
        receipt=row.head_receipt.hex(),
        events=row.events,
        elapsed=max(0, now_ms - row.started_ms),
        text=draft or "",
        texts={} if over else texts_of(connection, row.id),
        phase=row.phase,
        writer=writer,
        submitted=handed_in(connection, row) if over else None,
    )


class Agreement(NamedTuple):
    """Whether the log up to `batch` leads to the text that is handed in."""

    batch: int
    holds: bool


def agreement(connection: Connection, row: Row[Any], text: str) -> Agreement:
    """Replay what is stored: a client's word that everything was sent is not enough."""
    bodies = [stored.body for stored in load_batches(connection, row.id)]
    replayed = replay(bodies, keyless=row_level(row) == "summary")
    fits = replayed.sha == text_hash(text) and len(replayed.identities) == units(text)
    return Agreement(len(bodies), bool(bodies) and fits and not replayed.problems)


def end(
    connection: Connection,
    host: Host,
    row: Row[Any],
    submission: Submission,
    agreed: Agreement,
    *,
    now_ms: int,
) -> Submitted:
    """The answer is stored, whatever became of the recording; repeated, the same again."""
    before = handed_in(connection, row, submission)
    if before is not None:
        return before
    study = host.study(row.study)
    alone = unrecorded(connection, row.id, study.stages, submission.texts)
    allowed = study.writing.max_characters
    if any(units(text) > allowed for text in (submission.text, *alone.values())):
        raise Refused(413, "too_large", f"The answer may have at most {allowed} characters.")
    if not enough_words(submission.text, study.writing.min_words):
        least = study.writing.min_words
        raise Refused(422, "too_short", f"The answer needs at least {least} words.")
    if problem := problem_with(study.questions, submission.responses):
        raise Refused(422, "bad_request", problem)
    complete = agreed.holds and agreed.batch == row.batch and row.batch >= submission.seq
    complete = complete and not alone
    empty = left_empty(connection, row.id, study, submission.texts)
    submission = submission.model_copy(update={"texts": {**empty, **alone}})
    codes = study.entry.completion_codes
    code = completion_code(host.keys[study.id], row.id, codes, complete=complete)
    completion = finish(row.platform, code, row.id, facts_of(row.opening)["returns"])
    response = Submitted(sid=row.id, received_at=now_ms, complete=complete, completion=completion)
    return hand_in(connection, host.keys[study.id], row, submission, response, now_ms=now_ms)


def recorded(connection: Connection, host: Host, row: Row[Any]) -> Recorded:
    """What is kept of this session, for the writer to read."""
    study = host.study(row.study)
    answer = connection.execute(
        select(Answer.text, Answer.derived).where(Answer.session == row.id)
    ).first()
    derived = json.loads(answer.derived) if answer and answer.derived else {}
    return Recorded(
        sid=row.id,
        level=row_level(row),
        started_at=row.started_ms,
        submitted_at=row.submitted_ms,
        characters=units(answer.text) if answer else 0,
        counts=derived.get("counts", {}),
        origins=derived.get("origins"),
        retention_days=study.retention_days,
        contact=study.contact[:500],
        receipt=row.head_receipt.hex(),
    )
