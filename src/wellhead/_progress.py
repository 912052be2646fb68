"""Progress of long work on stderr, with the time left; silent where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Progress", "progress", "quiet"]


class Progress(Protocol):
    """What long work tells about itself: `advance(n)` after `n` more units are done.

    `stage(what, total)` begins another piece of work, with units and a time left of its own.
    """

    def advance(self, amount: float = 1.0) -> None: ...

    def total(self, amount: float) -> None: ...

    def describe(self, text: str) -> None: ...

    def stage(self, text: str, total: float | None = None) -> None: ...


class _Quiet:
    def advance(self, amount: float = 1.0) -> None:
        pass

    def total(self, amount: float) -> None:
        pass

    def describe(self, text: str) -> None:
        pass

    def stage(self, text: str, total: float | None = None) -> None:
        pass


quiet: Progress = _Quiet()


@contextmanager
def progress(what: str, total: float | None = None, *, show: bool = True) -> Iterator[Progress]:
    """A progress bar called `what` on stderr when that is a terminal and `show` is true.

    Args:
        what: a few words for what is being done.
        total: units of work, or None while unknown.
        show: False hides the bar.
    """
    if not (show and sys.stderr.isatty()):
        yield quiet
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)

        class _Bar:
            def advance(self, amount: float = 1.0) -> None:
                bar.advance(task, amount)

            def total(self, amount: float) -> None:
                bar.update(task, total=amount)

            def describe(self, text: str) -> None:
                bar.update(task, description=text)

            def stage(self, text: str, total: float | None = None) -> None:
                nonlocal task
                bar.remove_task(task)
                task = bar.add_task(text, total=total)

        yield _Bar()
