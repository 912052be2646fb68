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
from scipy.special import logsumexp
from threadpoolctl import threadpool_limits

from wellhead._stats import effective_size
from wellhead.prevalence.library import GeneratorPrior

__all__ = ["Draws", "posterior_draws"]

_KEPT = 0.5
_MOVES = 6
_LAST_MOVES = 12


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Draws of the unknown, one a row.

    Attributes:
        theta: shape (draws, 4 + bins): the angle whose squared sine is the share (uniform under
            Jeffreys' prior); three standard normal factors of the generator; and the logarithms of
            independent gamma variables whose proportions are the human masses of the bins.
        cluster: shape (draws,), the cluster that the generator resembles.
        human: shape (draws, bins), human masses.
        machine: shape (draws, bins), machine masses.
        log_lik: shape (draws,), log-likelihood of the tempered counts.
    """

    theta: np.ndarray
    cluster: np.ndarray
    human: np.ndarray
    machine: np.ndarray
    log_lik: np.ndarray

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


def posterior_draws(
    counts: np.ndarray,
    spacings: np.ndarray,
    prior: GeneratorPrior,
    *,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Draws, float]:
    """Draws from the posterior given `counts`, and the logarithm of the evidence for the prior.

    Args:
        counts: shape (bins,), documents between the cuts, tempered.
        spacings: shape (bins,), parameters of the Dirichlet law of the human masses.
        prior: over generators.
        draws: number of draws.
        rng: source of randomness.
    """
    with threadpool_limits(1, user_api="blas"):  # on matrices as small, threads only wait
        return _annealed(_Model(counts, spacings, prior), draws, rng)


def _annealed(model: _Model, draws: int, rng: np.random.Generator) -> tuple[Draws, float]:
    state, temperature, evidence = model.start(draws, rng), 0.0, 0.0
    while temperature < 1.0:
        step = _step(state.log_lik, 1.0 - temperature)
        temperature += step
        evidence += float(logsumexp(step * state.log_lik) - np.log(draws))
        state = state.taken(_resampled(step * state.log_lik, rng))
        for _ in range(_MOVES if temperature < 1.0 else _LAST_MOVES):
            state = model.moved(state, temperature, rng)
    return state, evidence


@dataclass(frozen=True)
class _Model:
    counts: np.ndarray
    spacings: np.ndarray
    prior: GeneratorPrior

    def start(self, draws: int, rng: np.random.Generator) -> Draws:
        """Draws from the prior."""
        angle = rng.uniform(0, np.pi / 2, size=(draws, 1))
        factors = rng.normal(size=(draws, 3))
        gammas = np.log(rng.gamma(self.spacings, size=(draws, self.spacings.size)))
        return self.at(np.hstack([angle, factors, gammas]), self.prior.clusters(draws, rng))

    def at(self, theta: np.ndarray, cluster: np.ndarray) -> Draws:
        gammas = np.exp(theta[:, 4:])
        edges = np.zeros((theta.shape[0], self.spacings.size + 1))
        np.cumsum(gammas, axis=1, out=edges[:, 1:])
        edges /= edges[:, -1:]
        human = np.diff(edges, axis=1)
        machine = self.prior.masses(cluster, theta[:, 1:4], edges)
        share = np.sin(theta[:, :1]) ** 2
        log_lik = np.log((1 - share) * human + share * machine + 1e-12) @ self.counts
        return Draws(theta=theta, cluster=cluster, human=human, machine=machine, log_lik=log_lik)

    def moved(self, state: Draws, temperature: float, rng: np.random.Generator) -> Draws:
        """One random walk of all numbers and one change of cluster, accepted by Metropolis."""
        state = self._walked(state, temperature, rng)
        cluster = self.prior.clusters(state.cluster.size, rng)
        return self._accepted(state, self.at(state.theta, cluster), temperature, rng)

    def _walked(self, state: Draws, temperature: float, rng: np.random.Generator) -> Draws:
        draws, numbers = state.theta.shape
        # Some steps short, most at the optimal length: tails and ridges want different ones.
        length = rng.choice([0.4, 1.0, 2.38], size=(draws, 1)) / np.sqrt(numbers)
        spread = np.cov(state.theta, rowvar=False) + 1e-9 * np.eye(numbers)
        theta = state.theta + length * (
            rng.normal(size=(draws, numbers)) @ np.linalg.cholesky(spread).T
        )
        return self._accepted(state, self.at(theta, state.cluster), temperature, rng)

    def _accepted(
        self, state: Draws, other: Draws, temperature: float, rng: np.random.Generator
    ) -> Draws:
        gain = temperature * (other.log_lik - state.log_lik)
        gain += self._log_prior(other.theta) - self._log_prior(state.theta)
        return state.where(np.log(rng.uniform(size=gain.size)) < gain, other)

    def _log_prior(self, theta: np.ndarray) -> np.ndarray:
        gammas = theta[:, 4:] @ self.spacings - np.exp(theta[:, 4:]).sum(axis=1)
        inside = (theta[:, 0] >= 0) & (theta[:, 0] <= np.pi / 2)
        return np.where(inside, gammas - 0.5 * (theta[:, 1:4] ** 2).sum(axis=1), -np.inf)


def _step(log_lik: np.ndarray, most: float) -> float:
    """How much more of the data lets half of the draws keep their weight."""
    if _effective(most * log_lik) >= _KEPT:
        return most
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _effective(middle * log_lik) >= _KEPT else (low, middle)
    return max(low, 1e-6)


def _effective(log_weight: np.ndarray) -> float:
    return effective_size(np.exp(log_weight - log_weight.max())) / log_weight.size


def _resampled(log_weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows drawn in proportion to their weight, systematically."""
    weight = np.exp(log_weight - log_weight.max())
    ends = np.cumsum(weight) / weight.sum()
    points = (np.arange(weight.size) + rng.uniform()) / weight.size
    return np.asarray(np.minimum(np.searchsorted(ends, points), weight.size - 1))
