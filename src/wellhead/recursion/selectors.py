"""Who decides which new items the next generation may learn from.

A selector sees the new items of a generation, real and synthetic, and answers with those that
are kept. With `refill` the dropped ones are replaced until the training set has its full size,
which regimes that re-use finite data cannot grant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from wellhead._registry import Registry
from wellhead.recursion.plugin import require

if TYPE_CHECKING:
    from wellhead.recursion.data import Data
    from wellhead.recursion.sources import Supply

__all__ = ["SELECTORS", "Everything", "Oracle", "Selector", "effective_share"]


class Selector:
    """Base of all selectors."""

    refill: bool = False
    needs_items: ClassVar[bool] = False

    def select(self, supply: Supply, size: int, *, real: float, exact: bool) -> Data:
        """`size` candidates, a share `real` of them real, reduced to those kept."""
        raise NotImplementedError


SELECTORS: Registry[type[Selector]] = Registry("selector", "wellhead.selectors")


@SELECTORS.register("none")
@dataclass(frozen=True)
class Everything(Selector):
    """Keeps every item."""

    def select(self, supply: Supply, size: int, *, real: float, exact: bool) -> Data:
        count = supply.split(size, real, exact)
        return supply.blend(count, size - count)


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

    def select(self, supply: Supply, size: int, *, real: float, exact: bool) -> Data:
        if not self.refill:
            count = supply.split(size, real, exact)
            return supply.blend(
                supply.binomial(count, 1 - self.fpr),
                supply.binomial(size - count, 1 - self.tpr),
            )
        # Candidates come one by one; each that is kept is real with the effective share.
        count = supply.binomial(size, effective_share(real, self.tpr, self.fpr))
        return supply.blend(count, size - count)


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
