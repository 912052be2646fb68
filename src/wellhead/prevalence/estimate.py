"""Which estimate the evidence allows: the tiers, and what each assumes.

In: scores of distinct documents, of the references, and labels. Out: the share with its interval,
what it rests on, and for each document a p-value and a probability.

=========================  =====================================================================
known-human texts          anchored: the human rank space, the library of machine curves
a random labelled subset   audited: valid without any assumption on generator or domain
both                       the interval from the audit, the documents from the anchor
neither                    cluster-random: as wide as it must be
=========================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wellhead._stats import Interval
from wellhead.detect import Cluster
from wellhead.errors import UnusableReference
from wellhead.prevalence.adapt_result import HARD
from wellhead.prevalence.audit import audited_share
from wellhead.prevalence.conformal import p_values
from wellhead.prevalence.labels import Labels
from wellhead.prevalence.library import GeneratorPrior, generator_prior
from wellhead.prevalence.lower_bound import at_least, one_sided
from wellhead.prevalence.mixture import Posterior, anchored_posterior
from wellhead.prevalence.no_reference import cluster_random_share
from wellhead.prevalence.result import Method

__all__ = [
    "EFFECTIVE",
    "EFFECTIVE_UNANCHORED",
    "Estimate",
    "Evidence",
    "anchored_share",
    "clear_part",
    "estimate",
    "generators_of",
    "without_hard",
]

# How many documents count at most: looked for by benchmarks/assay_constants.py on one half of the
# clusters; see docs/measured.md.
EFFECTIVE = 450.0
EFFECTIVE_UNANCHORED = 20.0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What an estimate may use.

    Attributes:
        scores: shape (n,), distinct documents.
        human: shape (m,), known-human texts, or None.
        machine: scores of the user's own machine references by generator.
        labels: audited documents, or None; indices into `scores`.
        library: clusters that say what generators at large look like in human rank space.
        trained: clusters of the generators that the detector was trained on, if it was trained
            for one task.
        comparable: the scores of the library are those of this detector.
        adapted: the detector was adapted to the machine references.
        sampled: the documents are a random sample of the corpus asked about.
    """

    scores: np.ndarray
    human: np.ndarray | None = None
    machine: Mapping[str, np.ndarray] = field(default_factory=dict)
    labels: Labels | None = None
    library: Sequence[Cluster] = ()
    trained: Sequence[Cluster] = ()
    comparable: bool = True
    adapted: bool = False
    sampled: bool = False

    def posterior(
        self, prior: GeneratorPrior | None = None, *, seed: int = 0, draws: int = 2000
    ) -> Posterior:
        """What the scores say of the share, anchored in the human reference."""
        human = np.zeros(0) if self.human is None else self.human
        known = generators_of(self) if prior is None else prior
        return anchored_posterior(
            self.scores, human, known, effective=EFFECTIVE, seed=seed, draws=draws
        )


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A share and what it rests on.

    Attributes:
        share: with interval.
        at_least: generator-free lower bound, one side of an interval at the same level; 0 without
            human reference.
        method: the tier.
        p_values: shape (n,), or None without human reference.
        posterior: of the anchored mixture, or None.
        prior: the generators that it considered, or None.
        if_seen: the interval if the detector can see the generator, where `share` allows for one
            that it cannot; else None.
        contradicted: a bound by the human reference that the labels contradict, else None.
    """

    share: Interval
    at_least: float
    method: Method
    p_values: np.ndarray | None
    posterior: Posterior | None
    prior: GeneratorPrior | None
    if_seen: Interval | None = None
    contradicted: float | None = None

    @property
    def stands_out(self) -> bool:
        """Whether a share of zero is rejected without knowing the generator."""
        return self.at_least > 0

    @property
    def clear_part(self) -> float | None:
        """How much of the machine part scores above 95 % of people; None without an anchor."""
        if self.p_values is None or self.posterior is None:
            return None
        return clear_part(self.p_values, self.share.point)


def estimate(evidence: Evidence, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """The best estimate that `evidence` allows.

    Raises:
        UnusableReference: no reference, no labels and no library; or a reference too small.
        BadInput, BadSetting: scores or settings that cannot be used.
    """
    bound, p, posterior, prior = 0.0, None, None, None
    if evidence.human is not None:
        bound = at_least(
            evidence.scores,
            evidence.human,
            level=one_sided(level),
            seed=seed,
            sampled=evidence.sampled,
        )
        p = p_values(evidence.scores, evidence.human)
        prior = generators_of(evidence)
        posterior = evidence.posterior(prior, seed=seed)
    share, method = _share(evidence, posterior, level, seed)
    return Estimate(
        share=share, at_least=bound, method=method, p_values=p, posterior=posterior, prior=prior
    )


def clear_part(p_values: np.ndarray, share: float) -> float:
    """The part of the machine documents that scores above 95 % of people.

    Follows from the share and the documents with a p-value of at most 0.05, of which people make
    up 5 % of theirs. A small part means that the share rests on the shape of the whole
    distribution: either a generator that is hard to see wrote much, or one that is easy to see
    wrote less, and the scores hardly tell which.

    Returns:
        In [0, 1]; 1 where the share is below 5 %, too small to tell.
    """
    if share < 0.05:
        return 1.0
    high = float(np.mean(p_values <= 0.05))
    return float(np.clip((high - 0.05 * (1 - share)) / share, 0, 1))


def anchored_share(
    evidence: Evidence, posterior: Posterior, *, level: float, seed: int, draws: int = 2000
) -> Interval:
    """The share by the human reference: what the posterior says, never narrower for a hard style.

    Machine references that an adapted detector hardly sees may have written much or little. The
    interval holds what it would say without them as well, so that it is not narrower for their
    being there.
    """
    share, easy = posterior.cautious(level), without_hard(evidence)
    if easy is None:
        return share
    others = easy.posterior(seed=seed, draws=draws).cautious(level)
    return share._replace(low=min(share.low, others.low), high=max(share.high, others.high))


def without_hard(evidence: Evidence) -> Evidence | None:
    """The evidence without the machine references that an adapted detector hardly sees.

    None where there are none such, or no others.
    """
    if evidence.human is None or not evidence.adapted:
        return None
    cut = np.quantile(evidence.human, 0.95)
    easy = {name: one for name, one in evidence.machine.items() if np.mean(one > cut) >= HARD}
    if not easy or len(easy) == len(evidence.machine):
        return None
    trained = [cluster for cluster in evidence.trained if cluster.caught() >= HARD]
    return replace(evidence, machine=easy, trained=trained)


def _share(
    evidence: Evidence, posterior: Posterior | None, level: float, seed: int
) -> tuple[Interval, Method]:
    if evidence.labels is not None:
        predictions = (
            _ranks(evidence.scores)
            if posterior is None
            else posterior.of_documents(evidence.scores)
        )
        audited = audited_share(
            predictions,
            evidence.labels.rows,
            evidence.labels.machine,
            probability=evidence.labels.probability,
            level=level,
            sampled=evidence.sampled,
        )
        return audited, "audited" if posterior is None else "audited+anchored"
    if posterior is not None:
        return anchored_share(evidence, posterior, level=level, seed=seed), "anchored"
    if not (evidence.library and evidence.comparable):
        raise UnusableReference(
            "this detector brings no library of measured clusters, so that a share cannot be "
            "estimated without a reference. Bring 50 to 100 texts of the same kind that people "
            "certainly wrote (--human), or labels of a random subset (--labels)."
        )
    share = cluster_random_share(
        evidence.scores, evidence.library, effective=EFFECTIVE_UNANCHORED, level=level
    )
    # Nothing here tells people of a kind that the library lacks from machines: essays by learners
    # of English would get a lower end of a tenth and more (docs/measured.md). So there is none.
    return share._replace(low=0.0), "cluster-random"


def generators_of(evidence: Evidence) -> GeneratorPrior:
    """The library, what the detector was trained on, and the user's own machine references.

    Raises:
        UnusableReference: neither a library nor a machine reference.
    """
    human = np.zeros(0) if evidence.human is None else evidence.human
    own = [Cluster("yours", name, human, scores) for name, scores in evidence.machine.items()]
    return generator_prior(evidence.library, [*own, *evidence.trained])


def _ranks(scores: np.ndarray) -> np.ndarray:
    ordered = np.sort(scores)
    return np.asarray(np.searchsorted(ordered, scores) / max(scores.size - 1, 1))
