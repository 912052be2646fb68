"""What an unknown generator may look like to a detector.

A cluster is one (domain, generator) pair that a detector had never seen: the scores of its human
and of its machine texts. In the rank space of the human texts a cluster is one curve, the share of
machine texts below each human quantile. How these curves differ from cluster to cluster is what is
known about a generator that nobody has named.

The clusters are a sample of generators, so that the true one is none of them but resembles one:
a draw takes a cluster and makes it stand out more or less (its median score, in units of the human
spread, times a log-normal factor) and spread wider or narrower (likewise). `trial` measures how
wide these factors must be for intervals to hold when whole clusters are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wellhead.detect import Scorer, load_scorer
from wellhead.errors import UnusableReference

__all__ = ["Cluster", "Generators", "generators", "known_clusters", "library_of"]

# Chosen by benchmarks/assay_coverage.py with whole clusters left out.
STRENGTH = 0.3
SCALE = 0.1
# A cluster whose machine texts are told from human ones less often than this cannot be seen.
VISIBLE = 0.65
# A detector that brings fewer clusters than this was made for one task.
_FEW = 5


class Cluster(NamedTuple):
    """Scores of the human and the machine texts of one (domain, generator) pair.

    `related_domains` and `family` name what a trial must leave out together with the cluster.
    """

    domain: str
    generator: str
    human: np.ndarray
    machine: np.ndarray
    related_domains: str = ""
    family: str = ""

    @property
    def name(self) -> str:
        return f"{self.domain} × {self.generator}"

    @property
    def auc(self) -> float:
        """Probability that a machine text scores above a human one."""
        human = np.sort(self.human)
        below = np.searchsorted(human, self.machine, "left")
        not_above = np.searchsorted(human, self.machine, "right")
        return float((below + not_above).mean() / (2 * human.size))


@dataclass(frozen=True)
class Generators:
    """A prior over machine score distributions, one component for each cluster.

    Attributes:
        names: of the clusters.
        human: for each, ascending human scores in units of their own mean and spread.
        machine: for each, ascending machine scores in the same units.
        weights: shape (clusters,), prior probabilities.
        strength: shape (clusters,), spread of the log-normal factor on the machine median.
        scale: shape (clusters,), spread of the log-normal factor on the machine spread.
    """

    names: tuple[str, ...]
    human: tuple[np.ndarray, ...]
    machine: tuple[np.ndarray, ...]
    weights: np.ndarray
    strength: np.ndarray
    scale: np.ndarray

    def draw(self, edges: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One generator for each row of `edges`.

        Args:
            edges: shape (draws, bins + 1), human quantiles from 0 to 1 in each row.
            rng: source of randomness.

        Returns:
            Machine mass between consecutive quantiles, shape (draws, bins); and the index of the
            cluster that each draw resembles, shape (draws,).
        """
        draws = edges.shape[0]
        which = rng.choice(self.weights.size, size=(draws,), p=self.weights)
        stronger = np.exp(rng.normal(size=draws) * self.strength[which])
        wider = np.exp(rng.normal(size=draws) * self.scale[which])
        below = np.empty_like(edges)
        for c in np.unique(which):
            rows = np.flatnonzero(which == c)
            below[rows] = self._below(c, edges[rows], stronger[rows, None], wider[rows, None])
        below[:, 0], below[:, -1] = 0.0, 1.0
        return np.diff(below, axis=1), np.asarray(which)

    def _below(
        self, c: int, edges: np.ndarray, stronger: np.ndarray, wider: np.ndarray
    ) -> np.ndarray:
        """Share of the machine texts of cluster `c` below each human quantile."""
        machine = self.machine[c]
        median = machine[machine.size // 2]
        at = np.quantile(self.human[c], edges)
        back = (at - stronger * median) / wider + median
        found = np.searchsorted(machine, back, "right")
        # Half a text of doubt, spread like human texts: no bin is impossible.
        return np.asarray((found + 0.5 * edges) / (machine.size + 0.5))

    def reweighted(self, weights: np.ndarray) -> Generators:
        """The same components with other prior probabilities."""
        return Generators(
            self.names, self.human, self.machine, weights / weights.sum(), self.strength, self.scale
        )


def generators(
    library: Sequence[Cluster], own: Sequence[Cluster] = (), *, visible: float = VISIBLE
) -> Generators:
    """The prior that a library and the user's own machine references make together.

    Clusters that the detector cannot see (`auc` below `visible`) say nothing about a share and
    are left out: an estimate is for generators that can be seen, and says so. Half of the prior
    goes to the user's own references where there are any, taken as they are; the other half stays
    with the library, in case it was another generator.

    Raises:
        UnusableReference: neither a library nor a machine reference.
    """
    seen = [c for c in library if c.auc >= visible] or list(library)
    clusters = [*own, *seen]
    if not clusters:
        raise UnusableReference(
            "this detector brings no library of measured clusters; an anchored estimate then needs "
            "texts of the generators that you suspect (--machine)."
        )
    known = len(own)
    weights = np.ones(len(clusters))
    if known and seen:
        weights = np.repeat([0.5 / known, 0.5 / len(seen)], [known, len(seen)])
    human, machine = zip(*map(_standardised, clusters), strict=True)
    vague = np.arange(len(clusters)) >= known
    return Generators(
        names=tuple(c.name for c in clusters),
        human=human,
        machine=machine,
        weights=weights / weights.sum(),
        strength=STRENGTH * vague,
        scale=SCALE * vague,
    )


def library_of(scorer: Scorer) -> tuple[Cluster, ...]:
    """The clusters that a scorer brings along; none where it brings no library."""
    library = getattr(scorer, "library", None)
    if library is None:
        return ()
    return tuple(
        Cluster(
            domain=f"{c.source}/{c.domain}",
            generator=c.generator,
            human=np.asarray(c.human),
            machine=np.asarray(c.machine),
            related_domains=c.domain_group,
            family=c.family,
        )
        for c in library.clusters
    )


def known_clusters(scorer: Scorer) -> tuple[tuple[Cluster, ...], tuple[Cluster, ...]]:
    """What is known about generators at large, and about those that a detector was trained on.

    A detector with few clusters, trained for one task, says little about other generators. How
    far generators stand out to the general detector is then the best guess of how far an unknown
    one stands out to this: only the human rank space is shared, not the scores.

    Returns:
        The library; and the detector's own few clusters, expected rather than only possible.
    """
    own = library_of(scorer)
    if len(own) >= _FEW:
        return own, ()
    return library_of(load_scorer("general")), own


def _standardised(cluster: Cluster) -> tuple[np.ndarray, np.ndarray]:
    centre, spread = float(np.mean(cluster.human)), float(np.std(cluster.human)) or 1.0
    return (
        np.sort((np.asarray(cluster.human, np.float64) - centre) / spread),
        np.sort((np.asarray(cluster.machine, np.float64) - centre) / spread),
    )
