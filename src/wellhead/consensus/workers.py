"""Workers: what several answers of one person say together, without pronouncing anybody guilty.

In: a probability of machine text for each answer, and who submitted it. Out: for each worker a
share that is drawn towards the others' the fewer answers there are, with an interval. One flagged
answer of one says next to nothing about a person, and the shrunken share shows it.

A beta-binomial with the prior fitted to all workers (empirical Bayes); expected counts stand for
counts. How much workers differ is told only by those with several answers; where there are none,
an answer of one's own weighs as much as everybody else's. Source: Casella (1985), The American
Statistician 39, 83-87; Christiansen & Morris (1997), JASA 92, 618-632, for the prior of the
weight. The fitted prior is taken as known, so intervals are a little too narrow with few workers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit
from scipy.stats import beta

from wellhead._stats import Interval

__all__ = ["Worker", "Workers", "workers"]


class Worker(NamedTuple):
    """One worker.

    Attributes:
        name: as in the data (a pseudonym, one hopes).
        answers: of this worker that could be judged.
        expected: machine texts expected among them.
        share: of this worker's answers, shrunken towards everybody's.
    """

    name: str
    answers: int
    expected: float
    share: Interval


class Workers(NamedTuple):
    """All workers, those with the largest lower end first.

    Attributes:
        rows: one for each worker.
        mean: share of machine text over workers in the fitted prior.
        weight: how many answers of one's own weigh as much as everybody else's; large means that
            workers hardly differ.
    """

    rows: tuple[Worker, ...]
    mean: float
    weight: float


def workers(posterior: np.ndarray, names: np.ndarray, *, level: float = 0.95) -> Workers:
    """Shares by worker.

    Args:
        posterior: shape (n,), probability that a machine wrote the answer; NaN is left out.
        names: shape (n,), who submitted it.
        level: of the intervals.

    >>> found = workers(np.array([0.9, 0.9, 0.9, 0.1, 0.1, 0.9]), np.array(list("aaabbc")))
    >>> [worker.name for worker in found.rows]
    ['a', 'c', 'b']
    """
    judged = ~np.isnan(posterior)
    if not judged.any():
        return Workers((), float("nan"), float("nan"))
    unique, who = np.unique(np.asarray(names)[judged].astype(str), return_inverse=True)
    n = np.bincount(who).astype(float)
    k = np.bincount(who, weights=posterior[judged])
    a, b = _prior(k, n)
    tail = (1 - level) / 2
    low, high = beta.ppf(tail, a + k, b + n - k), beta.ppf(1 - tail, a + k, b + n - k)
    point = (a + k) / (a + b + n)
    order = np.lexsort((unique, -low))
    rows = tuple(
        Worker(
            str(unique[i]),
            int(n[i]),
            float(k[i]),
            Interval(float(low[i]), float(point[i]), float(high[i]), level),
        )
        for i in order
    )
    return Workers(rows, float(a / (a + b)), float(a + b))


def _prior(k: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Beta parameters by maximum likelihood; the weight is a tenth to a thousand answers."""

    def lost(at: np.ndarray) -> float:
        mean, weight = expit(at[0]), np.exp(at[1])
        a, b = mean * weight, (1 - mean) * weight
        # Christiansen & Morris: the shrinkage 1/(1 + weight) is uniform beforehand.
        believed = at[1] - 2 * np.log1p(weight)
        return -float((betaln(a + k, b + n - k) - betaln(a, b)).sum() + believed)

    mean = np.clip(k.sum() / n.sum(), 0.01, 0.99)
    start = np.array([np.log(mean / (1 - mean)), 0.0])
    bounds = [(-6.0, 6.0), (np.log(0.1), np.log(1000.0))]
    found = minimize(lost, start, bounds=bounds, method="L-BFGS-B").x
    share, weight = float(expit(found[0])), float(np.exp(found[1]))
    return share * weight, (1 - share) * weight
