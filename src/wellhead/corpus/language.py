"""Which languages and scripts a text is written in.

A text is divided by script, what stands in one script into stretches of some sentences, and each
stretch is identified by itself (py3langid, naive Bayes on runs of bytes). So a Chinese text with
English sentences in it is told as both. Words of two languages within one sentence of one script
cannot be told apart, and what is written in another script than usual (Hindi in Latin letters)
mostly not at all: its language is then ``und``, as ISO 639 calls what is not determined.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, NamedTuple

__all__ = [
    "UNDETERMINED",
    "Languages",
    "foreign",
    "identified",
    "languages_of",
    "named",
    "shares_of",
]

UNDETERMINED = "und"
"""The code of a language that could not be told."""

# What weighs less than this does not tell its language.
_LEAST = 40
_READ = 1000
_STRETCH = 200
# A character of these holds about as much as three letters.
_DENSE = {"HAN", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}
_JAPANESE = {"HIRAGANA", "KATAKANA"}
# Below this the first guess is wrong too often (romanised Hindi is taken for Somali with .6).
_SURE = 0.7
_ALSO = 0.2  # a share of another language from which on a text is mixed
# Texts of kin can hardly be told apart: their probabilities count together.
_KIN = {"wuu": "zh", "yue": "zh", "nn": "no", "bs": "sr", "hr": "sr", "an": "es", "ext": "es"}
_WORD = re.compile(r"\S+\s*")


class Languages(NamedTuple):
    """What a text is written in, as far as its first thousand characters say.

    Attributes:
        language: the ISO 639 code of that of most of it, ``und`` if that could not be told; empty
            if the text has too few letters.
        shares: the part of each language that could be told, ``und`` among them; the largest first.
        scripts: the part of each script, by the names of Unicode; the largest first.
    """

    language: str
    shares: dict[str, float]
    scripts: dict[str, float]

    @property
    def mixed(self) -> tuple[str, ...]:
        """The languages of a text in several, of which each holds a fifth; else none."""
        large = tuple(code for code, part in self.shares.items() if part >= _ALSO)
        told = [code for code in large if code != UNDETERMINED]
        return large if len(told) > 1 else ()


@lru_cache(maxsize=2048)  # the same texts are asked about for the detector, the share and a check
def languages_of(text: str) -> Languages:
    """The languages and scripts of a text.

    >>> languages_of("Вчера весь день шёл дождь, и никто не выходил из дома.").language
    'ru'
    >>> languages_of("12.5 + 7 = 19.5").language
    ''
    """
    weight: Counter[str] = Counter()
    scripts: Counter[str] = Counter()
    for part in _parts(text[:_READ]):
        scripts.update(part.scripts)
        for stretch in _stretches(part.text, _STRETCH // (3 if part.dense else 1)):
            size = _weight(stretch)
            if size >= _LEAST:
                weight[_identified(stretch, part.scripts)] += size
    shares = shares_of(weight)
    return Languages(next(iter(shares), ""), shares, shares_of(scripts))


def identified(texts: Iterable[str]) -> list[str]:
    """The ISO 639 code of each text that is long enough to tell; ``und`` if it does not tell."""
    return [found for text in texts if (found := languages_of(text).language)]


def foreign(texts: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """The languages of most of the texts, where these are not among those `known`."""
    if not known:
        return ()
    found = identified(texts)
    others = Counter(code for code in found if code not in known)
    if others.total() <= len(found) / 2:
        return ()
    return tuple(code for code, count in others.most_common(3) if count >= 0.1 * len(found))


def named(code: str) -> str:
    """How a language is called in a list that a person reads: its code, or that it is not told."""
    return "not told" if code == UNDETERMINED else code


def shares_of(counts: Counter[str]) -> dict[str, float]:
    """The part of each in the whole, the largest first."""
    return {name: count / counts.total() for name, count in counts.most_common()}


# --- parts and stretches -----------------------------------------------------------------------


class _Part(NamedTuple):
    """What a text has in one script, or in those of Japanese, and how much of each."""

    text: str
    scripts: dict[str, int]

    @property
    def dense(self) -> bool:
        return not _DENSE.isdisjoint(self.scripts)


def _parts(text: str) -> list[_Part]:
    """A text by script; what is of no script belongs to what stands before it."""
    if text.isascii():
        return [_Part(text, {"LATIN": _weight(text)})] if _weight(text) else []
    pieces: dict[str, list[str]] = {}
    scripts: dict[str, Counter[str]] = {}
    last = ""
    for script, run in groupby(text, key=_script):
        letters = "".join(run)
        if script:
            last = "JAPANESE" if script in _JAPANESE | {"HAN"} else script
            scripts.setdefault(last, Counter())[script] += _weight(letters)
        if last:
            pieces.setdefault(last, []).append(letters)
    return [_Part("".join(pieces[name]), dict(scripts[name])) for name in pieces]


def _stretches(text: str, size: int) -> Iterator[str]:
    """Whole words (or `size` characters where there are no spaces), about so many characters."""
    words = [found.group() for found in _WORD.finditer(text)]
    short = [word[at : at + size] for word in words for at in range(0, len(word), size)]
    now = ""
    left = sum(map(len, short))
    for word in short:
        now += word
        left -= len(word)
        if len(now) >= size and left >= size // 2:
            yield now
            now = ""
    if now:
        yield now


def _weight(text: str) -> int:
    """How many letters a text has; a character of Chinese counts as three."""
    if text.isascii():
        return sum(map(str.isalpha, text))
    return sum(3 if script in _DENSE else 1 for script in map(_script, text) if script)


@lru_cache(maxsize=1 << 16)
def _script(character: str) -> str:
    """The script of a letter by Unicode's name; empty for figures, signs and spaces."""
    if character.isascii():
        return "LATIN" if character.isalpha() else ""
    from confusable_homoglyphs.categories import alias

    found = str(alias(character))
    return "" if found in ("COMMON", "INHERITED") else found


# --- one stretch -------------------------------------------------------------------------------


def _identified(stretch: str, scripts: dict[str, int]) -> str:
    """The language of a stretch of one script, or ``und``."""
    if set(scripts) == {"HAN"}:  # without kana it is no Japanese
        return "zh"
    code, sure = _identifier().classify(stretch)
    if sure < _SURE:
        ranked = _identifier().rank(stretch)[:8]
        sure = sum(one for kin, one in ranked if _family(kin) == _family(code))
    return str(code) if sure >= _SURE and code != "zxx" else UNDETERMINED


def _family(code: str) -> str:
    return _KIN.get(code, code)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
