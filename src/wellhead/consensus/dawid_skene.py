"""Many judges, any number of classes, no truth: Dawid & Skene's estimate.

In: how often each judge put each item into each class. Out: the share of each class, each judge's
error rates, and each item's class probabilities. For two classes of origin with intervals, groups
and tests use `wellhead.joint`; this is the general form, for classes such as human / machine /
edited, or for judges who judged an item more than once.

Source: Dawid & Skene (1979), Applied Statistics 28, 20-28.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wellhead._stats import Interval, clamp
from wellhead.errors import BadInput

__all__ = ["DawidSkene", "dawid_skene"]

_TINY = 1e-300


class DawidSkene(NamedTuple):
    """Maximum-likelihood estimates.

    Attributes:
        shares: shape (k,), share of each class.
        errors: shape (judges, k, k), [j, a, b]: how often judge j says b of an item of class a;
            NaN rows where no item of the class is expected.
        classes: shape (items, k), probability of each class for each item.
        loglik: at the estimate.
        intervals: of the shares, by bootstrap over items; empty when not asked for.
        error_intervals: shape (2, judges, k, k), lower and upper ends for `errors`; None when not
            asked for.
        unchecked: what these estimates rest on and judgements alone cannot show.
    """

    shares: np.ndarray
    errors: np.ndarray
    classes: np.ndarray
    loglik: float
    intervals: tuple[Interval, ...]
    error_intervals: np.ndarray | None
    unchecked: tuple[str, ...]


_UNCHECKED = (
    "Among items of the same class, one judge's mistakes say nothing about another's.",
    "Each judge errs equally often on every item of a class.",
    "Most judgements are right, so that the class that the judges mean is the one that is named.",
)


def dawid_skene(
    counts: np.ndarray,
    *,
    repeats: int = 0,
    level: float = 0.95,
    seed: int = 0,
    iterations: int = 1000,
    tolerance: float = 1e-8,
) -> DawidSkene:
    """Shares, error rates and classes by EM from the judges' majority.

    Judges are taken to err independently given the class; an item that a judge did not see has
    zeros. With few judges or judges that copy each other the classes are what the judges agree on,
    which need not be the truth.

    Args:
        counts: shape (items, judges, k), judgements.
        repeats: bootstrap samples of items for intervals of the shares and errors.
        level: of the intervals.
        seed: of the bootstrap.
        iterations, tolerance: at most, and gain of the log-likelihood at which to stop.

    Raises:
        BadInput: another shape, negative counts, or an item that nobody judged.

    >>> votes = np.eye(2)[[[0, 0, 0], [1, 1, 1], [0, 0, 1]]]
    >>> dawid_skene(votes).classes.argmax(axis=1).tolist()
    [0, 1, 0]
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 3 or counts.shape[2] < 2 or (counts < 0).any():
        raise BadInput("expected counts of shape (items, judges, classes), none negative.")
    if (counts.sum(axis=(1, 2)) == 0).any():
        raise BadInput("an item has no judgement; leave it out.")
    start = counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None]
    shares, errors, classes, loglik = _em(
        counts, np.ones(len(counts)), start, iterations, tolerance
    )
    found = DawidSkene(shares, errors, classes, loglik, (), None, _UNCHECKED)
    if not repeats:
        return found
    rng = np.random.default_rng(seed)
    n = len(counts)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=repeats).astype(float)
    drawn = [_em(counts, w, classes, iterations, 1e-6)[:2] for w in weights]
    tails = [(1 - level) / 2, (1 + level) / 2]
    ends = np.quantile(np.stack([each[0] for each in drawn]), tails, axis=0)
    return found._replace(
        intervals=tuple(
            clamp(float(low), float(share), float(high), level)
            for low, share, high in zip(ends[0], shares, ends[1], strict=True)
        ),
        error_intervals=np.nanquantile(np.stack([each[1] for each in drawn]), tails, axis=0),
    )


def _em(
    counts: np.ndarray, weights: np.ndarray, classes: np.ndarray, iterations: int, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    before = -np.inf
    for _ in range(iterations):
        weighted = classes * weights[:, None]
        shares = weighted.sum(axis=0) / weights.sum()
        said = np.einsum("ia,ijb->jab", weighted, counts)
        total = said.sum(axis=2, keepdims=True)
        errors = np.divide(said, total, out=np.full_like(said, np.nan), where=total > 0)
        logs = np.log(np.maximum(np.nan_to_num(errors), _TINY))
        joint = np.log(np.maximum(shares, _TINY)) + np.einsum("ijb,jab->ia", counts, logs)
        top = joint.max(axis=1, keepdims=True)
        mass = np.exp(joint - top)
        item = top[:, 0] + np.log(mass.sum(axis=1))
        classes = mass / mass.sum(axis=1, keepdims=True)
        loglik = float(weights @ item)
        if loglik - before < tolerance:
            break
        before = loglik
    return shares, errors, classes, loglik
