"""Boxes under each other with arrows: how many there were at each step, and who left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wellhead.report.svg.element import ACCENT, drawing, element, text
from wellhead.report.table import Column, Table
from wellhead.report.untrusted import shorten

__all__ = ["Flow", "Stage"]

_BOX, _HIGH, _GAP, _LEFT = 280.0, 46.0, 26.0, 1.0


class Stage(NamedTuple):
    """One box: what it holds, how many, and words beside the arrow that leads to it."""

    name: str
    n: int
    aside: str = ""


@dataclass(frozen=True)
class Flow:
    """A flow diagram, from top to bottom; the last box is drawn in the accent colour.

    Args:
        title, description: what it is and what it shows, in words.
        stages: the boxes.
        unit: what is counted.
    """

    title: str
    description: str
    stages: Sequence[Stage]
    unit: str = "texts"

    def to_svg(self) -> str:
        """The diagram as one SVG element."""
        drawn = []
        for i, stage in enumerate(self.stages):
            top = _LEFT + i * (_HIGH + _GAP)
            if i:
                drawn.append(_arrow(top))
            drawn.append(_box(stage, top, self.unit, last=i == len(self.stages) - 1))
        height = _LEFT + len(self.stages) * (_HIGH + _GAP) - _GAP + 2
        return drawing(height, self.title, self.description, *drawn)

    def to_table(self) -> Table:
        """The same as rows."""
        columns = [Column("step"), Column(self.unit, "count"), Column("beside")]
        return Table(columns, [[stage.name, stage.n, stage.aside] for stage in self.stages])


def _box(stage: Stage, top: float, unit: str, *, last: bool) -> str:
    look: dict[str, object] = {"stroke": "currentColor", "stroke_width": 1.2}
    if last:
        look = {"stroke": ACCENT, "stroke_width": 2.5, "class_": "accent"}
    middle = _LEFT + _BOX / 2
    return element(
        "g",
        element("rect", x=_LEFT, y=top, width=_BOX, height=_HIGH, rx=5.0, fill="none", **look),
        text(shorten(stage.name, 30), middle, top + 19, anchor="middle", cls="b" if last else ""),
        text(f"{stage.n:,} {unit}", middle, top + 38, anchor="middle", cls="m"),
        text(shorten(stage.aside, 34), _LEFT + _BOX + 14, top + _HIGH / 2 + 5, cls="m")
        if stage.aside
        else "",
    )


def _arrow(top: float) -> str:
    x, start, end = _LEFT + _BOX / 2, top - _GAP + 3, top - 3
    line = f"M{x:.1f} {start:.1f}V{end:.1f}m-5 -7l5 7l5 -7"
    return element("path", d=line, stroke="currentColor", stroke_width=1.4, fill="none")
