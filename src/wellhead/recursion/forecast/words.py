r"""How often words occur: a corpus as counts of counts.

In: a corpus, or counts. Out: `WordCounts`, how many words occur c times for each c; all that the
survival of a vocabulary needs, and a few kilobytes for any corpus. A word is, by the rule
``letters``, a run of letters and digits with single hyphens or apostrophes inside, in lower case
(NFC, case-folded); by the rule ``spaces``, whatever stands between white space, unchanged. Text
in scripts without spaces must be split before, and read with ``spaces``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wellhead._progress import progress
from wellhead.errors import BadInput, BadSetting, unknown_name

if TYPE_CHECKING:
    from wellhead.corpus import Corpus

__all__ = ["RULES", "WordCounts", "count_words", "documents_of", "of_counts"]

_LETTERS = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


def _by_letters(text: str) -> list[str]:
    return _LETTERS.findall(unicodedata.normalize("NFC", text).casefold())


RULES: dict[str, Callable[[str], list[str]]] = {"letters": _by_letters, "spaces": str.split}


@dataclass(frozen=True)
class WordCounts:
    """Counts of counts.

    Attributes:
        counts: distinct occurrence counts, ascending, shape (k,).
        words: how many words occur that often, shape (k,).
        rule: how words were told apart.
        name: what was counted.
        length: mean length of a distinct word in characters; None where only counts are known.
    """

    counts: NDArray[np.int64]
    words: NDArray[np.int64]
    rule: str = "given"
    name: str = "counts"
    length: float | None = None

    @property
    def types(self) -> int:
        """Distinct words."""
        return int(self.words.sum())

    @property
    def tokens(self) -> int:
        """Occurrences of words."""
        return int(self.counts @ self.words)

    @property
    def once(self) -> int:
        """Words that occur once."""
        return int(self.words[self.counts == 1].sum())


def documents_of(corpus: Corpus, rule: str, show: bool = False) -> Iterator[list[str]]:
    """The words of each document, read as a stream."""
    with progress("reading words", show=show) as bar:
        for batch in corpus.batches():
            yield from (RULES[rule](text) for text in batch.column("text").to_pylist())
            bar.advance(batch.num_rows)


def count_words(corpus: Any, *, rule: str = "letters", show_progress: bool = False) -> WordCounts:
    """Counts of counts of a corpus, read once as a stream; memory grows with the vocabulary.

    Args:
        corpus: anything `wellhead.corpus.open_corpus` opens.
        rule: ``letters`` or ``spaces``.
        show_progress: a progress bar on stderr.

    Raises:
        BadSetting: an unknown rule.
        BadInput: no words in the corpus.

    >>> found = count_words(["To be, or not to be"])
    >>> found.counts.tolist(), found.words.tolist(), found.tokens
    ([1, 2], [2, 2], 6)
    """
    if rule not in RULES:
        raise unknown_name("rule for words", rule, RULES)
    from wellhead.corpus import open_corpus

    opened = open_corpus(corpus)
    found: Counter[str] = Counter()
    for words in documents_of(opened, rule, show_progress):
        found.update(words)
    if not found:
        raise BadInput(f"{opened.name}: no word found by the rule '{rule}'")
    length = sum(map(len, found)) / len(found)
    return _counted(found.values(), rule=rule, name=opened.name, length=length)


def of_counts(counts: Mapping[Any, int] | Iterable[int]) -> WordCounts:
    """Counts of counts from a mapping of words to counts, or from the counts alone.

    Raises:
        BadSetting: no counts, or counts that are not whole numbers above 0.

    >>> of_counts({"well": 3, "head": 1, "water": 1}).words.tolist()
    [2, 1]
    """
    values = list(counts.values() if isinstance(counts, Mapping) else counts)
    for value in values:
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < 1:
            raise BadSetting(f"counts must be whole numbers above 0; got {value!r}")
    if not values:
        raise BadSetting("counts must not be empty")
    return _counted(values)


def _counted(values: Iterable[int], **about: Any) -> WordCounts:
    table = sorted(Counter(int(value) for value in values).items())
    pairs: Iterator[Any] = zip(*table, strict=True)
    counts, words = (np.array(column, dtype=np.int64) for column in pairs)
    return WordCounts(counts, words, **about)
