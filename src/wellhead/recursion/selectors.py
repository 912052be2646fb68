"""Who decides which new items the next generation may learn from.

A selector is only settings. It is opened once for a cell, when generation 0 is there, and answers
with a prepared selector: a function that draws the new items of a generation from its sources,
real and synthetic, and returns those that are kept. With `refill` the dropped ones are replaced
until the training set has its full size, which regimes that re-use finite data cannot grant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from wellhead._registry import Registry
from wellhead.recursion.data import Data
from wellhead.recursion.family import AnyFamily
from wellhead.recursion.plugin import require
from wellhead.recursion.sources import Sources

__all__ = ["SELECTORS", "Everything", "Oracle", "Select", "Selector", "effective_share"]

# (sources, size, real, exact): `size` candidates, a share `real` of them real (exactly, or each
# by chance), reduced to those kept.
Select = Callable[[Sources, int, float, bool], Data]


class Selector:
    """Base of all selectors."""

    refill: bool = False
    needs_items: ClassVar[bool] = False

    def check(self, family: AnyFamily) -> None:
        """Raise `BadSetting` where items of this family cannot be selected so."""

    def open(self, sources: Sources) -> Select:
        """The prepared selector, `sources` being those of the first generation that needs it."""
        raise NotImplementedError


SELECTORS: Registry[type[Selector]] = Registry("selector", "wellhead.selectors")


@SELECTORS.register("none")
@dataclass(frozen=True)
class Everything(Selector):
    """Keeps every item."""

    def open(self, sources: Sources) -> Select:
        return Sources.candidates


@SELECTORS.register("oracle")
@dataclass(frozen=True)
class Oracle(Selector):
    """A detector that knows the truth and errs at set rates, independently for each item.

    Args:
        tpr: the share of synthetic items that it finds and drops.
        fpr: the share of real items that it drops by mistake.
        refill: replace what was dropped, so that the training set keeps its size.
    """

    tpr: float = 0.9
    fpr: float = 0.05
    refill: bool = True

    def __post_init__(self) -> None:
        for name in ("tpr", "fpr"):
            rate = getattr(self, name)
            require(0 <= rate <= 1, f"expected {name} in [0, 1], got {rate}.")

    def open(self, sources: Sources) -> Select:
        return self._refilled if self.refill else self._reduced

    def _refilled(self, sources: Sources, size: int, real: float, exact: bool) -> Data:
        # Candidates come one by one; each that is kept is real with the effective share.
        count = sources.binomial(size, effective_share(real, self.tpr, self.fpr))
        return sources.blend(count, size - count)

    def _reduced(self, sources: Sources, size: int, real: float, exact: bool) -> Data:
        count = sources.split(size, real, exact)
        return sources.blend(
            sources.binomial(count, 1 - self.fpr), sources.binomial(size - count, 1 - self.tpr)
        )


def effective_share(share: float, tpr: float, fpr: float) -> float:
    """The share of real items among those kept by a detector with these error rates.

    Args:
        share: the share of real items among the candidates.
        tpr: the share of synthetic items dropped.
        fpr: the share of real items dropped.

    Raises:
        wellhead.errors.BadSetting: the detector drops everything.

    >>> round(effective_share(0.1, 0.9, 0.05), 4)
    0.5135
    """
    kept_real, kept_synthetic = share * (1 - fpr), (1 - share) * (1 - tpr)
    require(
        kept_real + kept_synthetic > 0,
        f"a detector with TPR {tpr} and FPR {fpr} keeps nothing of data with real share {share}: "
        "training data cannot be refilled. Lower the rates or set refill = false.",
    )
    return kept_real / (kept_real + kept_synthetic)
