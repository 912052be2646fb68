"""Words in any script, counted as the task page counts them.

Unicode's word boundaries (UAX #29), with ICU's dictionaries where a script puts no spaces between
words: the same library stands behind `Intl.Segmenter` in browsers. They differ in whether a full
stop or a comma between letters or digits ends a word, so it does here. What holds no letter and
no digit is no word.
"""

from __future__ import annotations

from unicodedata import category, name

from icu4py.breakers import WordBreaker

__all__ = ["count_words", "enough_words"]

_INSIDE = "'’\u200c\u200d"  # apostrophes and joiners
# Written without spaces. Browsers divide these by dictionaries or models of their own: Firefox
# finds up to a seventh more words in Thai than ICU does.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_DIFFERENCE = 0.25


def count_words(text: str) -> int:
    """How many words `text` has.

    >>> count_words("Don't count me out -- not yet!"), count_words("我们研究人们怎样写作。")
    (6, 5)
    """
    return sum(_pieces(segment) for segment in WordBreaker(text, "en"))


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


def _pieces(segment: str) -> int:
    """The runs of letters, digits and what belongs to them."""
    pieces, inside = 0, False
    for character in segment:
        if character.isalnum():
            pieces += not inside
            inside = True
        elif character not in _INSIDE and not category(character).startswith("M"):
            inside = False
    return pieces
