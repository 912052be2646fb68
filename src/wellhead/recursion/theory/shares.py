"""A real share that changes from generation to generation.

In: listed shares, a law of growth, or the text of each year. Out: the share a_k of real data in
training set k = 1, 2, …, and its size as a multiple of that of training set 0, which is real data
alone: the first fit learns from set 0, the n-th from set n - 1. Beyond the list machine text goes
on growing by one factor, 1 unless told otherwise, against the real text.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.theory.ranges import check_positive, check_share

__all__ = ["Shares", "read_years", "shares_of"]

_MOST_BYTES = 1 << 24


@dataclass(frozen=True)
class Shares:
    """The course of the real share.

    Args:
        values: shares of training sets 1, 2, …
        growth: factor by which machine text grows against real text in each generation after the
            last of `values`; 1 keeps the last share.
        sizes: their sizes, as multiples of that of training set 0; the last one holds on. Empty
            means 1 throughout.
        labels: what they are called, training set 0 included, such as years.

    >>> [round(a, 3) for a in Shares((0.9,), growth=2).upto(3)]
    [0.9, 0.818, 0.692]
    """

    values: tuple[float, ...]
    growth: float = 1.0
    sizes: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.values:
            raise BadSetting("shares: expected at least one share of real data, got none")
        for value in self.values:
            check_share("shares", value)
        check_positive("machine_growth", self.growth)
        for size in self.sizes:
            check_positive("sizes", size)
        if self.sizes and len(self.sizes) != len(self.values):
            raise BadSetting(
                f"shares: {len(self.values)} shares need as many sizes; got {len(self.sizes)}"
            )

    def at(self, number: int) -> float:
        """The share of real data in a training set, 1 or later."""
        if number <= len(self.values):
            return self.values[number - 1]
        last = self.values[-1]
        if last in (0.0, 1.0) or self.growth == 1:
            return last
        odds = (number - len(self.values)) * math.log(self.growth) + math.log((1 - last) / last)
        return 1 / (1 + math.exp(min(odds, 700.0)))

    def size_at(self, number: int) -> float:
        """The size of a training set over that of set 0."""
        if number == 0 or not self.sizes:
            return 1.0
        return self.sizes[min(number, len(self.sizes)) - 1]

    def upto(self, last: int) -> list[float]:
        """The shares of training sets 1 to `last`."""
        return [self.at(k) for k in range(1, last + 1)]

    def label_of(self, number: int) -> str:
        """What a training set is called: its year, or nothing."""
        return self.labels[number] if number < len(self.labels) else ""


def shares_of(schedule: Shares | Sequence[float] | str | os.PathLike[str]) -> Shares:
    """The course from a list of shares, or from a table of years in a CSV file.

    >>> shares_of([0.9, 0.5]).at(7)
    0.5
    """
    if isinstance(schedule, Shares):
        return schedule
    if isinstance(schedule, str | os.PathLike):
        return read_years(schedule)
    return Shares(tuple(check_share("shares", value) for value in schedule))


def read_years(path: str | os.PathLike[str]) -> Shares:
    """The course from a CSV file with the columns ``year``, ``real`` and ``machine`` (tokens).

    The first row is training set 0, of real text alone: its size is the unit.

    Raises:
        BadInput: a file that cannot be read, lacks a column, has fewer than two rows, machine
            text in the first one, or years that do not follow each other.
    """
    source = Path(path)
    try:
        if source.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{source} is too large for a table of years")
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {source}: {error}") from None
    rows = [_year(row, source) for row in csv.DictReader(io.StringIO(text))]
    if len(rows) < 2:
        raise BadInput(f"{source}: expected two years or more, the first being training set 0")
    _check_order([year for year, _, _ in rows], source)
    if rows[0][2] > 0:
        raise BadInput(
            f"{source}: expected real text alone in the first row, training set 0; got "
            f"{rows[0][2]:g} tokens by machines: begin with an earlier year, or with a 0"
        )
    return _of_years(rows)


def _check_order(years: list[str], source: Path) -> None:
    """Years follow each other; other names, such as "2020/21", only differ."""
    numbered = all(year.isdecimal() for year in years)
    for before, after in itertools.pairwise(years):
        if numbered and float(after) <= float(before):
            raise BadInput(
                f"{source}: expected later years in later rows; got {after} after {before}"
            )
    if len(set(years)) < len(years):
        twice = Counter(years).most_common(1)[0][0]
        raise BadInput(f"{source}: expected each year once; got {twice} twice")


def _of_years(rows: Iterable[tuple[str, float, float]]) -> Shares:
    every = list(rows)
    (_, unit, _), *later = every
    return Shares(
        tuple(a / (a + b) for _, a, b in later),
        sizes=tuple((a + b) / unit for _, a, b in later),
        labels=tuple(year for year, _, _ in every),
    )


def _year(row: dict[str, str], source: Path) -> tuple[str, float, float]:
    try:
        real, machine = (check_positive(n, float(row[n]), zero=True) for n in ("real", "machine"))
        year = row["year"].strip()
    except (KeyError, TypeError, ValueError, AttributeError, BadSetting):
        raise BadInput(
            f"{source}: expected the columns year, real and machine with numbers of tokens; "
            f"got {dict(row)!r:.120}"
        ) from None
    if real + machine == 0:
        raise BadInput(f"{source}: the year {year} has no text")
    return year, real, machine
