"""The share without any reference: honest, and wide.

In: scores of the corpus and the library of clusters. Out: a posterior of the share when neither
the domain nor the generator is known. The human score distribution is that of a random cluster of
the library and so is the machine one; a new domain moves human scores so much that the interval is
about half the range wide. 50 to 100 known-human texts of the same kind make it much narrower.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from wellhead._stats import Interval, highest_density
from wellhead.detect import Cluster
from wellhead.errors import BadInput

__all__ = ["cluster_random_share"]

_GRID = (np.arange(200) + 0.5) / 200
_BINS = 12


def cluster_random_share(
    scores: np.ndarray,
    clusters: Sequence[Cluster],
    *,
    effective: float,
    level: float = 0.95,
) -> Interval:
    """The share when only the library is known.

    Args:
        scores: shape (n,), scores of the corpus by the detector that the library belongs to.
        clusters: the library.
        effective: effective sample size to which the likelihood is tempered.
        level: of the interval.

    Raises:
        BadInput: no scores, or no clusters.

    Source:
        A random-effects form of Rogan & Gladen (1978): the pair of error rates is drawn from
        those measured with whole clusters left out.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.size == 0 or not clusters:
        raise BadInput("expected at least one document and one library cluster")
    pooled = np.concatenate([np.concatenate([c.human, c.machine]) for c in clusters])
    cuts = np.quantile(pooled, np.linspace(0, 1, _BINS + 1)[1:-1])
    counts = _masses(scores, cuts, 0.0) * min(scores.size, effective)
    human = np.stack([_masses(c.human, cuts, 0.5) for c in clusters])
    machine = np.stack([_masses(c.machine, cuts, 0.5) for c in clusters])
    mixed = human[:, None] + _GRID[:, None] * (machine - human)[:, None]
    log_likelihood = np.log(mixed) @ counts
    posterior = np.exp(log_likelihood - logsumexp(log_likelihood)).sum(axis=0)
    return highest_density(posterior, level)


def _masses(scores: np.ndarray, cuts: np.ndarray, doubt: float) -> np.ndarray:
    counts = np.bincount(np.searchsorted(cuts, scores), minlength=cuts.size + 1) + doubt
    return np.asarray(counts / counts.sum())
