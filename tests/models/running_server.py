"""A server of ours in a thread of the test, on a free port of the loopback address."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn

from wellhead.models.engine import Engine
from wellhead.models.server import Desk, Limits, create_app


@contextmanager
def running(
    engines: Sequence[Engine], limits: Limits | None = None, **options: Any
) -> Iterator[str]:
    """The address of the server, as in ``http://127.0.0.1:40000``."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    desk = Desk({engine.name: engine for engine in engines}, limits)
    pages = options.pop("pages", None)
    app = create_app(desk, more=pages(desk) if pages else (), **options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()
