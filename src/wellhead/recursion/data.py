"""What generations are trained on: a batch of items for each of many chains at once.

A *chain* is a row of models, each trained on the output of the one before. Cheap families
run thousands of chains side by side, so a batch holds the items of all of them. `Data` is what
the loop and the regimes know about a batch; `Samples` is the literal form, an array of drawn
values. Families may bring a form of their own that keeps only what the fit needs (sums, counts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadSetting

__all__ = ["Array", "Counts", "Data", "Items", "Rng", "Samples", "single_items"]

Array = NDArray[Any]
Rng = np.random.Generator
Counts = int | NDArray[np.int64]


class Data(Protocol):
    """A batch of items for each chain."""

    @property
    def size(self) -> int:
        """Items per chain; the most that any chain holds where they differ."""

    def join(self, other: Self) -> Self:
        """The items of both."""

    def scaled(self, weight: float) -> Self:
        """The same items, each counting `weight` times as much in a fit."""

    def take(self, size: int, rng: Rng) -> Self:
        """`size` items of each chain, drawn without replacement."""


@runtime_checkable
class Items(Data, Protocol):
    """A batch whose items can be looked at one by one."""

    def where(self, keep: Array) -> Self:
        """Only the items for which `keep` (chains, items) holds."""

    def least(self) -> int:
        """Items in the chain that has fewest."""

    def cut(self, size: int) -> Self:
        """The first `size` items of each chain, which must have as many."""


def single_items(data: Data) -> Samples:
    """The drawn values.

    Raises:
        BadSetting: the batch keeps only sums or counts of them.
    """
    if not isinstance(data, Samples):
        raise BadSetting("single items are needed, not sums of them: use path = 'literal'.")
    return data


@dataclass(frozen=True)
class Samples:
    """Drawn values, shape (chains, items, ...), with optional weights (chains, items).

    A weight of zero means that the item is absent: so chains of different sizes share an array.

    >>> Samples(np.zeros((2, 3))).join(Samples(np.ones((2, 1)))).values
    array([[0., 0., 0., 1.],
           [0., 0., 0., 1.]])
    """

    values: Array
    weights: Array | None = None

    @property
    def size(self) -> int:
        return int(self.values.shape[1])

    @property
    def mass(self) -> Array:
        """The weights, ones where none are set."""
        return np.ones(self.values.shape[:2]) if self.weights is None else self.weights

    def join(self, other: Samples) -> Samples:
        values = np.concatenate([self.values, other.values], axis=1)
        if self.weights is None and other.weights is None:
            return Samples(values)
        return Samples(values, np.concatenate([self.mass, other.mass], axis=1))

    def scaled(self, weight: float) -> Samples:
        return Samples(self.values, self.mass * weight)

    def take(self, size: int, rng: Rng) -> Samples:
        if size >= self.size:
            return self
        keys = rng.random(self.values.shape[:2], dtype=np.float32)
        if self.weights is not None:
            keys = np.where(self.weights > 0, keys, 2.0)
        return self.pick(np.argpartition(keys, size - 1, axis=1)[:, :size])

    def pick(self, index: Array) -> Samples:
        """The items at `index` (chains, chosen) of each chain."""
        shape = index.shape + (1,) * (self.values.ndim - 2)
        values = np.take_along_axis(self.values, index.reshape(shape), axis=1)
        weights = self.weights
        return Samples(values, None if weights is None else np.take_along_axis(weights, index, 1))

    def from_chains(self, chains: Array) -> Samples:
        """In each place the item that another chain has there: its number (chains, items)."""
        place = np.arange(self.size)
        weights = self.weights
        return Samples(
            self.values[chains, place], None if weights is None else weights[chains, place]
        )

    def where(self, keep: Array) -> Samples:
        """Only the items for which `keep` (chains, items) holds; the rest get no weight."""
        return Samples(self.values, self.mass * keep)

    def least(self) -> int:
        """Items with weight in the chain that has fewest."""
        return int((self.mass > 0).sum(axis=1).min())

    def cut(self, size: int) -> Samples:
        """The first `size` items with weight of each chain, which must have as many."""
        order = np.argsort(self.mass <= 0, axis=1, kind="stable")[:, :size]
        return Samples(self.pick(order).values)

    @classmethod
    def of(cls, values: Array, counts: Counts) -> Samples:
        """The first `counts` of these values in each chain."""
        return cls(values) if isinstance(counts, int) else cls(values).first(counts)

    def first(self, counts: Counts) -> Samples:
        """The first `counts` items of each chain; the rest get no weight."""
        if isinstance(counts, int):
            return Samples(
                self.values[:, :counts], None if self.weights is None else self.mass[:, :counts]
            )
        present = np.arange(self.size) < np.asarray(counts)[:, None]
        return Samples(self.values, self.mass * present)
