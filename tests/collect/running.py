"""A collection server on a real port, and what it has stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import uvicorn
from sqlalchemy import select

from wellhead.collect.derive.answer import Answer, derive
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.schema import parse_body
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host
from wellhead.collect.store import models


@contextmanager
def listening(host: Host) -> Iterator[int]:
    """The port at which `host` is served."""
    config = uvicorn.Config(create_app(host), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


class Kept(NamedTuple):
    """One session as the store has it."""

    sid: str
    text: str | None
    draft: str | None
    batches: list[Stored]

    def derived(self) -> Answer:
        assert self.text is not None
        return derive(self.batches, self.text)


def kept(host: Host) -> list[Kept]:
    """Every session, oldest first."""

    def read(connection):  # type: ignore[no-untyped-def]
        found = []
        order = models.Session.started_ms
        for (sid,) in connection.execute(select(models.Session.id).order_by(order)):
            links = connection.execute(
                select(models.Link.body)
                .where(models.Link.session == sid, models.Link.batch.is_not(None))
                .order_by(models.Link.batch)
            ).scalars()
            text = connection.execute(
                select(models.Answer.text).where(models.Answer.session == sid)
            ).scalar()
            draft = connection.execute(
                select(models.Draft.text).where(models.Draft.session == sid)
            ).scalar()
            found.append(Kept(sid, text, draft, [Stored(parse_body(raw)) for raw in links]))
        return found

    return list(host.store.read(read))
