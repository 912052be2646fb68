"""Do the methods err independently of each other, given the origin?

In: tables and a fit. Out: a goodness-of-fit test of the whole model and, for each pair of methods,
the correlation that the model leaves unexplained. Both are held against tables simulated from the
fitted model and fitted again, so that no large-sample formula is needed. Whether dependence could
show at all (`testable`) is for `identify` to say; where it could not, independence is an assumption
and no finding, and what the test then finds is unequal error rates between groups or silence that
is not at random.

Source: Qu, Tan & Kutner (1996), Biometrics 52, 797-810 (residual correlation);
Aitkin, Anderson & Hinde (1981), JRSS A 144, 419-461 (simulated likelihood ratio).
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from wellhead.consensus.em import Fit, fit
from wellhead.consensus.likelihood import Model, likelihoods
from wellhead.consensus.tables import Tables

__all__ = ["Independence", "Residual", "independence", "simulate"]


class Residual(NamedTuple):
    """The correlation of two methods' answers beyond what the model explains."""

    first: int
    second: int
    correlation: float
    p_value: float


class Independence(NamedTuple):
    """What speaks against independent errors.

    Attributes:
        misfit: twice the log-likelihood by which the model falls short of the tables.
        p_value: how often a table simulated from the model falls short as far.
        residuals: for each pair of methods.
        degrees_of_freedom: equations beyond the unknowns; with 0 there is nothing to test.
        testable: dependence between methods could show.
        repeats: simulated tables.
    """

    misfit: float
    p_value: float
    residuals: tuple[Residual, ...]
    degrees_of_freedom: int
    testable: bool
    repeats: int

    @property
    def worst(self) -> Residual:
        """The pair that speaks loudest against the model."""
        return min(self.residuals, key=lambda pair: (pair.p_value, -abs(pair.correlation)))


def independence(
    tables: Tables,
    model: Model,
    best: Fit,
    *,
    degrees_of_freedom: int,
    testable: bool,
    repeats: int = 199,
    seed: int = 0,
) -> Independence:
    """Test the model on its own tables.

    Args:
        tables: one set of tables.
        best: its fit.
        degrees_of_freedom, testable: from `identify`.
        repeats: simulated tables.
        seed: of the simulation.
    """
    simulated = simulate(tables, model, best, repeats=repeats, seed=seed)
    again = fit(simulated, model, tolerance=1e-6, iterations=1500)
    seen, seen_residual = _misfit(tables, model, best), _residuals(tables, model, best)
    drawn, drawn_residual = _misfit(simulated, model, again), _residuals(simulated, model, again)
    # A saturated fit leaves rounding, not misfit.
    p_value = (1 + (drawn >= seen[0] - 1e-3).sum()) / (repeats + 1)
    extreme = (np.abs(drawn_residual) >= np.abs(seen_residual) - 1e-4).sum(axis=0)
    pairs = combinations(range(tables.methods), 2)
    return Independence(
        misfit=float(seen[0]),
        p_value=float(p_value),
        residuals=tuple(
            Residual(a, b, float(seen_residual[0, i]), float((1 + extreme[i]) / (repeats + 1)))
            for i, (a, b) in enumerate(pairs)
        ),
        degrees_of_freedom=degrees_of_freedom,
        testable=testable,
        repeats=repeats,
    )


def simulate(tables: Tables, model: Model, best: Fit, *, repeats: int, seed: int) -> Tables:
    """Tables drawn from the fitted model, with as many documents in each group and kind."""
    rng = np.random.default_rng(seed)
    likelihood = likelihoods(model, [rate[:1] for rate in best.rates])[0]
    share = best.shares[0][:, None]
    mixed = share * likelihood[1] + (1 - share) * likelihood[0]
    alone = np.broadcast_to(likelihood[:, None], (2, *mixed.shape))
    counts = np.zeros((repeats, *tables.counts.shape))
    known = np.zeros((repeats, *tables.known.shape))
    for mask in np.unique(tables.masks):
        mine = np.flatnonzero(tables.masks == mask)
        counts[..., mine] = _draw(rng, tables.counts[:, mine], mixed[:, mine], repeats)
        known[..., mine] = _draw(rng, tables.known[..., mine], alone[..., mine], repeats)
    return tables.with_counts(counts, known)


def _draw(rng: np.random.Generator, like: np.ndarray, p: np.ndarray, repeats: int) -> np.ndarray:
    p = np.maximum(p, 0) + 1e-300
    size = np.broadcast_to(like.sum(axis=-1).astype(np.int64), (repeats, *like.shape[:-1]))
    return rng.multinomial(size, p / p.sum(axis=-1, keepdims=True)).astype(float)


def _misfit(tables: Tables, model: Model, fitted: Fit) -> np.ndarray:
    """Twice the log-likelihood ratio against each group's own table, shape (B,)."""
    counts, expected = _expected(tables, model, fitted)
    part = counts * np.log(np.maximum(counts, 1e-300) / np.maximum(expected, 1e-300))
    return np.asarray(2 * part.sum(axis=(1, 2)))


def _expected(tables: Tables, model: Model, fitted: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Documents of unknown origin and what the model expects of them, shape (B, g, p)."""
    counts = tables.counts if tables.counts.ndim == 3 else tables.counts[None]
    likelihood = likelihoods(model, fitted.rates)
    share = fitted.shares[:, :, None]
    mixed = share * likelihood[:, None, 1] + (1 - share) * likelihood[:, None, 0]
    expected = np.zeros_like(mixed)
    for mask in np.unique(tables.masks):
        mine = tables.masks == mask
        expected[:, :, mine] = counts[:, :, mine].sum(axis=2, keepdims=True) * mixed[:, :, mine]
    return counts, expected


def _residuals(tables: Tables, model: Model, fitted: Fit) -> np.ndarray:
    """Shape (B, pairs): within groups, correlation seen minus correlation expected."""
    counts, expected = _expected(tables, model, fitted)
    columns = []
    for a, b in combinations(range(tables.methods), 2):
        votes = tables.patterns[:, [a, b]]
        both = (votes >= 0).all(axis=1)
        found = [_correlation(part[:, :, both], votes[both]) for part in (counts, expected)]
        columns.append(found[0] - found[1])
    return np.stack(columns, axis=1)


def _correlation(cells: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """Pooled correlation of two columns of votes within groups."""
    n = cells.sum(axis=2)
    a, b, ab = cells @ votes[:, 0], cells @ votes[:, 1], cells @ (votes[:, 0] * votes[:, 1])
    size = np.maximum(n, 1e-300)
    covariance = (ab - a * b / size).sum(axis=1)
    spread = (a * (1 - a / size)).sum(axis=1) * (b * (1 - b / size)).sum(axis=1)
    return np.asarray(covariance / np.sqrt(np.maximum(spread, 1e-12)))
