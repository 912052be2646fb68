"""What a model knows by heart: the longest stretch that a block shares with real training text.

For each block of output the length, in tokens, of its longest common substring with the blocks
that were learned from. That length is found by bisection, because a block that shares n tokens
also shares n - 1; all windows of one length are compared by a 64-bit rolling hash, for which a
false match among millions of windows has a chance below one in a million.
"""

from __future__ import annotations

import numpy as np

from wellhead.recursion.data import Array

__all__ = ["longest_copy", "longest_shared"]

FACTOR = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xBF58476D1CE4E5B9)


def longest_shared(blocks: Array, known: Array) -> Array:
    """The longest common substring of each block with any known block, in tokens.

    Args:
        blocks: token numbers (blocks, length).
        known: token numbers (known, length).

    >>> longest_shared(np.array([[9, 1, 2, 3]]), np.array([[1, 2, 3, 4], [5, 6, 7, 8]])).tolist()
    [3]
    """
    most = min(blocks.shape[1], known.shape[1])
    low, high = np.zeros(len(blocks), dtype=np.int64), np.full(len(blocks), most)
    while (low < high).any():
        middle = (low + high + 1) // 2
        for length in np.unique(middle[low < high]):
            rows = np.flatnonzero((middle == length) & (low < high))
            shared = _shares(blocks[rows], known, int(length))
            low[rows] = np.where(shared, length, low[rows])
            high[rows] = np.where(shared, high[rows], length - 1)
    return low


def longest_copy(row: Array, known: Array) -> slice:
    """Where the longest stretch of `row` stands that `known`, another row, holds as well.

    >>> longest_copy(np.array([9, 1, 2, 3]), np.array([1, 2, 3, 4]))
    slice(1, 4, None)
    """
    length = int(longest_shared(row[None], known[None])[0])
    if length == 0:
        return slice(0, 0)
    found = np.isin(_hashes(row[None], length)[0], _hashes(known[None], length))
    start = int(found.argmax())
    return slice(start, start + length)


def _shares(blocks: Array, known: Array, length: int) -> Array:
    """Which blocks hold a window of `length` tokens that is known."""
    windows = np.unique(_hashes(known, length))
    return np.asarray(np.isin(_hashes(blocks, length), windows).any(axis=1))


def _hashes(blocks: Array, length: int) -> Array:
    """A number for each window of `length` tokens of each block."""
    width = blocks.shape[1] - length + 1
    mixed = (blocks.astype(np.uint64) + np.uint64(1)) * MIX
    mixed ^= mixed >> np.uint64(29)
    total = np.zeros((len(blocks), width), dtype=np.uint64)
    for place in range(length):
        total = total * FACTOR + mixed[:, place : place + width]
    return total
