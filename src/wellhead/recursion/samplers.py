"""How a model is drawn from: the law itself, or a narrowed version of it.

A sampler is only settings; each family says which ones it can draw with and how. Narrowed
sampling is what turns slow drift into fast loss of variety (Alemohammad et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

from wellhead._registry import Registry
from wellhead.recursion.plugin import require

__all__ = [
    "SAMPLERS",
    "Beam",
    "Bias",
    "RepetitionPenalty",
    "Sampler",
    "Temperature",
    "TopK",
    "TopP",
    "Unbiased",
    "Unsmoothed",
]


class Sampler:
    """Base of all samplers."""

    temperature: float = 1.0  # probabilities are raised to the power 1/temperature


SAMPLERS: Registry[type[Sampler]] = Registry("sampler", "wellhead.samplers")


@SAMPLERS.register("unbiased")
@dataclass(frozen=True)
class Unbiased(Sampler):
    """Draws from the model's own law."""


@SAMPLERS.register("bias")
@dataclass(frozen=True)
class Bias(Sampler):
    """Draws with the variance multiplied by `strength` (λ in Alemohammad et al. 2023, §2).

    λ = 1 is unbiased, λ = 0 repeats the mean: quality bought with diversity.
    """

    strength: float = 1.0

    def __post_init__(self) -> None:
        require(0 <= self.strength <= 1, f"expected a strength in [0, 1], got {self.strength}.")


@SAMPLERS.register("temperature")
@dataclass(frozen=True)
class Temperature(Sampler):
    """Draws from the law raised to the power 1/temperature and normalised."""

    temperature: float = 1.0

    def __post_init__(self) -> None:
        require(self.temperature > 0, f"expected a temperature above 0, got {self.temperature}.")


@SAMPLERS.register("top-k")
@dataclass(frozen=True)
class TopK(Sampler):
    """Draws among the `k` most probable symbols."""

    k: int = 50
    temperature: float = 1.0

    def __post_init__(self) -> None:
        require(self.k >= 1, f"expected k of at least 1, got {self.k}.")
        require(self.temperature > 0, f"expected a temperature above 0, got {self.temperature}.")


@SAMPLERS.register("top-p")
@dataclass(frozen=True)
class TopP(Sampler):
    """Draws among the fewest most probable symbols that together hold the mass `p`."""

    p: float = 0.9
    temperature: float = 1.0

    def __post_init__(self) -> None:
        require(0 < self.p <= 1, f"expected p in (0, 1], got {self.p}.")
        require(self.temperature > 0, f"expected a temperature above 0, got {self.temperature}.")


@SAMPLERS.register("beam")
@dataclass(frozen=True)
class Beam(Sampler):
    """Takes the most probable continuation found by beam search (Shumailov et al. 2024: 5).

    Args:
        width: beams that are followed.
        penalty: on tokens that came before, as in `RepetitionPenalty`; 1 is none (2 in the
            ablation of that paper).
    """

    width: int = 5
    penalty: float = 1.0

    def __post_init__(self) -> None:
        require(self.width >= 1, f"expected a width of at least 1, got {self.width}.")
        require(self.penalty >= 1, f"expected a penalty of at least 1, got {self.penalty}.")


@SAMPLERS.register("repetition-penalty")
@dataclass(frozen=True)
class RepetitionPenalty(Sampler):
    """Draws with symbols that came before made less likely (Keskar et al. 2019, CTRL).

    Args:
        penalty: positive logits of such symbols are divided by it, negative ones multiplied.
        temperature: as in `Temperature`, after the penalty.
        p: as in `TopP`; 1 keeps every symbol.
    """

    penalty: float = 1.2
    temperature: float = 1.0
    p: float = 1.0

    def __post_init__(self) -> None:
        require(self.penalty >= 1, f"expected a penalty of at least 1, got {self.penalty}.")
        require(self.temperature > 0, f"expected a temperature above 0, got {self.temperature}.")
        require(0 < self.p <= 1, f"expected p in (0, 1], got {self.p}.")


@SAMPLERS.register("unsmoothed")
@dataclass(frozen=True)
class Unsmoothed(Sampler):
    """Draws from the raw counts of an n-gram model, never from what smoothing adds."""
