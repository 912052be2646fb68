"""Where the numbers are crunched: torch, its device, its number format and its processes.

A GPU is used when there is one, in bf16. On a CPU bf16 is used for training only where the
hardware multiplies it (AVX512_BF16): elsewhere it is many times slower than fp32. Under
``torchrun`` each process is one `World` rank; without it the world is one process. The cells of a
sweep run one to a GPU (`processes`, `take_device`), where there are several side by side.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from wellhead.errors import MissingExtra

__all__ = [
    "PRECISIONS",
    "World",
    "autocast",
    "device",
    "load_torch",
    "load_transformers",
    "one_thread",
    "processes",
    "take_device",
    "world",
]

PRECISIONS = ("auto", "fp32", "bf16")


class World(NamedTuple):
    """Which of how many processes this is."""

    rank: int
    size: int

    @property
    def leads(self) -> bool:
        return self.rank == 0


def load_torch() -> Any:
    """The module torch.

    Raises:
        MissingExtra: it is not installed.
    """
    # Threads that spin while they wait slow every other process of a sweep down.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import torch
    except ImportError:
        raise MissingExtra("the family transformer", "lm") from None
    return torch


def load_transformers() -> Any:
    """The module transformers, without progress bars of its own.

    Raises:
        MissingExtra: it is not installed.
    """
    load_torch()
    try:
        import transformers
    except ImportError:
        raise MissingExtra("the family transformer", "lm") from None
    transformers.utils.logging.disable_progress_bar()
    return transformers


def device() -> Any:
    """The device that models live on: that of the process under ``torchrun``, else that taken."""
    torch = load_torch()
    if not torch.cuda.is_available():
        return torch.device("cpu")
    place = os.environ.get("LOCAL_RANK")
    return torch.device("cuda", torch.cuda.current_device() if place is None else int(place))


def processes() -> int | None:
    """How many processes can fit side by side: one to a GPU; None without one, as cores allow."""
    torch = load_torch()
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else None


def take_device(place: int) -> None:
    """Let this process work on the GPU of this number, where there are so many."""
    torch = load_torch()
    if torch.cuda.is_available():
        torch.cuda.set_device(place % torch.cuda.device_count())


@contextmanager
def autocast(precision: str) -> Iterator[None]:
    """Matrix products in bf16 inside the block, where `precision` and the hardware say so."""
    torch = load_torch()
    kind = device().type
    wanted = precision == "bf16" or (precision == "auto" and _multiplies_bf16(kind))
    with torch.autocast(kind, torch.bfloat16, enabled=wanted):
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread inside the block on a CPU: cells of a sweep share the cores, not threads."""
    torch = load_torch()
    before = torch.get_num_threads()
    if device().type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def world() -> World:
    """The processes that train together: those of ``torchrun``, or this one alone."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return World(0, 1)
    torch = load_torch()
    together = torch.distributed
    if not together.is_initialized():
        if device().type == "cuda":
            torch.cuda.set_device(device())
        together.init_process_group("nccl" if device().type == "cuda" else "gloo")
    return World(together.get_rank(), together.get_world_size())


def _multiplies_bf16(kind: str) -> bool:
    torch = load_torch()
    if kind == "cuda":
        # Older GPUs only imitate it, at a fraction of their speed.
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())
