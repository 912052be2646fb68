"""How machine-like people of a kind that nobody measured may score.

In: the library's clusters, each with the scores that a detector gave people's texts of a kind it
had never seen. Out: a level below which the middle of nearly every next kind lies, and the scores
of a corpus as they count where people of another kind may have written some of the texts.

Kinds of people differ in where their scores lie far more than in how these spread. So the middles
of the measured kinds are taken for a sample, and the next kind's for one more draw (Student's
prediction bound).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from wellhead.detect import Cluster

__all__ = ["as_people", "highest", "reach"]

# Chosen by benchmarks/assay_mismatch.py on one half of the collections.
_CERTAINTY = 0.99
# Fewer measured kinds say nothing about the next.
_FEW = 5


def reach(library: Sequence[Cluster], certainty: float = _CERTAINTY) -> float:
    """The median score that people of a new kind stay below, with this certainty.

    Returns:
        The level, on the scale of the detector's scores; infinite where too few kinds are known.

    >>> from wellhead.detect import Cluster
    >>> kinds = [Cluster(f"kind {i}", "", np.array([i / 10]), np.array([9.0])) for i in range(8)]
    >>> round(reach(kinds), 2)
    1.13
    """
    kinds = {cluster.kind: cluster.human for cluster in library}
    if len(kinds) < _FEW:
        return float("inf")
    middles = np.array([np.median(human) for human in kinds.values()])
    spread = middles.std(ddof=1) * np.sqrt(1 + 1 / middles.size)
    return float(middles.mean() + stdtrit(middles.size - 1, certainty) * spread)


def as_people(
    scores: np.ndarray, foreign: np.ndarray, human: np.ndarray, highest: float
) -> np.ndarray:
    """The scores as they count where people of another kind may have written the foreign texts.

    These people's scores are taken to be spread like the reference's, and to lie anywhere up to
    `highest`. So each foreign score comes down to the reference's score of the same rank, but by
    no more than the distance to `highest`: what still stands out is beyond people of any kind.

    Args:
        scores: shape (n,), higher = more machine-like.
        foreign: shape (n,), True where people of another kind may have written the text.
        human: shape (m,), the human reference.
        highest: median score that no kind of people exceeds.

    >>> as_people(np.array([0.0, 1.0, 9.0]), np.array([False, True, True]), np.zeros(5), 2.0)
    array([0., 0., 7.])
    """
    rows = np.flatnonzero(foreign)
    rows = rows[np.argsort(scores[rows], kind="stable")]
    ranks = (np.arange(rows.size) + 0.5) / max(rows.size, 1)
    lowered = np.maximum(
        scores[rows] - max(0.0, highest - float(np.median(human))), np.quantile(human, ranks)
    )
    counted = np.array(scores, dtype=np.float64)
    counted[rows] = np.minimum(scores[rows], lowered)
    return counted


def highest(scores: np.ndarray, part: float) -> np.ndarray:
    """True for the highest scores, as many as `part` of them.

    Where one knows how many texts people of another kind wrote and not which, a bound that holds
    if it was these holds whichever it was.

    >>> highest(np.array([3.0, 1.0, 2.0, 0.0]), 0.5).tolist()
    [True, False, True, False]
    """
    chosen = np.zeros(scores.size, dtype=bool)
    count = int(np.ceil(part * scores.size - 1e-9))
    chosen[np.argsort(-scores, kind="stable")[:count]] = True
    return chosen
