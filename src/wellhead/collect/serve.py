"""A running server: one process, one address, until it is told to stop."""

from __future__ import annotations

import logging
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from fastapi import FastAPI

    from wellhead.collect.server.host import Host

__all__ = ["run", "run_demo"]

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run(
    studies: Sequence[Path],
    *,
    address: str,
    port: int,
    database: str | None = None,
    proxy: str | None = None,
    secure: bool = True,
) -> None:
    """Serve the studies in these files until interrupted.

    Args:
        studies: study files that share a database.
        address: where to listen; outside loopback, put a proxy that speaks HTTPS in front.
        port: 0 takes a free one.
        database: replaces the studies' own URL.
        proxy: the one address whose forwarding headers are believed.
        secure: whether the researcher's cookie demands HTTPS.

    Raises:
        BadSetting: a study is not fit to serve, or the port is taken.
    """
    from wellhead.collect.platforms.prolific import public_keys
    from wellhead.collect.server import create_app
    from wellhead.collect.server.host import open_host
    from wellhead.collect.study import load_study

    if not secure and address not in _LOOPBACK:
        raise BadSetting("--insecure-cookies is for loopback; use HTTPS through a proxy instead.")
    loaded = [load_study(path) for path in studies]
    for study in loaded:
        if study.entry.jwks_file:
            public_keys(study)
    host = open_host(loaded, database=database, secure=secure)
    _listen(create_app(host), host, address, port, proxy)


def run_demo(*, address: str, port: int) -> None:
    """Serve a study with pretended answers from a temporary folder, removed at the end."""
    from wellhead.collect.demo import make_demo
    from wellhead.collect.server import create_app

    if address not in _LOOPBACK:
        raise BadSetting("the demo has a known password; it listens on loopback only.")
    with tempfile.TemporaryDirectory(prefix="wellhead-demo-") as folder:
        host, name, password = make_demo(Path(folder))
        _say(f"researcher: {name}, password: {password}")
        _listen(create_app(host), host, address, port, None)


def _listen(app: FastAPI, host: Host, address: str, port: int, proxy: str | None) -> None:
    import uvicorn

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        # Whoever reads the address below may connect at once, and waits for the first answer.
        listener.listen(2048)
    except OSError as error:
        host.store.close()
        raise BadSetting(f"cannot listen on {address}:{port}: {error.strerror}.") from error
    shown = f"[{address}]" if family is socket.AF_INET6 else address
    base = f"http://{shown}:{listener.getsockname()[1]}"
    for study in host.studies:
        _say(f"writers:    {base}/s/{study}")
    _say(f"researcher: {base}/review")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    config = uvicorn.Config(
        app,
        log_level="warning",
        # Entry addresses hold platform ids; they are not logged.
        access_log=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy,
        server_header=False,
        # Pages send every five seconds; a shorter time would make each a new connection.
        timeout_keep_alive=75,
    )
    # SQLite hands the interpreter back at every statement; with the usual 5 ms until it gets it
    # again, the thread that commits would wait longer than it works.
    sys.setswitchinterval(0.0005)
    uvicorn.Server(config).run(sockets=[listener])


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
