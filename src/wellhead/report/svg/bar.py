"""One share with its interval on a bar from nothing to everything."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wellhead.report.numbers import interval
from wellhead.report.svg.element import ACCENT, WIDTH, drawing, element, text, width_of
from wellhead.report.table import Column, Table

__all__ = ["ShareBar"]

_LEFT, _RIGHT, _AT = 6.0, WIDTH - 6.0, 38.0
_HEIGHT = 82.0


@dataclass(frozen=True)
class ShareBar:
    """A share between `low` and `high`.

    Args:
        title: what the share is of.
        low, high: ends of the interval, as they are written under the headline.
        inner: ends of a narrower range under a condition, drawn darker; None draws none.
        point: the best estimate, marked by a dot; NaN draws none.
        bound: the "at least" figure, marked by a tick; 0 draws none.
    """

    title: str
    low: float
    high: float
    inner: tuple[float, float] | None = None
    point: float = math.nan
    bound: float = 0.0

    @property
    def description(self) -> str:
        marks = [
            "the coloured stretch is the range",
            *(
                ["its darker part is the range if the detector can recognise the program"]
                if self.inner is not None
                else []
            ),
            *(["the dot is the best estimate"] if math.isfinite(self.point) else []),
            *(["the tick is the “at least” figure"] if self.bound > 0 else []),
        ]
        words = marks[0] if len(marks) == 1 else f"{', '.join(marks[:-1])} and {marks[-1]}"
        return f"From none to all of the texts: {words}."

    def to_svg(self) -> str:
        """The bar as one SVG element."""
        low, high = _x(self.low), _x(self.high)
        label = interval(self.low, self.high, share=True)
        half = width_of(label) / 2
        middle = min(max((low + high) / 2, _LEFT + half), _RIGHT - half)
        parts = [
            _line(_LEFT, _RIGHT, stroke="currentColor", stroke_opacity="0.2"),
            *self._stretches(),
            text(label, middle, _AT - 18, anchor="middle", cls="b"),
            *(
                text(f"{share} %", _x(share / 100), _AT + 32, anchor=anchor, cls="m")
                for share, anchor in ((0, "start"), (50, "middle"), (100, "end"))
            ),
        ]
        if self.bound > 0:
            tick = f"M{_x(self.bound):.1f} {_AT - 11:.1f}v22"
            parts.append(element("path", d=tick, stroke="currentColor", stroke_width=2.5))
        if math.isfinite(self.point):
            dot = {"cx": _x(self.point), "cy": _AT, "fill": "currentColor"}
            parts.append(element("circle", r=5.5, **dot))
        return drawing(_HEIGHT, self.title, self.description, *parts)

    def _stretches(self) -> list[str]:
        """The range; pale where a narrower one lies on it."""
        ends = [(self.low, self.high), *([] if self.inner is None else [self.inner])]
        pale = [{"stroke_opacity": "0.35"}] * (len(ends) - 1) + [{}]
        return [
            _line(_x(low), max(_x(high), _x(low) + 2), stroke=ACCENT, class_="accent", **style)
            for (low, high), style in zip(ends, pale, strict=True)
        ]

    def to_table(self) -> Table:
        """The same in numbers."""
        columns = [
            Column("best estimate", "percent"),
            Column("interval", "share"),
            Column("at least", "bound"),
        ]
        return Table(columns, [[self.point, (self.low, self.high), self.bound]])


def _x(share: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(max(share, 0.0), 1.0)


def _line(start: float, end: float, **style: str) -> str:
    return element(
        "path", d=f"M{start:.1f} {_AT:.1f}H{end:.1f}", stroke_width=12.0, fill="none", **style
    )
