"""Where the numbers are crunched: torch's device, its number format.

A GPU is used when there is one, in bf16. On a CPU bf16 is used for training only where the
hardware multiplies it (AVX512_BF16): elsewhere it is many times slower than fp32. The cells of a
sweep run one to a GPU (`processes`, `take_device`), where there are several side by side.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from wellhead._threads import one_thread

__all__ = ["autocast", "device", "inference", "processes", "take_device"]

TOLD = "WELLHEAD_GPU_TOLD"


def device() -> torch.device:
    """The device that models live on: that of the process under ``torchrun``, else that taken."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    _say_untried()
    local = os.environ.get("LOCAL_RANK")
    return torch.device("cuda", torch.cuda.current_device() if local is None else int(local))


def processes() -> int | None:
    """How many processes can fit side by side: one to a GPU; None without one, as cores allow."""
    if not torch.cuda.is_available():
        return None
    _say_untried()
    return torch.cuda.device_count()


def take_device(number: int) -> None:
    """Let this process work on the GPU of this number, counted round where there are fewer."""
    if torch.cuda.is_available():
        torch.cuda.set_device(number % torch.cuda.device_count())


@contextmanager
def autocast(precision: str, kind: str) -> Iterator[None]:
    """Products in bf16 on this kind of device, where `precision` and the hardware say so."""
    wanted = precision == "bf16" or (precision == "auto" and _multiplies_bf16(kind))
    with torch.autocast(kind, torch.bfloat16, enabled=wanted):
        yield


@contextmanager
def inference() -> Iterator[None]:
    """No gradients inside the block, in bf16 on a GPU and in fp32 on a CPU."""
    kind = device().type
    precision = "auto" if kind == "cuda" else "fp32"
    with one_thread(), torch.inference_mode(), autocast(precision, kind):
        yield


def _say_untried() -> None:
    """What a GPU makes of this is not known; said once, for this process and those it starts."""
    if os.environ.get(TOLD) or os.environ.get("LOCAL_RANK", "0") != "0":
        return
    os.environ[TOLD] = "1"
    sys.stderr.write(
        "note: this works on a GPU, which nobody has tried with wellhead yet; hold a short run "
        "against one on CPUs (CUDA_VISIBLE_DEVICES= wellhead …).\n"
    )


def _multiplies_bf16(kind: str) -> bool:
    if kind == "cuda":
        # Older GPUs only imitate it, at a fraction of their speed.
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())
