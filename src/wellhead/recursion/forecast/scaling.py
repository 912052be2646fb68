"""How much more text teaches, and what a cut tail takes away, for the corpus at hand.

In: counts of counts. The share of the next words that are new is N₁/T (Good 1953), its slope in T
gives the exponent c = 2N₂/N₁ of the scaling law T^-c there, and thinning gives it for any smaller
corpus. A sampler that never says the rarest words, which make up a share of running text, leaves
that share as a floor: beyond the text whose unseen words hold as much, more of its output teaches
no new words. All of this is for words drawn evenly from the same documents: the next documents
bring their own, so that text in its order has more unseen at every size (three times as much in
WikiText-2). Theory: `wellhead.recursion.theory.cut_tails`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.vocabulary import CLUMPING, LEVEL
from wellhead.recursion.forecast.words import WordCounts
from wellhead.recursion.theory.cut_tails import worth

__all__ = ["Cut", "Scaling", "scaling_of"]

DROPPED = (0.1, 0.05, 0.02, 0.01)
FEWEST = 10  # words seen once and seen twice, for an exponent


class Cut(NamedTuple):
    """A tail that a sampler drops, and the words of real text that its output is worth at most.

    Attributes:
        dropped: its share of running text.
        words: None where the corpus is too small to reach that share.
    """

    dropped: float
    words: float | None


class Scaling(NamedTuple):
    """What more text would teach.

    Attributes:
        unseen: the share of further words, drawn from the same documents, that the corpus has
            never had.
        exponent: by which power of its size that share falls.
        last_worth: under replacement, words of real text that the last generation's training set
            is worth; None under other regimes.
        cuts: what output of samplers that drop a tail is worth.
    """

    unseen: float
    exponent: Range
    last_worth: float | None
    cuts: tuple[Cut, ...]


def scaling_of(words: WordCounts | None, *, regime: str, generations: int) -> Scaling | None:
    """The scaling law of a corpus; None without one, or where too few words were seen twice."""
    if words is None:
        return None
    once, twice = (int(words.words[words.counts == n].sum()) for n in (1, 2))
    if min(once, twice) < FEWEST:
        return None
    exponent = 2 * twice / once
    spread = CLUMPING * float(special.ndtri((1 + LEVEL) / 2)) * math.sqrt(1 / once + 1 / twice)
    low, high = exponent * math.exp(-spread), exponent * math.exp(spread)
    return Scaling(
        once / words.tokens,
        Range(low, min(exponent, 1.0), min(high, 1.0), LEVEL),
        worth(generations) * words.tokens if regime == "replace" else None,
        tuple(Cut(dropped, _reaching(words, dropped)) for dropped in DROPPED),
    )


def unseen_after(words: WordCounts, part: float) -> float:
    """The expected share of new words after a part of the corpus."""
    missed = np.exp((words.counts - 1) * np.log1p(-part)) if part < 1 else words.counts == 1
    return float((words.words * words.counts) @ missed / words.tokens)


def _reaching(words: WordCounts, share: float) -> float | None:
    """How many words of the corpus leave as much unseen."""
    if unseen_after(words, 1.0) > share:
        return None
    least = 1 / words.tokens
    if unseen_after(words, least) < share:
        return 1.0
    part = optimize.brentq(lambda p: unseen_after(words, p) - share, least, 1.0)
    return float(part) * words.tokens
