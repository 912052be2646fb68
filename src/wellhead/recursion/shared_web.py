"""Several models that learn from each other's output through a shared web.

Chains side by side form ecosystems of `models`. A page of the web that a model takes is by its own
last generation, or by any of the ecosystem with equal chances; two models may take the same page.
The models are measured by how far apart they are. `wellhead.recursion.theory.ecosystem` has the
expectations; Hodel & West 2025 did this with language models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.context import Context
from wellhead.recursion.data import Array, Data, Rng, Samples
from wellhead.recursion.ensemble import Batches
from wellhead.recursion.plugin import require
from wellhead.recursion.regimes import REGIMES, Regime

__all__ = ["SharedWeb"]


@REGIMES.register("shared-web")
@dataclass(frozen=True)
class SharedWeb(Regime):
    """Models that learn from a web which all of them write (Hodel & West 2025).

    Args:
        models: in one ecosystem; `chains` must be a multiple of it.
        mixing: the probability that a machine-made item is by any model of the ecosystem, not by
            the model's own last generation; 0 keeps them apart, 1 is one web for all.
        share: of new real data, each model's own.
    """

    models: int = 4
    mixing: float = 1.0
    share: float = 0.0

    def __post_init__(self) -> None:
        require(self.models >= 2, f"expected 2 models or more, got {self.models}.")
        require(0 <= self.mixing <= 1, f"expected mixing in [0, 1], got {self.mixing}.")
        require(0 <= self.share <= 1, f"expected a share in [0, 1], got {self.share}.")

    @property
    def subsamples(self) -> bool:
        return True

    @property
    def grouped(self) -> int:
        return self.models

    def fresh(self, size: int) -> int:
        return round(self.share * size)

    def real_data(self, size: int) -> str:
        count = round(self.share * size)
        return f"{count} of {size}, fresh" if count else ""

    def next(self, context: Context, size: int) -> Data:
        count = round(self.share * size)
        if count == size:
            return context.real(size)
        own = context.incoming(size - count)
        if isinstance(own, Batches):
            shared: Data = own.exchanged(self.mixing, context.mixing)
        elif isinstance(own, Samples):
            shared = own.from_chains(self._authors(len(own.values), own.size, context.mixing))
        else:
            raise BadSetting("models of a shared web exchange single items: use path = 'literal'.")
        return context.real(count).join(shared) if count else shared

    def _authors(self, chains: int, items: int, rng: Rng) -> Array:
        """The chain that wrote each item (chains, items)."""
        me = np.arange(chains)[:, None]
        anyone = me - me % self.models + rng.integers(self.models, size=(chains, items))
        return np.where(rng.random((chains, items)) < self.mixing, anyone, me)
