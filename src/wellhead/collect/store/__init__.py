"""Where answers are kept: tables, connections, and one door to both.

`Store.write` runs a function of a connection in a transaction that is on disk before the
result is handed out; `Store.read` runs one that only looks.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, make_url

from wellhead.collect.store.checkpoint import Checkpointer
from wellhead.collect.store.committer import Committer, Refused
from wellhead.collect.store.engine import connect, upgrade

__all__ = ["Refused", "Store"]

T = TypeVar("T")


class Store:
    """A database of answers, brought to the newest version when opened.

    Args:
        url: `sqlite:///FILE` or `postgresql://…`.
    """

    def __init__(self, url: str) -> None:
        upgrade(url)
        self.url = url
        is_file = url.startswith("sqlite")
        threads = 1 if is_file else 4
        self._reading = connect(url, writing=False)
        self._writing = connect(url, writing=True, size=threads)
        self._committer = Committer(self._writing, threads=threads)
        self._checkpoints = Checkpointer(self._reading) if is_file else None

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """A future for the job's result, done once that is committed."""
        return self._committer.submit(job)

    def write(self, job: Callable[[Connection], T]) -> T:
        """The job's result, after it is committed."""
        return self.submit(job).result()

    def read(self, job: Callable[[Connection], T]) -> T:
        """What the job finds; nothing it does is kept."""
        with self._reading.connect() as connection:
            return job(connection)

    def disk_free(self) -> int:
        """Bytes left where a SQLite file lies; PostgreSQL says itself when it has no room."""
        path = make_url(self.url).database
        if self._checkpoints is None or path is None:
            return sys.maxsize
        return shutil.disk_usage(Path(path).parent).free

    def close(self) -> None:
        """Finish waiting writes and close every connection."""
        self._committer.close()
        if self._checkpoints:
            self._checkpoints.close()
        self._writing.dispose()
        self._reading.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
