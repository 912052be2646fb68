"""Curves over generations, sizes or shares, with confidence bands and exact curves on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wellhead.report.svg.curve import EXACT, Line, band, exact, last, look, stroke
from wellhead.report.svg.element import LARGE, drawing, element, text, width_of
from wellhead.report.svg.frame import Axis, Frame, Key, frame, inside
from wellhead.report.svg.scale import Numbers, floats, span_of
from wellhead.report.table import Column, Table

__all__ = ["LineChart"]


@dataclass(frozen=True)
class LineChart:
    """Curves with bands, exact curves and a legend.

    Args:
        title, description: what it is and what it shows, in words.
        lines: the curves.
        x, y: the axes.
        n: the sample size, in words (``"n = 200 chains"``).
        band: what the shaded bands are.
        theory: what the dashed curves are.
    """

    title: str
    description: str
    lines: Sequence[Line]
    x: Axis
    y: Axis
    n: str = ""
    band: str = "95 % confidence band"
    theory: str = "exact (theory)"

    def to_svg(self) -> str:
        """The chart as one SVG element."""
        direct = self._direct
        room = max(width_of(line.name) for line in self.lines) + 14 if direct else 14.0
        xs = [part for line in self.lines for part in (line.x, line.exact_x)]
        ys = [part for line in self.lines for part in (line.y, line.low, line.high, line.exact)]
        area = frame(
            self.x,
            self.y,
            _across(xs, self.x),
            _up(ys, self.y),
            keys=self._keys(),
            n=self.n,
            right=room,
        )
        looks = [(line, look(line, index)) for index, line in enumerate(self.lines)]
        shapes = [band(line, kind, area) for line, kind in looks]
        shapes += [stroke(line, kind, area) for line, kind in looks]
        shapes += [exact(line, kind, area) for line, kind in looks]
        labels = _end_labels(self.lines, area) if direct else ""
        around = area.around + inside(area, *shapes) + labels
        return drawing(area.height, self.title, self.description, around)

    def to_table(self) -> Table:
        """Up to a dozen points of each curve."""
        banded = any(line.low is not None for line in self.lines)
        theory = any(_at_x(line) is not None for line in self.lines)
        columns = [Column("curve"), self.x.column(), self.y.column()]
        if banded:
            columns.append(Column(self.band, "share" if self.y.percent else "interval"))
        if theory:
            columns.append(Column("exact", "percent" if self.y.percent else "number"))
        rows = [row for line in self.lines for row in _rows(line, banded, theory)]
        return Table(columns, rows, caption=self.n)

    @property
    def _direct(self) -> bool:
        """Short names stand at the ends of their curves, long ones in the legend."""
        return 1 < len(self.lines) <= 6 and max(len(line.name) for line in self.lines) <= 12

    def _keys(self) -> list[Key]:
        keys = [] if self._direct else [_key(line, i) for i, line in enumerate(self.lines)]
        if any(line.low is not None for line in self.lines):
            box = element("rect", x=0.0, y=1.0, width=28.0, height=12.0, fill_opacity="0.22")
            keys.append(Key(box, self.band))
        if any(line.exact is not None for line in self.lines):
            drawn = element("path", d="M0 7H28", stroke="currentColor", **EXACT)
            keys.append(Key(drawn, f"{self.theory}, in the colour of its run"))
        return keys


def _key(line: Line, index: int) -> Key:
    kind = look(line, index)
    mark = element("path", d=kind.marker, transform="translate(14 7)", stroke="none")
    swatch = element("path", d="M0 7H28", stroke_width=2.0) + mark
    drawn = element("g", swatch, stroke=kind.tone, fill=kind.tone, class_=kind.cls)
    return Key(drawn, line.name)


def _across(parts: Sequence[Numbers | None], axis: Axis) -> tuple[float, float]:
    """From the first to the last x, without reaching for zero."""
    known = [floats(part) for part in parts if part is not None]
    finite = [part[np.isfinite(part)] for part in known]
    least = min((float(part.min()) for part in finite if part.size), default=0.0)
    low = least if axis.low is None and not axis.log else axis.low
    return span_of(known, log=axis.log, low=low, high=axis.high)


def _up(parts: Sequence[Numbers | None], axis: Axis) -> tuple[float, float]:
    known = [part for part in parts if part is not None]
    low, high = span_of(known, log=axis.log, low=axis.low, high=axis.high)
    room = 0.0 if axis.log or axis.high is not None else 0.04 * (high - low)
    return low, high + room


def _end_labels(lines: Sequence[Line], area: Frame) -> str:
    """Names beside the last points, pushed apart so that none covers another."""
    ends = []
    for i, line in enumerate(lines):
        end = last(line, area)
        height = area.bottom if end is None else min(max(end[1], area.top), area.bottom)
        ends.append((height, i, line.name, look(line, i)))
    ends.sort(key=lambda end: end[:2])
    # The lowest name stays clear of the ticks under the axis.
    heights = _apart([end[0] for end in ends], area.top, area.bottom - 6)
    return "".join(
        element("g", text(name, area.right + 8, height + 5), fill=kind.tone, class_=kind.cls)
        for height, (_, _, name, kind) in zip(heights, ends, strict=True)
    )


def _apart(heights: list[float], top: float, bottom: float) -> list[float]:
    """Sorted heights moved as little as needed to be a line apart within the plot.

    >>> _apart([10.0, 10.0], 0.0, 100.0)
    [10.0, 31.0]
    """
    gap, placed = min(LARGE + 3, (bottom - top) / max(len(heights) - 1, 1)), list[float]()
    for height in heights:
        placed.append(max(height, placed[-1] + gap if placed else top))
    limit = bottom
    for i in range(len(placed) - 1, -1, -1):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - gap
    return placed


def _at_x(line: Line) -> Numbers | None:
    """Theory at the same x as the curve, where it can stand in the same row of a table."""
    return line.exact if line.exact_x is None else None


def _rows(line: Line, banded: bool, theory: bool) -> list[list[Any]]:
    across, up = floats(line.x), floats(line.y)
    kept = np.unique(np.linspace(0, len(across) - 1, min(len(across), 12)).round())
    return [
        [
            line.name,
            across[i],
            up[i],
            *([_ends(line, i)] if banded else []),
            *([_value(_at_x(line), i)] if theory else []),
        ]
        for i in kept.astype(np.int64)
    ]


def _ends(line: Line, i: int) -> tuple[float, float] | None:
    low, high = _value(line.low, i), _value(line.high, i)
    return None if low is None or high is None or low != low or high != high else (low, high)


def _value(part: Numbers | None, i: int) -> float | None:
    return None if part is None else float(floats(part)[i])
