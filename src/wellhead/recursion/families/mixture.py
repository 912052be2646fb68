"""Gaussian mixtures, refitted to their own samples by maximum likelihood.

The second experiment of Shumailov et al. (2024). Every fit starts from the model that made the
data (the first from the truth), so that what changes from one generation to the next is
estimation and not the luck of a start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from wellhead.recursion.data import Array, Counts, Rng, Samples
from wellhead.recursion.families.em import Mixture, densities, expectation_maximisation, kernels
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Bias, Sampler

__all__ = ["GaussianMixture", "placed"]

JUDGED = 500  # true items on which a model's divergence is measured


@FAMILIES.register("mixture")
@dataclass(frozen=True)
class GaussianMixture(Family[Mixture, Samples]):
    """A mixture of normal laws whose true components lie evenly on a circle.

    Args:
        components: how many.
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
            np.full(shape, 1 / self.components),
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
        return {name: np.repeat(values, chains) for name, values in measures.items()} | {
            "kl_truth": np.zeros(chains)
        }

    def measure(self, step: Step[Mixture, Samples]) -> dict[str, Array]:
        real = self.real(JUDGED, 1, step.rng)
        points = np.broadcast_to(real.values, (len(step.model.weights), *real.values.shape[1:]))
        gap = self.log_likelihood(self.reference(1), real) - self.log_likelihood(
            step.model, Samples(points)
        )
        return self.measures(step.model) | {"kl_truth": gap.mean(axis=1)}

    def log_likelihood(self, model: Mixture, data: Samples) -> Array:
        likelihood: Array = logsumexp(densities(model, data.values), axis=2)
        return likelihood

    def measures(self, model: Mixture) -> dict[str, Array]:
        """Measures of each chain's law, in units of the true one."""
        mean = np.einsum("rk,rki->ri", model.weights, model.means)
        apart = model.means - mean[:, None, :]
        within = np.trace(model.covariances, axis1=2, axis2=3)
        total = (model.weights * (within + (apart**2).sum(axis=2))).sum(axis=1)
        true = self.dimension + self.radius**2 * (self.components > 1)
        inner = (model.weights * within).sum(axis=1) / self.dimension
        return {
            "variance": total / true,
            "log_variance": np.log(total / true),
            "component_variance": inner,
            "mean_square_error": (mean**2).sum(axis=1) / true,
            "smallest_weight": model.weights.min(axis=1) * self.components,
        }

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
