"""Blocks of tokens of one length, as the loop sees them: an item is a block, and has an origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellhead.recursion.data import Array, Rng

__all__ = ["MACHINE", "REAL", "Blocks"]

REAL, MACHINE = 0, 1


@dataclass(frozen=True)
class Blocks:
    """Token numbers (blocks, length), where each block comes from, and what it counts in a fit.

    Args:
        tokens: the token numbers.
        origin: `REAL` or `MACHINE` for each block.
        weights: how much each block counts in a fit; None means 1.

    >>> both = Blocks.real(np.zeros((2, 4))).join(Blocks.machine(np.ones((1, 4))))
    >>> both.size, both.origin.tolist()
    (3, [0, 0, 1])
    """

    tokens: Array
    origin: Array
    weights: Array | None = None

    @classmethod
    def real(cls, tokens: Array) -> Blocks:
        """Blocks of real text."""
        return cls(tokens.astype(np.int32), np.full(len(tokens), REAL, dtype=np.int8))

    @classmethod
    def machine(cls, tokens: Array) -> Blocks:
        """Blocks that a model wrote."""
        return cls(tokens.astype(np.int32), np.full(len(tokens), MACHINE, dtype=np.int8))

    @property
    def size(self) -> int:
        return len(self.tokens)

    @property
    def mass(self) -> Array:
        """The weights, ones where none are set."""
        return np.ones(self.size) if self.weights is None else self.weights

    @property
    def real_share(self) -> float:
        """The part of the weight that is on real blocks."""
        return float(self.mass[self.origin == REAL].sum() / self.mass.sum())

    @property
    def effective(self) -> float:
        """How many different blocks of equal weight would inform a fit as much (Kish 1965).

        >>> Blocks.real(np.array([[1, 2], [1, 2], [3, 4], [5, 6]])).effective
        2.6666666666666665
        """
        same = np.unique(self.tokens, axis=0, return_inverse=True)[1].reshape(-1)
        masses = np.bincount(same, self.mass)
        return float(masses.sum() ** 2 / (masses**2).sum())

    def join(self, other: Blocks) -> Blocks:
        tokens = np.concatenate([self.tokens, other.tokens])
        origin = np.concatenate([self.origin, other.origin])
        if self.weights is None and other.weights is None:
            return Blocks(tokens, origin)
        return Blocks(tokens, origin, np.concatenate([self.mass, other.mass]))

    def scaled(self, weight: float) -> Blocks:
        return Blocks(self.tokens, self.origin, self.mass * weight)

    def weighted(self, weights: Array) -> Blocks:
        """The same blocks, each counting `weights` (1, blocks) times as much."""
        return Blocks(self.tokens, self.origin, self.mass * weights[0])

    def pick(self, index: Array) -> Blocks:
        """The blocks at `index`, in that order."""
        weights = None if self.weights is None else self.weights[index]
        return Blocks(self.tokens[index], self.origin[index], weights)

    def take(self, size: int, rng: Rng) -> Blocks:
        return self if size >= self.size else self.pick(rng.permutation(self.size)[:size])

    def where(self, keep: Array) -> Blocks:
        """Only the blocks for which `keep` (1, blocks) holds."""
        return self.pick(np.flatnonzero(keep[0]))

    def least(self) -> int:
        """How many blocks there are."""
        return self.size

    def cut(self, size: int) -> Blocks:
        """The first `size` blocks."""
        return self.first(size)

    def spread(self, most: int) -> Blocks:
        """At most `most` blocks in memory, evenly spread, for measures that take long on all."""
        if self.size <= most and isinstance(self.tokens, np.ndarray):
            return self
        kept = np.linspace(0, self.size - 1, min(most, self.size)).round()
        return self.pick(kept.astype(np.int64))

    def first(self, size: int) -> Blocks:
        """The first `size` blocks."""
        return self if size >= self.size else self.pick(np.arange(size))
