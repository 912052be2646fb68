"""Words in any script, counted as the task page counts them.

They lie between Unicode's word boundaries, with ICU's dictionaries where a script puts no spaces
between words: the same library stands behind `Intl.Segmenter` in browsers.
"""

from __future__ import annotations

from unicodedata import name

from wellhead.corpus.words import segmented_words

__all__ = ["count_words", "enough_words"]

# Written without spaces. Browsers divide these by dictionaries or models of their own: Firefox
# finds up to a seventh more words in Thai than ICU does.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_DIFFERENCE = 0.25

count_words = segmented_words


def enough_words(text: str, least: int) -> bool:
    """Whether some browser may have counted `least` words: nobody is refused whose page agreed.

    >>> enough_words("only three words", 4), enough_words("我们研究人们怎样写作。", 6)
    (False, True)
    """
    counted = count_words(text)
    if counted >= least or not any(map(_is_unspaced, text)):
        return counted >= least
    return counted + _DIFFERENCE * count_words("".join(filter(_is_unspaced, text))) >= least


def _is_unspaced(character: str) -> bool:
    return character > "\u0e00" and name(character, "").startswith(_UNSPACED)
