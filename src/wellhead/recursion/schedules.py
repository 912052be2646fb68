"""How many samples each generation draws."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead._registry import Registry
from wellhead.recursion.plugin import require

__all__ = ["SCHEDULES", "Constant", "Geometric", "Linear", "Schedule", "Sizes"]


class Schedule:
    """Base of all schedules."""

    def sizes(self, size: int, fits: int) -> list[int]:
        """The number of samples of fit 1 to `fits`, `size` being the number of the first."""
        raise NotImplementedError


SCHEDULES: Registry[type[Schedule]] = Registry("schedule", "wellhead.schedules")


@SCHEDULES.register("constant")
@dataclass(frozen=True)
class Constant(Schedule):
    """The same number every generation."""

    def sizes(self, size: int, fits: int) -> list[int]:
        return [size] * fits


@SCHEDULES.register("linear")
@dataclass(frozen=True)
class Linear(Schedule):
    """t times the first number in fit t: inflation grows like the logarithm of t."""

    def sizes(self, size: int, fits: int) -> list[int]:
        return [size * fit for fit in range(1, fits + 1)]


@SCHEDULES.register("geometric")
@dataclass(frozen=True)
class Geometric(Schedule):
    """`factor` times the number before.

    >>> Geometric(factor=2).sizes(10, 4)
    [10, 20, 40, 80]
    """

    factor: float = 2.0

    def __post_init__(self) -> None:
        require(self.factor > 0, f"expected a factor above 0, got {self.factor}.")

    def sizes(self, size: int, fits: int) -> list[int]:
        return [max(1, round(size * self.factor**fit)) for fit in range(fits)]


@SCHEDULES.register("sizes")
@dataclass(frozen=True)
class Sizes(Schedule):
    """The numbers as listed, one for each fit."""

    values: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require(len(self.values) > 0, "expected values, one for each fit, got none.")
        require(min(self.values) >= 1, f"expected sizes of at least 1, got {min(self.values)}.")

    def sizes(self, size: int, fits: int) -> list[int]:
        require(
            len(self.values) >= fits,
            f"schedule: {fits} fits need {fits} sizes, got {len(self.values)}.",
        )
        return list(self.values[:fits])
