"""A running server: one address, one process or several, until it is told to stop.

Processes share nothing but the database, in which rate limits and receipts lie. SQLite has one
writer at a time, so that several processes are for PostgreSQL.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wellhead.errors import BadSetting
from wellhead.web.listening import address_of, listen_on

if TYPE_CHECKING:
    from fastapi import FastAPI

    from wellhead.collect.server.host import Host

__all__ = ["application", "run", "run_demo"]

_HANDED_DOWN = "WELLHEAD_COLLECT_SERVE"

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run(
    studies: Sequence[Path],
    *,
    address: str,
    port: int,
    database: str | None = None,
    proxy: str | None = None,
    secure: bool = True,
    processes: int = 1,
) -> None:
    """Serve the studies in these files until interrupted.

    Args:
        studies: study files that share a database.
        address: where to listen; outside loopback, put a proxy that speaks HTTPS in front.
        port: 0 takes a free one.
        database: replaces the studies' own URL.
        proxy: the one address whose forwarding headers are believed.
        secure: whether the researcher's cookie demands HTTPS.
        processes: how many answer at this address; more than one needs PostgreSQL.

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
        links = study.path.parent / study.entry.tokens_file
        if study.entry.tokens_file and not links.is_file():
            raise BadSetting(
                f"[entry] tokens_file: there is no {links}, so that nobody could enter. Draw "
                f"tokens with: wellhead collect tokens {study.path} --count 40"
            )
    host = open_host(loaded, database=database, secure=secure)
    if processes == 1:
        _listen(create_app(host), host, address, port, proxy)
        return
    # The database is up to date and the studies are in it; every process opens it for itself.
    host.store.close()
    if host.store.url.startswith("sqlite"):
        raise BadSetting("several processes need PostgreSQL; SQLite has one writer at a time.")
    os.environ[_HANDED_DOWN] = json.dumps([list(map(str, studies)), database, secure])
    _listen(f"{__name__}:application", host, address, port, proxy, processes)


def application() -> FastAPI:
    """The application of one process among several, from what `run` left in the environment."""
    from wellhead.collect.server import create_app
    from wellhead.collect.server.host import open_host
    from wellhead.collect.study import load_study

    paths, database, secure = json.loads(os.environ[_HANDED_DOWN])
    _prepare()
    return create_app(open_host(map(load_study, paths), database=database, secure=secure))


def _prepare() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    # SQLite hands the interpreter back at every statement; with the usual 5 ms until it gets it
    # again, the thread that commits would wait longer than it works.
    sys.setswitchinterval(0.0005)


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


def _listen(
    app: FastAPI | str,
    host: Host,
    address: str,
    port: int,
    proxy: str | None,
    processes: int = 1,
) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    try:
        listener = listen_on(address, port)
    except BadSetting:
        host.store.close()
        raise
    base = address_of(listener, address)
    for study in host.studies:
        _say(f"writers:    {base}/s/{study}")
    _say(f"researcher: {base}/review")
    _prepare()
    config = uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=processes,
        log_level="warning",
        # Entry addresses hold platform ids; they are not logged.
        access_log=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy,
        server_header=False,
        # Pages send every five seconds; a shorter time would make each a new connection.
        timeout_keep_alive=75,
    )
    if processes == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
