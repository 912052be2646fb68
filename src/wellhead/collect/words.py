"""Words in any script, counted as the task page counts them.

Unicode's word boundaries (UAX #29), with ICU's dictionaries where a script puts no spaces between
words: the same library stands behind `Intl.Segmenter` in browsers. What holds no letter and no
digit is no word.
"""

from __future__ import annotations

from icu4py.breakers import WordBreaker

__all__ = ["count_words"]


def count_words(text: str) -> int:
    """How many words `text` has.

    >>> count_words("Don't count me out -- not yet!"), count_words("我们研究人们怎样写作。")
    (6, 5)
    """
    segments = WordBreaker(text, "en")
    return sum(any(character.isalnum() for character in segment) for segment in segments)
