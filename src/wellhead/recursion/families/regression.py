"""Linear regression, refitted to labels that the last fit made (Dohmatob et al. 2024;
Gerstgrasser et al. 2024).

Inputs are standard normal, labels a linear function plus noise. Either every generation labels
inputs of its own, or all relabel the same ones. The fast path draws the Gram matrix (Wishart) and
what the labels add to it instead of inputs and labels; least squares needs nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from wellhead.recursion.data import Array, Counts, Rng, Samples, single_items
from wellhead.recursion.families.moments import bartlett
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler

__all__ = ["Gram", "Regression"]


@dataclass(frozen=True)
class Gram:
    """Counts (chains,), inputs'inputs (chains, d, d) and inputs'labels (chains, d)."""

    count: Array
    inputs: Array
    labels: Array

    @property
    def size(self) -> int:
        return round(float(self.count.max()))

    def join(self, other: Gram) -> Gram:
        return Gram(
            self.count + other.count, self.inputs + other.inputs, self.labels + other.labels
        )

    def scaled(self, weight: float) -> Gram:
        return Gram(self.count * weight, self.inputs * weight, self.labels * weight)

    def take(self, size: int, rng: Rng) -> Gram:
        require(size >= self.size, "a part of the data needs the items: use path = 'literal'.")
        return self


class Fitted(NamedTuple):
    """Coefficients (chains, d), and the inputs that later generations relabel."""

    coefficients: Array
    inputs: Samples | Gram


@FAMILIES.register("regression")
@dataclass(frozen=True)
class Regression(Family[Fitted, Samples | Gram]):
    """Least squares on standard normal inputs.

    Args:
        dimension: number of inputs d.
        noise: standard deviation of the labels about their mean.
        inputs: "fresh" for new inputs every generation, "same" to relabel those of the first.
        path: "fast" draws Gram matrices, "literal" inputs and labels, "auto" the fast one if it
            can.
    """

    dimension: int = 10
    noise: float = 1.0
    inputs: str = "fresh"
    path: str = "auto"

    def __post_init__(self) -> None:
        require(self.dimension >= 1, f"expected a dimension above 0, got {self.dimension}.")
        require(self.noise > 0, f"expected noise above 0, got {self.noise}.")
        require(
            self.inputs in ("fresh", "same"),
            f"expected inputs 'fresh' or 'same', got '{self.inputs}'.",
        )
        require(
            self.path in ("auto", "fast", "literal"),
            f"expected path 'auto', 'fast' or 'literal', got '{self.path}'.",
        )

    def check(self, task: Task) -> None:
        smallest = min(task.sizes(0))
        require(task.size is not None, "size: regression needs samples per generation.")
        require(
            smallest > self.dimension + 1,
            f"least squares on {self.dimension} inputs has a finite risk only with more than "
            f"{self.dimension + 1} samples, got {smallest}.",
        )
        regime = task.name_of("regime")
        require(
            self.inputs == "fresh" or regime in ("replace", "accumulate"),
            f"inputs = 'same' goes with the regimes replace and accumulate, got {regime}.",
        )
        require(
            not (self.path == "fast" and self._needs_items(task)),
            f"path = 'fast' keeps only Gram matrices, but the regime {regime} needs the items: "
            "use path = 'literal'.",
        )
        if self.path == "literal" or self._needs_items(task):
            task.check_memory(self.dimension + 1)

    def open(self, task: Task) -> Self:
        if self.path != "auto":
            return self
        return replace(self, path="literal" if self._needs_items(task) else "fast")

    @property
    def truth_vector(self) -> Array:
        """The true coefficients: a unit vector with equal entries."""
        return np.full(self.dimension, self.dimension**-0.5)

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples | Gram:
        truth = np.broadcast_to(self.truth_vector, (chains, self.dimension))
        return self._label(truth, self._inputs(size, chains, rng), rng)

    def sample(self, model: Fitted, size: Counts, sampler: Sampler, rng: Rng) -> Samples | Gram:
        if self.inputs == "same":
            return self._label(model.coefficients, model.inputs, rng)
        chains = len(model.coefficients)
        return self._label(model.coefficients, self._inputs(size, chains, rng), rng)

    def fit(self, data: Samples | Gram, context: Fitting[Fitted]) -> Fitted:
        gram = data if isinstance(data, Gram) else _reduce(data)
        coefficients = np.linalg.solve(gram.inputs, gram.labels[:, :, None])[:, :, 0]
        return Fitted(coefficients, data if context.previous is None else context.previous.inputs)

    def truth(self, chains: int) -> dict[str, Array]:
        return {"excess_risk": np.zeros(chains)}

    def measure(self, step: Step[Fitted, Samples | Gram]) -> dict[str, Array]:
        error = ((step.model.coefficients - self.truth_vector) ** 2).sum(axis=1)
        return {"excess_risk": error / self.noise**2}

    def log_likelihood(self, model: Fitted, data: Samples | Gram) -> Array:
        values = single_items(data).values
        inputs, labels = values[..., :-1], values[..., -1]
        error = (labels - np.einsum("rmi,ri->rm", inputs, model.coefficients)) / self.noise
        likelihood: Array = -0.5 * error**2 - np.log(self.noise * np.sqrt(2 * np.pi))
        return likelihood

    def reference(self, chains: int) -> Fitted:
        """The true law, as a model."""
        truth = np.broadcast_to(self.truth_vector, (chains, self.dimension))
        return Fitted(truth, Samples(np.zeros((chains, 0, self.dimension + 1))))

    def place(self, model: Fitted) -> Array:
        """The coefficients, in standard deviations of the noise."""
        return np.asarray(model.coefficients / self.noise)

    def shifted(self, model: Fitted, by: float) -> Fitted:
        """The law with its first coefficient moved, in standard deviations of the noise."""
        moved = by * self.noise * (np.arange(self.dimension) == 0)
        return Fitted(model.coefficients + moved, model.inputs)

    def closed_form(self) -> dict[str, Any]:
        """The family as theory calls it; excess risk is in units of the noise variance."""
        same = self.inputs == "same" or None
        return {
            "family": "regression",
            "dimensions": self.dimension,
            "noise": 1.0,
            "same_inputs": same,
        }

    def _needs_items(self, task: Task) -> bool:
        parts = task.subsamples or task.name_of("regime") == "fixed-original"
        return parts or task.needs_items

    def _inputs(self, size: Counts, chains: int, rng: Rng) -> Samples | Gram:
        if self.path == "literal":
            values = rng.standard_normal((chains, int(np.max(size)), self.dimension + 1))
            return Samples.of(values, size)
        count = np.broadcast_to(np.asarray(size, dtype=np.int64), (chains,))
        factor = bartlett(count, self.dimension, rng)
        return Gram(
            count.astype(float),
            factor @ factor.swapaxes(1, 2),
            np.zeros((chains, self.dimension)),
        )

    def _label(self, coefficients: Array, inputs: Samples | Gram, rng: Rng) -> Samples | Gram:
        """The inputs with labels of their own."""
        if isinstance(inputs, Samples):
            x = inputs.values[..., :-1]
            mean = np.einsum("rmi,ri->rm", x, coefficients)
            labels = mean + self.noise * rng.standard_normal(mean.shape)
            return Samples(np.concatenate([x, labels[..., None]], axis=2), inputs.weights)
        values, vectors = np.linalg.eigh(inputs.inputs)
        noise = rng.standard_normal(coefficients.shape) * np.sqrt(np.maximum(values, 0.0))
        mean = np.einsum("rij,rj->ri", inputs.inputs, coefficients)
        scatter = np.einsum("rij,rj->ri", vectors, noise)
        return Gram(inputs.count, inputs.inputs, mean + self.noise * scatter)


def _reduce(samples: Samples) -> Gram:
    mass, x, y = samples.mass, samples.values[..., :-1], samples.values[..., -1]
    weighted = x * mass[..., None]
    return Gram(mass.sum(axis=1), weighted.swapaxes(1, 2) @ x, np.einsum("rmi,rm->ri", weighted, y))
