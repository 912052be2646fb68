"""Intervals by group, one under the other (a forest plot)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from wellhead.report.numbers import number
from wellhead.report.svg.element import ACCENT, drawing, element, text, width_of
from wellhead.report.svg.frame import ROW, Axis, Frame, frame
from wellhead.report.svg.scale import span_of
from wellhead.report.table import Column, Table
from wellhead.report.untrusted import shorten

__all__ = ["Forest", "Stretch"]


@dataclass(frozen=True)
class Stretch:
    """One interval: `low … high` around `point`, from `n` observations; `bound` is a tick mark."""

    name: str
    low: float
    point: float
    high: float
    n: int | None = None
    bound: float | None = None


@dataclass(frozen=True)
class Forest:
    """Intervals of groups against one axis, with the overall interval as a shaded strip.

    Args:
        title, description: what it is and what it shows, in words.
        rows: one interval per group, in the order drawn.
        x: the axis.
        overall: the interval of all groups together, drawn first and as a strip behind the rest.
        cap: groups drawn at most; the drawing says how many are not.
        bound: what the tick mark of a row means, for the heading in the table.
        table: the numbers behind the picture, where there are more than it shows.
    """

    title: str
    description: str
    rows: Sequence[Stretch]
    x: Axis
    overall: Stretch | None = None
    cap: int = 40
    bound: str = "at least"
    table: Table | None = None

    def to_svg(self) -> str:
        """The chart as one SVG element."""
        shown = [*([self.overall] if self.overall else []), *self.rows[: self.cap]]
        ends = [part for row in shown for part in (row.low, row.point, row.high)]
        names = [_name(row) for row in shown]
        area = frame(
            self.x,
            Axis(""),
            span_of([ends], log=self.x.log, low=self.x.low, high=self.x.high),
            (0.0, 1.0),
            n=self._hidden(),
            left=max([width_of(name) for name in names], default=0.0) + 16,
            tall=_STEP * max(len(shown), 1),
        )
        strip = _strip(self.overall, area) if self.overall else ""
        drawn = [
            _row(row, name, area, area.top + _STEP * (i + 0.5), whole=row is self.overall)
            for i, (row, name) in enumerate(zip(shown, names, strict=True))
        ]
        return drawing(area.height, self.title, self.description, strip, area.around, *drawn)

    def to_table(self) -> Table:
        """All groups with their intervals."""
        if self.table is not None:
            return self.table
        share = self.x.percent
        bounded = any(row.bound is not None for row in self.rows)
        columns = [
            Column("group"),
            Column("n", "count"),
            Column(self.x.label, "percent" if share else "number", self.x.unit),
            Column("interval", "share" if share else "interval"),
            *([Column(self.bound, "bound" if share else "number")] if bounded else []),
        ]
        every = [*([self.overall] if self.overall else []), *self.rows]
        rows = [
            [row.name, row.n, row.point, (row.low, row.high), *([row.bound] if bounded else [])]
            for row in every
        ]
        return Table(columns, rows)

    def _hidden(self) -> str:
        hidden = len(self.rows) - self.cap
        return f"{hidden:,} more groups in the table" if hidden > 0 else ""


_STEP = ROW * 1.3


def _name(row: Stretch) -> str:
    name = shorten(row.name, 400)
    short = name if len(name) <= 18 else name[:17].rstrip() + "…"
    return short if row.n is None else f"{short} ({row.n:,})"


def _ends(row: Stretch, area: Frame) -> tuple[float, float] | None:
    """Where an interval begins and ends; beyond the axis (unbounded, 0 on a log axis) its edge."""
    low, high = area.x(np.clip([row.low, row.high], area.x.low, area.x.high)).tolist()
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _strip(overall: Stretch, area: Frame) -> str:
    ends = _ends(overall, area)
    if ends is None:
        return ""
    box = {"y": area.top, "width": ends[1] - ends[0], "height": area.bottom - area.top}
    return element("rect", x=ends[0], fill=ACCENT, fill_opacity="0.12", class_="accent", **box)


def _row(row: Stretch, name: str, area: Frame, at: float, *, whole: bool) -> str:
    """A line from low to high, a dot at the point, a tick at the bound."""
    parts = [text(name, area.left - 10, at + 5, anchor="end", cls="b" if whole else "")]
    ends = _ends(row, area)
    if ends is not None:
        line = f"M{ends[0]:.1f} {at:.1f}H{ends[1]:.1f}"
        parts.append(element("path", d=line, stroke_width=3.0, **_STROKE))
    if row.bound is not None and area.x.low <= row.bound <= area.x.high and row.bound > 0:
        tick = f"M{area.x.at(row.bound):.1f} {at - 8:.1f}v16"
        parts.append(element("path", d=tick, stroke_width=2.0, **_STROKE))
    if area.x.low <= row.point <= area.x.high:
        parts.append(element("circle", cx=area.x.at(row.point), cy=at, r=5.5 if whole else 4.5))
    return element("g", element("title", escape(_words(row))), *parts)


def _words(row: Stretch) -> str:
    return (
        f"{shorten(row.name, 200)}: {number(row.point)} ({number(row.low)} to {number(row.high)})"
    )


_STROKE = {"stroke": ACCENT, "fill": "none", "class_": "accent"}
