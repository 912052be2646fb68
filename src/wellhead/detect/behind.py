"""Writing goes on in a thread while what comes next is being scored.

One job is under way at a time: the next one waits for it, so that jobs keep their order and no more
than two results are held. What a job raises is raised to whoever comes next, or waits.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["Behind"]


class Behind:
    """Jobs done one after another in a thread of their own.

    >>> done, behind = [], Behind()
    >>> behind.do(lambda: done.append("a")); behind.do(lambda: done.append("b")); behind.wait()
    >>> done
    ['a', 'b']
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="writing")
        self._under_way: Future[None] | None = None

    def do(self, job: Callable[[], None]) -> None:
        """Begin a job once the one before it is done."""
        self.wait()
        self._under_way = self._pool.submit(job)

    def wait(self) -> None:
        """Until everything is done."""
        if self._under_way is not None:
            job, self._under_way = self._under_way, None
            job.result()

    def close(self) -> None:
        """No more jobs; the last one is finished all the same."""
        self._pool.shutdown()
