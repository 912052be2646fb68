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
from wellhead.corpus.language import UNDETERMINED, Languages, languages_of
from wellhead.detect.general import advice_on, for_languages
from wellhead.detect.words import FUNCTION_WORDS

__all__ = ["Choice", "chosen_for", "seldom_read"]

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
    return _chosen(_heard(corpus.beginnings(_HEARD)))


def seldom_read(found: Sequence[Languages], name: str, known: Sequence[str]) -> list[str]:
    """What to say of texts that a detector was not made for: in other languages, or in several.

    Args:
        found: what each text is written in.
        name: of the detector.
        known: its languages.

    >>> german = Languages("de", {"de": 1.0}, {"LATIN": 1.0})
    >>> seldom_read([german], "general", ["en"])
    ['100 % are in de, which general was not made for: their scores say little. wellhead brings \
none for German: measured on texts of other sources, none was good enough.']
    """
    told = [one for one in found if one.language]
    parts = {
        code: count / len(told)
        for code, count in Counter(one.language for one in told if not one.mixed).most_common()
        if code not in known and count >= _MANY * len(told)
    }
    notes = []
    if parts:
        listed = " and ".join(
            f"{_percent(share)} are in {_one(code)}" for code, share in parts.items()
        )
        notes.append(
            f"{listed}, which {name} was not made for: their scores say little. "
            f"{advice_on([*parts])}".rstrip()
        )
    mixed = Counter(one.mixed for one in told if one.mixed)
    if mixed and mixed.total() >= _MANY * len(told):
        [(most, _)] = mixed.most_common(1)
        which = " with ".join(most) + (", among others" if len(mixed) > 1 else "")
        notes.append(
            f"{_percent(mixed.total() / len(told))} are in two languages or more ({which}): {name} "
            "learned from no such texts, and how it does on them is not known."
        )
    return notes


def _one(code: str) -> str:
    return "a language that could not be told" if code == UNDETERMINED else code


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _heard(texts: Sequence[str]) -> list[Languages]:
    """What each text is written in that tells it.

    English is seen without the profiles of all languages, which take long to read; where nearly
    all is English, these are not read at all.
    """
    others = [text for text in texts if not _evidently_english(text)]
    english = [_ENGLISH_ALONE] * (len(texts) - len(others))
    return english if len(others) < _MANY * len(texts) else [*english, *map(languages_of, others)]


def _evidently_english(text: str) -> bool:
    begin = text[:1000]
    words = _WORD.findall(begin.lower())
    letters = sum(map(str.isalpha, begin))
    plain = sum(letter.isalpha() and letter.isascii() for letter in begin)
    known = sum(word in _KNOWN for word in words)
    return len(words) >= 8 and known >= _ENGLISH * len(words) and plain > (1 - _MANY) * letters


_KNOWN = frozenset(FUNCTION_WORDS)
_ENGLISH_ALONE = Languages("en", {"en": 1.0}, {"LATIN": 1.0})


def _chosen(found: Sequence[Languages]) -> Choice:
    name = for_languages([one.language for one in found if one.language])
    own = "zh" if name == "general-zh" else "en"
    first = f"of the first {len(found)} documents "
    notes = [f"most of the first {len(found)} documents are in {own}, so {name} scores them; "
             "--detector takes another"] if own != "en" else []  # fmt: skip
    return Choice(name, (*notes, *(first + note for note in seldom_read(found, name, [own]))))
