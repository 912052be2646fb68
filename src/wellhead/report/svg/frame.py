"""The plot area: axes with units, grid lines, a legend that wraps.

A chart gives its legend and its axes and gets a `Frame` with two scales and the height used; it
then draws inside. Everything is laid out for the larger letters of a phone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wellhead.report.svg.element import LARGE, WIDTH, element, text, width_of
from wellhead.report.svg.scale import Scale
from wellhead.report.table import Column
from wellhead.report.untrusted import shorten

__all__ = ["Axis", "Frame", "Key", "frame", "inside"]

ROW = 23.0
_SWATCH = 30.0


@dataclass(frozen=True)
class Axis:
    """What one direction of a chart means.

    Args:
        label: the quantity, in words.
        unit: its unit; proportions shown as percentages set `percent` instead.
        log: by decades rather than evenly.
        low, high: ends of the axis; by default those of the data.
        whole: marks only whole numbers, because nothing lies between them.
    """

    label: str
    unit: str = ""
    log: bool = False
    percent: bool = False
    low: float | None = None
    high: float | None = None
    whole: bool = False

    @property
    def title(self) -> str:
        unit = "%" if self.percent else self.unit
        words = f"{self.label} ({unit})" if unit else self.label
        return f"{words}, log scale" if self.log else words

    def column(self) -> Column:
        """The same quantity as a column of a table."""
        return Column(self.label, "percent" if self.percent else "number", self.unit)

    def scale(self, span: tuple[float, float], start: float, end: float) -> Scale:
        return Scale(*span, start, end, log=self.log, percent=self.percent, whole=self.whole)


class Key(NamedTuple):
    """One entry of a legend: a drawn swatch (30 × 12 units, from 0, 0) and its words."""

    swatch: str
    words: str


class Frame(NamedTuple):
    """Where to draw: two scales, the box, and what is already drawn around it."""

    x: Scale
    y: Scale
    left: float
    top: float
    right: float
    bottom: float
    height: float
    around: str


def frame(
    x: Axis,
    y: Axis,
    x_span: tuple[float, float],
    y_span: tuple[float, float],
    *,
    keys: Sequence[Key] = (),
    n: str = "",
    left: float | None = None,
    right: float = 14.0,
    tall: float = 240.0,
) -> Frame:
    """A plot area with both axes, their titles, the legend and the sample size drawn.

    With `left` the y axis has no ticks, and that much room is kept for what stands in their place.
    """
    head = [*_wrapped(y.title)] if y.label else []
    legend, below = _legend(keys)
    top = below + ROW * len(head) + 10
    bottom = top + tall
    y_scale = y.scale(y_span, bottom, top)
    marks = y_scale.ticks(5) if left is None else []
    if left is None:
        left = max([width_of(label) for _, label in marks], default=0.0) + 10
    x_scale = x.scale(x_span, left, WIDTH - right)
    foot = _wrapped(f"{x.title}; {n}" if n else x.title)
    titles = [text(line, 0, below + ROW * (i + 0.75), cls="m") for i, line in enumerate(head)]
    titles += [
        text(line, (left + WIDTH - right) / 2, bottom + ROW * (i + 1.95), anchor="middle", cls="m")
        for i, line in enumerate(foot)
    ]
    around = legend + "".join(titles) + _grid(y_scale, marks, left, WIDTH - right)
    around += _ticks(x_scale, bottom)
    height = bottom + ROW * (1.3 + len(foot)) + 2
    return Frame(x_scale, y_scale, left, top, WIDTH - right, bottom, height, around)


def inside(area: Frame, *children: str) -> str:
    """`children` clipped to the plot area, without needing an id."""
    width, height = area.right - area.left, area.bottom - area.top
    box = f"{area.left:.1f} {area.top:.1f} {width:.1f} {height:.1f}"
    return element(
        "svg", *children, x=area.left, y=area.top, width=width, height=height, viewBox=box
    )


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(shorten(words, 200), width=int(WIDTH / (0.54 * LARGE)))


def _legend(keys: Sequence[Key]) -> tuple[str, float]:
    """The legend's markup and the height it takes; entries wrap to new rows."""
    drawn, across, row = [], 0.0, 0
    for swatch, words in keys:
        shown = shorten(words, 50)
        needed = _SWATCH + 8 + width_of(shown)
        if across and across + needed > WIDTH:
            across, row = 0.0, row + 1
        moved = f"translate({across:.1f} {row * ROW + 5:.1f})"
        drawn.append(element("g", swatch, transform=moved))
        drawn.append(text(shown, across + _SWATCH + 6, row * ROW + 16))
        across += needed + 14
    return "".join(drawn), (row + 1) * ROW + 4 if keys else 0.0


def _grid(scale: Scale, marks: list[tuple[float, str]], left: float, right: float) -> str:
    drawn = []
    for value, label in marks:
        at = scale.at(value)
        drawn.append(_rule(left, at, right, at))
        drawn.append(text(label, left - 7, at + 5, anchor="end", cls="m"))
    return "".join(drawn)


def _ticks(scale: Scale, bottom: float) -> str:
    marks = scale.ticks(6)
    widest = max([width_of(label) for _, label in marks], default=0.0) + 10
    fitting = int(max((scale.end - scale.start) / widest, 1))
    if len(marks) > fitting:
        marks = marks[:: -(-len(marks) // fitting)]
    drawn = [element("path", d=f"M{scale.start:.1f} {bottom:.1f}H{scale.end:.1f}", **_LINE)]
    for value, label in marks:
        at = scale.at(value)
        half = width_of(label) / 2
        # The outermost labels lean inwards rather than being cut off.
        anchor = "end" if at + half > WIDTH else "middle"
        drawn.append(element("path", d=f"M{at:.1f} {bottom:.1f}v5", **_LINE))
        drawn.append(
            text(label, WIDTH if anchor == "end" else at, bottom + 20, anchor=anchor, cls="m")
        )
    return "".join(drawn)


_LINE = {"stroke": "currentColor", "fill": "none", "class_": "axis"}


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return element(
        "path",
        d=f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}",
        stroke="currentColor",
        stroke_opacity="0.15",
        fill="none",
    )
