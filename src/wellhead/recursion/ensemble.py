"""Several models of a family that runs one chain, side by side: the ecosystem of a shared web.

Families of text or images fit one model at a time. Here `models` of them go through the loop as an
ensemble: a batch is a batch for each (`Batches`), a model is all of them, and a measure has a value
for each. The real data of the first fit are shared out, so that every model starts from a part of
its own, as in Hodel & West (2025). A family says that it can by `ensembles`, and its batches by
`exchanged`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.data import Array, Counts, Rng
from wellhead.recursion.family import AnyFamily, Exchanges, Family, Fitting, HasPlace, Step
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler

__all__ = ["Batches", "Ensemble"]


@dataclass(frozen=True)
class Batches:
    """A batch for each model."""

    each: tuple[Any, ...]

    @property
    def size(self) -> int:
        return max(int(batch.size) for batch in self.each)

    def join(self, other: Batches) -> Batches:
        pairs = zip(self.each, other.each, strict=True)
        return Batches(tuple(one.join(more) for one, more in pairs))

    def scaled(self, weight: float) -> Batches:
        return Batches(tuple(batch.scaled(weight) for batch in self.each))

    def take(self, size: int, rng: Rng) -> Batches:
        return Batches(tuple(batch.take(size, rng) for batch in self.each))

    def exchanged(self, mixing: float, rng: Rng) -> Batches:
        """What each model reads: an item by any of them with probability `mixing`, else its own."""
        first: Exchanges = self.each[0]
        places = range(len(self.each))
        return Batches(tuple(first.exchanged(self.each, me, mixing, rng) for me in places))


@dataclass(frozen=True)
class Ensemble(Family[list[Any], Batches]):
    """`models` of a family, opened for work.

    Args:
        family: of each.
        models: how many.
    """

    family: AnyFamily
    models: int

    def default_size(self) -> int:
        return self.family.default_size() // self.models

    def original(self, size: int, chains: int, rng: Rng) -> Batches:
        held = self.family.default_size()
        require(
            size * self.models <= held,
            f"size: {self.models} models share the real data out, {held // self.models} each at "
            f"most; got {size}.",
        )
        whole = self.family.original(size * self.models, 1, rng)
        return Batches(tuple(whole.shared_out(self.models, rng)))

    def real(self, size: Counts, chains: int, rng: Rng) -> Batches:
        return Batches(tuple(self.family.real(count, 1, rng) for count in self._counts(size)))

    def sample(self, model: list[Any], size: Counts, sampler: Sampler, rng: Rng) -> Batches:
        pairs = zip(model, self._counts(size), strict=True)
        return Batches(tuple(self.family.sample(one, n, sampler, rng) for one, n in pairs))

    def fit(self, data: Batches, context: Fitting[list[Any]]) -> list[Any]:
        before = context.previous or [None] * self.models
        return [
            self.family.fit(batch, Fitting(context.rng, last, _part(context.workspace, i)))
            for i, (batch, last) in enumerate(zip(data.each, before, strict=True))
        ]

    def measure(self, step: Step[list[Any], Batches]) -> dict[str, Array]:
        found = [
            self.family.measure(
                step._replace(model=model, training=training, first=first, original=original)
            )
            for model, training, first, original in zip(
                step.model, step.training.each, step.first, step.original.each, strict=True
            )
        ]
        joined = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
        return joined | self.family.between(step.model, step.sampler, step.rng)

    def place(self, model: list[Any]) -> Array:
        """The points of all models (models, coordinates)."""
        if not isinstance(self.family, HasPlace):
            raise BadSetting("models of this family have no distance to each other.")
        return np.concatenate([self.family.place(one) for one in model])

    def save(self, folder: Path, model: list[Any], arrived: list[Batches]) -> None:
        for i, one in enumerate(model):
            part = folder / str(i)
            part.mkdir(exist_ok=True)
            self.family.save(part, one, [items.each[i] for items in arrived])

    def load(self, folder: Path) -> tuple[list[Any] | None, list[Batches]]:
        models, arrived = zip(
            *(self.family.load(folder / str(i)) for i in range(self.models)), strict=True
        )
        known = None if None in models else list(models)
        return known, [Batches(batches) for batches in zip(*arrived, strict=True)]

    @property
    def checkpoints(self) -> bool:  # type: ignore[override]
        """As the family does."""
        return self.family.checkpoints

    def _counts(self, size: Counts) -> list[int]:
        return [int(count) for count in np.broadcast_to(size, self.models)]


def _part(workspace: Path | None, place: int) -> Path | None:
    if workspace is None:
        return None
    part = workspace / str(place)
    part.mkdir(exist_ok=True)
    return part
