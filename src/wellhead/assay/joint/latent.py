"""The two-class latent-class model by maximum likelihood, many tables at once.

In: `Tables`. Out: the share of machine text in each group, and how often each method says
"machine" of a machine's and of a person's text. With two methods and two groups this is the model
of Hui & Walter; with three or more methods and one group that of Dawid & Skene for two classes.

The likelihood of group g and pattern p is ``s_g f_1(p) + (1 - s_g) f_0(p)``, where ``f_c`` is a
product over blocks. A block is one method, or a set of methods whose errors may depend on each
other; then its joint table is free. A method that is not observable contributes nothing, which
assumes that its silence does not depend on what it would have said (`missing` bounds the rest).
Each single method is held to be no worse than a coin (sensitivity + specificity >= 1), which is
also what tells machine from human.

Fitted by EM, with the share of the whole collection, or one rate, held fixed where a profile
likelihood asks for it. Everything is an array over tables, so that bootstraps and grids cost one
fit. Source: Hui & Walter (1980), Biometrics 36, 167-171; Dawid & Skene (1979), Applied Statistics
28, 20-28; Qu, Tan & Kutner (1996), Biometrics 52, 797-810 for the dependent blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wellhead.assay.joint.tables import Tables

__all__ = ["Fit", "Model", "Pinned", "densities", "fit", "model_of", "posterior_of", "rate_of"]

_TINY = 1e-300
_ROUND = 5
_STARTS = ((0.75, 0.75), (0.6, 0.97), (0.97, 0.6))


@dataclass(frozen=True)
class Model:
    """Which methods may err together.

    Attributes:
        blocks: the methods of each block.
        allowed: for each block, shape (p, 2**methods), which joint outcomes a pattern allows.
        echo: (leader, follower, part): in this part of the documents the follower repeats the
            leader's answer whatever the origin. It cannot be estimated from two methods; it is
            set, to see what would follow.
    """

    blocks: tuple[tuple[int, ...], ...]
    allowed: tuple[np.ndarray, ...]
    echo: tuple[int, int, float] | None = None

    @property
    def rates(self) -> int:
        """Free rates: each block has a table in each class."""
        return sum(2 * (table.shape[1] - 1) for table in self.allowed)


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


def model_of(tables: Tables, together: Sequence[tuple[int, ...]] = ()) -> Model:
    """The model in which only the methods of each tuple in `together` may err together.

    >>> from wellhead.assay.joint.tables import tabulate
    >>> tables = tabulate(np.array([[1, 1, 0], [0, 0, 0]]))
    >>> model_of(tables).rates, model_of(tables, [(0, 1)]).rates
    (6, 8)
    """
    taken = {method for block in together for method in block}
    alone = ((method,) for method in range(tables.methods) if method not in taken)
    blocks = (*(tuple(block) for block in together), *alone)
    return Model(blocks, tuple(_allowed(tables.patterns[:, list(block)]) for block in blocks))


def _allowed(patterns: np.ndarray) -> np.ndarray:
    """Outcome k of a block has the votes of the binary digits of k, the first method lowest."""
    outcomes = np.arange(2 ** patterns.shape[1])
    digits = (outcomes[:, None] >> np.arange(patterns.shape[1])) & 1
    agrees = (patterns[:, None, :] == digits[None]) | (patterns[:, None, :] < 0)
    return np.asarray(agrees.all(axis=2), dtype=float)


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
    posterior = posterior_of(shares, densities(model, rates))
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
    size = np.sqrt((r**2).sum(axis=1) / np.maximum((v**2).sum(axis=1), _TINY))
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


def _factors(model: Model, rates: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each block, shape (B, 2, p): probability of its part of each pattern in each class."""
    return [rate @ table.T for table, rate in zip(model.allowed, rates, strict=True)]


def densities(model: Model, rates: Sequence[np.ndarray]) -> np.ndarray:
    """Shape (B, 2, p): probability of each pattern in each class."""
    return _product(model, _factors(model, rates))


def _product(model: Model, factors: Sequence[np.ndarray]) -> np.ndarray:
    """The factors multiplied; that of an echoing method is a mixture with its leader's answer."""
    if model.echo is None:
        return np.asarray(np.multiply.reduce(factors))
    follower, part = model.blocks.index((model.echo[1],)), model.echo[2]
    both, agree = _echoing(model)
    mixed = (1 - part) * factors[follower] + part * agree
    others = [factor for i, factor in enumerate(factors) if i != follower]
    return np.asarray(np.multiply.reduce([*others, np.where(both, mixed, factors[follower])]))


def _echoing(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Shape (p,) each: both methods of the echo answered; their answers agree."""
    assert model.echo is not None
    leader, follower = (model.allowed[model.blocks.index((m,))] for m in model.echo[:2])
    both = (leader.sum(axis=1) == 1) & (follower.sum(axis=1) == 1)
    return both, (leader == follower).all(axis=1)


def _own(model: Model, expected: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """The expected documents in which the follower answered for itself."""
    assert model.echo is not None
    both, agree = _echoing(model)
    own = (1 - model.echo[2]) * factor
    weight = own / np.maximum(own + model.echo[2] * agree, _TINY)
    return np.asarray(expected * np.where(both, weight, 1.0))


def posterior_of(shares: np.ndarray, dense: np.ndarray) -> np.ndarray:
    machine = shares[:, :, None] * dense[:, None, 1]
    human = (1 - shares)[:, :, None] * dense[:, None, 0]
    return np.asarray(machine / np.maximum(machine + human, _TINY))


def _loglik(problem: _Problem, shares: np.ndarray, rates: Sequence[np.ndarray]) -> np.ndarray:
    dense = densities(problem.model, rates)
    machine = shares[:, :, None] * dense[:, None, 1]
    human = (1 - shares)[:, :, None] * dense[:, None, 0]
    total = problem.counts * np.log(np.maximum(machine + human, _TINY))
    total = total + problem.known[:, 1] * np.log(np.maximum(machine, _TINY))
    total = total + problem.known[:, 0] * np.log(np.maximum(human, _TINY))
    return np.asarray(total.sum(axis=(1, 2)))


def _step(
    problem: _Problem, shares: np.ndarray, rates: Sequence[np.ndarray], slope: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """One EM step; `slope` carries the multiplier of a pinned share from step to step."""
    model, pinned = problem.model, problem.pinned
    factors = _factors(model, rates)
    posterior = posterior_of(shares, _product(model, factors))
    machine = problem.counts * posterior + problem.known[:, 1]
    human = problem.counts * (1 - posterior) + problem.known[:, 0]
    a, b = machine.sum(axis=2), human.sum(axis=2)
    if pinned.share is None:
        shares = a / np.maximum(a + b, _TINY)
    else:
        shares, slope = _shares_at(a, b, problem.weights, pinned.share, slope)
    expected = np.stack([human.sum(axis=1), machine.sum(axis=1)], axis=1)
    new = []
    for block, table, rate, factor in zip(model.blocks, model.allowed, rates, factors, strict=True):
        if len(block) == 1:
            held = pinned if pinned.rate is not None and pinned.method == block[0] else None
            echoes = model.echo is not None and model.echo[1] == block[0]
            mine = _own(model, expected, factor) if echoes else expected
            new.append(_one_method(mine, table, held))
        else:
            counted = rate * ((expected / np.maximum(factor, _TINY)) @ table)
            new.append(counted / np.maximum(counted.sum(axis=2, keepdims=True), _TINY))
    return shares, new, slope


def _one_method(expected: np.ndarray, table: np.ndarray, pinned: Pinned | None) -> np.ndarray:
    """Rates of one method, never worse than a coin: where they would be, both classes pool.

    Documents on which the method is silent split as the rates already are and teach nothing new;
    they are left out, which makes the step longer without changing where it ends.
    """
    seen = expected * (table.sum(axis=1) < table.shape[1])
    ones = seen @ (table[:, 1] * (table[:, 0] == 0))
    totals = seen.sum(axis=2)
    says = (ones + _TINY) / (totals + 2 * _TINY)
    pooled = (ones.sum(axis=1) + _TINY) / (totals.sum(axis=1) + 2 * _TINY)
    worse = says[:, 1] < says[:, 0]
    says = np.where(worse[:, None], pooled[:, None], says)
    if pinned is not None and pinned.rate is not None:
        held, free = pinned.origin, 1 - pinned.origin
        unheld = (ones[:, free] + _TINY) / (totals[:, free] + 2 * _TINY)
        bound = np.maximum if free == 1 else np.minimum
        says[:, held], says[:, free] = pinned.rate, bound(unheld, pinned.rate)
    return np.stack([1 - says, says], axis=2)


def _shares_at(
    a: np.ndarray, b: np.ndarray, weights: np.ndarray, share: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The most likely group shares whose weighted mean is `share`.

    Maximises ``sum a log s + b log(1 - s)`` under ``weights @ s = share`` by Newton's method on
    the multiplier; ``A/S - B/(1-S)`` of the mean S is nearly linear in it.
    """
    inside = weights > 0
    total_a = (a[:, inside]).sum(axis=1) + _TINY
    total_b = (b[:, inside]).sum(axis=1) + _TINY
    share = np.clip(share, 1e-9, 1 - 1e-9)
    target = total_a / share - total_b / (1 - share)
    shares = _at_slope(a, b, weights, slope)
    for _ in range(3):
        mean = np.clip(shares @ weights, 1e-12, 1 - 1e-12)
        now = total_a / mean - total_b / (1 - mean)
        bend = np.maximum(shares, 1e-12), np.maximum(1 - shares, 1e-12)
        curve = np.maximum(a / bend[0] ** 2 + b / bend[1] ** 2, _TINY)
        fall = (weights**2 / curve).sum(axis=1)
        gain = (total_a / mean**2 + total_b / (1 - mean) ** 2) * fall
        slope = slope + (target - now) / np.maximum(gain, _TINY)
        shares = _at_slope(a, b, weights, slope)
    return shares, slope


def _at_slope(a: np.ndarray, b: np.ndarray, weights: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Root in [0, 1] of ``a/s - b/(1-s) = slope * weight``, in forms that lose no digits.

    For a negative slope the same is solved for ``1 - s``, with a and b changed over.
    """
    pull = slope[:, None] * weights
    upwards = pull < 0
    near, push = np.where(upwards, b, a), np.abs(pull)
    whole = a + b + push
    root = np.sqrt(np.maximum(whole**2 - 4 * push * near, 0.0))
    part = np.clip(2 * near / np.maximum(whole + root, _TINY), 0.0, 1.0)
    return np.where(upwards, 1 - part, part)
