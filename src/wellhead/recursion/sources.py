"""What a regime can draw on: the original data, the pool, and new items of both kinds.

New items pass the selector once, when they arrive, so that an item is judged once in its life.
The original data of fit 1 is trusted and not selected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from wellhead.recursion.data import Counts, Data, Rng
from wellhead.recursion.plugin import require

if TYPE_CHECKING:
    from wellhead.recursion.family import Family
    from wellhead.recursion.samplers import Sampler
    from wellhead.recursion.selectors import Selector

__all__ = ["Supply"]


class Supply:
    """The sources of one cell. `pool` belongs to the regime; the rest is set by the loop.

    Args:
        family: draws real and synthetic items.
        sampler: how the model is drawn from.
        selector: what decides which new items are kept.
        original: the real data of the first fit.
    """

    def __init__(
        self,
        family: Family,
        sampler: Sampler,
        selector: Selector,
        original: Data,
        lineages: int,
    ) -> None:
        self.family = family
        self.sampler = sampler
        self.selector = selector
        self.original = original
        self.pool = original
        self.lineages = lineages
        self.model: Any = None
        self.first: Any = None
        # Drawing new items and mixing old ones have streams of their own, so that a resumed run,
        # which draws nothing again, mixes as the first one did.
        self.rng: Rng = np.random.default_rng(0)
        self.mixing: Rng = np.random.default_rng(0)
        self._kept: Data | None = None
        # What a selector worked out about the original data once, by its name.
        self.notes: dict[str, Any] = {}
        # What came in during this generation; the loop sets `replayed` when it resumes.
        self.arrived: list[Data] = []
        self.replayed: Callable[[], Data] | None = None

    def real(self, size: int) -> Data:
        """New real items, not selected."""
        return self._arrive(lambda: self.family.real(size, self.lineages, self.rng))

    def some_original(self, size: int, *, again: bool = False) -> Data:
        """`size` of the original items: the same ones every time, or others `again`."""
        if again or self._kept is None or self._kept.size != size:
            require(
                size <= self.original.size,
                f"{size} original items are to be kept, but there are only {self.original.size}: "
                "lower the share or do not let the sizes grow.",
            )
            self._kept = self.original.take(size, self.mixing)
        return self._kept

    def blend(self, real: Counts, synthetic: Counts) -> Data:
        """New items: so many real ones and so many from the current model, not selected."""
        if isinstance(real, int) and real == 0:
            return self.family.sample(self.model, synthetic, self.sampler, self.rng)
        fresh = self.family.real(real, self.lineages, self.rng)
        if isinstance(synthetic, int) and synthetic == 0:
            return fresh
        return fresh.join(self.family.sample(self.model, synthetic, self.sampler, self.rng))

    def split(self, size: int, real: float, exact: bool) -> Counts:
        """How many of `size` new items are real, in each lineage when chance decides."""
        if exact or real in (0.0, 1.0):
            return round(real * size)
        return self.binomial(size, real)

    def binomial(self, size: Counts, probability: float) -> Counts:
        """A draw for each lineage; a plain number where there is one lineage."""
        drawn = self.rng.binomial(size, probability, self.lineages)
        return int(drawn[0]) if self.lineages == 1 else drawn

    def incoming(self, size: int, *, real: float = 0.0, exact: bool = True) -> Data:
        """New items after selection, a share `real` of the candidates being real."""
        return self._arrive(lambda: self.selector.select(self, size, real=real, exact=exact))

    def _arrive(self, draw: Callable[[], Data]) -> Data:
        if self.replayed is not None:
            return self.replayed()
        self.arrived.append(draw())
        return self.arrived[-1]
