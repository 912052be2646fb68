"""Small multiples: the same curves in a grid of small plots, one for each thing measured.

All panels share the x axis, whose ticks stand under every panel, and one legend; each has a y axis
of its own, because what is compared is shape and not height, and a dashed line where a level
means something (chance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wellhead.report.numbers import number
from wellhead.report.svg.curve import EXACT, Line, band, look, stroke
from wellhead.report.svg.element import WIDTH, drawing, element, text, width_of
from wellhead.report.svg.frame import ROW, Axis, Frame, inside
from wellhead.report.svg.scale import Scale, span_of
from wellhead.report.table import Column, Table
from wellhead.report.untrusted import shorten

__all__ = ["Panel", "Panels"]

ACROSS = 2
TALL, GAP, LEFT = 110.0, 24.0, 52.0
LETTERS = 26  # of the name of a panel
_LEVEL = {**EXACT, "stroke": "currentColor", "stroke_width": 1.5}


class Panel(NamedTuple):
    """One small plot: its name, its curves, and a level that means something."""

    name: str
    lines: Sequence[Line]
    level: float | None = None


@dataclass(frozen=True)
class Panels:
    """A grid of small plots.

    Args:
        title, description: what it is and what it shows, in words.
        panels: in reading order; curves of the same name look the same in all.
        x, y: the axes; `y` is scaled for each panel.
        level: what the dashed line is.
        n: the sample size, in words.
    """

    title: str
    description: str
    panels: Sequence[Panel]
    x: Axis
    y: Axis
    level: str = "chance"
    n: str = ""

    def to_svg(self) -> str:
        """The grid as one SVG element."""
        legend, below = self._legend()
        words = f"{self.y.title}, by {self.x.title}" + (f"; {self.n}" if self.n else "")
        head = text(shorten(words, 64), 0, below + 14, cls="m")
        top, step = below + ROW, TALL + 2.6 * ROW
        drawn = [
            self._panel(panel, place % ACROSS, top + place // ACROSS * step)
            for place, panel in enumerate(self.panels)
        ]
        height = top + -(-len(self.panels) // ACROSS) * step
        return drawing(height, self.title, self.description, legend, head, *drawn)

    def to_table(self) -> Table:
        """Every point of every panel."""
        columns = [
            Column("panel"),
            Column("curve"),
            self.x.column(),
            self.y.column(),
            Column(self.level, "percent" if self.y.percent else "number"),
        ]
        rows = [
            [panel.name, line.name, x, y, panel.level]
            for panel in self.panels
            for line in panel.lines
            for x, y in zip(line.x, line.y, strict=True)
        ]
        return Table(columns, rows, caption=self.n)

    def _panel(self, panel: Panel, column: int, top: float) -> str:
        wide = (WIDTH - GAP) / ACROSS
        left = column * (wide + GAP) + LEFT
        right, start, bottom = (column + 1) * wide + column * GAP, top + ROW, top + ROW + TALL
        levels = [] if panel.level is None else [panel.level]
        heights = [part for line in panel.lines for part in (line.y, line.low, line.high)]
        known = [*(each for each in heights if each is not None), levels]
        low, high = span_of(known, low=self.y.low, high=self.y.high)
        room = 0.08 * (high - low)
        least = low if low == 0 else low - room
        x = self.x.scale(span_of([line.x for line in panel.lines], low=0), left + 8, right - 8)
        y = self.y.scale((least, high + room), bottom, start)
        area = Frame(x, y, left, start, right, bottom, TALL, "")
        shapes = [band(line, look(line, place), area) for place, line in enumerate(panel.lines)]
        shapes += [stroke(line, look(line, place), area) for place, line in enumerate(panel.lines)]
        if panel.level is not None:
            at = y.at(panel.level)
            shapes.insert(0, element("path", d=f"M{left:.1f} {at:.1f}H{right:.1f}", **_LEVEL))
        name = text(shorten(panel.name, LETTERS), left, start - 7, cls="b")
        return name + _axes(x, y, area) + inside(area, *shapes)

    def _legend(self) -> tuple[str, float]:
        names = {line.name: line for panel in self.panels for line in panel.lines}
        entries = [(_swatch(line, place), line.name) for place, line in enumerate(names.values())]
        if any(panel.level is not None for panel in self.panels):
            entries.append((element("path", d="M0 7H28", **_LEVEL), self.level))
        drawn, across, row = [], 0.0, 0
        for swatch, words in entries:
            shown = shorten(words, 50)
            needed = 38 + width_of(shown)
            if across and across + needed > WIDTH:
                across, row = 0.0, row + 1
            moved = f"translate({across:.1f} {row * ROW + 5:.1f})"
            drawn.append(element("g", swatch, transform=moved))
            drawn.append(text(shown, across + 36, row * ROW + 16))
            across += needed + 14
        return "".join(drawn), (row + 1) * ROW


def _swatch(line: Line, place: int) -> str:
    kind = look(line, place)
    mark = element("path", d=kind.marker, transform="translate(14 7)", stroke="none")
    body = element("path", d="M0 7H28", stroke_width=2.0) + mark
    return element("g", body, stroke=kind.tone, fill=kind.tone, class_=kind.cls)


def _axes(x: Scale, y: Scale, area: Frame) -> str:
    line = {"stroke": "currentColor", "fill": "none"}
    drawn = [
        element(
            "path", d=f"M{area.left:.1f} {area.bottom:.1f}H{area.right:.1f}", class_="axis", **line
        )
    ]
    for value, words in y.ticks(4):
        at = y.at(value)
        rule = f"M{area.left:.1f} {at:.1f}H{area.right:.1f}"
        drawn.append(element("path", d=rule, stroke_opacity="0.15", **line))
        drawn.append(text(words, area.left - 6, at + 5, anchor="end", cls="m"))
    for value, _ in x.ticks(5):
        words = number(value, 6)
        drawn.append(text(words, x.at(value), area.bottom + 17, anchor="middle", cls="m"))
    return "".join(drawn)
