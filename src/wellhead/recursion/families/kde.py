"""Kernel density estimates, redrawn from themselves (Shumailov et al. 2024, supplement).

A draw is a data point plus Gaussian noise of the bandwidth. With a fixed bandwidth h the variance
tends to h²(M - 1), up or down, and need not collapse; without one (h = 0) this is the repeated
bootstrap, which loses its distinct points. "scott" and "silverman" set h from the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wellhead.recursion.data import Array, Counts, Data, Rng, Samples
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Bias, Sampler

if TYPE_CHECKING:
    from wellhead.recursion.setting import Setting

__all__ = ["KernelDensity"]


class Kernel(NamedTuple):
    """The points with their weights, and the bandwidth of each lineage (lineages,)."""

    points: Samples
    bandwidth: Array


@FAMILIES.register("kde")
@dataclass(frozen=True)
class KernelDensity(Family):
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

    def check(self, setting: Setting) -> None:
        smallest = min(setting.schedule.sizes(setting.size or 0, setting.fits))
        require(setting.size is not None, "size: a kernel density needs samples per generation.")
        require(smallest >= 2, f"a kernel density needs at least 2 samples, got {smallest}.")
        setting.check_memory(1)

    def real(self, size: Counts, lineages: int, rng: Rng) -> Data:
        values = rng.standard_normal((lineages, int(np.max(size)), 1))
        return Samples(values) if isinstance(size, int) else Samples(values).first(size)

    def fit(self, data: Data, context: Fitting) -> Kernel:
        assert isinstance(data, Samples)
        count = data.mass.sum(axis=1)
        scale = np.full(len(count), self.bandwidth)
        if self.rule != "fixed":
            # Silverman (1986), equations 3.28 and 3.31, in one dimension.
            constant = 1.0592 if self.rule == "scott" else 0.9
            scale = scale * constant * count**-0.2 * np.sqrt(_variance(data))
        return Kernel(data, scale)

    def sample(self, model: Kernel, size: Counts, sampler: Sampler, rng: Rng) -> Data:
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
        return Samples(values) if isinstance(size, int) else Samples(values).first(size)

    def truth(self, lineages: int) -> dict[str, Array]:
        zero, one = np.zeros(lineages), np.ones(lineages)
        return {"variance": one, "log_variance": zero, "mean_square_error": zero}

    def measure(self, step: Step) -> dict[str, Array]:
        variance = _variance(step.training)  # type: ignore[arg-type]
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

    def log_likelihood(self, model: Kernel, data: Data) -> Array:
        assert isinstance(data, Samples)
        require(self.bandwidth > 0, "a density without bandwidth gives no likelihoods.")
        width = model.bandwidth[:, None, None]
        apart = (data.values - model.points.values[..., 0][:, None, :]) / width
        weights = model.points.mass[:, None, :]
        kernels = np.exp(-0.5 * apart**2) / (width * np.sqrt(2 * np.pi))
        density = (weights * kernels).sum(axis=2) / weights.sum(axis=2)
        likelihood: Array = np.log(np.maximum(density, 1e-300))
        return likelihood


def _mean(points: Samples) -> Array:
    mean: Array = (points.mass * points.values[..., 0]).sum(axis=1) / points.mass.sum(axis=1)
    return mean


def _variance(points: Samples) -> Array:
    """The variance of the points about their mean, divided by their number."""
    centred = points.values[..., 0] - _mean(points)[:, None]
    variance: Array = (points.mass * centred**2).sum(axis=1) / points.mass.sum(axis=1)
    return variance
