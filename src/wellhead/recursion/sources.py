"""What new items can be drawn from in one generation: the world, and the newest model.

Counts of real and synthetic items may differ from chain to chain where chance decides them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wellhead.recursion.data import Counts, Data, Rng
from wellhead.recursion.family import AnyFamily
from wellhead.recursion.samplers import Sampler

__all__ = ["Sources"]


@dataclass(frozen=True)
class Sources:
    """The sources of one generation of one cell.

    Args:
        family: draws real and synthetic items.
        sampler: how the model is drawn from.
        chains: side by side.
        original: the real data of the first fit.
        first: the model of the first fit.
        model: the newest model.
        rng: randomness of what is drawn.
    """

    family: AnyFamily
    sampler: Sampler
    chains: int
    original: Data
    first: Any
    model: Any
    rng: Rng

    def real(self, size: Counts) -> Data:
        """New real items."""
        found: Data = self.family.real(size, self.chains, self.rng)
        return found

    def synthetic(self, size: Counts) -> Data:
        """New items from the newest model."""
        found: Data = self.family.sample(self.model, size, self.sampler, self.rng)
        return found

    def blend(self, real: Counts, synthetic: Counts) -> Data:
        """New items: so many real ones and so many from the newest model."""
        if isinstance(real, int) and real == 0:
            return self.synthetic(synthetic)
        fresh = self.real(real)
        if isinstance(synthetic, int) and synthetic == 0:
            return fresh
        return fresh.join(self.synthetic(synthetic))

    def candidates(self, size: int, real: float, exact: bool) -> Data:
        """`size` new items, a share `real` of them real."""
        count = self.split(size, real, exact)
        return self.blend(count, size - count)

    def split(self, size: int, real: float, exact: bool) -> Counts:
        """How many of `size` new items are real, in each chain when chance decides."""
        if exact or real in (0.0, 1.0):
            return round(real * size)
        return self.binomial(size, real)

    def binomial(self, size: Counts, probability: float) -> Counts:
        """A draw for each chain; a plain number where there is one chain."""
        drawn = self.rng.binomial(size, probability, self.chains)
        return int(drawn[0]) if self.chains == 1 else drawn
