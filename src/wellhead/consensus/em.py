"""The two-class latent-class model by maximum likelihood, many tables at once.

In: `Tables`. Out: the share of machine text in each group, and how often each method says
"machine" of a machine's and of a person's text. With two methods and two groups this is the model
of Hui & Walter; with three or more methods and one group that of Dawid & Skene for two classes.

The likelihood of group g and pattern p is ``s_g f_1(p) + (1 - s_g) f_0(p)`` with the likelihoods
of `likelihood`. Each single method is held to be no worse than a coin (sensitivity + specificity
>= 1), which is also what tells machine from human.

Fitted by EM, with the share of the whole collection, or one rate, held fixed where a profile
likelihood asks for it. Everything is an array over tables, so that bootstraps and grids cost one
fit. Source: Hui & Walter (1980), Biometrics 36, 167-171; Dawid & Skene (1979), Applied Statistics
28, 20-28.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wellhead.consensus.likelihood import (
    TINY,
    Model,
    factors,
    likelihoods,
    own_answers,
    posterior_of,
    product,
)
from wellhead.consensus.mean_share import shares_at
from wellhead.consensus.tables import Tables

__all__ = ["Fit", "Pinned", "fit", "rate_of"]

_ROUND = 5
_STARTS = ((0.75, 0.75), (0.6, 0.97), (0.97, 0.6))


class Fit(NamedTuple):
    """Maximum-likelihood estimates of B tables.

    Attributes:
        shares: shape (B, g), machine share of each group.
        rates: for each block, shape (B, 2, outcomes), probabilities in class 0 and 1.
        loglik: shape (B,).
        posterior: shape (B, g, p), probability of machine for a document of unknown origin.
        share: shape (B,), of the whole collection.
    """

    shares: np.ndarray
    rates: tuple[np.ndarray, ...]
    loglik: np.ndarray
    posterior: np.ndarray
    share: np.ndarray


class Pinned(NamedTuple):
    """What a profile holds fixed: shape (B,) values of the share, or of one method's rate."""

    share: np.ndarray | None = None
    method: int = 0
    origin: int = 1
    rate: np.ndarray | None = None


def rate_of(model: Model, fitted: Fit, method: int) -> np.ndarray:
    """Shape (B, 2): how often the method says "machine" of people's and of machines' texts."""
    for block, rates in zip(model.blocks, fitted.rates, strict=True):
        if method in block:
            says = (np.arange(rates.shape[2]) >> block.index(method)) & 1
            return np.asarray(rates @ says)
    raise KeyError(method)


def fit(
    tables: Tables,
    model: Model,
    *,
    pinned: Pinned | None = None,
    start: Fit | None = None,
    iterations: int = 4000,
    tolerance: float = 1e-7,
) -> Fit:
    """The best of several EM runs for each table.

    Args:
        tables: counts of shape (g, p), or (B, g, p) for B tables at once.
        model: which methods may err together.
        pinned: what is held fixed.
        start: estimates to start from, of the same B; then fewer other starts are tried.
        iterations: at most.
        tolerance: gain of the log-likelihood per iteration at which a run counts as done.
    """
    counts, known = _batched(tables, pinned)
    batch = counts.shape[0]
    tried = _STARTS if start is None else _STARTS[:1]
    starts = [_start(tables, model, counts, known, *rates) for rates in tried]
    if start is not None:
        starts.append((np.broadcast_to(start.shares, starts[0][0].shape), list(start.rates)))
    runs = len(starts)
    shares = np.concatenate([np.array(s) for s, _ in starts])
    rates = [
        np.concatenate([np.broadcast_to(r[i], (batch, *r[i].shape[1:])) for _, r in starts])
        for i in range(len(model.blocks))
    ]
    every = _Problem(
        np.concatenate([counts] * runs),
        np.concatenate([known] * runs),
        tables.weights,
        model,
        _repeated(pinned, batch, runs),
    )
    shares, rates, loglik = _climb(every, shares, rates, iterations, tolerance)
    best = loglik.reshape(runs, batch).argmax(axis=0) * batch + np.arange(batch)
    shares, rates, loglik = shares[best], [r[best] for r in rates], loglik[best]
    posterior = posterior_of(shares, likelihoods(model, rates))
    return Fit(shares, tuple(rates), loglik, posterior, shares @ tables.weights)


class _Problem(NamedTuple):
    counts: np.ndarray
    known: np.ndarray
    weights: np.ndarray
    model: Model
    pinned: Pinned

    def only(self, rows: np.ndarray) -> _Problem:
        share, rate = self.pinned.share, self.pinned.rate
        pinned = self.pinned._replace(
            share=None if share is None else share[rows], rate=None if rate is None else rate[rows]
        )
        return self._replace(counts=self.counts[rows], known=self.known[rows], pinned=pinned)


def _batched(tables: Tables, pinned: Pinned | None) -> tuple[np.ndarray, np.ndarray]:
    """Counts as (B, g, p) and known as (B, 2, g, p), B also from what is pinned."""
    counts = tables.counts if tables.counts.ndim == 3 else tables.counts[None]
    fixed = None if pinned is None else pinned.share if pinned.rate is None else pinned.rate
    batch = max(counts.shape[0], 1 if fixed is None else fixed.size)
    known = tables.known if tables.known.ndim == 4 else tables.known[None]
    return (
        np.broadcast_to(counts, (batch, *counts.shape[1:])),
        np.broadcast_to(known, (batch, *known.shape[1:])),
    )


def _repeated(pinned: Pinned | None, batch: int, runs: int) -> Pinned:
    if pinned is None:
        return Pinned()
    share, rate = pinned.share, pinned.rate
    return pinned._replace(
        share=None if share is None else np.tile(np.broadcast_to(share, batch), runs),
        rate=None if rate is None else np.tile(np.broadcast_to(rate, batch), runs),
    )


def _start(
    tables: Tables,
    model: Model,
    counts: np.ndarray,
    known: np.ndarray,
    sensitivity: float,
    specificity: float,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Groups by how many votes say machine; every method with the same rates."""
    votes = tables.patterns
    positive = np.where(votes >= 0, votes, 0).sum(axis=1) / np.maximum((votes >= 0).sum(axis=1), 1)
    every = counts + known.sum(axis=1)
    share = (every @ positive + 0.5) / (every.sum(axis=2) + 1)
    says = np.array([1 - specificity, sensitivity])
    rates = []
    for table in model.allowed:
        outcomes = np.arange(table.shape[1])
        ones = np.array([int(k).bit_count() for k in outcomes])
        size = int(np.log2(table.shape[1]))
        one = says[:, None] ** ones * (1 - says[:, None]) ** (size - ones)
        rates.append(np.broadcast_to(one, (counts.shape[0], 2, table.shape[1])))
    return np.clip(share, 0.02, 0.98), rates


def _climb(
    every: _Problem, shares: np.ndarray, rates: list[np.ndarray], iterations: int, tolerance: float
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Accelerated EM until each run stands still; runs that do are left out of the rest."""
    shares, rates = np.array(shares), [np.array(r) for r in rates]
    loglik = np.full(shares.shape[0], -np.inf)
    active = np.arange(shares.shape[0])
    for _ in range(-(-iterations // (3 * _ROUND))):
        problem = every.only(active)
        s, r = shares[active], [rate[active] for rate in rates]
        slope = np.zeros(active.size)
        for _ in range(_ROUND):
            s, r, slope = _leap(problem, s, r, slope)
        now = _loglik(problem, s, r)
        shares[active] = s
        for rate, part in zip(rates, r, strict=True):
            rate[active] = part
        moved = now - loglik[active] > tolerance * 3 * _ROUND
        loglik[active] = now
        active = active[moved]
        if not active.size:
            break
    return shares, rates, loglik


def _leap(
    problem: _Problem, shares: np.ndarray, rates: list[np.ndarray], slope: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Three EM steps, the third from a point extrapolated along the first two.

    Where the leap would lower the likelihood the two plain steps are kept, so it never falls.
    Source: Varadhan & Roland (2008), Scandinavian Journal of Statistics 35, 335-353, scheme S3.
    """
    first, first_rates, slope = _step(problem, shares, rates, slope)
    second, second_rates, slope = _step(problem, first, first_rates, slope)
    points = [_flat(*point) for point in ((shares, rates), (first, first_rates))]
    last = _flat(second, second_rates)
    r, v = points[1] - points[0], last - 2 * points[1] + points[0]
    size = np.sqrt((r**2).sum(axis=1) / np.maximum((v**2).sum(axis=1), TINY))
    a = np.clip(size, 1.0, 200.0)[:, None]
    far = np.clip(points[0] + 2 * a * r + a**2 * v, 1e-9, 1 - 1e-9)
    leaped, leaped_rates = _shaped(far, rates, shares.shape[1])
    third, third_rates, far_slope = _step(problem, leaped, leaped_rates, slope)
    better = _loglik(problem, third, third_rates) >= _loglik(problem, second, second_rates)
    kept = [
        np.where(better[:, None, None], new, old)
        for new, old in zip(third_rates, second_rates, strict=True)
    ]
    return np.where(better[:, None], third, second), kept, np.where(better, far_slope, slope)


def _flat(shares: np.ndarray, rates: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([shares, *(rate.reshape(len(shares), -1) for rate in rates)], axis=1)


def _shaped(
    flat: np.ndarray, like: Sequence[np.ndarray], groups: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    rates, at = [], groups
    for rate in like:
        size = rate.shape[1] * rate.shape[2]
        part = flat[:, at : at + size].reshape(rate.shape)
        rates.append(part / part.sum(axis=2, keepdims=True))
        at += size
    return flat[:, :groups], rates


def _loglik(problem: _Problem, shares: np.ndarray, rates: Sequence[np.ndarray]) -> np.ndarray:
    likelihood = likelihoods(problem.model, rates)
    machine = shares[:, :, None] * likelihood[:, None, 1]
    human = (1 - shares)[:, :, None] * likelihood[:, None, 0]
    total = problem.counts * np.log(np.maximum(machine + human, TINY))
    total = total + problem.known[:, 1] * np.log(np.maximum(machine, TINY))
    total = total + problem.known[:, 0] * np.log(np.maximum(human, TINY))
    return np.asarray(total.sum(axis=(1, 2)))


def _step(
    problem: _Problem, shares: np.ndarray, rates: Sequence[np.ndarray], slope: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """One EM step; `slope` carries the multiplier of a pinned share from step to step."""
    model, pinned = problem.model, problem.pinned
    parts = factors(model, rates)
    posterior = posterior_of(shares, product(model, parts))
    machine = problem.counts * posterior + problem.known[:, 1]
    human = problem.counts * (1 - posterior) + problem.known[:, 0]
    a, b = machine.sum(axis=2), human.sum(axis=2)
    if pinned.share is None:
        shares = a / np.maximum(a + b, TINY)
    else:
        shares, slope = shares_at(a, b, problem.weights, pinned.share, slope)
    expected = np.stack([human.sum(axis=1), machine.sum(axis=1)], axis=1)
    new = []
    for block, table, rate, factor in zip(model.blocks, model.allowed, rates, parts, strict=True):
        if len(block) == 1:
            held = pinned if pinned.rate is not None and pinned.method == block[0] else None
            echoes = model.echo is not None and model.echo[1] == block[0]
            mine = own_answers(model, expected, factor) if echoes else expected
            new.append(_one_method(mine, table, held))
        else:
            counted = rate * ((expected / np.maximum(factor, TINY)) @ table)
            new.append(counted / np.maximum(counted.sum(axis=2, keepdims=True), TINY))
    return shares, new, slope


def _one_method(expected: np.ndarray, table: np.ndarray, pinned: Pinned | None) -> np.ndarray:
    """Rates of one method, never worse than a coin: where they would be, both classes pool.

    Documents on which the method is silent split as the rates already are and teach nothing new;
    they are left out, which makes the step longer without changing where it ends.
    """
    seen = expected * (table.sum(axis=1) < table.shape[1])
    ones = seen @ (table[:, 1] * (table[:, 0] == 0))
    totals = seen.sum(axis=2)
    says = (ones + TINY) / (totals + 2 * TINY)
    pooled = (ones.sum(axis=1) + TINY) / (totals.sum(axis=1) + 2 * TINY)
    worse = says[:, 1] < says[:, 0]
    says = np.where(worse[:, None], pooled[:, None], says)
    if pinned is not None and pinned.rate is not None:
        held, free = pinned.origin, 1 - pinned.origin
        unheld = (ones[:, free] + TINY) / (totals[:, free] + 2 * TINY)
        bound = np.maximum if free == 1 else np.minimum
        says[:, held], says[:, free] = pinned.rate, bound(unheld, pinned.rate)
    return np.stack([1 - says, says], axis=2)
