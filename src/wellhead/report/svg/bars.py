"""Amounts by name, as horizontal bars that read like a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from wellhead.errors import BadSetting
from wellhead.report.numbers import number, percent
from wellhead.report.svg.element import ACCENT, WIDTH, drawing, element, text, width_of
from wellhead.report.svg.frame import ROW, Axis, Frame, frame
from wellhead.report.svg.scale import span_of
from wellhead.report.table import Column, Table
from wellhead.report.untrusted import shorten

__all__ = ["Bar", "BarChart"]

_STEP = ROW * 1.3


@dataclass(frozen=True)
class Bar:
    """One amount; `low` and `high` are its interval, `accent` draws it in the accent colour."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    accent: bool = False


@dataclass(frozen=True)
class BarChart:
    """Bars from zero, each with its value written beside it.

    Args:
        title, description: what it is and what it shows, in words.
        bars: the amounts, in the order drawn.
        x: the axis; not a log one.
        n: the sample size, in words.
        cap: bars drawn at most; the drawing says how many are not.

    Raises:
        BadSetting: a log axis.
    """

    title: str
    description: str
    bars: Sequence[Bar]
    x: Axis
    n: str = ""
    cap: int = 40

    def __post_init__(self) -> None:
        if self.x.log:
            raise BadSetting("bars start at zero, which a log axis does not have: use a Forest.")

    def to_svg(self) -> str:
        """The chart as one SVG element."""
        shown = self.bars[: self.cap]
        ends = [
            end for bar in shown for end in (0.0, bar.value, bar.low, bar.high) if end is not None
        ]
        names, values = [_name(bar) for bar in shown], [self._written(bar.value) for bar in shown]
        area = frame(
            self.x,
            Axis(""),
            span_of([ends], low=self.x.low, high=self.x.high),
            (0.0, 1.0),
            n=self._n(),
            left=max([width_of(name) for name in names], default=0.0) + 14,
            right=max([width_of(value) for value in values], default=0.0) + 14,
            tall=_STEP * max(len(shown), 1),
        )
        drawn = [
            _bar(bar, name, value, area, area.top + _STEP * (i + 0.5))
            for i, (bar, name, value) in enumerate(zip(shown, names, values, strict=True))
        ]
        return drawing(area.height, self.title, self.description, area.around, *drawn)

    def to_table(self) -> Table:
        """All amounts with their intervals."""
        share = self.x.percent
        columns = [
            Column("name"),
            Column(self.x.label, "percent" if share else "number", self.x.unit),
        ]
        banded = any(bar.low is not None for bar in self.bars)
        if banded:
            columns.append(Column("interval", "share" if share else "interval"))
        rows = [[bar.name, bar.value, *([_ends(bar)] if banded else [])] for bar in self.bars]
        return Table(columns, rows, caption=self.n)

    def _written(self, value: float) -> str:
        return percent(value) if self.x.percent else number(value)

    def _n(self) -> str:
        hidden = len(self.bars) - self.cap
        more = f"{hidden:,} more in the table" if hidden > 0 else ""
        return "; ".join(part for part in (self.n, more) if part)


def _ends(bar: Bar) -> tuple[float, float] | None:
    return None if bar.low is None or bar.high is None else (bar.low, bar.high)


def _name(bar: Bar) -> str:
    name = shorten(bar.name, 400)
    return name if len(name) <= 22 else name[:21].rstrip() + "…"


def _bar(bar: Bar, name: str, value: str, area: Frame, at: float) -> str:
    parts = [text(name, area.left - 8, at + 5, anchor="end")]
    parts.append(text(value, WIDTH, at + 5, anchor="end", cls="m"))
    zero, end = (float(place) for place in area.x([0.0, bar.value]))
    if np.isfinite(end):
        box = {"x": min(zero, end), "y": at - 8, "width": abs(end - zero), "height": 16.0}
        look = {"fill": ACCENT, "class_": "accent"} if bar.accent else {"fill_opacity": "0.35"}
        parts.append(element("rect", **box, **look))
    ends = _ends(bar)
    if ends is not None and np.isfinite(ends).all():
        low, high = (float(place) for place in area.x(ends))
        whisker = (
            f"M{low:.1f} {at:.1f}H{high:.1f}M{low:.1f} {at - 5:.1f}v10M{high:.1f} {at - 5:.1f}v10"
        )
        parts.append(
            element("path", d=whisker, stroke="currentColor", stroke_width=1.6, fill="none")
        )
    return element("g", element("title", escape(f"{shorten(bar.name, 200)}: {value}")), *parts)
