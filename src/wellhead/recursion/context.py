"""What a regime mixes: the original data, everything since, and new items of this generation.

New items pass the selector once, when they arrive, so that an item is judged once in its life.
The original data of fit 1 is trusted and not selected. Drawing new items and mixing old ones have
randomness of their own, so that a resumed run, which draws nothing again, mixes as the first one
did.
"""

from __future__ import annotations

from typing import Protocol

from wellhead.recursion.data import Data, Rng
from wellhead.recursion.plugin import require
from wellhead.recursion.selectors import Select
from wellhead.recursion.sources import Sources

__all__ = ["Arrivals", "Context", "Drawn", "Replayed", "Stock"]


class Stock:
    """What outlives a generation: the original data, the pool, and the part that is kept."""

    def __init__(self, original: Data) -> None:
        self.original = original
        self._pool = original
        self._kept: Data | None = None

    def add(self, items: Data) -> Data:
        """The pool with these items in it."""
        self._pool = self._pool.join(items)
        return self._pool

    def part(self, size: int, mixing: Rng, *, again: bool) -> Data:
        """`size` of the original items: the same ones every time, or others `again`."""
        if again or self._kept is None or self._kept.size != size:
            require(
                size <= self.original.size,
                f"{size} original items are to be kept, but there are only {self.original.size}: "
                "lower the share or do not let the sizes grow.",
            )
            self._kept = self.original.take(size, mixing)
        return self._kept


class Arrivals(Protocol):
    """Where the new items of a generation come from."""

    def real(self, size: int) -> Data:
        """New real items, not selected."""

    def selected(self, size: int, real: float, exact: bool) -> Data:
        """New items after selection, a share `real` of the candidates being real."""


class Drawn:
    """New items drawn now, and kept in `items` for a resume."""

    def __init__(self, sources: Sources, select: Select) -> None:
        self.items: list[Data] = []
        self._sources, self._select = sources, select

    def real(self, size: int) -> Data:
        return self._keep(self._sources.real(size))

    def selected(self, size: int, real: float, exact: bool) -> Data:
        return self._keep(self._select(self._sources, size, real, exact))

    def _keep(self, items: Data) -> Data:
        self.items.append(items)
        return items


class Replayed:
    """The items of a finished generation, in the order in which they came."""

    def __init__(self, items: list[Data]) -> None:
        self._items = iter(items)

    def real(self, size: int) -> Data:
        return next(self._items)

    def selected(self, size: int, real: float, exact: bool) -> Data:
        return next(self._items)


class Context:
    """One generation, as a regime sees it.

    Args:
        stock: what outlives the generation.
        arrivals: its new items.
        mixing: makes the randomness of mixing old items.
        round: how many training sets came before it, the original one among them.
    """

    def __init__(self, stock: Stock, arrivals: Arrivals, mixing: Rng, round: int) -> None:
        self.mixing, self.round = mixing, round
        self._stock, self._arrivals = stock, arrivals

    @property
    def original(self) -> Data:
        """The real data of the first fit."""
        return self._stock.original

    def real(self, size: int) -> Data:
        """New real items, not selected."""
        return self._arrivals.real(size)

    def incoming(self, size: int, *, real: float = 0.0, exact: bool = True) -> Data:
        """New items after selection, a share `real` of the candidates being real."""
        return self._arrivals.selected(size, real, exact)

    def pool(self, size: int) -> Data:
        """Everything so far, with `size` new items."""
        return self._stock.add(self.incoming(size))

    def part_of_original(self, size: int, *, again: bool = False) -> Data:
        """`size` of the original items: the same ones every time, or others `again`."""
        return self._stock.part(size, self.mixing, again=again)
