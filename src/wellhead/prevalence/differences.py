"""Words and layout of texts, and which of them a reader can see differ between two sides.

In: texts. Out: how often each text holds each word, its length and marks as rates; and in plain
words what tells the texts of a corpus from those of its reference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.corpus.words import UNSPACED, count_words

__all__ = ["Words", "layout_of", "telling_layout", "telling_words"]

# A word that more than this part of either side holds does not count for a kind of text.
_USUAL = 0.5
_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)|[。！？]+")
_WORD = rf"(?u)[{UNSPACED}]|[^\W{UNSPACED}]{{2,}}"
_SIGNS = {
    "digits": str.isdigit,
    "capital letters": str.isupper,
    "line breaks": "\n".__eq__,
    "commas": ",".__eq__,
    "quotation marks": '"“”„«»「'.__contains__,
    "apostrophes": "'’".__contains__,
    "brackets": "([{（".__contains__,
    "exclamation marks": "!！".__contains__,
    "question marks": "?？".__contains__,
    "dashes and hyphens": "-–—".__contains__,
    "colons": ":：".__contains__,
}
_PERSONAL = frozenset(["i", "me", "my", "mine", "we", "us", "our", "you", "your"])


class Words(NamedTuple):
    """How often each text holds each word; shape (texts, words)."""

    names: NDArray[np.str_]
    counts: Any

    @classmethod
    def of(cls, texts: Sequence[str]) -> Words:
        from scipy.sparse import csr_array
        from sklearn.feature_extraction.text import CountVectorizer

        counter = CountVectorizer(min_df=2, max_features=20_000, token_pattern=_WORD)
        try:
            counts = csr_array(counter.fit_transform(texts))
        except ValueError:  # no word that two texts share: layout alone decides
            return cls(np.array([""]), csr_array((len(texts), 1), dtype=np.int64))
        return cls(counter.get_feature_names_out(), counts)

    def held(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of these texts hold each word."""
        return np.asarray((self.counts[rows] > 0).sum(axis=0)).ravel()

    def unusual(self, foreign: NDArray[np.int64]) -> Any:
        """Counts of the words that at most half of either side holds.

        One word that stands in every text of a side, such as a name or a remnant, would tell the
        sides apart alone, and says nothing of their kinds.
        """
        most = np.max([self.held(foreign == side) / (foreign == side).sum() for side in (0, 1)], 0)
        some = np.flatnonzero(most <= _USUAL)
        return self.counts[:, some if some.size else [0]]


def layout_of(text: str) -> list[float]:
    """Length, sentences, marks and the first person, as rates that do not name a topic."""
    length = max(len(text), 1)
    count = max(count_words(text), 1)
    sentences = max(len(_SENTENCE_END.findall(text)), 1)
    personal = sum(word.strip(".,!?'").lower() in _PERSONAL for word in text.split())
    times = Counter(text)
    marks = [
        100 * sum(count for sign, count in times.items() if test(sign)) / length
        for test in _SIGNS.values()
    ]
    return [np.log(length), np.log(count / sentences), personal / count, *marks]


def telling_layout(reference: NDArray[np.float64], corpus: NDArray[np.float64]) -> tuple[str, ...]:
    # Lengths as they are: the median of their logarithms is another number, by a letter or two.
    theirs, ours = (np.median(np.exp(side[:, :2]), axis=0) for side in (reference, corpus))
    found = []
    if max(theirs[0], ours[0]) > 1.25 * min(theirs[0], ours[0]):
        found.append(
            f"a median of {ours[0]:,.0f} characters a text, {theirs[0]:,.0f} in the reference"
        )
    if max(theirs[1], ours[1]) > 1.25 * min(theirs[1], ours[1]):
        found.append(f"{ours[1]:.0f} words a sentence, {theirs[1]:.0f} in the reference")
    names = ["talk of “I”, “we” and “you”", *_SIGNS]
    spread = np.sqrt((reference[:, 2:].var(axis=0) + corpus[:, 2:].var(axis=0)) / 2) + 1e-9
    apart = (corpus[:, 2:].mean(axis=0) - reference[:, 2:].mean(axis=0)) / spread
    for place in np.argsort(-np.abs(apart))[:2]:
        if abs(apart[place]) > 0.5:
            found.append(f"{'more' if apart[place] > 0 else 'fewer'} {names[place]}")
    return tuple(found)


def telling_words(
    words: Words, foreign: NDArray[np.int64], count: int = 5
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words that many texts of one side hold and few of the other, by log odds with a prior."""
    sides = []
    for side in (1, 0):
        with_word = words.held(foreign == side) + 0.5
        without = int((foreign == side).sum()) + 1 - with_word
        sides.append((np.log(with_word / without), 1 / with_word + 1 / without))
    z = (sides[0][0] - sides[1][0]) / np.sqrt(sides[0][1] + sides[1][1])
    order = np.argsort(z)
    return (
        tuple(str(words.names[i]) for i in order[::-1][:count] if z[i] > 3),
        tuple(str(words.names[i]) for i in order[:count] if z[i] < -3),
    )
