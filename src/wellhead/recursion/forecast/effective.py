"""How many independent draws one generation of a model is worth: the effective size.

A model that writes N words does not draw N independent words: it truncates, discounts and
smooths. The survival of a vocabulary measures what its output is worth: the ratio of draws to
words with which theory gives the share of words that is left. In: a class of models, a number, or
shares that were seen. Out: that ratio, by generation, as an interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from wellhead.errors import BadSetting
from wellhead.recursion.forecast.models import joined
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.words import WordCounts
from wellhead.recursion.theory.branching import Loss, branching_under
from wellhead.recursion.theory.ranges import check_positive, check_share, check_whole
from wellhead.recursion.theory.shared_web import SharedWeb
from wellhead.recursion.theory.shares import Shares

__all__ = [
    "EffectiveSize",
    "World",
    "fitted_size",
    "given_size",
    "sized",
]

LOWEST, HIGHEST = 1e-9, 1e3  # ratios that can be told from 0 and from infinity
_FORESEEN = 3  # a fit is carried on for so many times the generations that were seen


class EffectiveSize(NamedTuple):
    """Effective draws of one generation.

    Attributes:
        ratio: effective draws per word of the corpus, at the last generation.
        tokens: effective draws, likewise.
        how: ``model class``, ``calibrated``, ``given`` or ``fitted``.
        observations: generations that a fit used.
        course: the ratio at generations 1, 2, …; later ones are as the last. Empty where it is
            the same throughout.
    """

    ratio: Range
    tokens: Range
    how: str
    observations: int = 0
    course: tuple[Range, ...] = ()

    def at(self, generation: int) -> Range:
        """The ratio that stands for generations 1 to this one."""
        if not self.course:
            return self.ratio
        return self.course[min(max(generation, 1), len(self.course)) - 1]


class World(NamedTuple):
    """What survival depends on beside the ratio: the words, the regime, the real share."""

    words: WordCounts
    regime: str
    real_share: float | Shares | SharedWeb | None

    def losses(self, ratio: float, last: int) -> list[Loss]:
        """The loss of words at generations 0 to `last` at a ratio from 0 to infinity."""
        if ratio > HIGHEST:
            return [Loss(0.0)] * (last + 1)
        found = branching_under(self.regime, self.real_share, max(ratio, LOWEST))
        return found.losses(last)

    def left(self, ratio: float, generation: int) -> float:
        """The share of distinct words left."""
        lost = self.losses(ratio, generation)[generation].of(self.words.counts)
        return float(self.words.words @ (1 - lost)) / self.words.types

    def ratio_of(self, left: float, generation: int) -> float:
        """The ratio at which this share is left; 0 or infinity where no ratio gives so little or
        so much."""
        if left <= self.left(LOWEST, generation):
            return 0.0
        if left >= self.left(HIGHEST, generation):
            return math.inf
        ends = math.log(LOWEST), math.log(HIGHEST)
        found = optimize.brentq(
            lambda x: self.left(math.exp(x), generation) - left, *ends, xtol=1e-9
        )
        return math.exp(found)


def sized(
    words: WordCounts, how: str, courses: Iterable[Sequence[Range]], observations: int = 0
) -> EffectiveSize:
    """An effective size that holds each of the courses of ratios by generation.

    The last ratio of a course holds from there on.
    """
    every = list(courses)
    longest = max(len(course) for course in every)
    ratios = tuple(joined(one[min(k, len(one) - 1)] for one in every) for k in range(longest))
    tokens = ratios[-1].through(lambda value: value * words.tokens)
    return EffectiveSize(ratios[-1], tokens, how, observations, ratios if longest > 1 else ())


def given_size(effective_samples: float, words: WordCounts) -> EffectiveSize:
    """The effective draws that the user knows."""
    ratio = check_positive("effective_samples", effective_samples) / words.tokens
    return sized(words, "given", [[Range(ratio, ratio, ratio)]])


def fitted_size(
    observed: Mapping[int, float],
    words: WordCounts,
    *,
    regime: str,
    real_share: float | Shares | SharedWeb | None,
    generations: int | None = None,
    level: float = 0.95,
) -> EffectiveSize:
    """The effective size that explains observed vocabularies, and where it may go from there.

    Where a share was seen, the ratio is the one that gives it; between two of them it lies
    between theirs. Beyond the last the vocabulary is at most what was left then, and at least
    what no heirs at all would leave. From three observations on a straight line through the
    logarithms of the ratios narrows that: its interval is Student's for a prediction, and holds
    a trend that stops or doubles as well.

    Args:
        observed: share of the corpus's vocabulary in the training set, by generation.
        words: the corpus.
        regime: of the observed experiment, with its `real_share`.
        generations: the last generation asked for; None means the last one observed.
        level: of the interval.

    Raises:
        BadSetting: no usable observation, or shares that no ratio explains.
    """
    times = sorted(check_whole("observed generation", time, least=1) for time in observed)
    if not times:
        raise BadSetting("observed needs at least one generation")
    world = World(words, regime, real_share)
    shares = [check_share("observed share", observed[t], zero=False) for t in times]
    ratios = [world.ratio_of(share, t) for share, t in zip(shares, times, strict=True)]
    if not all(0 < ratio < math.inf for ratio in ratios):
        raise BadSetting(
            "no effective size explains the observed shares: the vocabulary is lost "
            f"{'faster' if 0.0 in ratios else 'more slowly'} than this regime allows. "
            "Check the regime, and that generation 0 is the corpus itself"
        )
    seen = dict(zip(times, shares, strict=True))
    trend = _Trend.through(np.array(times, dtype=float), np.log(ratios), level)
    last = min(generations or times[-1], _FORESEEN * times[-1])
    course = [_at(k, world, seen, trend) for k in range(1, last + 1)]
    if generations and generations > last:
        course.append(Range(0.0, course[-1].point, course[-1].high, level))
    return sized(words, "fitted", [course], len(times))


class _Trend(NamedTuple):
    """A line through log ratios and its prediction interval."""

    last: float
    middle: float  # mean log ratio, at the mean time
    slope: float
    spread: float  # residual standard deviation times Student's quantile
    points: int
    mean: float
    scatter: float  # sum of squares of the times about their mean

    @classmethod
    def through(cls, times: np.ndarray, logs: np.ndarray, level: float) -> _Trend:
        mean, scatter = float(times.mean()), float(np.sum((times - times.mean()) ** 2))
        slope = float((times - mean) @ logs) / scatter if scatter else 0.0
        rest = logs - logs.mean() - slope * (times - mean)
        freedom = len(times) - 2
        spread = math.inf
        if freedom > 0:
            quantile = float(special.stdtrit(freedom, (1 + level) / 2))
            spread = quantile * math.sqrt(float(rest @ rest) / freedom)
        return cls(float(times[-1]), float(logs.mean()), slope, spread, len(times), mean, scatter)

    def predicted(self, time: float) -> tuple[float, float, float]:
        """Low, point and high log ratio at a time after the last.

        The point follows the slope only where there is one beyond chance.
        """
        ahead, since = time - self.last, time - self.mean
        at_last = self.middle + self.slope * (self.last - self.mean)
        ends = (at_last, at_last + 2 * self.slope * ahead)
        away = 1 + 1 / self.points + (since**2 / self.scatter if self.scatter else 0)
        reach = self.spread * math.sqrt(away)
        real = abs(self.slope) * math.sqrt(self.scatter) > self.spread
        point = self.middle + self.slope * since * real
        return min(*ends, point) - reach, point, max(*ends, point) + reach


def _at(k: int, world: World, seen: Mapping[int, float], trend: _Trend) -> Range:
    """The ratio at generation k: between those of its neighbours, or as the trend goes on."""
    before = world.ratio_of(min([1.0, *(s for t, s in seen.items() if t <= k)]), k)
    after = [s for t, s in seen.items() if t >= k]
    if after:
        low, high = sorted((world.ratio_of(max(after), k), before))
        return Range(low, low if high == math.inf else math.sqrt(low * high), high)
    low, point, high = (_ratio(log) for log in trend.predicted(k))
    high = min(high, before)
    return Range(min(low, high), min(point, high), high)


def _ratio(log: float) -> float:
    """The ratio with this logarithm; infinity where it cannot be told from that."""
    return math.exp(log) if log < math.log(HIGHEST) else math.inf
