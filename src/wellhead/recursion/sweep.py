"""The cells of a run, over the cores of the machine, until all are done.

One single-threaded process per core; each writes its own finished cells, so that nothing is lost
when any of them, or all, are killed. Numbers do not depend on how many processes there are.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import cycle
from pathlib import Path

from filelock import FileLock, Timeout
from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from wellhead._progress import Progress, progress
from wellhead.errors import BadSetting, Interrupted, WellheadError
from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.disk_space import announce, require_disk_space
from wellhead.recursion.distributed import Following, all_here, leads, several
from wellhead.recursion.energy import Meter
from wellhead.recursion.folder import Cell, Folder, keeping
from wellhead.recursion.kept import Totals, kept_chains, thinned
from wellhead.recursion.loop import run_cell

__all__ = ["complete", "processes_for"]

SECONDS = 0.5  # between two looks of a thread at a file or a process


def complete(folder: Folder, *, workers: int | None = None, show: bool = True) -> None:
    """Run every cell of the folder that is not finished.

    Args:
        folder: where the run lives.
        workers: processes; None means one per core, or per GPU where the family works on one; 1
            stays in this process.
        show: show progress on stderr.

    Raises:
        Interrupted: stopped by the user; what was finished is kept.
        WellheadError: the folder cannot be written, or a worker was killed.
    """
    for cell in folder.cells():
        if leads() and folder.finished(cell):
            # A kill may have come between its last number and this.
            _settle(folder, cell)
    missing = folder.missing()
    all_here()
    if not missing:
        return
    folder.may_continue()
    announce(require_disk_space(folder, missing), show=show)
    count = 1 if several() else min(workers or processes_for(folder), len(missing))
    total = sum(folder.plan.settings[cell.setting].fits for cell in missing)
    try:
        with _locked(folder), progress(folder.plan.name, total, show=show) as bar:
            if count == 1:
                _in_this_process(folder, missing, bar)
            else:
                _in_processes(folder, missing, count, bar)
    except KeyboardInterrupt:
        done = len(folder.cells()) - len(folder.missing())
        raise Interrupted(
            f"interrupted; {done} of {len(folder.cells())} cells are finished and kept. "
            f"Resume with `wellhead collapse run {folder.path}`."
        ) from None


def run_one(folder: Folder, cell: Cell, tick: Callable[[], None], sharers: int = 1) -> None:
    """Run one cell and keep its measures; `sharers` cells run at the same time."""
    setting = folder.plan.settings[cell.setting]
    workspace = folder.workspace(cell)
    began, meter = time.perf_counter(), Meter(sharers)
    checkpoints = FolderCheckpoints(workspace) if leads() else Following(workspace)
    with threadpool_limits(1), keeping(folder.path):
        found = run_cell(
            setting,
            seed=folder.plan.seed,
            cell=cell.repetition,
            checkpoints=checkpoints,
            tick=tick,
        )
        totals: Totals = {}
        kept = kept_chains(setting, folder.plan.seeds)
        records = list(found if kept == setting.chains else thinned(found, kept, totals))
    all_here()
    if not leads():
        return
    cost = {"seconds": round(time.perf_counter() - began, 3)}
    if (joules := meter.joules()) is not None:
        cost["joules"] = round(joules, 3)
    folder.write(cell, records, cost, totals)
    _settle(folder, cell)


def _settle(folder: Folder, cell: Cell) -> None:
    """Put away the generations of a finished cell."""
    workspace, family = folder.workspace(cell), folder.plan.settings[cell.setting].family
    if not workspace.exists():
        return
    if not family.keeps_generations:
        shutil.rmtree(workspace, ignore_errors=True)
        return
    with keeping(folder.path):
        family.settle(workspace)
        kept = folder.generations(cell)
        kept.parent.mkdir(exist_ok=True)
        workspace.replace(kept)


def _in_this_process(folder: Folder, cells: list[Cell], bar: Progress) -> None:
    for cell in cells:
        run_one(folder, cell, bar.advance)
    all_here()


def _in_processes(folder: Folder, cells: list[Cell], count: int, bar: Progress) -> None:
    ticks = folder.path / "work" / ".ticks"
    jobs = (delayed(_work)(str(folder.path), cell, count, ticks) for cell in cells)
    pool = Parallel(count, batch_size=1, pre_dispatch=count, return_as="generator_unordered")
    try:
        with _counted(ticks, bar):
            for _ in pool(jobs):
                pass
        for lock in folder.path.glob("work/.place-*"):
            lock.unlink()
    except TerminatedWorkerError:
        raise WellheadError(
            "a worker process was killed, most likely for lack of memory. Finished cells are kept; "
            f"resume with fewer: `wellhead collapse run {folder.path} --workers 1`."
        ) from None


@contextmanager
def _counted(ticks: Path, bar: Progress) -> Iterator[None]:
    """Advances the bar by the bytes that worker processes add to a file, one a generation."""
    ticks.parent.mkdir(exist_ok=True)
    ticks.write_bytes(b"")
    over = threading.Event()

    def follow() -> None:
        seen = 0
        while not over.wait(SECONDS):
            now = ticks.stat().st_size
            bar.advance(now - seen)
            seen = now

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        ticks.unlink(missing_ok=True)


def _work(path: str, cell: Cell, count: int, ticks: Path) -> None:
    """Runs one cell in a worker process."""
    _follow_parent()
    folder = Folder(path)

    def tick() -> None:
        with ticks.open("ab") as file:
            file.write(b".")

    with _place(folder, count) as place:
        folder.plan.settings[cell.setting].family.take_place(place)
        run_one(folder, cell, tick, count)


@cache
def _follow_parent() -> None:
    """The parent decides when to stop, and a worker does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def follow() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _place(folder: Folder, count: int) -> Iterator[int]:
    """A number below `count` that no other worker of the run has meanwhile: that of its GPU."""
    for place in cycle(range(count)):
        lock = FileLock(folder.path / "work" / f".place-{place}")
        try:
            lock.acquire(timeout=0.01)
        except Timeout:
            continue
        try:
            yield place
        finally:
            lock.release()
        return


@contextmanager
def _locked(folder: Folder) -> Iterator[None]:
    """One process at a time works on a run; the lock goes when the process does."""
    if not leads():
        yield
        return
    lock = FileLock(folder.path / ".lock")
    try:
        with keeping(folder.path):
            lock.acquire(timeout=0)
    except Timeout:
        raise BadSetting(f"{folder.path} is being worked on by another process.") from None
    try:
        yield
    finally:
        lock.release()


def processes_for(folder: Folder) -> int:
    """As many processes as every family of the plan can stand."""
    asked = [setting.family.processes() for setting in folder.plan.settings]
    return min([int(cpu_count()), *(each for each in asked if each is not None)])
