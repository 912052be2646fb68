"""What the user wants, and whether the evidence can promise it.

A target counts as met when the unfavourable end of its interval meets it. Where only the best
estimate does, more evidence would: `advice` says which, and how much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

from wellhead._stats import Interval
from wellhead.curation.consequence import Consequence
from wellhead.curation.evidence import Evidence
from wellhead.errors import BadSetting
from wellhead.recursion.forecast.risk import inflation_of
from wellhead.recursion.forecast.share import Range

__all__ = ["Targets", "advice", "inflation_after", "misses"]


_MOST_GENERATIONS = 10_000


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Limits that the user sets; None where there is none.

    Attributes:
        machine: most machine text in what is kept.
        human_loss: most human text given away.
        inflation: most inflation of error after `generations` of training on such a mix.
        generations: see `inflation`.
    """

    machine: float | None = None
    human_loss: float | None = None
    inflation: float | None = None
    generations: int = 5

    def __post_init__(self) -> None:
        for name in ("machine", "human_loss"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise BadSetting(f"max_{name} is a share between 0 and 1, got {value:g}")
        if self.inflation is not None and not self.inflation >= 1:
            raise BadSetting(
                f"max_inflation is 1 (no harm) or more, got {self.inflation:g}: even purely human "
                "text has an inflation of 1"
            )
        if not 1 <= self.generations <= _MOST_GENERATIONS:
            raise BadSetting(
                f"expected 1 to {_MOST_GENERATIONS:,} generations, got {self.generations:,}"
            )

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return (self.machine, self.human_loss, self.inflation) != (None, None, None)


def inflation_after(machine: Interval, generations: int) -> Range:
    """Inflation after training `generations` times on a fresh mix with this machine share."""
    real = Range(1 - machine.high, 1 - machine.point, 1 - machine.low, machine.level)
    return inflation_of("fresh-real", generations, real).last


class Miss(NamedTuple):
    """A target that is not promised.

    Attributes:
        what: "machine", "human_loss" or "inflation".
        limit: that the user set.
        low, point, high: what is found.
    """

    what: str
    limit: float
    low: float
    point: float
    high: float

    @property
    def for_certain(self) -> bool:
        """Even the favourable end misses it."""
        return self.low > self.limit

    @property
    def by_chance(self) -> bool:
        """The best estimate meets it; more evidence might promise it."""
        return self.point <= self.limit


def misses(found: Consequence, targets: Targets) -> list[Miss]:
    """The targets that the evidence does not promise."""
    known: list[tuple[str, float | None, Interval | Range]] = [
        ("machine", targets.machine, found.machine),
        ("human_loss", targets.human_loss, found.human_lost),
        ("inflation", targets.inflation, inflation_after(found.machine, targets.generations)),
    ]
    return [
        Miss(what, limit, each.low, each.point, each.high)
        for what, limit, each in known
        if limit is not None and not each.high <= limit + 1e-12
    ]


def advice(found: Consequence, missed: Sequence[Miss], targets: Targets, evidence: Evidence) -> str:
    """What evidence would promise the targets that the best estimate meets; "" for none."""
    if not missed or not all(one.by_chance for one in missed):
        return ""
    needs = []
    machine = [
        _machine_limit(one, targets.generations) for one in missed if one.what != "human_loss"
    ]
    if machine and (labels := _labels(found, min(machine), evidence)) is not None:
        needs.append(f"{labels:,} audited labels (`wellhead audit`)")
    for one in missed:
        if one.what == "human_loss" and one.point < one.limit:
            times = ((one.high - one.point) / (one.limit - one.point)) ** 2
            needs.append(f"{math.ceil(evidence.human * times):,} texts in the human reference")
    return " and ".join(needs)


def _machine_limit(miss: Miss, generations: int) -> float:
    """The machine share that a limit on it, or on inflation, allows at most."""
    if miss.what == "machine":
        return miss.limit
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        known = inflation_after(Interval(middle, middle, middle), generations)
        within = known.point <= miss.limit
        low, high = (middle, high) if within else (low, middle)
    return low


def _labels(found: Consequence, limit: float, evidence: Evidence) -> int | None:
    """Labels that move the unfavourable end of the machine share to the limit.

    The end moves with the assay's: a share less by d leaves d n / weight less machine text. The
    width of an audit follows Cochran (1977), §4.4, with what the scores explain taken off.
    """
    n, share = evidence.weighed.size, evidence.share.point
    kept = 1 - found.human_lost.point
    half = (limit - found.machine.point) * found.weight / (n * kept)
    if half <= 0:
        return None
    machine = evidence.posterior[evidence.weighed]
    spread = max(share * (1 - share), 0.02)
    explained = min(float(machine.var()) / spread, 0.95)
    z = NormalDist().inv_cdf(0.5 + evidence.share.level / 2)
    unlimited = z * z * spread * (1 - explained) / half**2
    return math.ceil(max(10.0, unlimited / (1 + unlimited / n)))
