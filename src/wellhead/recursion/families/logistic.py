"""Logistic regression, refitted to labels that the last fit drew for new inputs.

Inputs are standard normal; real labels are 0 or 1 by the logistic law or, so that the model is
wrong, by another. `kappa` is the squared error of the coefficients, from those to which a fit to
real data converges, in the metric of their Fisher information and in units of one round on real
data, for which Dey & Donoho (2024) find n under replacement and at most π²/6 when everything is
kept, as for every family that estimates efficiently. `theory.logistic` has the wrong ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import expit

from wellhead.recursion.data import Array, Counts, Rng, Samples
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler
from wellhead.recursion.theory import logistic as theory

__all__ = ["Logistic"]

STEPS = 50  # of Newton's method, at most
TOLERANCE = 1e-8
FARTHEST = 30.0  # of a coefficient: where classes part, the likelihood has no maximum


@FAMILIES.register("logistic")
@dataclass(frozen=True)
class Logistic(Family[Array, Samples]):
    """Maximum likelihood of 0 and 1 on standard normal inputs, without an intercept.

    Args:
        dimension: number of inputs d.
        strength: length of the vector of true coefficients, all equal.
        truth_law: the law of real labels: "logistic", "probit", "cauchit", or "threshold", the sign
            of the input along the true coefficients with a tenth of the labels wrong.
    """

    dimension: int = 2
    strength: float = 1.0
    truth_law: str = field(default="logistic", metadata={"key": "when given"})

    def __post_init__(self) -> None:
        require(self.dimension >= 1, f"expected a dimension above 0, got {self.dimension}.")
        theory.Logistic(self.truth_law, self.dimension, self.strength)

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
    def theory(self) -> theory.Logistic:
        """What one round costs, and where fits to real data converge."""
        return _theory(self.truth_law, self.dimension, self.strength)

    @property
    def direction(self) -> Array:
        """The true coefficients, of length 1."""
        return np.full(self.dimension, self.dimension**-0.5)

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples:
        truth = np.broadcast_to(self.strength * self.direction, (chains, self.dimension))
        return self._labelled(truth, size, rng, self.theory.chance)

    def sample(self, model: Array, size: Counts, sampler: Sampler, rng: Rng) -> Samples:
        return self._labelled(model, size, rng, expit)

    def fit(self, data: Samples, context: Fitting[Array]) -> Array:
        inputs, labels, mass = data.values[..., :-1], data.values[..., -1], data.mass
        found = np.zeros((len(inputs), self.dimension))
        for _ in range(STEPS):
            chance = expit((inputs @ found[..., None])[..., 0])
            slope = inputs.swapaxes(1, 2) @ (mass * (labels - chance))[..., None]
            heavy = inputs * (mass * chance * (1 - chance))[..., None]
            curve = heavy.swapaxes(1, 2) @ inputs + 1e-12 * np.eye(self.dimension)
            step = np.linalg.solve(curve, slope)[..., 0]
            found = np.clip(found + step, -FARTHEST, FARTHEST)
            if np.abs(step).max() < TOLERANCE:
                break
        return found

    def truth(self, chains: int) -> dict[str, Array]:
        return {"kappa": np.zeros(chains)}

    def measure(self, step: Step[Array, Samples]) -> dict[str, Array]:
        error = step.model - self.theory.length * self.direction
        along = error @ self.direction
        with_truth, across = self.theory.information
        square = with_truth * along**2 + across * ((error**2).sum(axis=1) - along**2)
        return {"kappa": step.original.size * square / self.theory.one_round}

    def closed_form(self) -> dict[str, Any]:
        """The family as theory calls it."""
        return {
            "family": "logistic",
            "truth_law": self.truth_law,
            "dimensions": self.dimension,
            "strength": self.strength,
        }

    def place(self, model: Array) -> Array:
        """The coefficients."""
        return model

    def _labelled(
        self, coefficients: Array, size: Counts, rng: Rng, law: Callable[[Array], Array]
    ) -> Samples:
        shape = (len(coefficients), int(np.max(size)), self.dimension)
        inputs = rng.standard_normal(shape)
        chance = law(np.einsum("rmi,ri->rm", inputs, coefficients))
        labels = rng.random(shape[:2]) < chance
        return Samples.of(np.concatenate([inputs, labels[..., None]], axis=2), size)


@lru_cache(maxsize=16)
def _theory(truth_law: str, dimension: int, strength: float) -> theory.Logistic:
    return theory.Logistic(truth_law, dimension, strength)
