"""Selectors that look at the items themselves: a verifier, a perplexity filter, a real detector.

Each judges single items, so that families must draw them literally. Limits are set on the
original data, once per cell: an item is held against what real ones look like.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.data import Array, Data, Items
from wellhead.recursion.family import AnyFamily, HasReference, HasShift, HasText
from wellhead.recursion.plugin import require
from wellhead.recursion.selectors import SELECTORS, Select, Selector
from wellhead.recursion.sources import Sources

__all__ = [
    "READS_TEXTS",
    "SHIFTS",
    "Detector",
    "Filter",
    "Judge",
    "Perplexity",
    "Verifier",
    "quantiles",
]

ROUNDS = 100  # of drawing candidates, before a filter counts as closed
REFERENCES = 2000  # original texts on which a detector's threshold is set
SHIFTS = "a judge with a bias needs a law that can be shifted: family gaussian or regression."
READS_TEXTS = "a detector reads texts: use it with a text family."

# Which items are kept: booleans (chains, items), or the probability of keeping each. What items are
# is the family's business.
Judge = Callable[[Any], Array]


@dataclass(frozen=True)
class Filter(Selector):
    """Base of selectors that judge each item; `judge` is all that one must bring.

    Args:
        refill: replace what was dropped, so that the training set keeps its size.
        checked: the share of items that it looks at, by chance; the rest pass unseen.
    """

    needs_items: ClassVar[bool] = True
    refill: bool = False
    checked: float = 1.0

    def check(self, family: AnyFamily) -> None:
        require(0 < self.checked <= 1, f"expected checked in (0, 1], got {self.checked}.")

    @abstractmethod
    def judge(self, sources: Sources) -> Judge:
        """The judge, `sources` being those of the first generation that needs it."""

    def open(self, sources: Sources) -> Select:
        keeps = self.judge(sources)

        def select(sources: Sources, size: int, real: float, exact: bool) -> Data:
            def chosen() -> Items:
                drawn = sources.candidates(size, real, exact)
                if not isinstance(drawn, Items):
                    raise BadSetting(
                        "this selector looks at single items, the family keeps only sums of them."
                    )
                return drawn.where(self._keeps(keeps(drawn), sources))

            if not self.refill:
                return self._reduced(chosen(), size)
            kept = self._refilled(chosen, size)
            # Real items come first among candidates: a cut would favour them.
            return kept.cut(size) if real in (0.0, 1.0) else kept.take(size, sources.rng)

        return select

    def _keeps(self, judged: Array, sources: Sources) -> Array:
        """Booleans; chance decides where the judge is not sure or does not look."""
        chance = judged if self.checked == 1 else 1 - self.checked * (1 - judged.astype(float))
        return chance if chance.dtype == bool else sources.rng.random(chance.shape) < chance

    def _refilled(self, chosen: Callable[[], Items], size: int) -> Items:
        kept = chosen()
        rounds = 1
        while kept.least() < size:
            if rounds == ROUNDS:
                raise BadInput(
                    f"the selector kept {kept.least()} items of {rounds * size} candidates, "
                    f"{size} are needed: loosen it, set refill = false, or stop earlier."
                )
            kept = kept.join(chosen())
            rounds += 1
        return kept

    def _reduced(self, kept: Items, size: int) -> Data:
        if kept.least() == 0:
            raise BadInput(
                f"the selector dropped all {size} new items of a chain: loosen it or stop "
                "earlier; there is nothing left to learn from."
            )
        return kept


@SELECTORS.register("verifier")
@dataclass(frozen=True)
class Verifier(Filter):
    """Keeps what a judge who knows the truth finds plausible (Feng et al. 2024).

    The judge is the true law, or the model of the real data where the law is unknown. An item is
    kept when it is at least as likely as the `quantile` least likely of the original ones.

    Args:
        quantile: the share of original items that it would drop.
        bias: how far the judge's truth is off, in standard deviations of the true law along its
            first axis, or of the noise for the first coefficient of a regression (Yi et al. 2026).
    """

    quantile: float = 0.05
    bias: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.quantile < 1, f"expected a quantile in [0, 1), got {self.quantile}.")

    def check(self, family: AnyFamily) -> None:
        super().check(family)
        require(self.bias == 0 or isinstance(family, HasShift), SHIFTS)

    def judge(self, sources: Sources) -> Judge:
        family: Any = sources.family
        if isinstance(family, HasReference):
            truth = family.reference(sources.chains)
        else:
            truth = sources.first
        (least,) = quantiles(sources, truth, (self.quantile,))
        believed = family.shifted(truth, self.bias) if self.bias else truth
        return lambda items: np.asarray(family.log_likelihood(believed, items) >= least)


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

    def judge(self, sources: Sources) -> Judge:
        # A low perplexity is a high likelihood.
        least, most = quantiles(sources, sources.first, (1 - self.high, 1 - self.low))

        def keeps(items: Any) -> Array:
            likelihood = sources.family.log_likelihood(sources.first, items)
            return (likelihood >= least) & ((likelihood <= most) | (self.low == 0))

        return keeps


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

    def check(self, family: AnyFamily) -> None:
        super().check(family)
        require(isinstance(family, HasText), READS_TEXTS)

    def judge(self, sources: Sources) -> Judge:
        from wellhead.detect import load_scorer

        family: Any = sources.family
        scorer = load_scorer(self.scorer)
        known = scorer.score(family.texts(family.calibration_data(sources.original))[:REFERENCES])
        threshold = float(np.quantile(known, 1 - self.fpr))
        return lambda items: np.asarray(scorer.score(family.texts(items)) <= threshold)[None]


def quantiles(sources: Sources, judge: Any, shares: tuple[float, ...]) -> list[Array]:
    """Quantiles of the log-likelihood of the original items, (chains, 1) each."""
    family = sources.family
    known = family.log_likelihood(judge, family.calibration_data(sources.original))
    return [np.quantile(known, share, axis=1)[:, None] for share in shares]
