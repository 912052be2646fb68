"""Words counted in hashed slots, for corpora of any size: before, after, and at random.

In: batches of text with what happens to each document. Out: how many slots hold each count. A word
is a run of letters and digits (ASCII folded to lower case; bytes of other letters as they are);
four million slots take 48 MB, and words that share one count as one.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pyarrow as pa

from wellhead.recursion.forecast import WordCounts

__all__ = ["BINS", "HashedWords"]

BINS: tuple[tuple[int, int], ...] = ((1, 1), (2, 2), (3, 5), (6, 20), (21, 100), (101, 1 << 31))
_SLOTS = 1 << 22


class HashedWords:
    """Counts of words: of all documents, of those kept, and of as many kept at random.

    Attributes:
        tables: shape (3, slots), occurrences.
    """

    def __init__(self) -> None:
        self.tables = np.zeros((3, _SLOTS), np.uint32)

    def add(self, texts: pa.LargeStringArray, kept: np.ndarray, lot: np.ndarray) -> np.ndarray:
        """Count the words of `texts`; returns how many each has.

        Args:
            texts: without nulls.
            kept: shape (texts,), whether the plan keeps it.
            lot: shape (texts,), whether a lottery of the same size keeps it.
        """
        _, offsets, data = texts.buffers()
        ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        content = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
        lengths = np.zeros(len(texts), np.int64)
        _count(content, ends, kept.astype(np.bool_), lot.astype(np.bool_), self.tables, lengths)
        return lengths

    def counts(self, table: int) -> WordCounts:
        """Counts of counts: of everything (0), of what is kept (1), at random (2)."""
        found = self.tables[table]
        counts, words = np.unique(found[found > 0], return_counts=True)
        return WordCounts(
            counts.astype(np.int64), words.astype(np.int64), "letters", "hashed words"
        )

    def left(self, low: int, high: int) -> tuple[int, int, int]:
        """Words that occur `low` to `high` times; of these, left in the plan and at random."""
        chosen = (self.tables[0] >= low) & (self.tables[0] <= high)
        return (
            int(chosen.sum()),
            int((self.tables[1][chosen] > 0).sum()),
            int((self.tables[2][chosen] > 0).sum()),
        )


@numba.njit(cache=True, nogil=True)
def _count(
    data: Any, ends: Any, kept: Any, lot: Any, tables: Any, lengths: Any
) -> None:  # pragma: no cover (compiled)
    mask = np.uint64(tables.shape[1] - 1)
    prime, start = np.uint64(1099511628211), np.uint64(14695981039346656037)
    for row in range(lengths.size):
        hashed, inside, words = start, False, 0
        for at in range(ends[row], ends[row + 1] + 1):
            byte = data[at] if at < ends[row + 1] else np.uint8(32)
            if 65 <= byte <= 90:
                byte = np.uint8(byte + 32)
            if byte >= 128 or 97 <= byte <= 122 or 48 <= byte <= 57:
                hashed = (hashed ^ np.uint64(byte)) * prime
                inside = True
            elif inside:
                slot = (hashed ^ (hashed >> np.uint64(32))) & mask
                tables[0, slot] += np.uint32(1)
                if kept[row]:
                    tables[1, slot] += np.uint32(1)
                if lot[row]:
                    tables[2, slot] += np.uint32(1)
                hashed, inside = start, False
                words += 1
        lengths[row] = words
