"""How much of an answer repeats the task's own source text.

Copied text is neither typed nor generated; it must be set apart before a share is estimated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from wellhead.corpus.words import UNSPACED

__all__ = ["COPIED", "Sources"]

# An answer with this share of its 5-grams in one source text counts as copied.
COPIED = 0.75
_N = 5
# In scripts without spaces letters stand for words.
_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")


class Sources:
    """The n-grams of the source texts, for looking up answers.

    Args:
        texts: the source texts of the task.

    Attributes:
        texts: the same, each once.

    >>> Sources(["one two three four five six seven"]).containment("two three four five six")
    1.0
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._where: dict[int, list[int]] = {}
        self.texts = tuple(dict.fromkeys(texts))
        for at, text in enumerate(self.texts):
            for gram in set(_grams(text)):
                self._where.setdefault(gram, []).append(at)

    def containment(self, text: str) -> float:
        """Largest share of the answer's word 5-grams found in one source; 0 for short answers."""
        grams = _grams(text)
        if not grams or not self.texts:
            return 0.0
        hits = np.zeros(len(self.texts))
        for gram in grams:
            hits[self._where.get(gram, [])] += 1
        return float(hits.max() / len(grams))


def _grams(text: str) -> list[int]:
    words = _WORD.findall(text.lower())
    return [hash(tuple(words[i : i + _N])) for i in range(len(words) - _N + 1)]
