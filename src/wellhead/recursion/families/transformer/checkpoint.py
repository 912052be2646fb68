"""A fit in work, kept on disk so that a kill costs seconds and not a generation.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

import time
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from wellhead._atomic import atomic_path
from wellhead.recursion.device import device

__all__ = ["Checkpoint"]


WORTH = 20


class Checkpoint:
    """The state of a fit in one file; nowhere when `path` is None."""

    def __init__(self, path: Path | None, every: float) -> None:
        self.path, self.every = path, every
        self.last = time.monotonic()

    def due(self, now: float) -> bool:
        """Whether it is time to write again."""
        return self.path is not None and now - self.last >= self.every

    def read(self) -> dict[str, Any] | None:
        """The state that was kept, or None: then the fit starts anew."""
        if self.path is None or not self.path.exists():
            return None
        try:
            # weights_only: tensors and plain values, nothing that could run.
            state: dict[str, Any] = torch.load(self.path, map_location=device(), weights_only=True)
        except (OSError, RuntimeError, EOFError, UnpicklingError):
            return None
        return state

    def write(self, state: dict[str, Any]) -> None:
        if self.path is not None:
            start = time.monotonic()
            with atomic_path(self.path) as temporary:
                torch.save(state, temporary)
            self.last = time.monotonic()
            # Large models: at most a twentieth of the time goes into keeping them.
            self.every = max(self.every, WORTH * (self.last - start))

    def remove(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)
