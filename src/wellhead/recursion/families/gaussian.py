"""Gaussians of any dimension, refitted to their own samples by maximum likelihood.

The theorem of Shumailov et al. (2024) divides by n - 1, the code that came with it divides by n:
the first keeps the mean variance constant while almost every chain shrinks, the second lets it
decay. Both are here as `ddof`. The fast path draws the moments of a sample instead of the sample
(`wellhead.recursion.families.moments`); the literal path draws the values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.special import log_ndtr, ndtr

from wellhead.recursion.data import Array, Counts, Rng, Samples, single_items
from wellhead.recursion.families.moments import Moments, draw_moments, root
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Bias, Sampler, Temperature

__all__ = ["Gaussian", "Normal"]

TAIL_QUANTILE = 3.0902323061678132  # of the standard normal law at 99.9 %


class Normal(NamedTuple):
    """Fitted laws: mean (chains, d) and covariance (chains, d, d)."""

    mean: Array
    covariance: Array


@FAMILIES.register("gaussian")
@dataclass(frozen=True)
class Gaussian(Family[Normal, Samples | Moments]):
    """A normal law with independent coordinates, fitted with its full covariance.

    Args:
        dimension: number of coordinates.
        ddof: 0 divides the scatter by n (maximum likelihood), 1 by n - 1 (unbiased).
        mean: true mean of every coordinate.
        deviation: true standard deviation of every coordinate.
        tail: where the tail begins, in true standard deviations.
        path: "fast" draws moments, "literal" draws values, "auto" takes the fast one if it can.
    """

    samplers = frozenset({"unbiased", "bias", "temperature"})

    dimension: int = 1
    ddof: int = 0
    mean: float = 0.0
    deviation: float = 1.0
    tail: float = 2.0
    path: str = "auto"

    def __post_init__(self) -> None:
        require(self.dimension >= 1, f"expected a dimension above 0, got {self.dimension}.")
        require(self.ddof in (0, 1), f"expected ddof 0 or 1, got {self.ddof}.")
        require(self.deviation > 0, f"expected a deviation above 0, got {self.deviation}.")
        require(self.tail > 0, f"expected a tail above 0, got {self.tail}.")
        require(
            self.path in ("auto", "fast", "literal"),
            f"expected path 'auto', 'fast' or 'literal', got '{self.path}'.",
        )

    def check(self, task: Task) -> None:
        smallest = min(task.sizes(0))
        require(task.size is not None, "size: the gaussian family needs samples per generation.")
        require(
            smallest > self.dimension,
            f"a covariance in {self.dimension} dimension(s) needs more than {self.dimension} "
            f"samples per generation, got {smallest}.",
        )
        require(
            not (self.path == "fast" and self._needs_items(task)),
            f"path = 'fast' keeps only moments, but the regime {task.name_of('regime')} with "
            f"the selector {task.name_of('selector')} needs the values: use path = 'literal'.",
        )
        if self.path == "literal" or self._needs_items(task):
            task.check_memory(self.dimension)

    def open(self, task: Task) -> Self:
        if self.path != "auto":
            return self
        return replace(self, path="literal" if self._needs_items(task) else "fast")

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples | Moments:
        mean = np.full((chains, self.dimension), self.mean)
        factor = np.broadcast_to(
            np.eye(self.dimension) * self.deviation, (chains, self.dimension, self.dimension)
        )
        return self._draw(mean, factor, size, rng)

    def sample(self, model: Normal, size: Counts, sampler: Sampler, rng: Rng) -> Samples | Moments:
        return self._draw(model.mean, root(model.covariance) * _narrowing(sampler), size, rng)

    def fit(self, data: Samples | Moments, context: Fitting[Normal]) -> Normal:
        moments = data if isinstance(data, Moments) else _reduce(data)
        return Normal(moments.mean, moments.scatter / (moments.weight - self.ddof)[:, None, None])

    def truth(self, chains: int) -> dict[str, Array]:
        mean = np.full((1, self.dimension), self.mean)
        covariance = np.eye(self.dimension)[None] * self.deviation**2
        measures = self.measures(Normal(mean, covariance))
        return {name: np.repeat(values, chains) for name, values in measures.items()}

    def measure(self, step: Step[Normal, Samples | Moments]) -> dict[str, Array]:
        return self.measures(step.model)

    def log_likelihood(self, model: Normal, data: Samples | Moments) -> Array:
        values = single_items(data).values
        inverse = np.linalg.inv(root(model.covariance))
        scores = np.einsum("rij,rmj->rmi", inverse, values - model.mean[:, None, :])
        likelihood: Array = (
            np.linalg.slogdet(inverse)[1][:, None]
            - 0.5 * (scores**2).sum(axis=2)
            - 0.5 * self.dimension * np.log(2 * np.pi)
        )
        return likelihood

    def reference(self, chains: int) -> Normal:
        """The true law, as a model."""
        mean = np.full((chains, self.dimension), self.mean)
        eye = np.eye(self.dimension) * self.deviation**2
        return Normal(mean, np.broadcast_to(eye, (chains, *eye.shape)))

    def place(self, model: Normal) -> Array:
        """The mean, in true standard deviations."""
        return np.asarray((model.mean - self.mean) / self.deviation)

    def shifted(self, model: Normal, by: float) -> Normal:
        """The law with its mean moved along the first axis, in true standard deviations."""
        moved = by * self.deviation * (np.arange(self.dimension) == 0)
        return Normal(model.mean + moved, model.covariance)

    def closed_form(self) -> dict[str, Any]:
        """The family as theory calls it."""
        wide = {"dimensions": self.dimension} if self.dimension > 1 else {}
        return {"family": "gaussian", "ddof": self.ddof, **wide}

    def _needs_items(self, task: Task) -> bool:
        return task.subsamples or task.needs_items

    def _draw(self, mean: Array, factor: Array, size: Counts, rng: Rng) -> Samples | Moments:
        if self.path == "fast":
            return draw_moments(mean, factor, size, rng)
        count = int(np.max(size))
        noise = rng.standard_normal((len(mean), count, self.dimension))
        values = mean[:, None, :] + np.einsum("rij,rmj->rmi", factor, noise)
        return Samples.of(values, size)

    def measures(self, model: Normal) -> dict[str, Array]:
        """Measures of each chain's law, in units of the true standard deviation."""
        shift = (model.mean - self.mean) / self.deviation
        values = np.maximum(np.linalg.eigvalsh(model.covariance), 0.0) / self.deviation**2
        error = (shift**2).sum(axis=1)
        with np.errstate(divide="ignore"):
            log_variance = np.log(values).sum(axis=1)
        measures = {
            "variance": values.mean(axis=1),
            "log_variance": log_variance / self.dimension,
            "mean_square_error": error,
            "wasserstein2_squared": error + ((np.sqrt(values) - 1) ** 2).sum(axis=1),
            "kl": 0.5 * (values.sum(axis=1) + error - self.dimension - log_variance),
        }
        if self.dimension == 1:
            measures |= _one_dimensional(shift[:, 0], np.sqrt(values[:, 0]), self.tail)
        return measures


def _one_dimensional(shift: Array, deviation: Array, tail: float) -> dict[str, Array]:
    scale = np.maximum(deviation, 1e-300)
    outside = ndtr((-tail - shift) / scale) + ndtr((shift - tail) / scale)
    return {
        "total_variation": _total_variation(shift, np.maximum(scale, 1e-60)),
        "tail_mass": outside,
        "tail_quantile": shift + TAIL_QUANTILE * deviation,
    }


def _total_variation(shift: Array, deviation: Array) -> Array:
    """Total variation between N(shift, deviation²) and N(0, 1): the mass between the crossings."""
    a = 1 - deviation**-2.0
    b = 2 * shift * deviation**-2.0
    c = -2 * np.log(deviation) - (shift / deviation) ** 2
    equal = np.abs(a) < 1e-12
    safe = np.where(equal, 1.0, a)
    spread = np.sqrt(np.maximum(b**2 - 4 * safe * c, 0.0))
    low, high = (-b - spread) / (2 * safe), (-b + spread) / (2 * safe)
    low, high = np.minimum(low, high), np.maximum(low, high)
    inner = ndtr(high) - ndtr(low)
    fitted = ndtr((high - shift) / deviation) - ndtr((low - shift) / deviation)
    distance: Array = np.where(
        equal, 1 - 2 * np.exp(log_ndtr(-np.abs(shift) / 2)), np.abs(inner - fitted)
    )
    return distance


def _narrowing(sampler: Sampler) -> float:
    """What a sampler multiplies the standard deviation by."""
    if isinstance(sampler, Bias):
        return float(np.sqrt(sampler.strength))
    if isinstance(sampler, Temperature):
        return float(np.sqrt(sampler.temperature))
    return 1.0


def _reduce(samples: Samples) -> Moments:
    mass = samples.mass
    weight = mass.sum(axis=1)
    mean = np.einsum("rm,rmi->ri", mass, samples.values) / weight[:, None]
    centred = samples.values - mean[:, None, :]
    return Moments(
        weight, mean, np.einsum("rm,rmi,rmj->rij", mass, centred, centred, optimize=True)
    )
