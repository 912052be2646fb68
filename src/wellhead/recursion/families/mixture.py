"""Gaussian mixtures, refitted to their own samples by maximum likelihood.

The second experiment of Shumailov et al. (2024). Every fit starts from the model that made the
data (the first from the truth), so that what changes from one generation to the next is
estimation and not the luck of a start. Where fits are carried to their maximum, `kappa` measures
the squared error of all parameters in the metric of their Fisher information, in units of one
round on real data: Dey & Donoho's constants, whatever the weights of the components.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import logsumexp

from wellhead.recursion.data import Array, Counts, Rng, Samples
from wellhead.recursion.families.em import Mixture, densities, expectation_maximisation, kernels
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Bias, Sampler

__all__ = ["GaussianMixture", "placed"]

JUDGED = 500  # true items on which a model's divergence is measured
CARRIED = 1e-6  # the tolerance at which a fit counts as carried to its maximum
INFORMING = 100_000  # true items from which the Fisher information is taken


@FAMILIES.register("mixture")
@dataclass(frozen=True)
class GaussianMixture(Family[Mixture, Samples]):
    """A mixture of normal laws whose true components lie evenly on a circle.

    Args:
        components: how many.
        weights: their true weights, which sum to 1; left out, all alike.
        dimension: number of coordinates.
        radius: of the circle, in standard deviations of a component.
        steps: of expectation-maximisation, at most.
        tolerance: gain in mean log-likelihood at which a fit stops.
        path: "literal" is numpy; "auto" the same arithmetic compiled, where the extra `collapse`
            is installed.
    """

    samplers = frozenset({"unbiased", "bias"})

    components: int = 2
    dimension: int = 2
    radius: float = 2.0
    steps: int = 100
    tolerance: float = 1e-3
    path: str = "auto"
    weights: tuple[float, ...] = field(default=(), metadata={"key": "when given"})

    def __post_init__(self) -> None:
        require(self.components >= 1, f"expected at least 1 component, got {self.components}.")
        require(self.dimension >= 1, f"expected a dimension above 0, got {self.dimension}.")
        require(self.radius >= 0, f"expected a radius of 0 or more, got {self.radius}.")
        require(self.steps >= 1, f"expected at least 1 step, got {self.steps}.")
        require(self.tolerance > 0, f"expected a tolerance above 0, got {self.tolerance}.")
        require(
            self.path in ("auto", "literal"),
            f"expected path 'auto' or 'literal', got '{self.path}'.",
        )
        require(
            not self.weights
            or (
                len(self.weights) == self.components
                and min(self.weights) > 0
                and abs(sum(self.weights) - 1) < 1e-9
            ),
            f"expected weights above 0 for {self.components} components that sum to 1, "
            f"got {list(self.weights)}.",
        )

    @property
    def shares(self) -> Array:
        """The true weights."""
        return np.array(self.weights or [1 / self.components] * self.components)

    def check(self, task: Task) -> None:
        needed = self.components * (self.dimension + 1) + 1
        smallest = min(task.sizes(0))
        require(task.size is not None, "size: mixtures need samples per generation.")
        require(
            smallest >= needed,
            f"{self.components} components in {self.dimension} dimensions need at least {needed} "
            f"samples per generation, got {smallest}.",
        )
        # The features of a fit: one, the coordinates, and their products.
        task.check_memory((self.dimension + 1) * (self.dimension + 2) // 2)

    def reference(self, chains: int) -> Mixture:
        """The true law, as a model."""
        angle = 2 * np.pi * np.arange(self.components) / self.components
        means = np.zeros((self.components, self.dimension))
        means[:, 0] = self.radius * np.cos(angle)
        if self.dimension > 1:
            means[:, 1] = self.radius * np.sin(angle)
        shape = (chains, self.components)
        return Mixture(
            np.broadcast_to(self.shares, shape).copy(),
            np.broadcast_to(means, (*shape, self.dimension)).copy(),
            np.broadcast_to(
                np.eye(self.dimension), (*shape, self.dimension, self.dimension)
            ).copy(),
        )

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples:
        return self._draw(self.reference(chains), size, 1.0, rng)

    def sample(self, model: Mixture, size: Counts, sampler: Sampler, rng: Rng) -> Samples:
        strength = sampler.strength if isinstance(sampler, Bias) else 1.0
        return self._draw(model, size, strength, rng)

    def fit(self, data: Samples, context: Fitting[Mixture]) -> Mixture:
        start = context.previous or self.reference(len(data.values))
        return expectation_maximisation(
            data.values,
            data.mass,
            start,
            steps=self.steps,
            tolerance=self.tolerance,
            literal=self.path == "literal",
        )[0]

    def truth(self, chains: int) -> dict[str, Array]:
        measures = self.measures(self.reference(1))
        found = {name: np.repeat(values, chains) for name, values in measures.items()}
        return found | dict.fromkeys(("kl_truth", *self._inflation), np.zeros(chains))

    def measure(self, step: Step[Mixture, Samples]) -> dict[str, Array]:
        real = self.real(JUDGED, 1, step.rng)
        points = np.broadcast_to(real.values, (len(step.model.weights), *real.values.shape[1:]))
        gap = self.log_likelihood(self.reference(1), real) - self.log_likelihood(
            step.model, Samples(points)
        )
        found = self.measures(step.model) | {"kl_truth": gap.mean(axis=1)}
        for name in self._inflation:
            error = _parameters(step.model) - _parameters(self.reference(1))
            square = np.einsum("ri,ij,rj->r", error, _information(self), error)
            found[name] = step.original.size * square / error.shape[1]
        return found

    def closed_form(self) -> dict[str, Any] | None:
        """The family as theory calls it, which knows `kappa` alone."""
        return {"family": "mixture"} if self._inflation else None

    @property
    def _inflation(self) -> tuple[str, ...]:
        """`kappa`, where fits reach their maximum and components can be told apart."""
        lie_apart = self.radius > 0 and (self.dimension > 1 or self.components == 2)
        apart = self.components == 1 or lie_apart
        return ("kappa",) if apart and self.tolerance <= CARRIED else ()

    def log_likelihood(self, model: Mixture, data: Samples) -> Array:
        likelihood: Array = logsumexp(densities(model, data.values), axis=2)
        return likelihood

    def measures(self, model: Mixture) -> dict[str, Array]:
        """Measures of each chain's law, in units of the true one."""
        mean = np.einsum("rk,rki->ri", model.weights, model.means)
        apart = model.means - mean[:, None, :]
        within = np.trace(model.covariances, axis1=2, axis2=3)
        total = (model.weights * (within + (apart**2).sum(axis=2))).sum(axis=1)
        centre, true = self._centre, self.dimension + self.radius**2 * (self.components > 1)
        if self.weights:
            true = self.dimension + self.radius**2 - float(centre @ centre)
        inner = (model.weights * within).sum(axis=1) / self.dimension
        return {
            "variance": total / true,
            "log_variance": np.log(total / true),
            "component_variance": inner,
            "mean_square_error": ((mean - centre) ** 2).sum(axis=1) / true,
            "smallest_weight": (model.weights / self.shares).min(axis=1),
        }

    @property
    def _centre(self) -> Array:
        """The true mean."""
        if not self.weights:
            return np.zeros(self.dimension)
        return np.asarray(self.shares @ self.reference(1).means[0])

    def _draw(self, model: Mixture, size: Counts, strength: float, rng: Rng) -> Samples:
        chains, count = len(model.weights), int(np.max(size))
        uniform = rng.random((chains, count))
        values = rng.standard_normal((chains, count, self.dimension))
        edges = np.cumsum(model.weights, axis=1)
        factors = np.linalg.cholesky(model.covariances * strength)
        compiled = kernels() if self.path == "auto" else None
        if compiled is None:
            values = placed(values, uniform, edges, model.means, factors)
        else:
            compiled.place(values, uniform, edges, model.means, factors)
        return Samples.of(values, size)


def placed(values: Array, uniform: Array, edges: Array, means: Array, factors: Array) -> Array:
    """Draws of the mixtures (chains, items, d).

    Args:
        values: standard normal numbers, of the same shape.
        uniform: numbers in [0, 1) that choose the components (chains, items).
        edges: cumulated weights (chains, k).
        means, factors: of the components, (chains, k, d) and (chains, k, d, d); a factor is
            lower triangular.
    """
    pick = (uniform[..., None] * edges[:, None, -1:] > edges[:, None, :]).sum(axis=2)
    row = np.arange(len(edges))[:, None]
    drawn: Array = means[row, pick] + np.einsum("rmij,rmj->rmi", factors[row, pick], values)
    return drawn


def _parameters(model: Mixture) -> Array:
    """All weights but the last, means, and lower triangles of covariances (chains, p)."""
    rows, columns = np.tril_indices(model.means.shape[2])
    parts = (model.weights[:, :-1], model.means, model.covariances[..., rows, columns])
    return np.concatenate([part.reshape(len(model.weights), -1) for part in parts], axis=1)


@lru_cache(maxsize=8)
def _information(family: GaussianMixture) -> Array:
    """The Fisher information of an item about `_parameters` (p, p), from draws of the truth.

    True covariances are the identity.
    """
    truth = family.reference(1)
    values = family.real(INFORMING, 1, np.random.default_rng(0)).values
    logs = densities(truth, values)
    belongs = np.exp(logs - logsumexp(logs, axis=2, keepdims=True))[0]
    apart = values[0][:, None, :] - truth.means[0]
    rows, columns = np.tril_indices(family.dimension)
    twice = np.where(rows == columns, 0.5, 1.0)  # off the diagonal one number stands for two
    square = (apart[..., rows] * apart[..., columns] - (rows == columns)) * twice
    of_weights = belongs / family.shares
    scores = (
        of_weights[:, :-1] - of_weights[:, -1:],
        belongs[..., None] * apart,
        belongs[..., None] * square,
    )
    score = np.concatenate([part.reshape(INFORMING, -1) for part in scores], axis=1)
    information: Array = score.T @ score / INFORMING
    return information
