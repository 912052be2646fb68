"""Boosted trees: many small ones, each fitted to what those before it left.

The loss is logistic. Each tree sees a random third of the rows (Friedman, Stochastic gradient
boosting, 2002) and measures cut at 63 quantiles, and asks at each node what lowers the loss most,
to second order (Chen and Guestrin, XGBoost, KDD 2016). scikit-learn's histogram trees do the same;
here every tree has one depth, so that plain arrays hold it, and sums run in the order of the
rows, so that the same seed gives the same trees whatever the threads.
"""

# Array types are numba's business here.
# mypy: disable-error-code="no-untyped-def"
# mypy: disallow-untyped-decorators=false

from __future__ import annotations

from math import exp

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.jit import compiled
from wellhead.detect.trees import Trees

__all__ = ["grow"]

TREES, DEPTH = 300, 3
_BINS = 64
_SHARE = 0.3  # of the rows, for each tree
_RATE = 0.1
_LEAST = 50.0  # of the curvature of the loss on each side of a question
_PENALTY = 1.0  # on leaves


def grow(
    measures: NDArray[np.float32],
    machine: NDArray[np.bool_],
    weight: NDArray[np.float64],
    *,
    seed: int = 0,
    trees: int = TREES,
    depth: int = DEPTH,
) -> Trees:
    """Trees whose sum is a log-odds of `machine`, rows counting by their `weight`.

    Args:
        measures: a row for each text.
        machine: which rows machines wrote.
        weight: how much each row counts, 1 in the mean.
        seed: which rows each tree sees.
        trees: how many.
        depth: questions on the way to a leaf.

    >>> rows = np.arange(400, dtype=np.float32)[:, None]
    >>> found = grow(rows, rows[:, 0] > 250, np.full(400, 10.0), trees=9, depth=1)
    >>> np.sign(found.score(np.array([[3], [399]], np.float32))).tolist()
    [-1.0, 1.0]
    """
    edges = [_edges(column) for column in measures.T]
    bins = np.empty(measures.shape, np.uint8)
    for at, edge in enumerate(edges):
        bins[:, at] = np.searchsorted(edge, measures[:, at])
    rng = np.random.default_rng(seed)
    answer = machine.astype(np.float64)
    score = np.zeros(len(measures))
    inner = (1 << depth) - 1
    feature = np.zeros((trees, inner), np.int16)
    cut = np.zeros((trees, inner), np.int64)
    leaf = np.zeros((trees, inner + 1), np.float32)
    for at in range(trees):
        rows = np.flatnonzero(rng.random(len(measures)) < _SHARE)
        _grow(bins, answer, weight, score, rows, feature[at], cut[at], leaf[at])
    ends = np.full((len(edges), _BINS), np.inf, np.float32)
    for at, edge in enumerate(edges):
        ends[at, : len(edge)] = edge
    return Trees(feature.ravel(), ends[feature.ravel(), cut.ravel()], leaf.ravel())


def _edges(column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values that cut a measure into parts of about as many texts; they belong below the cut."""
    levels = np.linspace(0, 1, _BINS + 1)[1:-1]
    return np.unique(np.quantile(column, levels, method="lower")).astype(np.float32)


@compiled
def _best(sums, feature, cut):
    """The question that lowers the loss most, into `feature` and `cut`; none: all say no."""
    slope = sums[0, :, 0].sum()
    curve = sums[0, :, 1].sum()
    best = 1e-9
    feature[0], cut[0] = 0, _BINS - 1
    for measure in range(sums.shape[0]):
        below, bent = 0.0, 0.0
        for at in range(_BINS - 1):
            below += sums[measure, at, 0]
            bent += sums[measure, at, 1]
            if bent < _LEAST or curve - bent < _LEAST:
                continue
            gain = below * below / (bent + _PENALTY)
            gain += (slope - below) * (slope - below) / (curve - bent + _PENALTY)
            gain -= slope * slope / (curve + _PENALTY)
            if gain > best:
                best = gain
                feature[0], cut[0] = measure, at


@compiled
def _leaf_of(row, feature, cut):
    """The node below all questions where a row of parts ends."""
    at = 0
    while at < feature.shape[0]:
        at = 2 * at + (2 if row[feature[at]] > cut[at] else 1)
    return at


@compiled
def _grow(bins, answer, weight, score, rows, feature, cut, leaf):
    """One tree from `rows`, level by level; `score` of every row goes on."""
    inner = feature.shape[0]
    slope, curve = np.empty(len(rows)), np.empty(len(rows))
    node = np.zeros(len(rows), np.int64)
    for at in range(len(rows)):
        row = rows[at]
        chance = 1 / (1 + exp(-score[row]))
        slope[at] = weight[row] * (chance - answer[row])
        curve[at] = weight[row] * chance * (1 - chance)
    first = 0
    while first < inner:
        sums = np.zeros((first + 1, bins.shape[1], _BINS, 2))
        for at in range(len(rows)):
            parts, mine = bins[rows[at]], sums[node[at] - first]
            for measure in range(bins.shape[1]):
                mine[measure, parts[measure], 0] += slope[at]
                mine[measure, parts[measure], 1] += curve[at]
        for at in range(first + 1):
            _best(sums[at], feature[first + at :], cut[first + at :])
        for at in range(len(rows)):
            one = node[at]
            node[at] = 2 * one + (2 if bins[rows[at], feature[one]] > cut[one] else 1)
        first = 2 * first + 1
    slopes, curves = np.zeros(leaf.shape[0]), np.zeros(leaf.shape[0])
    for at in range(len(rows)):
        slopes[node[at] - inner] += slope[at]
        curves[node[at] - inner] += curve[at]
    for at in range(leaf.shape[0]):
        leaf[at] = -_RATE * slopes[at] / (curves[at] + _PENALTY)
    for row in range(bins.shape[0]):
        score[row] += leaf[_leaf_of(bins[row], feature, cut) - inner]
