"""A corpus of word numbers, as the loop sees one: items are words, cut into documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.data import Array, Rng

__all__ = ["END", "Documents"]

END = 0  # the word number that ends a document


@dataclass(frozen=True)
class Documents:
    """Word numbers (words,) one document after the other, and where each one ends (documents,).

    A document ends with `END`, except one that was cut to keep a budget of words.
    """

    words: Array
    ends: Array

    @classmethod
    def of(cls, words: Array) -> Documents:
        """Documents from a stream in which `END` marks their ends."""
        ends = np.flatnonzero(words == END) + 1
        if len(words) and (len(ends) == 0 or ends[-1] != len(words)):
            ends = np.append(ends, len(words))
        return cls(words.astype(np.int32), ends)

    @property
    def size(self) -> int:
        return len(self.words)

    @property
    def starts(self) -> Array:
        """Where each document starts."""
        return np.concatenate([[0], self.ends[:-1]])

    def join(self, other: Documents) -> Documents:
        words = np.concatenate([self.words, other.words])
        return Documents(words, np.concatenate([self.ends, other.ends + self.size]))

    def scaled(self, weight: float) -> Documents:
        raise BadSetting("documents cannot be weighted: choose a regime without weights.")

    def take(self, size: int, rng: Rng) -> Documents:
        """Documents in random order until `size` words are there, the last one cut."""
        return self.pick(rng.permutation(len(self.ends))).first(size)

    def where(self, keep: Array) -> Documents:
        """Only the documents for which `keep` (1, documents) holds."""
        return self.pick(np.flatnonzero(keep[0]))

    def least(self) -> int:
        """How many words there are."""
        return self.size

    def cut(self, size: int) -> Documents:
        """The first `size` words."""
        return self.first(size)

    def first(self, size: int) -> Documents:
        """The first `size` words."""
        if size >= self.size:
            return self
        whole = self.ends[self.ends <= size]
        ends = whole if len(whole) and whole[-1] == size else np.append(whole, size)
        return Documents(self.words[:size], ends)

    def pick(self, index: Array) -> Documents:
        """The documents at `index`, in that order."""
        starts, lengths = self.starts[index], (self.ends - self.starts)[index]
        ends = np.cumsum(lengths)
        # Position within the output, shifted to where each document lies in the input.
        shift = np.repeat(starts - (ends - lengths), lengths)
        total = int(ends[-1]) if len(ends) else 0
        return Documents(self.words[np.arange(total) + shift], ends)
