"""Which tasks fell: every comparison with the first generation, corrected for how many there are.

Holm's procedure (1979) goes through the comparisons from the clearest on; the one in place i of m
is judged at error rate α / (m − i), and at the first that does not pass, all others fail. The
interval of each comparison is given at the level at which it was judged, so that "falls" is said
exactly where the interval leaves out 0. With α = 5 % the chance of one false fall or more among all
of them is at most 5 %, however the tasks depend on each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.capability.paired import Estimate

__all__ = ["ACCURACY", "BITS", "Comparison", "Pair", "judged"]

ACCURACY, BITS = "accuracy", "bits per byte"
# Which way a measure goes where a model loses something.
WORSE = {ACCURACY: -1, BITS: 1}


@dataclass(frozen=True)
class Pair:
    """What is compared: a later model with the first of its series, by a measure of a task."""

    series: str
    model: str
    generation: int
    task: str
    measure: str
    estimate: Estimate
    items: int


@dataclass(frozen=True)
class Comparison:
    """A pair and what can be said of it.

    Args:
        series: the line of generations.
        model: the later model.
        generation: its place in the series; the first is compared with none.
        task: by its name.
        measure: `ACCURACY` or `BITS`.
        items: that both answered.
        value: the difference from the first.
        interval: of it, at the level at which Holm's procedure judged it.
        level: that level.
        alone: the 95 % interval that this comparison would have if it were the only one.
        p: without correction.
        verdict: "falls", "rises", or "cannot be told apart".
    """

    series: str
    model: str
    generation: int
    task: str
    measure: str
    items: int
    value: float
    interval: tuple[float, float]
    level: float
    alone: tuple[float, float]
    p: float
    verdict: str

    @property
    def falls(self) -> bool:
        """Whether the model lost something here."""
        return self.verdict == "falls"


def judged(pairs: Sequence[Pair], error: float = 0.05) -> tuple[Comparison, ...]:
    """Every pair with its verdict, in the order given."""
    order = sorted(range(len(pairs)), key=lambda place: pairs[place].estimate.p)
    levels, passing = {}, True
    left = len(pairs)
    for place in order:
        levels[place] = 1 - error / left
        passing = passing and pairs[place].estimate.p < error / left
        left -= passing
    return tuple(_said(pair, levels[place]) for place, pair in enumerate(pairs))


def _said(pair: Pair, level: float) -> Comparison:
    low, high = pair.estimate.interval(level)
    verdict = "cannot be told apart"
    if low > 0 or high < 0:
        verdict = "falls" if (low > 0) == (WORSE[pair.measure] > 0) else "rises"
    return Comparison(
        pair.series,
        pair.model,
        pair.generation,
        pair.task,
        pair.measure,
        pair.items,
        pair.estimate.value,
        (low, high),
        level,
        pair.estimate.interval(0.95),
        pair.estimate.p,
        verdict,
    )
