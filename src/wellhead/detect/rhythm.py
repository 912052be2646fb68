"""Text → measures of its rhythm and of its function words: the second view of a text.

N-grams say which words stand together; these measures say how the text moves: how long sentences
and words are, how sentences begin and end, which signs stand in them and what follows a comma,
which kinds of word there are and which endings, and how soon a word comes again. All are rates,
means and spreads of the text as `wellhead.detect.hashing` reads it, in lower case and with every
figure alike, so that neither its length nor its layout enters.

What learners of English are taught to do is not measured: to open a sentence with a linking word
or with a few words and a comma, and to write sentences of even length. With these measures, essays
in a second language were flagged more often, and little else was gained.

`tests/detect/literal_rhythm.py` says every measure in plain Python; `wellhead.detect.kernels`
computes them. What they mean is left to `wellhead.detect.trees`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.hashing import Batch, slot_of, tables

__all__ = ["KINDS_OF_WORD", "MEASURES", "classes", "measures_of"]

KINDS_OF_WORD = {
    "articles and pointers": "a an the this that these those",
    "first person": "i me my mine myself we us our ours ourselves i'm i've i'd i'll we're we've "
    "we'd we'll let's",
    "second person": "you your yours yourself yourselves you're you've you'd you'll",
    "third person": "he him his himself she her hers herself it its itself they them their theirs "
    "themselves he's he'd he'll she's she'd she'll it's it'd it'll they're they've they'd they'll "
    "one ones oneself",
    "be, have, do": "am is are was were be been being have has had having do does did doing done",
    "modal": "can could may might must shall should will would ought cannot",
    "preposition": "of in on at by for with about against between into through during before after "
    "above below to from up down out off over under again further upon within without toward "
    "towards across along among amongst amid around behind beneath beside besides beyond despite "
    "except inside like near onto outside per plus regarding since than throughout till until "
    "unlike via",
    "and, or": "and or nor",
    "but": "but yet so",
    "subordinating": "if unless because although though while whereas when whenever where wherever "
    "whether as once lest who whom whose which what whoever whatever whichever",
    "negation": "not never no don't doesn't didn't won't wouldn't can't couldn't shouldn't isn't "
    "aren't wasn't weren't haven't hasn't hadn't none nobody nothing",
    "quantity": "all any both each every either neither some such another other others much many "
    "more most few fewer less least several enough own same half",
    "adverb": "always often sometimes usually rarely seldom ever just only even also too very "
    "quite rather really almost nearly still already soon now then here there today how why back "
    "away together apart well yes oh okay",
    "other closed-class": "",
}
"""The kinds of closed-class word, numbered from 1; the last has all that no other names."""

OTHER_KINDS = (
    *("-ing", "-ed", "-ly", "-s", "other open-class", "figures"),
    *("comma", "full stop, question or exclamation mark"),
)
_SIGNS = (",", ";", ":", "-", "(", ")", '"', "'", "?", "!", "%", "&", "/", ".")
_ENDINGS = (
    *("ing", "ed", "ly", "s", "ion", "tion", "ity", "ive", "ous", "ment", "ness", "al", "er"),
    *("est", "ize", "able", "ful", "ic", "ance", "ence", "ism", "ist", "y"),
)
_BEGINNINGS = ("closed-class word", "article or pointer", "first person", "third person",
               "and, or, but", "preposition", "subordinating", "-ing")  # fmt: skip
_AFTER_COMMA = ("and", "or", "but, yet, so", "which, while", "closed-class word")

MEASURES: tuple[str, ...] = (
    *(f"words in -{ending}" for ending in _ENDINGS),
    "mean of sentence",
    *(f"sentences of at most {most} words" for most in (5, 10, 15, 19, 24, 29, 39)),
    *("sentences that ask", "sentences that exclaim", "sentences that begin as the last"),
    *(f"sentences that begin: {kind}" for kind in _BEGINNINGS),
    *("mean of word", "spread of word", "mean of open-class word", "spread of open-class word"),
    "change between words",
    *(f"words of {size} characters" for size in (1, 2, 3, 4, 5)),
    *(f"words of at least {size} characters" for size in (6, 7, 8, 9, 10, 11, 12, 13)),
    *("closed-class words", "open after open", "closed after closed", "closed after open"),
    *("third open-class word in a row", "contractions"),
    *(f"signs: {sign}" for sign in _SIGNS),
    *("joined by a hyphen", "quotes for each sentence"),
    *(f"after a comma: {kind}" for kind in _AFTER_COMMA),
    *("series for each sentence", "mean from comma to comma", "spread from comma to comma"),
    *(f"tokens: {kind}" for kind in (*KINDS_OF_WORD, *OTHER_KINDS)),
    *(
        f"open-class words again {range_} words later"
        for range_ in ("1 to 4", "5 to 16", "17 to 48")
    ),
    *(
        f"closed-class words again {range_} words later"
        for range_ in ("1 to 4", "5 to 16", "17 to 48")
    ),
    *("pairs of words again 1 to 48 words later", "open-class endings again 1 to 16 words later"),
)
"""What each measure is, in order."""

_BATCH_CHARACTERS = 200_000


@cache
def classes() -> NDArray[np.int8]:
    """The kind of the closed-class word in each slot of its table; the last kind for the others."""
    found = np.full(len(tables().function_words), len(KINDS_OF_WORD), np.int8)
    for at, words in enumerate(KINDS_OF_WORD.values()):
        for word in words.split():
            found[slot_of(word)] = at + 1
    return found


def measures_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """The measures of normalised texts, a row for each; a text without words has zeros.

    >>> row = measures_of(["It rained. It rained again."])[0]
    >>> float(row[MEASURES.index("mean of sentence")])
    2.5
    """
    from wellhead.detect.kernels import measures_of

    rows = np.zeros((len(texts), len(MEASURES)), np.float32)
    for first, last in _stretches(texts):
        measures_of(*Batch.of(texts[first:last]), *tables(), classes(), rows[first:last])
    return rows


def _stretches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Neighbouring texts that fit into memory together."""
    start = size = 0
    for at, text in enumerate(texts):
        size += len(text)
        if size > _BATCH_CHARACTERS and at > start:
            yield start, at
            start, size = at, len(text)
    if start < len(texts):
        yield start, len(texts)
