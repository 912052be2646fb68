"""What each generation is trained on, given what the models and the world context.

A regime is one method: `next` takes a `Context` (the original real data, everything collected
since, and the means to draw more) and answers with the training data of the next fit. Each
regime names the paper that named it. Regimes that can always draw a replacement for an item that
a selector dropped are `endless`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wellhead._registry import Registry
from wellhead.recursion.context import Context
from wellhead.recursion.data import Data
from wellhead.recursion.plugin import require
from wellhead.recursion.theory.shares import Shares

__all__ = [
    "REGIMES",
    "Accumulate",
    "AccumulateSubsample",
    "ChangingShare",
    "FixedOriginal",
    "FreshReal",
    "GoldenRatio",
    "Growing",
    "Regime",
    "Replace",
    "SyntheticAdded",
]

GOLDEN = (5**0.5 - 1) / 2


class Regime:
    """Base of all regimes."""

    endless: ClassVar[bool] = True
    weighted: ClassVar[bool] = False
    schedule: ClassVar[str] = "constant"
    share: float | None = None  # of real data in every later generation; None if not one number

    @property
    def by_chance(self) -> bool:
        """Draws by chance whether each item is real, instead of taking a whole number of them."""
        return False

    @property
    def subsamples(self) -> bool:
        """Draws parts of the same data more than once, which needs the items themselves."""
        return False

    @property
    def grouped(self) -> int:
        """Chains that learn from each other, of which `chains` must be a multiple."""
        return 1

    def fresh(self, size: int) -> int:
        """How many real items never seen before a generation of this size takes, if none drops."""
        return 0

    def real_data(self, size: int) -> str:
        """The real items among the training data of such a size, in words; empty for none."""
        return ""

    def next(self, context: Context, size: int) -> Data:
        """The training data of the next fit, `size` being what the schedule grants it."""
        raise NotImplementedError


REGIMES: Registry[type[Regime]] = Registry("regime", "wellhead.regimes")


def _share(share: float) -> None:
    require(0 <= share <= 1, f"expected a share in [0, 1], got {share}.")


def _counted(share: float, size: int) -> str:
    """The whole number of items that a share is, and the share that it is then."""
    count = round(share * size)
    return f"{count} of {size} ({count / size:.3g})"


@REGIMES.register("replace")
@dataclass(frozen=True)
class Replace(Regime):
    """Only the newest model's output ("no original data" in Shumailov et al. 2024;
    "replace" in Gerstgrasser et al. 2024; "fully synthetic loop" in Alemohammad et al. 2023)."""

    def next(self, context: Context, size: int) -> Data:
        return context.incoming(size)


@REGIMES.register("growing")
@dataclass(frozen=True)
class Growing(Replace):
    """Replace with sample sizes that grow, linearly unless the schedule says otherwise
    (Shumailov et al. 2024, theory; the grown baseline of Dey & Donoho 2024)."""

    schedule: ClassVar[str] = "linear"


@REGIMES.register("fixed-original")
@dataclass(frozen=True)
class FixedOriginal(Regime):
    """A share of the original data; the rest is new output ("10 % original data preserved" in
    Shumailov et al. 2024).

    Args:
        share: the part that is original, in [0, 1].
        redraw: draw another part of the original data each generation, as that paper did with
            language models, instead of keeping the same part for good.
    """

    endless: ClassVar[bool] = False
    share: float = 0.1
    redraw: bool = False

    def __post_init__(self) -> None:
        _share(self.share)

    @property
    def subsamples(self) -> bool:
        return self.redraw

    def real_data(self, size: int) -> str:
        return f"{_counted(self.share, size)}, original{' drawn again' * self.redraw}"

    def next(self, context: Context, size: int) -> Data:
        count = round(self.share * size)
        if count == 0:
            return context.incoming(size)
        original = context.part_of_original(count, again=self.redraw)
        return original if count == size else original.join(context.incoming(size - count))


@REGIMES.register("fresh-real")
@dataclass(frozen=True)
class FreshReal(Regime):
    """A share of new real data in every generation ("fresh data loop", Alemohammad et al. 2023).

    Args:
        share: the part that is real, in [0, 1].
        split: "exact" takes exactly that share; "iid" draws each item's kind by chance.
    """

    share: float = 0.1
    split: str = "exact"

    def __post_init__(self) -> None:
        _share(self.share)
        require(
            self.split in ("exact", "iid"), f"expected split 'exact' or 'iid', got '{self.split}'."
        )

    @property
    def by_chance(self) -> bool:
        return self.split == "iid"

    def fresh(self, size: int) -> int:
        return round(self.share * size)

    def real_data(self, size: int) -> str:
        if self.by_chance:
            return f"each of {size} fresh by chance, {self.share:.3g}"
        return f"{_counted(self.share, size)}, fresh"

    def next(self, context: Context, size: int) -> Data:
        return context.incoming(size, real=self.share, exact=not self.by_chance)


@REGIMES.register("changing-share")
@dataclass(frozen=True)
class ChangingShare(Regime):
    """Another share of new real data in every generation: the web as it fills with machine text.

    Args:
        shares: of the first, second, … training set after the original one; the last goes on.
        machine_growth: factor by which machine data grow against real data after those.
        redraw: draw the real part again from the original data instead of taking new real data.
    """

    shares: tuple[float, ...] = (0.9, 0.5, 0.1)
    machine_growth: float = 1.0
    redraw: bool = False

    def __post_init__(self) -> None:
        Shares(self.shares, self.machine_growth)

    @property
    def course(self) -> Shares:
        """The share of each generation."""
        return Shares(self.shares, self.machine_growth)

    @property
    def subsamples(self) -> bool:
        return self.redraw

    def fresh(self, size: int) -> int:
        return 0 if self.redraw else round(max(self.shares) * size)

    def real_data(self, size: int) -> str:
        counts = ", ".join(str(round(share * size)) for share in self.shares)
        after = f", then machine data × {self.machine_growth:g} each time"
        kind = "original drawn again" if self.redraw else "fresh"
        return f"{counts} of {size} in turn, {kind}{after * (self.machine_growth != 1)}"

    def next(self, context: Context, size: int) -> Data:
        share = self.course.at(context.round)
        count = round(share * size) if self.redraw else 0
        if count == 0:
            return context.incoming(size, real=0.0 if self.redraw else share)
        original = context.part_of_original(count, again=True)
        return original if count == size else original.join(context.incoming(size - count))


@REGIMES.register("accumulate")
@dataclass(frozen=True)
class Accumulate(Regime):
    """Everything so far: the original data and every model's output (Gerstgrasser et al. 2024)."""

    endless: ClassVar[bool] = False

    def real_data(self, size: int) -> str:
        return "all the original"

    def next(self, context: Context, size: int) -> Data:
        return context.pool(size)


@REGIMES.register("accumulate-subsample")
@dataclass(frozen=True)
class AccumulateSubsample(Regime):
    """Everything so far is kept, a fixed budget is drawn from it (Kazdan et al. 2024)."""

    endless: ClassVar[bool] = False

    @property
    def subsamples(self) -> bool:
        return True

    def real_data(self, size: int) -> str:
        return f"{size} drawn from everything"

    def next(self, context: Context, size: int) -> Data:
        return context.pool(size).take(size, context.mixing)


@REGIMES.register("golden-ratio")
@dataclass(frozen=True)
class GoldenRatio(Regime):
    """As much fresh real data as new output, the real part weighted `weight`
    (He, Xu & Cheng 2025, who show that the reciprocal of the golden ratio is best)."""

    weighted: ClassVar[bool] = True
    weight: float = GOLDEN

    def __post_init__(self) -> None:
        require(0 <= self.weight <= 1, f"expected a weight in [0, 1], got {self.weight}.")

    def fresh(self, size: int) -> int:
        return size

    def real_data(self, size: int) -> str:
        return f"{size} fresh beside {size}, weight {self.weight:.3g}"

    def next(self, context: Context, size: int) -> Data:
        real = context.real(size).scaled(self.weight)
        return real.join(context.incoming(size).scaled(1 - self.weight))


@REGIMES.register("synthetic-added")
@dataclass(frozen=True)
class SyntheticAdded(Regime):
    """All the original data, and the newest output added to it ("synthetic augmentation loop",
    Alemohammad et al. 2023; iterative retraining of Bertrand et al. 2024).

    Args:
        ratio: synthetic items for each original one.
    """

    endless: ClassVar[bool] = False
    ratio: float = 1.0

    def __post_init__(self) -> None:
        require(self.ratio > 0, f"expected a ratio above 0, got {self.ratio}.")

    def real_data(self, size: int) -> str:
        return f"all the original, and {self._added(size)} of output"

    def _added(self, size: int) -> int:
        return max(1, round(self.ratio * size))

    def next(self, context: Context, size: int) -> Data:
        return context.original.join(context.incoming(self._added(size)))
