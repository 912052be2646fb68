"""Logistic regression, refitted to labels that the last fit drew for new inputs.

Inputs are standard normal, labels 0 or 1 by the logistic law. `kappa` is the squared error of the
coefficients in the metric of their Fisher information, over its number of inputs: in units of
one round on real data, for which Dey & Donoho (2024) find n under replacement and at most
π²/6 when everything is kept, as for every family that estimates efficiently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from wellhead.recursion.data import Array, Counts, Rng, Samples
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler

__all__ = ["Logistic"]

STEPS = 50  # of Newton's method, at most
TOLERANCE = 1e-8
FARTHEST = 30.0  # of a coefficient: where classes part, the likelihood has no maximum
NODES = 80


@FAMILIES.register("logistic")
@dataclass(frozen=True)
class Logistic(Family[Array, Samples]):
    """Maximum likelihood of 0 and 1 on standard normal inputs, without an intercept.

    Args:
        dimension: number of inputs d.
        strength: length of the vector of true coefficients, all equal.
    """

    dimension: int = 2
    strength: float = 1.0

    def __post_init__(self) -> None:
        require(self.dimension >= 1, f"expected a dimension above 0, got {self.dimension}.")
        require(
            0 <= self.strength <= 5,
            f"expected a strength from 0 to 5, got {self.strength}: "
            "beyond it samples part the classes.",
        )

    def check(self, task: Task) -> None:
        require(task.size is not None, "size: logistic regression needs samples per generation.")
        least = 20 * self.dimension
        require(
            min(task.sizes(0)) >= least,
            f"size: {self.dimension} inputs need at least {least} samples, got "
            f"{min(task.sizes(0))}: fewer may part the classes, which has no fit.",
        )
        task.check_memory(self.dimension + 1)

    @property
    def truth_vector(self) -> Array:
        """The true coefficients."""
        return np.full(self.dimension, self.strength * self.dimension**-0.5)

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples:
        truth = np.broadcast_to(self.truth_vector, (chains, self.dimension))
        return self._labelled(truth, size, rng)

    def sample(self, model: Array, size: Counts, sampler: Sampler, rng: Rng) -> Samples:
        return self._labelled(model, size, rng)

    def fit(self, data: Samples, context: Fitting[Array]) -> Array:
        inputs, labels, mass = data.values[..., :-1], data.values[..., -1], data.mass
        found = np.zeros((len(inputs), self.dimension))
        for _ in range(STEPS):
            chance = expit(np.einsum("rmi,ri->rm", inputs, found))
            slope = np.einsum("rm,rmi->ri", mass * (labels - chance), inputs)
            curve = np.einsum("rm,rmi,rmj->rij", mass * chance * (1 - chance), inputs, inputs)
            step = np.linalg.solve(curve + 1e-12 * np.eye(self.dimension), slope[..., None])[..., 0]
            found = np.clip(found + step, -FARTHEST, FARTHEST)
            if np.abs(step).max() < TOLERANCE:
                break
        return found

    def truth(self, chains: int) -> dict[str, Array]:
        return {"kappa": np.zeros(chains)}

    def measure(self, step: Step[Array, Samples]) -> dict[str, Array]:
        error = step.model - self.truth_vector
        along = error @ self.truth_vector / (self.strength or 1.0)
        with_truth, across = self._information()
        square = with_truth * along**2 + across * ((error**2).sum(axis=1) - along**2)
        return {"kappa": step.original.size * square / self.dimension}

    def place(self, model: Array) -> Array:
        """The coefficients."""
        return model

    def _information(self) -> tuple[float, float]:
        """Fisher information of a sample along the true coefficients and across them."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        chance = expit(self.strength * nodes)
        density = weights / weights.sum() * chance * (1 - chance)
        return float((density * nodes**2).sum()), float(density.sum())

    def _labelled(self, coefficients: Array, size: Counts, rng: Rng) -> Samples:
        shape = (len(coefficients), int(np.max(size)), self.dimension)
        inputs = rng.standard_normal(shape)
        chance = expit(np.einsum("rmi,ri->rm", inputs, coefficients))
        labels = rng.random(shape[:2]) < chance
        return Samples.of(np.concatenate([inputs, labels[..., None]], axis=2), size)
