"""Draws from the posterior of the anchored mixture, by annealing.

In: the counts of a corpus between cuts of the human reference, how many reference texts lie
between the same cuts, and a prior over generators. Out: draws of everything that is unknown. It
knows no scores and no interval; `mixture` says what the model is.

With a hundred reference texts and a few hundred documents, thousands of draws from the prior leave
a handful that agree with the data, and an interval made of a handful moves with the seed. So the
draws start at the prior, the data are let in step by step, and after each step the draws that
agree are copied and moved: a sequential Monte Carlo sampler.

Source: Del Moral, Doucet & Jasra (2006), Sequential Monte Carlo samplers, §3.3, with steps chosen
by effective sample size (Jasra et al. 2011) and random-walk moves scaled to the draws (Haario,
Saksman & Tamminen 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellhead.prevalence.library import Generators

__all__ = ["Draws", "anneal"]

_KEPT = 0.5
_MOVES = 6
_LAST_MOVES = 12


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Draws of the unknown, one a row.

    Attributes:
        walk: shape (draws, 4 + bins): the angle whose squared sine is the share (uniform under
            Jeffreys' prior); three standard normal factors of the generator; and the logarithms of
            independent gamma variables whose proportions are the human masses of the bins.
        cluster: shape (draws,), the cluster that the generator resembles.
        human: shape (draws, bins), human masses.
        machine: shape (draws, bins), machine masses.
        fit: shape (draws,), log-likelihood of the tempered counts.
    """

    walk: np.ndarray
    cluster: np.ndarray
    human: np.ndarray
    machine: np.ndarray
    fit: np.ndarray

    def taken(self, rows: np.ndarray) -> Draws:
        return Draws(**{name: value[rows] for name, value in vars(self).items()})

    def where(self, better: np.ndarray, other: Draws) -> Draws:
        """`other` in the rows where `better`, these elsewhere."""
        pairs = ((name, value, getattr(other, name)) for name, value in vars(self).items())
        return Draws(
            **{
                name: np.where(better.reshape(-1, *[1] * (old.ndim - 1)), new, old)
                for name, old, new in pairs
            }
        )


def anneal(
    counts: np.ndarray,
    spacings: np.ndarray,
    prior: Generators,
    *,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws from the posterior given `counts`.

    Args:
        counts: shape (bins,), documents between the cuts, tempered.
        spacings: shape (bins,), parameters of the Dirichlet law of the human masses.
        prior: over generators.
        draws: number of draws.
        rng: source of randomness.
    """
    model = _Model(counts, spacings, prior)
    state, heat = model.start(draws, rng), 0.0
    while heat < 1.0:
        step = _step(state.fit, 1.0 - heat)
        heat += step
        state = state.taken(_resampled(step * state.fit, rng))
        for _ in range(_MOVES if heat < 1.0 else _LAST_MOVES):
            state = model.moved(state, heat, rng)
    return state


@dataclass(frozen=True)
class _Model:
    counts: np.ndarray
    spacings: np.ndarray
    prior: Generators

    def start(self, draws: int, rng: np.random.Generator) -> Draws:
        """Draws from the prior."""
        angle = rng.uniform(0, np.pi / 2, size=(draws, 1))
        factors = rng.normal(size=(draws, 3))
        gammas = np.log(rng.gamma(self.spacings, size=(draws, self.spacings.size)))
        return self.at(np.hstack([angle, factors, gammas]), self.prior.clusters(draws, rng))

    def at(self, walk: np.ndarray, cluster: np.ndarray) -> Draws:
        gammas = np.exp(walk[:, 4:])
        edges = np.zeros((walk.shape[0], self.spacings.size + 1))
        np.cumsum(gammas, axis=1, out=edges[:, 1:])
        edges /= edges[:, -1:]
        human = np.diff(edges, axis=1)
        machine = self.prior.masses(cluster, walk[:, 1:4], edges)
        share = np.sin(walk[:, :1]) ** 2
        fit = np.log((1 - share) * human + share * machine + 1e-12) @ self.counts
        return Draws(walk=walk, cluster=cluster, human=human, machine=machine, fit=fit)

    def moved(self, state: Draws, heat: float, rng: np.random.Generator) -> Draws:
        """One random walk of all numbers and one change of cluster, accepted by Metropolis."""
        state = self._walked(state, heat, rng)
        cluster = self.prior.clusters(state.cluster.size, rng)
        return self._accepted(state, self.at(state.walk, cluster), heat, rng)

    def _walked(self, state: Draws, heat: float, rng: np.random.Generator) -> Draws:
        draws, numbers = state.walk.shape
        # Some steps short, most at the optimal length: tails and ridges want different ones.
        length = rng.choice([0.4, 1.0, 2.38], size=(draws, 1)) / np.sqrt(numbers)
        spread = np.cov(state.walk, rowvar=False) + 1e-9 * np.eye(numbers)
        walk = state.walk + length * (
            rng.normal(size=(draws, numbers)) @ np.linalg.cholesky(spread).T
        )
        return self._accepted(state, self.at(walk, state.cluster), heat, rng)

    def _accepted(self, state: Draws, other: Draws, heat: float, rng: np.random.Generator) -> Draws:
        gain = heat * (other.fit - state.fit)
        gain += self._log_prior(other.walk) - self._log_prior(state.walk)
        return state.where(np.log(rng.uniform(size=gain.size)) < gain, other)

    def _log_prior(self, walk: np.ndarray) -> np.ndarray:
        gammas = walk[:, 4:] @ self.spacings - np.exp(walk[:, 4:]).sum(axis=1)
        inside = (walk[:, 0] >= 0) & (walk[:, 0] <= np.pi / 2)
        return np.where(inside, gammas - 0.5 * (walk[:, 1:4] ** 2).sum(axis=1), -np.inf)


def _step(fit: np.ndarray, most: float) -> float:
    """How much more of the data lets half of the draws keep their weight."""
    if _effective(most * fit) >= _KEPT:
        return most
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _effective(middle * fit) >= _KEPT else (low, middle)
    return max(low, 1e-6)


def _effective(log_weight: np.ndarray) -> float:
    weight = np.exp(log_weight - log_weight.max())
    return float(weight.sum() ** 2 / (weight**2).sum() / weight.size)


def _resampled(log_weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows drawn in proportion to their weight, systematically."""
    weight = np.exp(log_weight - log_weight.max())
    ends = np.cumsum(weight) / weight.sum()
    points = (np.arange(weight.size) + rng.uniform()) / weight.size
    return np.asarray(np.minimum(np.searchsorted(ends, points), weight.size - 1))
