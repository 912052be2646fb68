"""The writer's side of the API: start, batch, state, submit, recorded.

Every write is answered after its commit. The bearer token in the header is the only credential,
so that the page works in another site's frame and no foreign page can forge a request.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, Row

from wellhead.collect.answers import settle_once
from wellhead.collect.messages import (
    Receipt,
    Recorded,
    Start,
    Started,
    State,
    Submission,
    Submitted,
)
from wellhead.collect.schema import Batch, compact, parse_body, text_hash, units
from wellhead.collect.server import visits
from wellhead.collect.server.host import Host
from wellhead.collect.server.refusals import PROBLEMS
from wellhead.collect.store import Refused
from wellhead.collect.store.limits import pace
from wellhead.collect.store.opening import authorise
from wellhead.collect.store.recording import Arrived, append

__all__ = ["session_routes"]

T = TypeVar("T")
_bearer = HTTPBearer(auto_error=False, description="The token that `Started` gave.")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
Sid = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
Tab = Annotated[str, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


# Asynchronous, or every request would wait for a thread that reads one header.
async def _token(bearer: _Bearer) -> str:
    return bearer.credentials if bearer else ""


Token = Annotated[str, Depends(_token)]


def session_routes(host: Host) -> APIRouter:
    """Routes under ``/api/session``."""
    routes = APIRouter(prefix="/api/session", tags=["session"], responses=PROBLEMS)

    @routes.post("", status_code=201, responses={200: {"model": Started}})
    async def start(request: Request, response: Response, start: Start, token: Token) -> Started:
        address = request.client.host if request.client else "unknown"
        now = host.now_ms
        started = await _commit(
            host,
            lambda connection: visits.begin(connection, host, start, token, address, now_ms=now),
        )
        if started.resumed:
            response.status_code = 200
        return started

    @routes.post("/{sid}/batch")
    async def batch(sid: Sid, batch: Batch, token: Token) -> Receipt:
        arrived, now = _arrived(sid, batch), host.now_ms

        def job(connection: Connection) -> Receipt:
            row = authorise(connection, sid, token, now_ms=now)
            study = host.study(row.study)
            return append(
                connection,
                host.keys[study.id],
                row,
                arrived,
                study,
                now_ms=now,
            )

        return await _commit(host, job)

    @routes.post("/{sid}/submit")
    async def submit(sid: Sid, submission: Submission, token: Token) -> Submitted:
        now = host.now_ms
        row = await _commit(host, lambda connection: _admit(host, connection, sid, token, now))
        agreed = await asyncio.to_thread(
            host.store.read, lambda connection: visits.agreement(connection, row, submission.text)
        )

        def job(connection: Connection) -> Submitted:
            row = authorise(connection, sid, token, now_ms=now)
            return visits.end(connection, host, row, submission, agreed, now_ms=now)

        return await _commit(host, job)

    _add_reading(routes, host)
    return routes


def _add_reading(routes: APIRouter, host: Host) -> None:
    @routes.get("/{sid}")
    async def state(sid: Sid, tab: Tab, token: Token) -> State:
        now = host.now_ms
        return await _commit(
            host,
            lambda connection: visits.state(
                connection, _admit(host, connection, sid, token, now), tab, now_ms=now
            ),
        )

    @routes.get("/{sid}/recorded")
    def recorded(sid: Sid, token: Token) -> Recorded:
        now = host.now_ms
        row = host.store.write(lambda connection: _admit(host, connection, sid, token, now))
        settle_once(host.store, sid, host.study(row.study), host.keys[row.study])
        return host.store.read(lambda connection: visits.recorded(connection, host, row))


async def _commit(host: Host, job: Callable[[Connection], T]) -> T:
    return await asyncio.wrap_future(host.store.submit(job))


def _admit(host: Host, connection: Connection, sid: str, token: str, now: int) -> Row[Any]:
    row = authorise(connection, sid, token, now_ms=now)
    per_minute = host.study(row.study).limits.batches_per_minute
    pace(connection, row, per_minute=per_minute, now_ms=now)
    return row


def _arrived(sid: str, batch: Batch) -> Arrived:
    raw = batch.body.encode()
    body = parse_body(raw)
    if batch.body != compact(json.loads(raw)):
        raise Refused(422, "bad_request", "A batch has one form: JSON without white space.")
    if body.sid != sid:
        raise Refused(422, "bad_request", "The batch belongs to another session.")
    draft: Any = batch.draft
    if draft is not None and (units(draft), text_hash(draft)) != (body.len, body.sha):
        raise Refused(422, "bad_request", "The draft is not the text that the batch ends with.")
    return Arrived(raw, body, draft, batch.take)
