"""The machine-written share of a corpus, anchored in known-human texts of the same kind.

In: scores of the corpus and of the human reference, and a prior over generators. Out: the
posterior of the share, its interval, and for each document the probability of being machine.

Model. The reference cuts the score axis into bins; the human mass of the bins is Dirichlet with
the number of reference texts between the cuts (exact for exchangeable scores), the machine mass is
that of one drawn generator at the same human quantiles, and the counts of the corpus are
multinomial in their mixture. The unknown are the share (Jeffreys' prior, so that none and all are
within reach), the human masses and the generator. The likelihood is tempered to an effective
sample size: the true generator is none of those drawn, and beyond some hundred documents more
tell no more about which it resembles. `trial` measures the temper that makes the interval
hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import betainc, expit, logit, logsumexp

from wellhead._stats import Interval, highest_density
from wellhead.prevalence.library import GeneratorPrior
from wellhead.prevalence.reference import require_scores
from wellhead.prevalence.smc import Draws, posterior_draws

__all__ = [
    "Binned",
    "Posterior",
    "anchored_posterior",
    "binned",
    "gap_counts",
    "posterior_of_gaps",
    "shares_given",
]

_CELLS = 200
# Below this posterior probability, a generator that the detector cannot see is not considered.
_NEGLIGIBLE = 0.03
_CUTS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98])


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """What is known about the share after seeing the scores.

    Attributes:
        mass: shape (cells,), posterior probability of each of `cells` equal cells of [0, 1].
        resembles: shape (clusters,), posterior probability of each cluster of the prior.
        cuts: shape (bins - 1,), scores that separate the bins.
        machine: shape (bins,), probability of being machine for a document in each bin.
        unseen: shape (cells,), as `mass`, if the detector cannot see the generator.
        chance_unseen: posterior probability of that.
    """

    mass: np.ndarray
    resembles: np.ndarray
    cuts: np.ndarray
    machine: np.ndarray
    unseen: np.ndarray
    chance_unseen: float

    @property
    def may_be_unseen(self) -> bool:
        """Whether the scores leave a generator that the detector cannot see a chance."""
        return self.chance_unseen >= _NEGLIGIBLE

    def interval(self, level: float) -> Interval:
        """The highest-density interval at `level` around the median, if the generator is seen."""
        return highest_density(self.mass, level)

    def cautious(self, level: float) -> Interval:
        """The same, with a lower end that is also that of the equal-tailed interval.

        Where all texts may be by machines, the shortest interval holds that end and spends the
        whole error below.
        """
        share = self.interval(level)
        tail = int(np.searchsorted(np.cumsum(self.mass), (1 - level) / 2))
        return share._replace(low=min(share.low, tail / self.mass.size))

    def opened(self, share: Interval, hidden: float) -> Interval:
        """The interval if the detector may not see the generator at all.

        Args:
            share: the interval if it does.
            hidden: the largest share that a generator unseen by scores may have.
        """
        if not self.may_be_unseen:
            return share
        return share._replace(high=max(share.high, hidden))

    def of_documents(self, scores: np.ndarray) -> np.ndarray:
        """Probability of being machine-written for each score; shape (n,)."""
        return self.machine[np.searchsorted(self.cuts, scores, side="left")]


def anchored_posterior(
    scores: np.ndarray,
    human: np.ndarray,
    prior: GeneratorPrior,
    *,
    effective: float,
    seed: int = 0,
    draws: int = 2000,
) -> Posterior:
    """The posterior of the share given the scores; see the module for the model.

    Args:
        scores: shape (n,), scores of the corpus, higher = more machine-like.
        human: shape (m,), scores of known-human texts of the same kind.
        prior: over machine score distributions.
        effective: effective sample size to which the likelihood is tempered.
        seed: of the draws of human masses and generators.
        draws: number of these draws.

    Raises:
        BadInput, UnusableReference: too few or non-finite scores.

    Source:
        Saerens, Latinne & Decaestecker (2002) for the mixture; Holmes & Walker (2017), Assigning
        a value to a power likelihood, for tempering; Jeffreys (1946) for the prior.
    """
    scores, anchors = require_scores(scores, human)
    anchors = np.sort(anchors)
    return posterior_of_gaps(
        gap_counts(scores, anchors), anchors, prior, effective=effective, seed=seed, draws=draws
    )


def gap_counts(scores: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """How many scores lie in each gap between sorted reference scores, the upper end included.

    All that an estimate needs of a corpus, so that the counts of shards add up to the whole.

    >>> gap_counts(np.array([0.5, 2.0, 9.0]), np.array([1.0, 2.0]))
    array([1, 1, 1])
    """
    places = np.searchsorted(anchors, scores, side="left")
    return np.bincount(places, minlength=anchors.size + 1)


def posterior_of_gaps(
    gaps: np.ndarray,
    anchors: np.ndarray,
    prior: GeneratorPrior,
    *,
    effective: float,
    seed: int = 0,
    draws: int = 2000,
) -> Posterior:
    """As `anchored_posterior`, from the counts between the sorted scores of the reference.

    Args:
        gaps: shape (m + 1,), of `gap_counts`.
        anchors: shape (m,), sorted.
        prior, effective, seed, draws: see `anchored_posterior`.
    """
    cuts, counts, spacings = binned(gaps, anchors, effective)
    rng = np.random.default_rng(seed)
    found, evidence = posterior_draws(counts, spacings, prior, draws=draws, rng=rng)
    mass = shares_given(counts, found)
    unseen, chance = np.full(_CELLS, 1 / _CELLS), 0.0
    if prior.unseen is not None:
        other, before = prior.unseen
        hidden, theirs = posterior_draws(counts, spacings, other, draws=max(1, draws // 4), rng=rng)
        unseen = shares_given(counts, hidden).mean(axis=0)
        chance = float(expit(logit(before) + theirs - evidence))
    return Posterior(
        mass=mass.mean(axis=0),
        resembles=np.bincount(found.cluster, minlength=prior.weights.size) / draws,
        cuts=cuts,
        machine=_of_bins(mass, found),
        unseen=unseen,
        chance_unseen=chance,
    )


class Binned(NamedTuple):
    """A corpus as the likelihood reads it.

    Attributes:
        cuts: shape (bins - 1,), scores of the reference that separate the bins.
        counts: shape (bins,), documents in each bin, tempered.
        spacings: shape (bins,), parameters of the Dirichlet law of the human masses.
    """

    cuts: np.ndarray
    counts: np.ndarray
    spacings: np.ndarray


def binned(gaps: np.ndarray, anchors: np.ndarray, effective: float) -> Binned:
    """The counts between sorted reference scores, in bins and tempered to `effective` documents."""
    m = anchors.size
    ranks = np.unique(np.clip(np.round(_CUTS * m).astype(int), 1, m))
    cuts = anchors[ranks - 1]
    bins = np.searchsorted(cuts, np.append(anchors, np.inf), side="left")
    counts = np.bincount(bins, weights=gaps, minlength=cuts.size + 1)
    spacings = np.diff(np.concatenate([[0], ranks, [m + 1]])).astype(np.float64)
    return Binned(cuts, counts * min(1.0, effective / gaps.sum()), spacings)


def shares_given(counts: np.ndarray, found: Draws) -> np.ndarray:
    """The posterior of the share given everything else that was drawn; shape (draws, cells).

    In single precision, which the smallest masses leave exact enough.
    """
    share = _centres()
    total = np.zeros((found.cluster.size, share.size), dtype=np.float32)
    cells = share.astype(np.float32)
    for j in np.flatnonzero(counts):
        start = found.human[:, j].astype(np.float32)[:, None]
        step = (found.machine[:, j] - found.human[:, j]).astype(np.float32)[:, None]
        total += np.float32(counts[j]) * np.log(start + cells * step + np.float32(1e-9))
    joint = total.astype(np.float64) + np.log(_jeffreys())
    return np.asarray(np.exp(joint - logsumexp(joint, axis=1, keepdims=True)))


def _centres() -> np.ndarray:
    return (np.arange(_CELLS) + 0.5) / _CELLS


def _jeffreys() -> np.ndarray:
    """Prior mass of each cell under Beta(1/2, 1/2)."""
    return np.diff(betainc(0.5, 0.5, np.linspace(0, 1, _CELLS + 1)))


def _of_bins(mass: np.ndarray, found: Draws) -> np.ndarray:
    """Probability of being machine by bin, never falling as the score rises."""
    share = _centres()
    some = slice(None, None, max(1, mass.shape[0] // 200))
    weight = mass[some] / mass[some].sum()
    machine = np.empty(found.human.shape[1])
    for j in range(machine.size):
        from_machine = share * found.machine[some, j, None]
        both = from_machine + (1 - share) * found.human[some, j, None]
        machine[j] = np.sum(weight * from_machine / np.maximum(both, 1e-12))
    return np.maximum.accumulate(np.clip(machine, 0, 1))
