"""Letters of other scripts that pass for Latin ones, by Unicode Technical Standard 39.

The standard's table comes with the library `confusable_homoglyphs`. Only letters count here: a
letter of another script that the table holds to look like one Latin letter without a mark.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["ELSEWHERE", "LATIN", "latin_letters", "plain_word"]

# Letters before this one are Latin, with or without marks.
LATIN = "\u0250"
# Where such a letter may stand; dashes, quotes and signs lie between the two ranges.
ELSEWHERE = re.compile("[\u0250-\u1fff\u2c00-\U0001ffff]")
# Letters and marks of phonetic script.
_PHONETIC = re.compile("[\u0250-\u02ff]")
_PLAIN = re.compile("[A-Za-z]")
# Scripts in which look-alikes alone make up whole words that read as Latin ones: Cyrillic,
# Armenian, Cherokee, Lisu. A Greek symbol stays.
_WHOLE_WORDS = re.compile("[\u0400-\u052f\u0530-\u058f\u13a0-\u13ff\uab70-\uabbf\ua4d0-\ua4ff]+")


@cache
def latin_letters() -> dict[int, str]:
    """The Latin letter that each look-alike passes for, by the look-alike's number.

    >>> latin_letters()[ord("\u0430")], latin_letters()[ord("\u0406")]
    ('a', 'I')
    """
    from confusable_homoglyphs.confusables import confusables_data

    letters: dict[int, str] = {}
    for sign, alike in confusables_data.items():
        if len(sign) == 1 and sign >= LATIN and sign.isalpha():
            plain = [one["c"] for one in alike if _PLAIN.fullmatch(one["c"])]
            # The standard takes a capital I for a small l.
            letters |= {ord(sign): "I" if sign.isupper() and one == "l" else one for one in plain}
    return letters


def plain_word(word: str) -> str:
    """The word in Latin letters where it mixes scripts or reads as a Latin word throughout.

    >>> plain_word("\u0440\u0430\u0443pal"), plain_word("\u03c1")
    ('paypal', '\u03c1')
    >>> plain_word("\u02c8d\u0251\u02d0d\u0251\u02d0"), plain_word("p\u0251ypal")
    ('\u02c8d\u0251\u02d0d\u0251\u02d0', 'paypal')
    """
    if not ELSEWHERE.search(word) or _is_pronunciation(word):
        return word
    plain = word.translate(latin_letters())
    if _PLAIN.search(word) or (plain.isascii() and _WHOLE_WORDS.fullmatch(word)):
        return plain
    return word


def _is_pronunciation(word: str) -> bool:
    """Whether a word is written as it is spoken: with signs that pass for no Latin letter."""
    return any(ord(sign) not in latin_letters() for sign in _PHONETIC.findall(word))
