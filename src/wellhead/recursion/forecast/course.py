"""A real share that changes by generation, with its interval, and when a limit is crossed.

In: a schedule of shares, or a share of today with its interval and the growth of machine text. Out:
a `Course`, whose three ends stand where a `Range` stands elsewhere, and `FirstBeyond`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from wellhead.errors import BadSetting
from wellhead.recursion.forecast.risk import Inflation
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.shares import Shares, shares_of

__all__ = ["Course", "FirstBeyond", "ShareAt", "course_of", "first_beyond"]

REGIME = "changing-share"


class ShareAt(NamedTuple):
    """One training set after the first.

    Attributes:
        number: which; the model of generation n learns from training set n - 1.
        label: what it is called, such as a year.
        real_share: of its text, before any detector.
        size: as a multiple of that of training set 0.
    """

    number: int
    label: str
    real_share: Range
    size: float


class Course(NamedTuple):
    """The least, the likeliest and the largest real shares, by training set."""

    low: Shares
    point: Shares
    high: Shares
    level: float | None = None

    def at(self, number: int) -> Range:
        """The share in one training set."""
        low, point, high = (each.at(number) for each in (self.low, self.point, self.high))
        return Range(low, point, high, self.level)

    def rows(self, last: int) -> tuple[ShareAt, ...]:
        """Every training set from 1 to `last`."""
        point = self.point
        return tuple(
            ShareAt(k, point.label_of(k), self.at(k), point.size_at(k)) for k in range(1, last + 1)
        )

    def filtered(self, detector: Detector | None, last: int) -> Course:
        """After a detector that acts in every generation."""
        if detector is None:
            return self
        ends = (self.low, self.point, self.high)
        low, point, high = (_filtered(each, detector, last) for each in ends)
        return Course(low, point, high, self.level)


class FirstBeyond(NamedTuple):
    """The first generation whose inflation is above the limit; None: none that was asked for.

    Attributes:
        earliest: at the high end of the inflation.
        point: at its point.
        latest: at its low end.
        labels: the same three as they are called: by the year of what that model learns from.
    """

    earliest: int | None
    point: int | None
    latest: int | None
    labels: tuple[str, str, str]


def course_of(share: Range | None, schedule: Any, growth: float | None) -> Course | None:
    """The course that the user asked for; None without one.

    Raises:
        BadSetting: a schedule beside a share, or growth of machine text without either.
    """
    if schedule is None and growth is None:
        return None
    if schedule is not None and share is not None:
        raise BadSetting("give a schedule or a real share, not both: the schedule has the shares")
    if schedule is None and share is None:
        raise BadSetting("machine_growth needs a share to start from: give real_share, or an assay")
    factor = 1.0 if growth is None else growth
    if share is not None:
        low, point, high = (Shares((each,), factor) for each in share[:3])
        return Course(low, point, high, share.level)
    given = shares_of(schedule)
    if growth is not None:
        given = Shares(given.values, factor, given.sizes, given.labels)
    return Course(given, given, given)


def first_beyond(limit: float, inflation: Inflation, course: Course | None) -> FirstBeyond:
    """When the course of inflation crosses the limit."""
    rows = inflation.generations
    earliest, point, latest = (
        next((row.generation for row in rows if getattr(row.inflation, end) > limit), None)
        for end in ("high", "point", "low")
    )
    none = f"none up to generation {rows[-1].generation}"
    a, b, c = (none if k is None else _label(k, course) for k in (earliest, point, latest))
    return FirstBeyond(earliest, point, latest, (a, b, c))


def _label(generation: int, course: Course | None) -> str:
    label = "" if course is None else course.point.label_of(generation - 1)
    return label or f"generation {generation}"


def _filtered(shares: Shares, detector: Detector, last: int) -> Shares:
    count = max(last, len(shares.values))
    values = tuple(detector.effective_share(a) for a in shares.upto(count))
    sizes = tuple(shares.size_at(k) for k in range(1, count + 1)) if shares.sizes else ()
    return Shares(values, sizes=sizes, labels=shares.labels)
