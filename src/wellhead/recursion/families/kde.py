"""Kernel density estimates, redrawn from themselves (Shumailov et al. 2024, supplement).

A draw is a data point plus Gaussian noise of the bandwidth. With a fixed bandwidth h the variance
tends to h²(M - 1), up or down, and need not collapse; without one (h = 0) this is the repeated
bootstrap, which loses its distinct points. "scott" and "silverman" set h from the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wellhead.recursion.data import Array, Counts, Rng, Samples
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Bias, Sampler

__all__ = ["KernelDensity"]


class Kernel(NamedTuple):
    """The points with their weights, and the bandwidth of each chain (chains,)."""

    points: Samples
    bandwidth: Array


@FAMILIES.register("kde")
@dataclass(frozen=True)
class KernelDensity(Family[Kernel, Samples]):
    """A density of Gaussian kernels about the data, of a standard normal truth.

    Args:
        bandwidth: standard deviation of a kernel; with a rule, the factor on what the rule says.
        rule: "fixed", "scott" or "silverman".
    """

    samplers = frozenset({"unbiased", "bias"})

    bandwidth: float = 0.2
    rule: str = "fixed"

    def __post_init__(self) -> None:
        require(self.bandwidth >= 0, f"expected a bandwidth of 0 or more, got {self.bandwidth}.")
        rules = ("fixed", "scott", "silverman")
        require(self.rule in rules, f"expected rule among {rules}, got '{self.rule}'.")

    def check(self, task: Task) -> None:
        smallest = min(task.sizes(0))
        require(task.size is not None, "size: a kernel density needs samples per generation.")
        require(smallest >= 2, f"a kernel density needs at least 2 samples, got {smallest}.")
        task.check_memory(1)

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples:
        values = rng.standard_normal((chains, int(np.max(size)), 1))
        return Samples.of(values, size)

    def fit(self, data: Samples, context: Fitting[Kernel]) -> Kernel:
        count = data.mass.sum(axis=1)
        scale = np.full(len(count), self.bandwidth)
        if self.rule != "fixed":
            # Silverman (1986), equations 3.28 and 3.31, in one dimension.
            constant = 1.0592 if self.rule == "scott" else 0.9
            scale = scale * constant * count**-0.2 * np.sqrt(_variance(data))
        return Kernel(data, scale)

    def sample(self, model: Kernel, size: Counts, sampler: Sampler, rng: Rng) -> Samples:
        count = int(np.max(size))
        edges = np.cumsum(model.points.mass, axis=1)
        at = rng.random((len(edges), count)) * edges[:, -1:]
        rows = zip(edges, at, strict=True)
        pick = np.stack([np.searchsorted(edge, u, side="right") for edge, u in rows])
        noise = rng.standard_normal((len(edges), count, 1)) * model.bandwidth[:, None, None]
        values = model.points.pick(pick).values + noise
        if isinstance(sampler, Bias):
            mean = _mean(model.points)[:, None, None]
            values = mean + np.sqrt(sampler.strength) * (values - mean)
        return Samples.of(values, size)

    def truth(self, chains: int) -> dict[str, Array]:
        zero, one = np.zeros(chains), np.ones(chains)
        return {"variance": one, "log_variance": zero, "mean_square_error": zero}

    def measure(self, step: Step[Kernel, Samples]) -> dict[str, Array]:
        variance = _variance(step.training)
        with np.errstate(divide="ignore"):
            logs = np.log(variance)
        values = np.sort(step.model.points.values[..., 0], axis=1)
        return {
            "variance": variance,
            "log_variance": logs,
            "mean_square_error": _mean(step.model.points) ** 2,
            "bandwidth": step.model.bandwidth,
            "distinct_points": 1.0 + (np.diff(values, axis=1) > 0).sum(axis=1),
        }

    def log_likelihood(self, model: Kernel, data: Samples) -> Array:
        require(self.bandwidth > 0, "a density without bandwidth gives no likelihoods.")
        width = model.bandwidth[:, None, None]
        apart = (data.values - model.points.values[..., 0][:, None, :]) / width
        weights = model.points.mass[:, None, :]
        kernels = np.exp(-0.5 * apart**2) / (width * np.sqrt(2 * np.pi))
        density = (weights * kernels).sum(axis=2) / weights.sum(axis=2)
        likelihood: Array = np.log(np.maximum(density, 1e-300))
        return likelihood

    def closed_form(self) -> dict[str, Any] | None:
        """The family as theory calls it; rules that set the bandwidth have no formulas."""
        return {"family": "kde", "bandwidth": self.bandwidth} if self.rule == "fixed" else None


def _mean(points: Samples) -> Array:
    mean: Array = (points.mass * points.values[..., 0]).sum(axis=1) / points.mass.sum(axis=1)
    return mean


def _variance(points: Samples) -> Array:
    """The variance of the points about their mean, divided by their number."""
    centred = points.values[..., 0] - _mean(points)[:, None]
    variance: Array = (points.mass * centred**2).sum(axis=1) / points.mass.sum(axis=1)
    return variance
