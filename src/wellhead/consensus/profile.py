"""Intervals by profile likelihood: every value that the data do not speak against.

In: tables and their best fit. Out: the range of shares (or of one method's rate) for which the
likelihood, at its best over everything else, is not significantly worse. Where the data cannot
tell values apart the likelihood is flat and the interval is the whole range that stays possible;
nothing has to be decided beforehand. Source: Venzon & Moolgavkar (1988), Applied Statistics 37,
87-94; Drton (2009), Annals of Statistics 37, 979-1012 on the chi-square limit at boundaries.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import chi2

from wellhead._stats import Interval, clamp
from wellhead.consensus.em import Fit, Pinned, fit, rate_of
from wellhead.consensus.likelihood import Model
from wellhead.consensus.tables import Tables

__all__ = ["rate_interval", "share_interval", "share_intervals", "worse_by"]

_COARSE = np.concatenate([[1e-6], np.linspace(0, 1, 22)[1:-1], [1 - 1e-6]])
_INSIDE = np.array([0.2, 0.4, 0.6, 0.8])
_ROUNDS = 3


def worse_by(tables: Tables, model: Model, best: Fit, values: np.ndarray) -> np.ndarray:
    """Twice the log-likelihood lost when the share is held at `values`, shape (B, v).

    >>> from wellhead.consensus.likelihood import model_of
    >>> from wellhead.consensus.tables import tabulate
    >>> tables = tabulate(np.array([[1]] * 3 + [[0]] * 7), truth=np.array([1] * 3 + [0] * 7))
    >>> best = fit(tables, model_of(tables))
    >>> worse_by(tables, model_of(tables), best, np.array([[0.3, 0.9]])).round(2).tolist()
    [[0.0, 20.65]]
    """
    return _lost(tables, model, best, values, lambda flat: Pinned(share=flat))


def _lost(
    tables: Tables,
    model: Model,
    best: Fit,
    values: np.ndarray,
    pin: Callable[[np.ndarray], Pinned],
) -> np.ndarray:
    batch, many = values.shape
    counts = tables.counts if tables.counts.ndim == 3 else tables.counts[None]
    known = tables.known if tables.known.ndim == 4 else tables.known[None]
    repeated = tables.with_counts(
        np.repeat(np.broadcast_to(counts, (batch, *counts.shape[1:])), many, axis=0),
        np.repeat(np.broadcast_to(known, (batch, *known.shape[1:])), many, axis=0),
    )
    start = Fit(
        np.repeat(best.shares, many, axis=0),
        tuple(np.repeat(rate, many, axis=0) for rate in best.rates),
        *(np.repeat(part, many, axis=0) for part in best[2:]),
    )
    found = fit(repeated, model, pinned=pin(values.reshape(-1)), start=start)
    return np.asarray(2 * (best.loglik[:, None] - found.loglik.reshape(batch, many)))


def share_intervals(
    tables: Tables, model: Model, best: Fit, *, level: float = 0.95, inflation: float = 1.0
) -> np.ndarray:
    """Shape (B, 2): the ends of the share's interval for each of B tables.

    Args:
        inflation: variance inflation for documents that are not independent (answers of the same
            worker); the likelihood is divided by it.
    """
    threshold = float(chi2.ppf(level, 1)) * inflation
    return _ends(
        lambda values: worse_by(tables, model, best, values),
        np.clip(best.share, 1e-6, 1 - 1e-6),
        threshold,
    )


def share_interval(
    tables: Tables, model: Model, best: Fit, *, level: float = 0.95, inflation: float = 1.0
) -> Interval:
    """The share of the collection with its interval."""
    low, high = share_intervals(tables, model, best, level=level, inflation=inflation)[0]
    return clamp(float(low), float(best.share[0]), float(high), level)


def rate_interval(
    tables: Tables, model: Model, best: Fit, method: int, origin: int, *, level: float = 0.95
) -> Interval:
    """How often `method` says "machine" of texts of an origin (1 machine, 0 human).

    The method must be a block of its own.
    """
    point = rate_of(model, best, method)[:, origin]

    def lost(values: np.ndarray) -> np.ndarray:
        return _lost(tables, model, best, values, lambda v: Pinned(None, method, origin, v))

    low, high = _ends(lost, np.clip(point, 1e-6, 1 - 1e-6), float(chi2.ppf(level, 1)))[0]
    return clamp(float(low), float(point[0]), float(high), level)


def _ends(
    lost: Callable[[np.ndarray], np.ndarray], point: np.ndarray, threshold: float
) -> np.ndarray:
    """Outermost crossings of the threshold on both sides of `point`, shape (B, 2)."""
    grid = np.broadcast_to(_COARSE, (point.size, _COARSE.size))
    at = lost(grid)
    return np.stack(
        [_end(lost, grid, at, point, threshold, side) for side in (-1, 1)],
        axis=1,
    )


def _end(
    lost: Callable[[np.ndarray], np.ndarray],
    grid: np.ndarray,
    at: np.ndarray,
    point: np.ndarray,
    threshold: float,
    side: int,
) -> np.ndarray:
    """The end on one side: bracketed on the grid, then narrowed."""
    rows = np.arange(point.size)
    inside = at <= threshold
    far = np.where(inside, side * grid, -np.inf).argmax(axis=1)
    inner = np.where(inside.any(axis=1), grid[rows, far], point)
    inner = side * np.maximum(side * inner, side * point)
    beyond = np.where(side * grid > side * inner[:, None] + 1e-12, side * grid, np.inf)
    nearest = beyond.argmin(axis=1)
    closed = np.isfinite(beyond[rows, nearest])
    outer = np.where(closed, grid[rows, nearest], inner)
    at_inner, at_outer = np.full(point.size, np.nan), at[rows, nearest]
    for _ in range(_ROUNDS):
        tried = inner[:, None] + (outer - inner)[:, None] * _INSIDE
        values = lost(tried)
        # The step from "not spoken against" to "spoken against", seen from outside.
        ok = values <= threshold
        steps = np.concatenate([inner[:, None], tried, outer[:, None]], axis=1)
        known = np.concatenate([at_inner[:, None], values, at_outer[:, None]], axis=1)
        last = np.where(ok.any(axis=1), _INSIDE.size - ok[:, ::-1].argmax(axis=1), 0)
        inner, outer = steps[rows, last], steps[rows, last + 1]
        at_inner, at_outer = known[rows, last], known[rows, last + 1]
    end = _crossing(inner, outer, at_inner, at_outer, threshold)
    return np.where(closed, end, np.where(side > 0, 1.0, 0.0))


def _crossing(
    inner: np.ndarray, outer: np.ndarray, a: np.ndarray, b: np.ndarray, threshold: float
) -> np.ndarray:
    """Where the square root of the loss, nearly straight, meets that of the threshold."""
    a = np.sqrt(np.maximum(np.nan_to_num(a), 0.0))
    b, goal = np.sqrt(np.maximum(b, 0.0)), np.sqrt(threshold)
    part = np.where(b > a + 1e-12, (goal - a) / np.maximum(b - a, 1e-12), 1.0)
    return np.asarray(inner + (outer - inner) * np.clip(part, 0.0, 1.0))
