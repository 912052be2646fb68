"""How many independent draws one generation of a model is worth: the effective size.

A model that writes N words does not draw N independent words: it truncates, repeats and smooths.
The survival of a vocabulary measures what its output is worth. In: the counts of the corpus, the
share of its vocabulary that was seen in the training sets of later generations, the regime of
that experiment. Out: the ratio of effective draws to words that fits those shares best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from wellhead.errors import BadSetting
from wellhead.recursion.forecast.share import Interval
from wellhead.recursion.forecast.words import WordCounts
from wellhead.recursion.theory.branching import branching_under
from wellhead.recursion.theory.ranges import check_positive, check_share, check_whole

__all__ = ["EffectiveSize", "assumed_size", "fitted_size", "given_size"]

_RATIOS = (1e-4, 1e3)


class EffectiveSize(NamedTuple):
    """Effective draws of one generation.

    Attributes:
        ratio: effective draws per word of the corpus.
        tokens: effective draws.
        how: ``assumed`` (one draw per word), ``given`` or ``fitted``.
        observations: generations that the fit used.
    """

    ratio: Interval
    tokens: Interval
    how: str
    observations: int = 0


def assumed_size(words: WordCounts) -> EffectiveSize:
    """One independent draw for each word: what a faithful sampler of the same length gives."""
    return _size(Interval(1.0, 1.0, 1.0), words, "assumed")


def given_size(effective_samples: float, words: WordCounts) -> EffectiveSize:
    """The effective draws that the user knows."""
    ratio = check_positive("effective_samples", effective_samples) / words.tokens
    return _size(Interval(ratio, ratio, ratio), words, "given")


def fitted_size(
    observed: Mapping[int, float],
    words: WordCounts,
    *,
    regime: str,
    real_share: float | None,
    level: float = 0.95,
) -> EffectiveSize:
    """The effective size whose predicted vocabularies come closest to the observed ones.

    Least squares on the share of the vocabulary left. The interval, from three observations
    on, is Student's for the logarithm of the ratio; successive generations are not
    independent, so it is too narrow by an unknown amount and only measures how well one ratio
    explains all generations.

    Args:
        observed: share of the corpus's vocabulary in the training set, by generation.
        words: the corpus.
        regime: of the observed experiment, with its `real_share`.
        level: of the interval.

    Raises:
        BadSetting: no usable observation, or shares that no ratio explains.
    """
    times = sorted(check_whole("observed generation", time, least=1) for time in observed)
    if not times:
        raise BadSetting("observed needs at least one generation")
    seen = np.array([check_share("observed share", observed[t], zero=False) for t in times])

    def predicted(log_ratio: float) -> NDArray[np.float64]:
        path = branching_under(regime, real_share, math.exp(log_ratio)).losses(times[-1])
        left = [words.words @ (1 - path[t].of(words.counts)) for t in times]
        return np.array(left) / words.types

    best = _least_squares(lambda x: float(np.sum((predicted(x) - seen) ** 2)))
    ratio = _student(best, predicted, seen, level)
    return _size(ratio, words, "fitted", len(times))


def _least_squares(loss: Callable[[float], float]) -> float:
    """The minimum over log ratios: a grid first, for the loss may be flat at both ends."""
    low, high = map(math.log, _RATIOS)
    grid = np.linspace(low, high, 65)
    losses = [loss(float(x)) for x in grid]
    at = int(np.argmin(losses))
    if min(losses[0], losses[-1]) <= losses[at]:
        raise BadSetting(
            "no effective size explains the observed shares: the vocabulary is lost "
            f"{'faster' if losses[0] <= losses[at] else 'more slowly'} than this regime allows. "
            "Check the regime, and that generation 0 is the corpus itself"
        )
    found = optimize.minimize_scalar(
        loss, bounds=(grid[at - 1], grid[at + 1]), method="bounded", options={"xatol": 1e-9}
    )
    return float(found.x)


def _student(
    best: float,
    predicted: Callable[[float], NDArray[np.float64]],
    seen: NDArray[np.float64],
    level: float,
) -> Interval:
    ratio = math.exp(best)
    if len(seen) < 3:
        return Interval(ratio, ratio, ratio)
    slope = (predicted(best + 1e-4) - predicted(best - 1e-4)) / 2e-4
    freedom = len(seen) - 1
    variance = float(np.sum((predicted(best) - seen) ** 2)) / freedom
    quantile = float(special.stdtrit(freedom, (1 + level) / 2))
    reach = quantile * math.sqrt(variance / float(slope @ slope))
    return Interval(ratio * math.exp(-reach), ratio, ratio * math.exp(reach), level)


def _size(ratio: Interval, words: WordCounts, how: str, observations: int = 0) -> EffectiveSize:
    tokens = ratio.through(lambda value: value * words.tokens)
    return EffectiveSize(ratio, tokens, how, observations)
