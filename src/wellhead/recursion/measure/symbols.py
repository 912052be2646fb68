"""Measures of a law over symbols against the true one, one value for each chain."""

from __future__ import annotations

import numpy as np

from wellhead.recursion.data import Array

__all__ = ["COUNT_BINS", "survival_by_count", "symbol_measures", "zipf_exponent"]

# Edges of the bins of expected counts: hapaxes and rarer, 1-2, 3-9, 10-99, 100 and more.
COUNT_BINS = (0.0, 1.0, 3.0, 10.0, 100.0, np.inf)


def symbol_measures(law: Array, truth: Array) -> dict[str, Array]:
    """Variety and distance of each chain's law (chains, symbols) from `truth` (symbols,).

    The tail is the rarer half of the symbols. Entropy and Kullback-Leibler divergence are in
    nats; KL is that of the model from the truth, which stays finite when symbols are lost.
    """
    alive = law > 0
    safe = np.where(alive, law, 1.0)
    logs = np.log(safe)
    known = np.log(np.where(truth > 0, truth, 1.0))
    tail = np.argsort(-truth, kind="stable")[len(truth) // 2 :]
    return {
        "survivors": alive.sum(axis=1).astype(float),
        "survival": alive[:, truth > 0].mean(axis=1),
        "lost_mass": truth @ ~alive.T,
        "heterozygosity": 1 - (law**2).sum(axis=1),
        "entropy": -(law * logs).sum(axis=1),
        "square_error": ((law - truth) ** 2).sum(axis=1),
        "kl": (law * (logs - known)).sum(axis=1),
        "total_variation": 0.5 * np.abs(law - truth).sum(axis=1),
        "tail_mass": law[:, tail].sum(axis=1),
        "zipf_exponent": zipf_exponent(law),
    }


def survival_by_count(alive: Array, expected: Array) -> dict[str, Array]:
    """The share of symbols alive (chains, symbols) by their expected count (symbols,).

    >>> alive = np.array([[True, False, True]])
    >>> survival_by_count(alive, np.array([0.5, 2.0, 2.0]))
    {'survival_below_1': array([1.]), 'survival_1_to_2': array([0.5])}
    """
    names = ("below_1", "1_to_2", "3_to_9", "10_to_99", "100_and_more")
    measures = {}
    for name, low, high in zip(names, COUNT_BINS, COUNT_BINS[1:], strict=False):
        inside = (expected >= low) & (expected < high) & (expected > 0)
        if inside.any():
            measures[f"survival_{name}"] = alive[:, inside].mean(axis=1)
    return measures


def zipf_exponent(law: Array) -> Array:
    """Minus the least-squares slope of log frequency on log rank over the living symbols.

    Not a number for a chain with fewer than 3 symbols left.
    """
    ranked = -np.sort(-law, axis=1)
    alive = ranked > 0
    count = alive.sum(axis=1)
    x = np.where(alive, np.log(np.arange(1, law.shape[1] + 1)), 0.0)
    y = np.where(alive, np.log(np.where(alive, ranked, 1.0)), 0.0)
    divisor = np.maximum(count, 1)[:, None]
    x = np.where(alive, x - x.sum(axis=1, keepdims=True) / divisor, 0.0)
    spread = (x**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope: Array = np.where(count >= 3, -(x * y).sum(axis=1) / spread, np.nan)
    return slope
