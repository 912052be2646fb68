"""Draws from Gaussian mixtures, in numpy: the literal version of `mixture_draw_kernels`.

Numbers come from SplitMix64 (Steele, Lea & Flood 2014), which needs no state: number i under a key
is a function of the key and i, so that a compiler can work out several at once. Drawing normal
numbers one by one would take longer than fitting a mixture to them. Two such numbers make two
normal ones (Box & Muller 1958): one the radius, the other the angle, within a quarter turn; its
two lowest bits, which the angle does not use, say which quarter.

Items are drawn in blocks. A block of a chain uses BLOCK numbers to choose components, then a pair
for every two coordinates; the first of each pair's normal numbers fill the first half of the
block's coordinates, read coordinate by coordinate, and the others the second.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wellhead.recursion.data import Array

__all__ = ["BLOCK", "GOLDEN", "MIX", "draw", "new_keys", "pairs"]

BLOCK = 256  # items
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
Words = npt.NDArray[np.uint64]


def new_keys(chains: int, rng: np.random.Generator) -> Words:
    """A key for each chain."""
    return rng.integers(0, 2**64, size=chains, dtype=np.uint64)


def pairs(dimension: int) -> int:
    """Pairs of normal numbers that a block uses."""
    return (BLOCK * dimension + 1) // 2


def draw(keys: Words, items: int, edges: Array, means: Array, factors: Array) -> Array:
    """Draws (chains, items, d) of the mixtures.

    Args:
        keys: of the chains, from `new_keys`.
        items: how many of each.
        edges: cumulated weights (chains, k).
        means, factors: of the components, (chains, k, d) and (chains, k, d, d); a factor is
            lower triangular.
    """
    chains, dimension = len(means), means.shape[2]
    blocks, half = -(-items // BLOCK), pairs(dimension)
    places = np.arange(blocks * (BLOCK + 2 * half), dtype=np.uint64)
    words = _words(keys[:, None] + places * GOLDEN).reshape(chains, blocks, -1)
    uniform = _unit(words[..., :BLOCK]).reshape(chains, -1)[:, :items]
    noise = _normal(words[..., BLOCK::2], words[..., BLOCK + 1 :: 2])
    noise = noise[..., : BLOCK * dimension].reshape(chains, blocks, dimension, BLOCK)
    noise = noise.swapaxes(2, 3).reshape(chains, -1, dimension)[:, :items]
    pick = (uniform[..., None] * edges[:, None, -1:] > edges[:, None, :]).sum(axis=2)
    row = np.arange(chains)[:, None]
    drawn: Array = means[row, pick] + np.einsum("rmij,rmj->rmi", factors[row, pick], noise)
    return drawn


def _words(state: Words) -> Words:
    state = (state ^ (state >> np.uint64(30))) * MIX[0]
    state = (state ^ (state >> np.uint64(27))) * MIX[1]
    return state ^ (state >> np.uint64(31))


def _unit(words: Words) -> Array:
    """Numbers in [0, 1) of the upper 52 bits."""
    return (words >> np.uint64(12)).astype(float) * 2.0**-52


def _normal(one: Words, two: Words) -> Any:
    """Standard normal numbers, the first of all pairs and then the second (..., 2 × pairs)."""
    radius = np.sqrt(-2 * np.log1p(-_unit(one)))
    radius = np.where(two & np.uint64(1), radius, -radius)
    angle = (_unit(two) - 0.5) * (0.5 * np.pi)
    turned = (two & np.uint64(2)) != 0
    across, along = radius * np.sin(angle), radius * np.cos(angle)
    return np.concatenate([np.where(turned, along, across), np.where(turned, across, along)], -1)
