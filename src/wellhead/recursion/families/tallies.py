"""A sample of symbols reduced to how often each one came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellhead.recursion.data import Array, Counts, Rng

__all__ = ["Tallies", "draw_tallies"]


@dataclass(frozen=True)
class Tallies:
    """How often each symbol came: (chains, symbols), fractional where weighted."""

    counts: Array

    @property
    def size(self) -> int:
        return round(float(self.counts.sum(axis=1).max()))

    def join(self, other: Tallies) -> Tallies:
        return Tallies(self.counts + other.counts)

    def scaled(self, weight: float) -> Tallies:
        return Tallies(self.counts * weight)

    def take(self, size: int, rng: Rng) -> Tallies:
        """The tallies of a random part: multivariate hypergeometric, symbol by symbol."""
        left = self.counts.sum(axis=1).astype(np.int64)
        wanted = np.minimum(size, left)
        taken = np.zeros_like(self.counts)
        for symbol in np.flatnonzero(self.counts.any(axis=0)):
            count = self.counts[:, symbol].astype(np.int64)
            left = left - count
            taken[:, symbol] = rng.hypergeometric(count, left, wanted)
            wanted = wanted - taken[:, symbol].astype(np.int64)
        return Tallies(taken)


def draw_tallies(law: Array, size: Counts, rng: Rng) -> Tallies:
    """The tallies of `size` draws from each chain's law (chains, symbols).

    Symbols that no chain can draw any more cost nothing.
    """
    alive = np.flatnonzero(law.any(axis=0))
    shares = law[:, alive]
    shares = shares / shares.sum(axis=1, keepdims=True)
    counts = np.zeros(law.shape)
    counts[:, alive] = rng.multinomial(np.broadcast_to(size, len(law)), shares)
    return Tallies(counts)
