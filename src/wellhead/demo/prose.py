"""What counts as a paragraph of the demo: one rule for people's texts and machines' alike.

`tidy` repairs what is format and not writing; `fault` names the first rule that a paragraph
breaks. Both are applied to every text of either origin before anything else looks at it, so that
no later step can tell the two apart by quotation marks, stage directions or length limits.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LETTERS", "MOST_REPEATED", "WORDS", "fault", "repeated", "tidy"]

# Shortest and longest paragraph, in words.
WORDS = (40, 220)

# Smallest share of letters among all characters but spaces.
LETTERS = 0.85

# Largest share of four-word sequences that may repeat an earlier one: above it lie loops.
MOST_REPEATED = 0.15

_MARKS = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": " - ", "…": "...", "\u00a0": " "}
)
_STAGE = re.compile(
    r"[\[(](?:[^\])]{0,40}\b)?(?:laughter|applause|inaudible)[^\])]{0,40}[\])]", re.I
)
_END = re.compile(r"""[.!?]["')]?$""")
_START = re.compile(r"""^["'(]?[A-Z]""")
_FOREIGN = re.compile(r"[\[\]{}<>|*#_=\\^~]|https?:|www\.|:$")


def tidy(text: str) -> str:
    """`text` on one line, with plain quotation marks and dashes and no stage directions.

    >>> tidy("We  “will”—we must. [Laughter]")
    'We "will" - we must.'
    """
    text = unicodedata.normalize("NFC", text).translate(_MARKS)
    text = _STAGE.sub(" ", text)
    text = re.sub(r"\s*-{2,}\s*|\s+-\s+", " - ", text)
    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(text.split()))


def fault(text: str) -> str | None:
    """The first rule that the tidied `text` breaks, in a word or two; None for a usable one.

    >>> fault("Too short.")
    'length'
    """
    words = text.split()
    if not WORDS[0] <= len(words) <= WORDS[1]:
        return "length"
    if not (_START.search(text) and _END.search(text)) or text.count('"') % 2:
        return "incomplete"
    if _FOREIGN.search(text) or sum(map(str.isalpha, text)) < LETTERS * len("".join(words)):
        return "not prose"
    if repeated(words) > MOST_REPEATED:
        return "loop"
    return None


def repeated(words: list[str]) -> float:
    """The share of four-word sequences of `words` that repeat an earlier one.

    >>> repeated("we will go on and we will go on again".split())
    0.14285714285714285
    """
    lower = [word.lower() for word in words]
    runs = list(zip(lower, lower[1:], lower[2:], lower[3:], strict=False))
    return (len(runs) - len(set(runs))) / max(1, len(runs))
