"""What becomes of a corpus's vocabulary: words left, generation by generation and by frequency.

In: counts of counts, regime, real share, effective size. Out: shares with intervals that hold
the uncertainty of the real share and of the effective size together with the chance of the
draws. Branching theory: `wellhead.recursion.theory.branching`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from wellhead.recursion.forecast.course import Course
from wellhead.recursion.forecast.effective import EffectiveSize, World
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.web import Web
from wellhead.recursion.forecast.words import WordCounts
from wellhead.recursion.theory.branching import Loss

__all__ = ["BINS", "Bin", "Generation", "Vocabulary", "vocabulary_of"]

BINS = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 100), (101, None))
LEVEL = 0.95
# Words come in bursts and models copy runs of them, so that shares scatter more than those of
# independent words: 1.7 to 2 times for orders 2 and 3 in benchmarks/forecast_coverage.py, 4 times
# for order 4.
CLUMPING = 2.5


class Generation(NamedTuple):
    """The vocabulary in one generation's training set.

    Attributes:
        generation: its number; 0 is the corpus.
        words: share of the distinct words left.
        text: share of the corpus's running text that those words made up.
    """

    generation: int
    words: Range
    text: Range


class Bin(NamedTuple):
    """Words of one frequency, and the share of them left at the last generation."""

    counts: str
    words: int
    text: float
    surviving: Range


class Vocabulary(NamedTuple):
    """The forecast of a vocabulary."""

    name: str
    rule: str
    types: int
    tokens: int
    seen_once: float
    effective: EffectiveSize
    generations: tuple[Generation, ...]
    bins: tuple[Bin, ...]


class _Paths(NamedTuple):
    low: list[Loss]
    point: list[Loss]
    high: list[Loss]


def vocabulary_of(
    words: WordCounts,
    *,
    regime: str,
    generations: int,
    share: Range | Course | Web | None,
    effective: EffectiveSize,
) -> Vocabulary:
    """The survival of `words` under a regime of `branching`, with intervals.

    Args:
        words: counts of counts of the corpus.
        regime: one of `branching.REGIMES`.
        generations: the last generation.
        share: the real share or its course, for the regimes that mix real text in.
        effective: the effective size of one generation.
    """
    level = (share and share.level) or effective.ratio.level or LEVEL
    paths = _paths(words, regime, generations, share, effective)
    rows = tuple(
        Generation(k, _left(words, paths, k, level, False), _left(words, paths, k, level, True))
        for k in range(generations + 1)
    )
    return Vocabulary(
        words.name,
        words.rule,
        words.types,
        words.tokens,
        words.once / words.types,
        effective,
        rows,
        _bins(words, paths, generations, level),
    )


def _paths(
    words: WordCounts,
    regime: str,
    last: int,
    share: Range | Course | Web | None,
    effective: EffectiveSize,
) -> _Paths:
    """Loss with the least real text and the smallest size, the likeliest, and the most."""
    ends = share or (None, None, None)
    ratios = [effective.at(k) for k in range(last + 1)]
    return _Paths(
        _path(World(words, regime, ends[0]), [one.low for one in ratios]),
        _path(World(words, regime, ends[1]), [one.point for one in ratios]),
        _path(World(words, regime, ends[2]), [one.high for one in ratios]),
    )


def _path(world: World, ratios: list[float]) -> list[Loss]:
    """Loss by generation where each has a ratio of its own, that stands for all up to it."""
    last = {ratio: k for k, ratio in enumerate(ratios)}
    losses = {ratio: world.losses(ratio, k) for ratio, k in last.items()}
    return [losses[ratio][k] for k, ratio in enumerate(ratios)]


def _left(words: WordCounts, paths: _Paths, k: int, level: float, by_text: bool) -> Range:
    weight = words.counts / words.tokens if by_text else np.full(len(words.counts), 1 / words.types)
    z = CLUMPING * float(special.ndtri((1 + level) / 2))
    means, errors = [], []
    for path in paths:
        lost = path[k].of(words.counts)
        means.append(float(words.words @ (weight * (1 - lost))))
        errors.append(math.sqrt(float(words.words @ (weight**2 * lost * (1 - lost)))))
    low, high = means[0] - z * errors[0], means[2] + z * errors[2]
    return Range(max(0.0, low), min(1.0, means[1]), min(1.0, high), level)


def _bins(words: WordCounts, paths: _Paths, last: int, level: float) -> tuple[Bin, ...]:
    rows = []
    for low, high in BINS:
        inside = (words.counts >= low) & (words.counts <= (high or np.inf))
        if not inside.any():
            continue
        part = WordCounts(words.counts[inside], words.words[inside])
        name = f"{low}" if low == high else f"{low}–{high}" if high else f"over {low - 1}"
        surviving = _left(part, paths, last, level, False)
        rows.append(Bin(name, part.types, part.tokens / words.tokens, surviving))
    return tuple(rows)
