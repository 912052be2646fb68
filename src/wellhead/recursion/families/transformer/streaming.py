"""Blocks for a fit, by their numbers: on the device, or read from shards as they are needed.

What fits into memory is put on the device once. A tokenised corpus (`shards`) stays on disk, and
each part of a batch is read when its turn comes; which one that is follows from the seed alone, so
that a resumed fit reads the same blocks.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from wellhead.recursion.data import Array
from wellhead.recursion.families.transformer.shards import ShardedTokens

__all__ = ["Rows", "held"]


class Rows(Protocol):
    """Blocks of tokens."""

    @property
    def order(self) -> torch.device:
        """Where their order is best kept."""

    def rows(self, numbers: torch.Tensor) -> torch.Tensor:
        """The blocks of these numbers, on the device of the fit."""


def held(tokens: Array | ShardedTokens, device: torch.device) -> Rows:
    """The blocks of `tokens` for a fit on `device`."""
    return _Streamed(tokens, device) if isinstance(tokens, ShardedTokens) else _Held(tokens, device)


class _Held:
    def __init__(self, tokens: Array, device: torch.device) -> None:
        self.tokens = torch.as_tensor(tokens.astype(np.int64), device=device)
        self.order = device

    def rows(self, numbers: torch.Tensor) -> torch.Tensor:
        return self.tokens[numbers.to(self.order)]


class _Streamed:
    def __init__(self, tokens: ShardedTokens, device: torch.device) -> None:
        self.tokens, self.device = tokens, device
        self.order = torch.device("cpu")

    def rows(self, numbers: torch.Tensor) -> torch.Tensor:
        read = self.tokens[numbers.numpy()].astype(np.int64)
        return torch.from_numpy(read).to(self.device, non_blocking=True)
