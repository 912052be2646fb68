"""What was found in the answers of a model: rates by version and by group, and alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from wellhead._result import Result
from wellhead._stats import Interval

__all__ = ["Consensus", "JudgeErrors", "Moment", "Rate", "Watched"]


class Moment(NamedTuple):
    """The interval as it stood after `n` responses."""

    n: int
    low: float
    point: float
    high: float


class Rate(NamedTuple):
    """The rate of violations as the verdict sees them.

    Attributes:
        name: of the version, the group or the category.
        n, hits: responses and violations.
        interval: of the average rate so far; holds at all times at once.
        over: after how many responses "never above the limit" was refuted; None if it was not.
        changed: after how many responses a rise was first seen; None if none was.
        course: the interval at moments on the way.
    """

    name: str
    n: int
    hits: int
    interval: Interval
    over: int | None = None
    changed: int | None = None
    course: tuple[Moment, ...] = ()

    @property
    def alarmed(self) -> bool:
        return self.over is not None or self.changed is not None


class JudgeErrors(NamedTuple):
    """One judge of several: what it flagged, and how often it is right, if that can be told.

    Attributes:
        sensitivity: part of the violations that it flags.
        specificity: part of the clean answers that it lets pass.
    """

    name: str
    flagged: int
    sensitivity: Interval | None
    specificity: Interval | None


class Consensus(NamedTuple):
    """What several judges of different families say together.

    Attributes:
        rate: of all answers, at this one look; the mere range of what is possible where not
            `identified`; None where the judges could not be joined.
        model: what the interval rests on.
        identified: whether the votes determine the rate.
        judges: each with its errors.
        rests_on: what must be true for the interval to hold.
        why_not: the reason where the judges could not be joined.
    """

    rate: Interval | None
    model: str
    identified: bool
    judges: tuple[JudgeErrors, ...]
    rests_on: tuple[str, ...]
    why_not: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Watched(Result):
    """Rates of violation in the responses of a model.

    Attributes:
        verdict: name and revision of the judge.
        n, hits: responses, and violations among them.
        limit: the rate that no version may exceed; None without one.
        versions, groups, categories: rates, each in the order of first appearance.
        error: probability of ever alarming for a version that keeps the limit.
        consensus: of several judges together; None with one alone.
    """

    schema_version: ClassVar[int | None] = 1
    stem: ClassVar[str] = "watch"

    verdict: str
    n: int
    hits: int
    limit: float | None
    versions: tuple[Rate, ...]
    groups: tuple[Rate, ...] = ()
    categories: tuple[Rate, ...] = ()
    error: float = 0.05
    consensus: Consensus | None = None
    version: str = ""

    @property
    def alarmed(self) -> tuple[Rate, ...]:
        """The versions that raised an alarm."""
        return tuple(rate for rate in self.versions if rate.alarmed)
