"""How many reference texts or audited labels a wanted interval width needs.

In: a width, an expected share, a number of documents and a detector's library. Out: for each size
of a human reference the width to expect, and the number of audited labels that gives the wanted
width. Both come from simulation on the library, with the cluster in question left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.stats import norm

from wellhead._progress import Progress, quiet
from wellhead._result import Result
from wellhead.errors import BadSetting, UnusableReference
from wellhead.prevalence.estimate import EFFECTIVE
from wellhead.prevalence.evaluation import draw_trials, left_out
from wellhead.prevalence.library import Cluster, generators
from wellhead.prevalence.mixture import Posterior, anchored_posterior

__all__ = ["Plan", "ReferenceSize", "plan"]

_SIZES = (25, 50, 100, 200, 400, 800)
_CLUSTERS = 24


class ReferenceSize(NamedTuple):
    """What a human reference of one size buys: the mean width, and what 9 in 10 stay below."""

    human: int
    width: float
    width_90: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan(Result):
    """How to reach an interval width.

    Attributes:
        width: the wanted width.
        share: the expected share.
        documents: in the corpus.
        level: of the interval.
        human: the smallest simulated reference whose mean width is at most `width`, or None when
            no reference alone gets there.
        labels: audited labels that give the width, for a generator that the detector sees as
            well as most; (low, typical, high) over the library's clusters.
        labels_alone: labels needed without any detector.
        references: the table behind `human`.
    """

    schema_version: ClassVar[int] = 1

    width: float
    share: float
    documents: int
    level: float
    human: int | None
    labels: tuple[int, int, int]
    labels_alone: int
    references: tuple[ReferenceSize, ...]


def plan(
    library: Sequence[Cluster],
    *,
    width: float,
    share: float = 0.25,
    documents: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress = quiet,
) -> Plan:
    """The references or labels that give an interval of `width`.

    Args:
        library: clusters of the detector to be used.
        width: wanted, high minus low, in (0, 1).
        share: expected, in [0, 1].
        documents: in the corpus.
        level: of the interval.
        seed: of the simulation.

    Raises:
        BadSetting: a setting outside its range.
        UnusableReference: the detector brings no library.
    """
    if not 0 < width < 1:
        raise BadSetting(f"a wanted width lies between 0 and 1, got {width}")
    if not 0 <= share <= 1:
        raise BadSetting(f"an expected share lies between 0 and 1, got {share}")
    if documents < 1:
        raise BadSetting(f"a corpus has at least one document, got {documents}")
    if len(library) < 2:
        raise UnusableReference("this detector brings no library to plan with; use another one")
    progress.total(len(_SIZES))
    chosen = _spread(library)
    references, explained = [], []
    for size in _SIZES:
        widths = []
        for trial in draw_trials(
            chosen,
            shares=(share,),
            sizes=(documents,),
            references=size,
            repeats=1,
            seed=seed,
            library=lambda cluster, _: left_out(cluster, library) or list(library),
        ):
            posterior = anchored_posterior(
                trial.scores,
                trial.human,
                generators(trial.library),
                effective=EFFECTIVE,
                seed=trial.seed,
                draws=600,
            )
            widths.append(posterior.interval(level).width)
            explained.append(_explained(posterior, trial.scores, trial.truth))
        references.append(
            ReferenceSize(size, float(np.mean(widths)), float(np.quantile(widths, 0.9)))
        )
        progress.advance()
    enough = [row.human for row in references if row.width <= width]
    low, typical, high = (
        _labels(width, share, documents, level, float(r))
        for r in np.quantile(explained, [0.9, 0.5, 0.1])
    )
    return Plan(
        width=width,
        share=share,
        documents=documents,
        level=level,
        human=enough[0] if enough else None,
        labels=(low, typical, high),
        labels_alone=_labels(width, share, documents, level, 0.0),
        references=tuple(references),
    )


def _spread(library: Sequence[Cluster]) -> list[Cluster]:
    """At most `_CLUSTERS` clusters from the worst to the best seen."""
    ordered = sorted(library, key=lambda cluster: cluster.auc)
    take = np.unique(np.linspace(0, len(ordered) - 1, _CLUSTERS).round().astype(int))
    return [ordered[i] for i in take]


def _explained(posterior: Posterior, scores: np.ndarray, truth: np.ndarray) -> float:
    """The squared correlation of the document's probability with its origin."""
    predicted = posterior.of_documents(scores)
    if predicted.std() < 1e-9 or truth.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(predicted, truth)[0, 1] ** 2)


def _labels(width: float, share: float, documents: int, level: float, explained: float) -> int:
    """Labels for a width: the normal approximation with finite-population correction.

    Source: Cochran (1977), §4.4, with the residual variance of the regression estimator.
    """
    spread = max(share * (1 - share), 0.02) * (1 - explained)
    unlimited = 4 * norm.ppf((1 + level) / 2) ** 2 * spread / width**2
    return int(np.ceil(max(10.0, unlimited / (1 + unlimited / documents))))
