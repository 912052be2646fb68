"""What an unknown generator may look like to a detector.

A cluster is one (domain, generator) pair that a detector had never seen: the scores of its human
and of its machine texts. In the rank space of the human texts a cluster is one curve, the share of
machine texts below each human quantile. How these curves differ from cluster to cluster is what is
known about a generator that nobody has named.

The clusters are a sample of generators, so that the true one is none of them but resembles one in
the shape of its scores: a draw takes a cluster, puts its median anywhere between barely and plainly
visible, and makes it spread wider or narrower. How far the library's generators stand out says too
little about the next one, whose texts come from another place: the guess is left to the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from wellhead.detect import Cluster, Scorer, load_scorer
from wellhead.detect.adapted import AdaptedDetector
from wellhead.errors import UnusableReference

__all__ = [
    "GeneratorPrior",
    "generator_prior",
    "known_clusters",
    "least_seen",
    "library_of",
]

# Looked for by benchmarks/assay_constants.py on one half of the clusters; see docs/measured.md.
SCALE = 0.1
# How far a generator that can be seen stands out: its median in units of the human spread.
LEAST, MOST = 0.8, 4.0
# Up to this part of the texts of any generator read like a person's.
ALIKE = 0.05
# A cluster whose machine texts are told from human ones less often than this cannot be seen.
VISIBLE = 0.65
# A generator that cannot be seen: its median, on the same scale, and how likely one is. Of the
# library's clusters, about so many cannot.
HIDDEN = -0.5
UNSEEN = 0.3
# A detector that brings fewer clusters than this was made for one task.
_FEW = 5
_POINTS = 1025


@dataclass(frozen=True)
class GeneratorPrior:
    """A prior over machine score distributions, one component for each cluster.

    Attributes:
        names: of the clusters.
        human: for each, ascending human scores in units of their own mean and spread.
        machine: for each, ascending machine scores in the same units.
        weights: shape (clusters,), prior probabilities.
        least, most: shape (clusters,), between which the median of the machine scores lies, in the
            same units and log-uniformly, or uniformly where `least` is below zero: how far a
            generator of this shape stands out.
        scale: shape (clusters,), spread of a log-normal factor on the machine spread.
        alike: shape (clusters,), up to which part of the texts score just like people's, uniformly.
        unseen: the prior if the generator cannot be seen, and how likely that is; or None.
    """

    names: tuple[str, ...]
    human: tuple[np.ndarray, ...]
    machine: tuple[np.ndarray, ...]
    weights: np.ndarray
    least: np.ndarray
    most: np.ndarray
    scale: np.ndarray
    alike: np.ndarray
    unseen: tuple[GeneratorPrior, float] | None = None

    def clusters(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Clusters drawn from the prior; shape (draws,), indices."""
        return rng.choice(self.weights.size, size=draws, p=self.weights)

    def separation(self, cluster: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """How far each generator stands out: its median score in human units; shape (draws,)."""
        least, most, place = self.least[cluster], self.most[cluster], ndtr(factors[:, 0])
        uniform = (least < 0) | (most == least)
        ratio = np.where(uniform, 1.0, most / np.where(least == 0, 1.0, least))
        return np.asarray(np.where(uniform, least + (most - least) * place, least * ratio**place))

    def masses(self, cluster: np.ndarray, factors: np.ndarray, edges: np.ndarray) -> np.ndarray:
        """The machine mass between human quantiles, for one generator a row.

        Args:
            cluster: shape (draws,), the cluster that each generator resembles.
            factors: shape (draws, 3), standard normal: how far it stands out between the least
                and the most, how much wider it spreads, and how many of its texts do not stand
                out at all.
            edges: shape (draws, bins + 1), human quantiles from 0 to 1 in each row.

        Returns:
            Shape (draws, bins).
        """
        row = cluster[:, None]
        separation = self.separation(cluster, factors)[:, None]
        wider = np.exp(factors[:, 1:2] * self.scale[row])
        at = _looked_up(self._tables.quantiles, row, edges)
        back = (at - separation) / wider + self._tables.median[row]
        place = (back - self._tables.lowest[row]) / self._tables.length[row]
        # Half a text of doubt besides: no bin is impossible.
        alike = self.alike[row] * ndtr(factors[:, 2:]) + 0.5 / self._tables.size[row]
        below = _looked_up(self._tables.below, row, place)
        below += alike * (edges - below)
        below[:, 0], below[:, -1] = 0.0, 1.0
        return np.diff(below, axis=1)

    @cached_property
    def _tables(self) -> _Tables:
        return _Tables.of(self.human, self.machine)

    def reweighted(self, weights: np.ndarray) -> GeneratorPrior:
        """The same components with other prior probabilities."""
        return replace(self, weights=weights / weights.sum())


class _Tables(NamedTuple):
    """The curves of all clusters on grids, so that many generators are worked out at once.

    Attributes:
        quantiles: shape (clusters, points), human scores at equally spaced ranks.
        below: shape (clusters, points), share of machine texts below equally spaced scores.
        lowest, length: shape (clusters,), where these scores start and how far they reach.
        median, size: shape (clusters,), of the machine texts.
    """

    quantiles: np.ndarray
    below: np.ndarray
    lowest: np.ndarray
    length: np.ndarray
    median: np.ndarray
    size: np.ndarray

    @classmethod
    def of(cls, human: Sequence[np.ndarray], machine: Sequence[np.ndarray]) -> _Tables:
        ranks = np.linspace(0, 1, _POINTS)
        lowest = np.array([m[0] for m in machine])
        length = np.array([max(m[-1] - m[0], 1e-9) for m in machine])
        below = [
            np.searchsorted(m, low + ranks * reach, "right") / m.size
            for m, low, reach in zip(machine, lowest, length, strict=True)
        ]
        return cls(
            quantiles=np.array([np.quantile(h, ranks) for h in human]),
            below=np.array(below),
            lowest=lowest,
            length=length,
            median=np.array([m[m.size // 2] for m in machine]),
            size=np.array([m.size for m in machine], np.float64),
        )


def _looked_up(table: np.ndarray, row: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Linear interpolation in the rows of `table` at places from 0 to 1."""
    place = np.clip(place, 0.0, 1.0) * (_POINTS - 1)
    left = np.minimum(place.astype(np.intp), _POINTS - 2)
    place -= left
    left += row * _POINTS
    values = table.ravel()
    start = values.take(left)
    return np.asarray(start + place * (values.take(left + 1) - start))


def generator_prior(
    library: Sequence[Cluster], own: Sequence[Cluster] = (), *, visible: float = VISIBLE
) -> GeneratorPrior:
    """The prior that a library and the user's own machine references make together.

    How far an unknown generator stands out is nobody's guess: all separations from `LEAST` to
    `MOST`, in units of the human spread, are equally likely on a logarithmic scale. The shape of
    its scores is that of one of the library's clusters which the detector can see (`auc` of at
    least `visible`). Half of the prior goes to the user's own references where there are any,
    taken as they are; the other half stays with the library, in case it was another generator.

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
    median = np.array([m[m.size // 2] for m in machine])
    vague = np.arange(len(clusters)) >= known
    chance = UNSEEN * weights[vague].sum() / weights.sum()
    return GeneratorPrior(
        names=tuple(c.name for c in clusters),
        human=human,
        machine=machine,
        weights=weights / weights.sum(),
        least=np.where(vague, LEAST, median),
        most=np.where(vague, MOST, median),
        scale=SCALE * vague,
        alike=ALIKE * vague,
        unseen=(_unseen(seen), float(chance)) if seen else None,
    )


def _unseen(library: Sequence[Cluster]) -> GeneratorPrior:
    """Generators whose scores are spread like those of people of one kind, and hardly higher."""
    kinds = {cluster.kind: cluster for cluster in library}
    human = tuple(_standardised(cluster)[0] for cluster in kinds.values())
    one = np.ones(len(human))
    return GeneratorPrior(
        names=tuple(kinds),
        human=human,
        machine=human,
        weights=one / one.size,
        least=HIDDEN * one,
        most=LEAST * one,
        scale=SCALE * one,
        alike=0 * one,
    )


def least_seen() -> float:
    """Probability that a text of the faintest generator considered scores above a human one.

    For bell-shaped scores of equal spread (Hanley & McNeil 1982).

    >>> round(least_seen(), 2)
    0.71
    """
    return float(ndtr(LEAST / np.sqrt(2)))


def library_of(scorer: Scorer) -> tuple[Cluster, ...]:
    """The clusters that a scorer brings along; none where it brings no library."""
    library = getattr(scorer, "library", None)
    return () if library is None else tuple(library.clusters)


def known_clusters(scorer: Scorer) -> tuple[tuple[Cluster, ...], tuple[Cluster, ...]]:
    """What is known about generators at large, and about those that a detector was trained on.

    A detector with few clusters, trained for one task, says little about other generators. How
    far generators stand out to the general detector is then the best guess of how far an unknown
    one stands out to this: only the human rank space is shared, not the scores.

    An adapted detector's are the kinds of its references, each by models that had not seen it.

    Returns:
        The library; and the detector's own few clusters, expected rather than only possible.
    """
    own = library_of(scorer)
    if isinstance(scorer, AdaptedDetector):
        return library_of(scorer.general), own
    if len(own) >= _FEW:
        return own, ()
    return library_of(load_scorer("general")), own


def _standardised(cluster: Cluster) -> tuple[np.ndarray, np.ndarray]:
    centre, spread = float(np.mean(cluster.human)), float(np.std(cluster.human)) or 1.0
    return (
        np.sort((np.asarray(cluster.human, np.float64) - centre) / spread),
        np.sort((np.asarray(cluster.machine, np.float64) - centre) / spread),
    )
