"""Several processes that fit one model together, as ``torchrun`` starts them.

Each process runs the same cells in the same order and draws the same numbers; families that can
(`transformer`) share the work of a fit and of drawing. Only the first process writes. Started
any other way, a process is alone and nothing here does anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.data import Array

__all__ = ["Following", "World", "all_here", "connect", "leader_first", "leads", "several", "world"]


class World(NamedTuple):
    """Which of how many processes this is."""

    rank: int
    size: int

    @property
    def leads(self) -> bool:
        return self.rank == 0


def world() -> World:
    """The processes that work together: those of ``torchrun``, or this one alone."""
    return World(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))


def connect() -> World:
    """The same processes, able to exchange tensors."""
    here = world()
    if here.size > 1:
        import torch

        from wellhead.recursion.device import device

        gpu = device().type == "cuda"
        if not torch.distributed.is_initialized():
            if gpu:
                torch.cuda.set_device(device())
            torch.distributed.init_process_group("nccl" if gpu else "gloo")
    return here


def several() -> bool:
    """Whether ``torchrun`` started more than one process."""
    return world().size > 1


def leads() -> bool:
    """Whether this process writes."""
    return world().leads


def all_here() -> None:
    """Go on when every process has come here."""
    if several():
        connect()
        import torch

        torch.distributed.barrier()


@contextmanager
def leader_first() -> Iterator[None]:
    """The block is run by the first process, then by the others."""
    if not leads():
        all_here()
    yield
    if leads():
        all_here()


class Following(FolderCheckpoints):
    """The checkpoints of the first process, as the others see them: read, never written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        # What was done before this run; the first process may be ahead by a few lines.
        self._done = super().done()

    def done(self) -> int:
        return self._done

    def commit(self, fit: int, measures: dict[str, Array]) -> None:
        self._done = fit
