"""Which documents to have labelled: at random, each with a probability that is kept.

Drawn alike, in proportion to groups, or more often where the detector is in doubt, because a label
tells most where the prediction tells least.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from wellhead._stats import Interval
from wellhead.errors import BadSetting, unknown_name
from wellhead.prevalence.audit import chances

__all__ = ["WAYS", "Drawn", "Way", "draw"]

Way = Literal["random", "stratified", "active"]
WAYS: tuple[Way, ...] = ("random", "stratified", "active")


class Drawn(NamedTuple):
    """What was drawn: shape (k,) indices in random order, and their probabilities."""

    rows: np.ndarray
    probability: np.ndarray


def draw(
    n: int,
    size: int,
    *,
    way: Way = "random",
    predictions: np.ndarray | None = None,
    share: Interval | None = None,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Drawn:
    """Draw `n` of `size` documents.

    Args:
        n: how many.
        size: of the collection.
        way: "random"; "stratified", each group in proportion to its size; or "active", with a
            probability that rises with the doubt of `predictions`.
        predictions: shape (size,), probability of machine; for "active".
        share: what the assay that made them says of the share; for "active", see `chances`.
        groups: shape (size,), for "stratified".
        seed: the same seed draws the same.

    Raises:
        BadSetting: more than there are, or what the way needs is missing.

    Source:
        Zrnic & Candès (2024), Active statistical inference, sec. 4 (probability in proportion to
        the doubt, mixed with an equal one); Madow (1949), systematic sampling with unequal
        probabilities, on documents in random order.
    """
    if not 1 <= n <= size:
        raise BadSetting(f"expected 1 to {size:,} documents to draw, as many as there are, got {n}")
    if way not in WAYS:
        raise unknown_name("way to draw", way, WAYS)
    rng = np.random.default_rng(seed)
    if way == "stratified":
        if groups is None:
            raise BadSetting("a stratified draw needs groups (--group-by COLUMN)")
        order = np.lexsort((rng.random(size), np.unique(groups, return_inverse=True)[1]))
        probability = np.full(size, n / size)
    elif way == "active":
        if predictions is None:
            raise BadSetting("an active draw needs the detector's view of each document")
        order, probability = rng.permutation(size), _by_doubt(chances(predictions, share), n)
    else:
        order, probability = rng.permutation(size), np.full(size, n / size)
    rows = order[_systematic(probability[order], n, rng.random())]
    rows = rng.permutation(rows)
    return Drawn(rows, probability[rows])


def _by_doubt(wanted: np.ndarray, n: int) -> np.ndarray:
    """Probabilities that add up to `n`, in proportion to the chances that are `wanted`."""
    certain = np.zeros(wanted.size, dtype=bool)
    while True:
        rest = np.where(certain, 0, wanted)
        probability = np.where(certain, 1, (n - certain.sum()) * rest / max(rest.sum(), 1e-300))
        over = probability > 1 + 1e-12
        if not over.any():
            return np.minimum(probability, 1)
        certain |= over


def _systematic(probability: np.ndarray, n: int, start: float) -> np.ndarray:
    """`n` places, each taken with its probability: every whole step along their running sum."""
    ends = np.cumsum(probability)
    ends *= n / ends[-1]
    return np.minimum(np.searchsorted(ends, start + np.arange(n), side="right"), ends.size - 1)
