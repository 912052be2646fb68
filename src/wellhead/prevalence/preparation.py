"""Texts as they are scored: what many share is set apart, what hides is folded.

In: raw texts. Out: texts in which a passage that many documents repeat (a template, a disclaimer,
an injected sentence) no longer stands, invisible characters are gone, and letters of another script
that look like Latin ones are Latin. All three move every score they touch in one direction, whoever
wrote the rest. Folding is held to what is safe: only words that mix scripts, or that consist of
look-alikes in a text of Latin letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from wellhead.corpus.words import count_words
from wellhead.prevalence.look_alikes import ELSEWHERE, LATIN, plain_word

__all__ = ["Preparation", "shared_passages"]

# A passage counts as shared from so many documents, and from this part of them, on.
_SHARED, _SHARED_PART = 10, 0.05
_LOOKED_AT = 20_000
_PASSAGE_WORDS = 4
# A text of which less than this is left repeats another as a whole, and is scored as it is.
_LEFT_WORDS = 8
_PASSAGE = re.compile(r"(?<=[.!?。！？:])\s+|\n+|(?<=[。！？])")
_WORD = re.compile(r"[^\W\d_]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# Inside a word they hide something; elsewhere they join emoji, mark a file's start or a line's end,
# and a soft hyphen is where a page may break a word.
_HIDDEN = re.compile(r"(?<=[^\W\d_])[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+(?=[^\W\d_])")
_FANCY = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff5a]+")
_TELLS = re.compile(
    r"\bas an? (?:ai|artificial intelligence|large)(?: language)? model\b"
    r"|\bmy (?:knowledge cut-?off|training data)\b"
    r"|\bi(?:'m| am) (?:sorry, but i (?:cannot|can't)|unable to (?:fulfil|assist))"
    r"|\bregenerate response\b",
    re.IGNORECASE,
)


@dataclass
class Preparation:
    """Prepares texts and remembers what was found; an example of each kind.

    Args:
        passages: keys of passages to set apart, from `shared_passages`.
    """

    passages: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def __call__(self, text: str) -> str:
        """The text as it is to be scored; the text itself where nothing was found."""
        tell = _TELLS.search(text)
        if tell:
            self._found("tells", tell.group())
        prepared = self._without_passages(self._folded(text))
        return text if prepared == text else prepared

    def _found(self, what: str, example: str) -> None:
        self.counts[what] += 1
        self.examples.setdefault(what, example)

    def _folded(self, text: str) -> str:
        if text.isascii():
            return text
        seen = _INVISIBLE.sub("", text)
        # A joiner between letters of scripts that need it is spelling, not hiding.
        if seen != text and _latin(seen):
            if _HIDDEN.search(text):
                self._found("invisible", _around(text, _HIDDEN))
            text = seen
        if not ELSEWHERE.search(text) or not _latin(text):
            return text
        plain = _FANCY.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
        folded = _WORD.sub(lambda found: plain_word(found.group()), plain)
        if folded != text:
            pair = zip(_WORD.findall(text), _WORD.findall(folded), strict=False)
            self._found("look-alikes", next((a for a, b in pair if a != b), text[:20]))
        return folded

    def _without_passages(self, text: str) -> str:
        if not self.passages:
            return text
        parts = _parts(text)
        kept = [part for part in parts if _key(part) not in self.passages]
        if len(kept) == len(parts) or count_words(" ".join(kept)) < _LEFT_WORDS:
            return text
        self._found("passages", next(part for part in parts if _key(part) in self.passages))
        return " ".join(kept)


def shared_passages(texts: Iterable[str]) -> frozenset[str]:
    """Keys of the sentences and lines that many of the first 20,000 distinct `texts` hold.

    >>> answers = [f"In this essay I will argue as follows. {i} is {i * i}." for i in range(40)]
    >>> len(shared_passages(answers))
    1
    """
    holding: Counter[str] = Counter()
    distinct = dict.fromkeys(_some(texts))
    for text in distinct:
        holding.update({key for key in map(_key, _parts(text)) if key})
    least = max(_SHARED, _SHARED_PART * len(distinct))
    return frozenset(key for key, documents in holding.items() if documents >= least)


def _some(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number >= _LOOKED_AT:
            return
        yield text


def _parts(text: str) -> list[str]:
    return [part for part in _PASSAGE.split(text) if part and part.strip()]


def _key(part: str) -> str:
    """The words of a passage, whatever their case, marks and numbers; empty for a short one."""
    plain = " ".join(_WORD.findall(part.casefold()))
    return plain if count_words(plain) >= _PASSAGE_WORDS else ""


def _latin(text: str) -> bool:
    """Whether most letters are Latin."""
    letters = [letter for letter in text if letter.isalpha()]
    return 2 * sum(letter < LATIN for letter in letters) > len(letters)


def _around(text: str, pattern: re.Pattern[str]) -> str:
    place = pattern.search(text)
    start = place.start() if place else 0
    return pattern.sub("·", text[max(start - 10, 0) : start + 10])
