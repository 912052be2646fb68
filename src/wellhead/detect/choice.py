"""Which of the detectors that come with wellhead scores a corpus: that of its language.

The first documents of some files are heard. A corpus is scored by one detector, since scores of two
cannot be compared: where documents are in other languages, too, that is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from wellhead.corpus import Corpus
from wellhead.corpus.language import identified
from wellhead.detect.general import advice_on, for_languages
from wellhead.detect.words import FUNCTION_WORDS

__all__ = ["Choice", "chosen_for"]

_HEARD = 200
# Running English has .4 to .5 of them; the languages closest to it stay below .2.
_ENGLISH = 0.3
_MANY = 0.1  # a share of documents in another language that is worth a word
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


class Choice(NamedTuple):
    """A detector, and what there is to say about it.

    Attributes:
        detector: its name.
        notes: plain sentences; none where all is English.
    """

    detector: str
    notes: tuple[str, ...]


def chosen_for(corpus: Corpus) -> Choice:
    """The detector of the language that most documents are in, as far as the first ones tell."""
    return _chosen(_languages(corpus.beginnings(_HEARD)))


def _languages(texts: Sequence[str]) -> list[str]:
    """The language of each text that tells it.

    English is seen without the profiles of all languages, which take long to read; where nearly
    all is English, these are not read at all.
    """
    others = [text for text in texts if not _evidently_english(text)]
    english = ["en"] * (len(texts) - len(others))
    return english if len(others) < _MANY * len(texts) else english + identified(others)


def _evidently_english(text: str) -> bool:
    words = _WORD.findall(text[:2000].lower())
    return len(words) >= 8 and sum(word in _KNOWN for word in words) >= _ENGLISH * len(words)


_KNOWN = frozenset(FUNCTION_WORDS)


def _chosen(languages: Sequence[str]) -> Choice:
    """
    >>> _chosen(["en"] * 9 + ["zh"]).notes
    ('of the first 10 documents 10 % are in zh, which general was not made for: their scores say \
little. For zh there is --detector general-zh.',)
    """
    name = for_languages(languages)
    own = "zh" if name == "general-zh" else "en"
    notes = [f"most of the first {len(languages)} documents are in {own}, so {name} scores them; "
             "--detector takes another"] if own != "en" else []  # fmt: skip
    parts = {
        code: count / len(languages)
        for code, count in Counter(languages).most_common()
        if code != own and count >= _MANY * len(languages)
    }
    if parts:
        told = " and ".join(f"{share:.0%} are in {code}" for code, share in parts.items())
        notes.append(
            f"of the first {len(languages)} documents {told.replace('%', ' %')}, which {name} was "
            f"not made for: their scores say little. {advice_on([*parts])}".rstrip()
        )
    return Choice(name, tuple(notes))
