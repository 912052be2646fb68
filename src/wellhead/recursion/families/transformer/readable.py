"""Blocks as people read them, and as words that measures count.

The edges of a block cut words in two; its first and last word are left out of every count, in
real and in machine text alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from wellhead.recursion.data import Array
from wellhead.recursion.families.documents import END
from wellhead.recursion.families.words import WORD

__all__ = ["Lexicon", "whole_words", "word_counts"]


def whole_words(text: str) -> list[str]:
    """The words of a block without those at its edges.

    >>> whole_words("ple of the Uni")
    ['of', 'the']
    """
    return WORD.findall(text)[1:-1]


def word_counts(texts: Iterable[str]) -> Counter[str]:
    """How often each whole word comes."""
    return Counter(word for text in texts for word in whole_words(text))


class Lexicon:
    """Numbers for words: those of real text first, from 1; 0 ends a block.

    Args:
        known: how often each word came in the real text.
    """

    def __init__(self, known: Counter[str]) -> None:
        self.known = known
        self._number = {word: place for place, word in enumerate(known, start=1)}

    @property
    def size(self) -> int:
        """Numbers given so far, 0 included."""
        return len(self._number) + 1

    def numbers(self, texts: Iterable[str]) -> Array:
        """The word numbers of blocks, each block ended by `END`; new words get new numbers."""
        number = self._number
        stream = []
        for text in texts:
            stream += [number.setdefault(word, len(number) + 1) for word in whole_words(text)]
            stream.append(END)
        return np.array(stream, dtype=np.int32)

    def new_share(self, words: Array) -> float:
        """The share of running words that the real text does not hold."""
        running = words[words != END]
        return float((running > len(self.known)).mean()) if len(running) else float("nan")
