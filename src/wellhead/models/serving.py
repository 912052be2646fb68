"""A running server: one address until it is told to stop; answers in work are finished then."""

from __future__ import annotations

import logging
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wellhead.errors import BadSetting
from wellhead.models.engine import Engine
from wellhead.models.opening import open_engine
from wellhead.models.resolve import Found
from wellhead.web.listening import address_of, listen_on

if TYPE_CHECKING:
    from fastapi import APIRouter

    from wellhead.models.server import Limits

__all__ = ["Address", "open_engines", "serve"]

TOKEN = "WELLHEAD_TOKEN"
GRACE = 30  # seconds for answers in work, once told to stop


@dataclass(frozen=True)
class Address:
    """Where a server listens, and what clients must know.

    Args:
        host: an address outside loopback asks for a token.
        port: 0 takes a free one.
        token: from the environment variable WELLHEAD_TOKEN; made up where one is needed.
    """

    host: str = "127.0.0.1"
    port: int = 8081
    token: str | None = field(default_factory=lambda: os.environ.get(TOKEN) or None)

    @property
    def local(self) -> bool:
        from wellhead.models.server.application import LOOPBACK

        return self.host in LOOPBACK


def open_engines(models: Sequence[Found]) -> dict[str, Engine]:
    """The engines of several models by the names that clients use.

    Raises:
        BadSetting: two have one name.
    """
    names = [found.name for found in models]
    if len(set(names)) < len(names):
        raise BadSetting(f"two of the models have the same name: {', '.join(names)}.")
    engines = [open_engine(found) for found in models]
    return {engine.name: engine for engine in engines}


def serve(
    engines: Mapping[str, Engine],
    address: Address,
    limits: Limits,
    *,
    pages: Callable[[object], Sequence[APIRouter]] | None = None,
) -> None:
    """Serve until interrupted; the address, and a token that was made up, go to stderr.

    Args:
        engines: by name.
        address: where.
        limits: what clients get.
        pages: further routes, made from the desk.

    Raises:
        BadSetting: the port is taken.
    """
    import uvicorn

    from wellhead.models.server import Desk, create_app
    from wellhead.models.server.application import LOOPBACK

    listener = listen_on(address.host, address.port)
    token = address.token or (None if address.local else secrets.token_urlsafe(24))
    base = address_of(listener, address.host)
    if pages:
        _say(f"page:   {base}/{'#token=' + token if token else ''}")
    _say(f"api:    {base}/v1")
    _say(f"models: {', '.join(engines)}")
    if token and not address.token:
        _say(f"token:  {token}")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    desk = Desk(engines, limits)
    hosts = LOOPBACK if address.local else None
    app = create_app(desk, token=token, hosts=hosts, more=pages(desk) if pages else ())
    config = uvicorn.Config(
        app,
        log_level="warning",
        # What people ask is not logged.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
