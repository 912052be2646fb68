"""At least this share is machine-written, whatever the generator.

In: scores of the corpus and of known-human texts. Out: a one-sided lower confidence bound. No
machine text, no library and no model of the scores is used: the human documents of the corpus can
fill the low scores only as the human reference does, and what is missing there must be machine.

The test: suppose a share `a` or less of the n documents is machine-written. Then at least
(1 - a) n of them are human and exchangeable with the reference, and the number of documents at or
below the k-th lowest reference score is at least what those humans alone put there. The joint law
of that number over several k needs no assumption (ranks among exchangeable scores: Dirichlet
spacings, then multinomial counts), so the largest standardised deficit has an exact null
distribution, simulated here. Every `a` that is rejected lies below the bound.
"""

from __future__ import annotations

import numpy as np

from wellhead.errors import BadSetting
from wellhead.prevalence.mixture import gap_counts
from wellhead.prevalence.reference import require_scores

__all__ = ["at_least", "at_least_of_gaps", "one_sided"]

# Where the deficit is looked for, as shares of the human reference below the cut.
_CUTS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0])
_SIMULATIONS = 2000
_STEPS = 12


def one_sided(level: float) -> float:
    """The level of a bound that is one end of an interval at `level`: half the error is its own.

    >>> one_sided(0.95)
    0.975
    """
    return (1 + level) / 2


def at_least(
    scores: np.ndarray,
    human: np.ndarray,
    *,
    level: float = 0.95,
    seed: int = 0,
    sampled: bool = False,
) -> float:
    """A lower confidence bound for the machine-written share, valid for any generator.

    Valid when the human documents of the corpus are exchangeable with the human reference; a
    reference of another kind breaks it (see `diagnose`).

    Args:
        scores: shape (n,), scores of the corpus, higher = more machine-like.
        human: shape (m,), scores of known-human texts.
        level: confidence, in (0, 1).
        seed: of the simulation of the null distribution.
        sampled: the documents are a random sample of a larger corpus whose share is asked for.

    Returns:
        The bound in [0, 1): P(bound <= share) >= level.

    Raises:
        BadSetting: `level` is outside (0, 1).
        UnusableReference: too few or non-finite scores.
    """
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    scores, anchors = require_scores(scores, human)
    gaps = gap_counts(scores, np.sort(anchors))
    return at_least_of_gaps(gaps, level=level, seed=seed, sampled=sampled)


def at_least_of_gaps(
    gaps: np.ndarray, *, level: float = 0.95, seed: int = 0, sampled: bool = False
) -> float:
    """As `at_least`, from the counts between the sorted scores of the reference.

    Args:
        gaps: shape (m + 1,), of `gap_counts`; texts at equal scores of the reference count there.
        level, seed, sampled: see `at_least`.
    """
    m, n = gaps.size - 1, int(gaps.sum())
    ranks = np.unique(np.ceil(_CUTS * m).astype(int))
    below = np.cumsum(gaps)[ranks - 1]
    rng = np.random.default_rng(seed)
    masses = rng.dirichlet(np.diff(np.concatenate([[0], ranks, [m + 1]])), size=_SIMULATIONS)
    state = rng.bit_generator.state

    def rejected(share: float) -> bool:
        rng.bit_generator.state = state
        humans = _humans(rng, n, share, sampled)
        null = np.cumsum(rng.multinomial(humans, masses), axis=1)[:, :-1]
        observed = _deficit(below[None, :], ranks, m, n, share)[0]
        worse = np.count_nonzero(_deficit(null, ranks, m, n, share) >= observed)
        return bool((1 + worse) / (_SIMULATIONS + 1) <= 1 - level)

    if not rejected(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rejected(middle) else (low, middle)
    return low


def _humans(rng: np.random.Generator, n: int, share: float, sampled: bool) -> np.ndarray:
    if sampled:
        return rng.binomial(n, 1 - share, size=_SIMULATIONS)
    return np.full(_SIMULATIONS, int(np.ceil(n * (1 - share) - 1e-9)))


def _deficit(below: np.ndarray, ranks: np.ndarray, m: int, n: int, share: float) -> np.ndarray:
    """The largest standardised lack of low scores, for each row of `below`."""
    u = ranks / (m + 1)
    humans = n * (1 - share)
    variance = humans * u * (1 - u) + humans**2 * u * (1 - u) / (m + 2)
    deficit: np.ndarray = np.max((humans * u - below) / np.sqrt(variance + 1e-12), axis=1)
    return deficit
