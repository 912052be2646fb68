"""Group commit: many waiting writers share one transaction, each is answered after it.

A commit costs a disk flush whoever waits for it, and SQLite has one writer at a time. A job is
a function of a connection. Jobs that arrive while a commit is on its way go together into the
next one. A job's result is handed out only after the commit that holds it. A job that fails
with an unexpected error takes its group back to the start, and each job of that group then runs
alone; so jobs must be repeatable, and one that refuses its input must do so before it writes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

__all__ = ["Committer", "Refused"]

T = TypeVar("T")
_LARGEST_GROUP = 64


class Refused(Exception):
    """The request cannot be granted; nothing was written.

    Args:
        status: the HTTP status that says why.
        reason: a word for programs.
        words: a sentence for people.
        extra: what the client needs to go on.
    """

    def __init__(self, status: int, reason: str, words: str, **extra: Any) -> None:
        super().__init__(words)
        self.status, self.reason, self.words, self.extra = status, reason, words, extra


class _Waiting(NamedTuple):
    job: Callable[[Connection], Any]
    future: Future[Any]


class Committer:
    """Threads that run jobs in shared transactions.

    Args:
        engine: a writing engine.
        threads: transactions at the same time; 1 for SQLite.
    """

    def __init__(self, engine: Engine, *, threads: int = 1) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"committer-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """A future that holds the job's result once that is committed."""
        future: Future[T] = Future()
        self._jobs.put(_Waiting(job, future))
        return future

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            group = self._next_group()
            if group.jobs and not self._commit(group.jobs):
                for alone in group.jobs:
                    self._commit([alone], last_try=True)
            if group.stop:
                return

    def _next_group(self) -> _Group:
        jobs: list[_Waiting] = []
        item = self._jobs.get()
        while item is not None:
            if item.future.set_running_or_notify_cancel():
                jobs.append(item)
            if len(jobs) >= _LARGEST_GROUP:
                return _Group(jobs, stop=False)
            try:
                item = self._jobs.get_nowait()
            except queue.Empty:
                return _Group(jobs, stop=False)
        return _Group(jobs, stop=True)

    def _commit(self, group: list[_Waiting], *, last_try: bool = False) -> bool:
        try:
            with self._engine.begin() as connection:
                results = [_outcome(waiting.job, connection) for waiting in group]
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
            if last_try:
                group[0].future.set_exception(error)
            return False
        for waiting, result in zip(group, results, strict=True):
            if isinstance(result, Refused):
                waiting.future.set_exception(result)
            else:
                waiting.future.set_result(result)
        return True


class _Group(NamedTuple):
    jobs: list[_Waiting]
    stop: bool


def _outcome(job: Callable[[Connection], Any], connection: Connection) -> Any:
    try:
        return job(connection)
    except Refused as refusal:
        return refusal
