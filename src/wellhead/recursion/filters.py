"""Selectors that look at the items themselves: a verifier, a perplexity filter, a real detector.

Each judges single items, so that families must draw them literally. Limits are set on the
original data, once per cell: an item is held against what real ones look like.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.data import Array, Data
from wellhead.recursion.plugin import require
from wellhead.recursion.selectors import SELECTORS, Selector

if TYPE_CHECKING:
    from wellhead.recursion.sources import Supply

__all__ = ["Detector", "Filter", "Perplexity", "Verifier"]

ROUNDS = 100  # of drawing candidates, before a filter counts as closed
REFERENCES = 2000  # original texts on which a detector's threshold is set


@dataclass(frozen=True)
class Filter(Selector):
    """Base of selectors that judge each item; `keeps` is all that one must bring."""

    needs_items: ClassVar[bool] = True
    refill: bool = False

    @abstractmethod
    def keeps(self, supply: Supply, items: Any) -> Array:
        """Which items are kept: booleans (lineages, items)."""

    def select(self, supply: Supply, size: int, *, real: float, exact: bool) -> Data:
        def candidates() -> Any:
            count = supply.split(size, real, exact)
            drawn: Any = supply.blend(count, size - count)
            return drawn.where(self.keeps(supply, drawn))

        kept = candidates()
        rounds = 1
        while self.refill and kept.least() < size:
            if rounds == ROUNDS:
                raise BadInput(
                    f"the selector kept {kept.least()} items of {rounds * size} candidates, "
                    f"{size} are needed: loosen it, set refill = false, or stop earlier."
                )
            kept = kept.join(candidates())
            rounds += 1
        if not self.refill and kept.least() == 0:
            raise BadInput(
                f"the selector dropped all {size} new items of a lineage: loosen it or stop "
                "earlier; there is nothing left to learn from."
            )
        whole: Data = kept.cut(size) if self.refill else kept
        return whole


@SELECTORS.register("verifier")
@dataclass(frozen=True)
class Verifier(Filter):
    """Keeps what a judge who knows the truth finds plausible (Feng et al. 2024).

    The judge is the true law, or the model of the real data where the law is unknown. An item is
    kept when it is at least as likely as the `quantile` least likely of the original ones.
    """

    quantile: float = 0.05

    def __post_init__(self) -> None:
        require(0 <= self.quantile < 1, f"expected a quantile in [0, 1), got {self.quantile}.")

    def keeps(self, supply: Supply, items: Any) -> Array:
        reference = getattr(supply.family, "reference", None)
        judge = supply.first if reference is None else reference(supply.lineages)
        least = _quantiles(supply, judge, (self.quantile,))[0]
        kept: Array = supply.family.log_likelihood(judge, items) >= least
        return kept


@SELECTORS.register("perplexity")
@dataclass(frozen=True)
class Perplexity(Filter):
    """Keeps items whose perplexity under generation 0 lies between two quantiles of the original.

    Args:
        low: quantile of the original perplexities below which items are dropped as too plain.
        high: quantile above which they are dropped as too strange.
    """

    low: float = 0.0
    high: float = 0.95

    def __post_init__(self) -> None:
        require(
            0 <= self.low < self.high <= 1,
            f"expected 0 <= low < high <= 1, got low {self.low} and high {self.high}.",
        )

    def keeps(self, supply: Supply, items: Any) -> Array:
        # A low perplexity is a high likelihood.
        least, most = _quantiles(supply, supply.first, (1 - self.high, 1 - self.low))
        likelihood = supply.family.log_likelihood(supply.first, items)
        kept: Array = (likelihood >= least) & ((likelihood <= most) | (self.low == 0))
        return kept


@SELECTORS.register("detector")
@dataclass(frozen=True)
class Detector(Filter):
    """A real detector: drops texts that score above a threshold.

    Args:
        scorer: the name or folder of a wellhead detector.
        fpr: the share of original texts that score above the threshold.
    """

    scorer: str = ""
    fpr: float = 0.05

    def __post_init__(self) -> None:
        require(self.scorer != "", "name a detector in scorer; `wellhead detector list` has them.")
        require(0 < self.fpr < 1, f"expected fpr in (0, 1), got {self.fpr}.")

    def keeps(self, supply: Supply, items: Any) -> Array:
        texts = getattr(supply.family, "texts", None)
        if texts is None:
            raise BadSetting("a detector reads texts: use it with a text family.")
        if "detector" not in supply.notes:
            from wellhead.detect import load_scorer

            scorer = load_scorer(self.scorer)
            known = scorer.score(texts(supply.family.standards(supply.original))[:REFERENCES])
            supply.notes["detector"] = scorer, float(np.quantile(known, 1 - self.fpr))
        scorer, threshold = supply.notes["detector"]
        kept: Array = (scorer.score(texts(items)) <= threshold)[None]
        return kept


def _quantiles(supply: Supply, judge: Any, shares: tuple[float, ...]) -> list[Array]:
    """Quantiles of the log-likelihood of the original items, (lineages, 1) each."""
    if "quantiles" not in supply.notes:
        known = supply.family.log_likelihood(judge, supply.family.standards(supply.original))
        supply.notes["quantiles"] = [np.quantile(known, s, axis=1)[:, None] for s in shares]
    found: list[Array] = supply.notes["quantiles"]
    return found
