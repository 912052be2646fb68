"""How many words a text has, also where a script puts no spaces between them.

Words are what spaces separate. Where Chinese, Japanese, Thai, Lao, Khmer or Burmese stands, they
are reckoned from the letters by the mean length of a word in the script: within a fifth of what a
dictionary finds in prose, which is all that a limit on the length of a text needs.
"""

from __future__ import annotations

import re

__all__ = ["UNSPACED", "count_words"]

# Letters of scripts that put no space between words (Thai and Lao, Burmese, Khmer, kana, Han), for
# a set of characters in a regular expression.
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED = re.compile(f"[{UNSPACED}]")
# Letters of a word, marks included.
_LENGTHS = {
    re.compile("[\u0e00-\u0eff]"): 4.2,
    re.compile("[\u1000-\u109f\u1780-\u17ff]"): 5.8,
    re.compile("[\u3040-\u30ff]"): 1.9,
    re.compile("[\u3400-\u9fff\uf900-\ufaff]"): 1.6,
}
_SPACED = re.compile(rf"[^\s{UNSPACED}]*[^\W{UNSPACED}][^\s{UNSPACED}]*")


def count_words(text: str) -> int:
    """How many words `text` has.

    >>> count_words("Not yet - said the river."), count_words("我们研究人们怎样写作。")
    (6, 6)
    """
    if text.isascii() or not _UNSPACED.search(text):
        return len(text.split())
    unspaced = sum(len(letters.findall(text)) / length for letters, length in _LENGTHS.items())
    return len(_SPACED.findall(text)) + round(unspaced)
