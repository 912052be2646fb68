"""Locations and scales of heavy-tailed laws, fitted by a model that may be wrong.

A normal, Laplace or Student law is refitted by maximum likelihood to its own samples; the real
data may follow another law. `kappa` measures the squared error of the location in units of one
round on real data, which theory (`theory.location`) gives for every pair of model and truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from wellhead.recursion.data import Array, Counts, Rng, Samples
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler
from wellhead.recursion.theory.location import Location

__all__ = ["LocationScale"]

STEPS = 100  # of the fit of a Student law, at most
TOLERANCE = 1e-6  # of the true scale


class Placed(NamedTuple):
    """A location and a scale for each chain (chains,)."""

    location: Array
    scale: Array


@FAMILIES.register("location")
@dataclass(frozen=True)
class LocationScale(Family[Placed, Samples]):
    """A location and a scale.

    Args:
        truth_law: the law of real data: "normal", "laplace", "student" or "contaminated".
        model: what is fitted and drawn from: "normal", "laplace" or "student".
        freedom: degrees of freedom of Student's law, above 2.
    """

    weighted = False

    truth_law: str = "laplace"
    model: str = "laplace"
    freedom: float = 3.0

    def __post_init__(self) -> None:
        Location(self.truth_law, self.model, self.freedom)

    def check(self, task: Task) -> None:
        require(task.size is not None, "size: this family needs samples per generation.")
        require(min(task.sizes(0)) >= 8, "size: this family needs 8 samples or more.")
        task.check_memory(1)

    @property
    def theory(self) -> Location:
        """What one round costs."""
        return _theory(self.truth_law, self.model, self.freedom)

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples:
        shape = (chains, int(np.max(size)))
        if self.truth_law != "contaminated":
            return Samples.of(self._noise(self.truth_law, shape, rng), size)
        wide = np.where(rng.random(shape) < 0.1, 10.0, 1.0)
        return Samples.of(wide * rng.standard_normal(shape), size)

    def sample(self, model: Placed, size: Counts, sampler: Sampler, rng: Rng) -> Samples:
        shape = (len(model.location), int(np.max(size)))
        noise = self._noise(self.model, shape, rng)
        return Samples.of(model.location[:, None] + model.scale[:, None] * noise, size)

    def fit(self, data: Samples, context: Fitting[Placed]) -> Placed:
        values = np.where(data.mass > 0, data.values, np.nan)
        if self.model == "normal":
            return Placed(np.nanmean(values, axis=1), np.nanstd(values, axis=1))
        location = np.nanmedian(values, axis=1)
        scale = np.nanmean(np.abs(values - location[:, None]), axis=1)
        if self.model == "laplace":
            return Placed(location, scale)
        return self._student(data, Placed(location, scale))

    def truth(self, chains: int) -> dict[str, Array]:
        return {"kappa": np.zeros(chains), "scale": np.full(chains, self.theory.scale)}

    def measure(self, step: Step[Placed, Samples]) -> dict[str, Array]:
        rounds = step.original.size / self.theory.one_round
        return {"kappa": rounds * step.model.location**2, "scale": step.model.scale}

    def closed_form(self) -> dict[str, Any]:
        """The family as theory calls it."""
        laws = {"truth_law": self.truth_law, "model": self.model}
        return {"family": "location", "freedom": self.freedom, **laws}

    def place(self, model: Placed) -> Array:
        """The location."""
        return model.location[:, None]

    def _noise(self, law: str, shape: tuple[int, int], rng: Rng) -> Array:
        if law == "normal":
            return rng.standard_normal(shape)
        if law == "laplace":
            return rng.laplace(size=shape)
        return rng.standard_t(self.freedom, size=shape)

    def _student(self, data: Samples, start: Placed) -> Placed:
        """The EM algorithm for known degrees of freedom, parameters expanded (Liu et al. 1998)."""
        location, scale, nu = start.location, start.scale, self.freedom
        values, mass = data.values, data.mass
        for _ in range(STEPS):
            weights = mass / (nu + ((values - location[:, None]) / scale[:, None]) ** 2)
            total = weights.sum(axis=1)
            moved = (weights * values).sum(axis=1) / total
            square = (weights * (values - moved[:, None]) ** 2).sum(axis=1) / total
            done = np.abs(moved - location).max() < TOLERANCE
            location, scale = moved, np.sqrt(square)
            if done:
                break
        return Placed(location, scale)


@lru_cache(maxsize=16)
def _theory(truth: str, model: str, freedom: float) -> Location:
    return Location(truth, model, freedom)
