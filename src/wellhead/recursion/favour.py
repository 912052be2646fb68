"""Selectors that favour one part of the data: by its side, or by its nearness to a target.

Such a selector drops what is true as readily as what is false: it stands for an audience, an
adversary, or a verifier that knows one silo of the world. `wellhead.recursion.theory.selection` has
what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.data import Array, Data, Samples
from wellhead.recursion.family import AnyFamily, HasShift
from wellhead.recursion.filters import SHIFTS, Filter, Judge
from wellhead.recursion.plugin import require
from wellhead.recursion.selectors import SELECTORS, Select, Selector
from wellhead.recursion.sources import Sources

__all__ = ["Favouring", "Nearest"]


@SELECTORS.register("favouring")
@dataclass(frozen=True)
class Favouring(Filter):
    """Keeps the favoured part, and drops other items with probability `strength`.

    Args:
        part: the share of the original items that belongs to the favoured part.
        side: "high" favours the highest values of the first coordinate, "low" the lowest; symbols
            count as their ranks, so that "low" favours the common ones.
        strength: the share of other items that is dropped; 1 keeps the favoured part alone.
    """

    part: float = 0.5
    side: str = "high"
    strength: float = 0.5

    def __post_init__(self) -> None:
        require(0 < self.part < 1, f"expected part in (0, 1), got {self.part}.")
        require(self.side in ("high", "low"), f"expected side high or low, got '{self.side}'.")
        require(0 <= self.strength <= 1, f"expected strength in [0, 1], got {self.strength}.")

    def judge(self, sources: Sources) -> Judge:
        sign = 1.0 if self.side == "high" else -1.0
        known = sign * _first(sources.family.calibration_data(sources.original))
        edge = np.quantile(known, 1 - self.part, axis=1, method="inverted_cdf")[:, None]

        def keeps(items: Any) -> Array:
            return np.where(sign * _first(items) >= edge, 1.0, 1 - self.strength)

        return keeps


@SELECTORS.register("nearest")
@dataclass(frozen=True)
class Nearest(Selector):
    """Draws more than is needed and keeps what is nearest to a target (Qiao et al. 2026).

    Args:
        bias: how far the target lies from the truth's mean, in standard deviations of the true law
            along its first axis.
        share: of the candidates that are kept.
    """

    needs_items: ClassVar[bool] = True

    bias: float = 1.0
    share: float = 0.1

    def __post_init__(self) -> None:
        require(0 < self.share < 1, f"expected share in (0, 1), got {self.share}.")

    def check(self, family: AnyFamily) -> None:
        require(isinstance(family, HasShift), SHIFTS)

    def open(self, sources: Sources) -> Select:
        family: Any = sources.family
        target = family.shifted(family.reference(sources.chains), self.bias)

        def select(sources: Sources, size: int, real: float, exact: bool) -> Data:
            drawn = _samples(sources.candidates(round(size / self.share), real, exact))
            order = np.argpartition(-family.log_likelihood(target, drawn), size - 1, axis=1)
            return drawn.pick(order[:, :size])

        return select


def _first(items: Any) -> Array:
    """The first coordinate of every item (chains, items)."""
    values = _samples(items).values
    return values if values.ndim == 2 else values[..., 0]


def _samples(items: Any) -> Samples:
    if not isinstance(items, Samples):
        raise BadSetting(
            "this selector looks at numbers: use a family of numbers or symbols, drawn one by one."
        )
    return items
