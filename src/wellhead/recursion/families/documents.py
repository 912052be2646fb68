"""A corpus of word numbers, as the loop sees one: items are words, cut into documents."""

from __future__ import annotations

from collections.abc import Sequence
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

    def shared_out(self, parts: int, rng: Rng) -> list[Documents]:
        """As many parts of the same size, documents in random order; those at edges are cut."""
        shuffled, size = self.pick(rng.permutation(len(self.ends))), self.size // parts
        edges = np.union1d(shuffled.ends, size * np.arange(1, parts + 1))
        return [
            Documents(
                shuffled.words[k * size : (k + 1) * size],
                edges[(edges > k * size) & (edges <= (k + 1) * size)] - k * size,
            )
            for k in range(parts)
        ]

    def exchanged(
        self, batches: Sequence[Documents], me: int, mixing: float, rng: Rng
    ) -> Documents:
        """As many words as batch `me` has, in documents that are each, with probability `mixing`,
        by any of `batches` and else by that one; none is read twice."""
        counts = np.array([len(batch.ends) for batch in batches])
        anyone = rng.integers(len(batches), size=counts.sum())
        authors = np.where(rng.random(counts.sum()) < mixing, anyone, me)
        before, index = np.cumsum(counts) - counts, np.full(len(authors), -1)
        for author, count in enumerate(counts):
            places = np.flatnonzero(authors == author)[:count]
            index[places] = before[author] + rng.permutation(count)[: len(places)]
        everything = batches[0]
        for batch in batches[1:]:
            everything = everything.join(batch)
        index = index[index >= 0]
        lengths = np.cumsum((everything.ends - everything.starts)[index])
        enough = int(np.searchsorted(lengths, batches[me].size)) + 1
        return everything.pick(index[:enough]).first(batches[me].size)

    def pick(self, index: Array) -> Documents:
        """The documents at `index`, in that order."""
        starts, lengths = self.starts[index], (self.ends - self.starts)[index]
        ends = np.cumsum(lengths)
        # Position within the output, shifted to where each document lies in the input.
        shift = np.repeat(starts - (ends - lengths), lengths)
        total = int(ends[-1]) if len(ends) else 0
        return Documents(self.words[np.arange(total) + shift], ends)
