"""The cells of a run, over the cores of the machine, until all are done.

One single-threaded process per core; each writes its own finished cells, so that nothing is lost
when any of them, or all, are killed. Numbers do not depend on how many processes there are.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from wellhead._progress import Progress, progress
from wellhead.errors import BadSetting, Interrupted, WellheadError
from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.disk_space import announce, make_room
from wellhead.recursion.distributed import Following, all_here, leads, several
from wellhead.recursion.energy import Meter
from wellhead.recursion.folder import Cell, Folder, keeping
from wellhead.recursion.loop import run_cell

__all__ = ["complete"]

_ticks: Any = None  # the queue on which a worker process reports its generations
_place = 0  # the number of this worker process


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
    announce(make_room(folder, missing), show=show)
    count = 1 if several() else min(workers or _places(folder), len(missing))
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


def run_one(folder: Folder, cell: Cell, tick: Any, sharers: int = 1) -> None:
    """Run one cell and keep its measures; `sharers` cells run at the same time."""
    setting = folder.plan.settings[cell.setting]
    workspace = folder.workspace(cell)
    began, meter = time.perf_counter(), Meter(sharers)
    checkpoints = FolderCheckpoints(workspace) if leads() else Following(workspace)
    with threadpool_limits(1), keeping(folder.path):
        records = list(
            run_cell(
                setting,
                seed=folder.plan.seed,
                cell=cell.repetition,
                checkpoints=checkpoints,
                tick=tick,
            )
        )
    all_here()
    if not leads():
        return
    cost = {"seconds": round(time.perf_counter() - began, 3)}
    if (joules := meter.joules()) is not None:
        cost["joules"] = round(joules, 3)
    folder.write(cell, records, cost)
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
    # Spawned, not forked: forking a process that has started threads can hang.
    context = multiprocessing.get_context("spawn")
    ticks, places = context.SimpleQueue(), context.SimpleQueue()
    for place in range(count):
        places.put(place)
    pool = ProcessPoolExecutor(
        count, mp_context=context, initializer=_start_worker, initargs=(ticks, places)
    )
    try:
        futures = {pool.submit(_work, str(folder.path), cell, count) for cell in cells}
        while futures:
            done, futures = wait(futures, timeout=0.5, return_when=FIRST_COMPLETED)
            while not ticks.empty():
                ticks.get()
                bar.advance()
            _raise_first(done)
    except BrokenProcessPool:
        raise WellheadError(
            "a worker process was killed, most likely for lack of memory. Finished cells are kept; "
            f"resume with fewer: `wellhead collapse run {folder.path} --workers 1`."
        ) from None
    finally:
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        # Cells in work are abandoned on an error or interrupt: their files are not there yet.
        for process in processes if futures else []:
            process.terminate()


def _raise_first(done: set[Future[None]]) -> None:
    for future in done:
        future.result()


def _start_worker(ticks: Any, places: Any) -> None:
    global _ticks, _place
    _ticks, _place = ticks, places.get()
    # The parent decides when to stop, and a worker does not outlive it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(path: str, cell: Cell, sharers: int) -> None:
    folder = Folder(path)
    folder.plan.settings[cell.setting].family.take_place(_place)
    run_one(folder, cell, lambda: _ticks.put(1), sharers)


@contextmanager
def _locked(folder: Folder) -> Iterator[None]:
    """One process at a time works on a run; the lock goes when the process does."""
    if not leads():
        yield
        return
    with keeping(folder.path):
        (folder.path / ".lock").touch()
    with (folder.path / ".lock").open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadSetting(f"{folder.path} is being worked on by another process.") from None
        yield


def _places(folder: Folder) -> int:
    """As many processes as every family of the plan can stand."""
    asked = [setting.family.processes() for setting in folder.plan.settings]
    return min([_cores(), *(each for each in asked if each is not None)])


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
