"""Reading goes on in a thread while what was read is being scored.

Compiled scoring holds no lock, so that the two run side by side. Nothing is dropped, reordered or
read more than a few batches too early.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
_Message = tuple[T | None, BaseException | None]
# How soon a reader notices that nobody wants more, in seconds.
_PATIENCE = 0.05


def ahead(items: Iterator[T], depth: int = 2) -> Generator[T]:
    """`items`, read up to `depth` too early; what reading raises is raised at its place.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    ready: Queue[_Message[T]] = Queue(depth)
    unwanted = Event()
    reader = Thread(target=_fill, args=(items, ready, unwanted), name="reading", daemon=True)
    reader.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # an item comes without an error
    finally:
        unwanted.set()
        reader.join()


def _fill(items: Iterator[T], ready: Queue[_Message[T]], unwanted: Event) -> None:
    try:
        for item in items:
            if not _put(ready, (item, None), unwanted):
                return
        _put(ready, (None, StopIteration()), unwanted)
    except BaseException as error:  # noqa: BLE001  (the other thread raises it)
        _put(ready, (None, error), unwanted)


def _put(ready: Queue[_Message[T]], message: _Message[T], unwanted: Event) -> bool:
    """Whether somebody took it into the queue before nobody wanted more."""
    while not unwanted.is_set():
        with suppress(Full):
            ready.put(message, timeout=_PATIENCE)
            return True
    return False
