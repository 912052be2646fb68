"""How much of one text stands in another: the share of its words in runs that both have.

The recorder computes the same in the browser (`overlap` in recorder.js).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["RUN", "covered", "overlap", "word_runs", "words"]

RUN = 4
# Characters of scripts that put no space between words (Thai to Khmer, kana, Han) stand alone.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


def words(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.lower())


def _sequences(found: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    size = min(size, len(found))
    return (tuple(found[i : i + size]) for i in range(len(found) - size + 1) if size)


def word_runs(texts: Iterable[str], size: int = RUN) -> set[tuple[str, ...]]:
    """Every run of `size` words in these texts; a shorter text is one run."""
    return {run for text in texts for run in _sequences(words(text), size)}


def covered(text: str, runs: set[tuple[str, ...]], size: int = RUN) -> float:
    """Share of the text's words that lie in one of the runs."""
    found = words(text)
    inside = [False] * len(found)
    size = min(size, len(found))
    for at, run in enumerate(_sequences(found, size)):
        if run in runs:
            inside[at : at + size] = [True] * size
    return sum(inside) / len(found) if found else 0.0


def overlap(part: str, whole: str) -> float | None:
    """Share of the words of `part` in runs of four that `whole` has; None without a word.

    >>> overlap("a street, on which you grew up", "Describe the street on which you grew up.")
    0.8571428571428571
    """
    size = min(RUN, len(words(part)))
    return covered(part, word_runs([whole], size), size) if size else None
