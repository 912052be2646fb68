"""Two distributions in one picture: what is there against what one would expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadInput
from wellhead.report.svg.element import ACCENT, drawing, element, path
from wellhead.report.svg.frame import Axis, Frame, Key, frame, inside
from wellhead.report.svg.scale import Numbers, floats, span_of
from wellhead.report.table import Column, Table

__all__ = ["HistogramPair"]


_SHARE = Axis("share of texts in each bar", percent=True)


@dataclass(frozen=True)
class HistogramPair:
    """Bars of a sample with a part of each shaded, and the outline of a reference over them.

    Args:
        title, description: what it is and what it shows, in words.
        edges: ends of the bins, one more than there are bins.
        sample: share of the sample in each bin.
        reference: share of the reference in each bin, drawn as an outline.
        shaded: the part of each bar in the accent colour, from the top; at most the bar.
        x: the axis of the bins.
        y: the axis of the shares.
        names: words for the sample, the reference and the shaded part, with their sizes.
    """

    title: str
    description: str
    edges: Numbers
    sample: Numbers
    reference: Numbers | None
    shaded: Numbers | None
    x: Axis
    y: Axis = _SHARE
    names: tuple[str, str, str] = ("this collection", "reference", "machine part")

    def __post_init__(self) -> None:
        bins = len(floats(self.edges)) - 1
        for part in (self.sample, self.reference, self.shaded):
            if part is not None and len(floats(part)) != bins:
                raise BadInput(
                    f"{bins + 1} edges make {bins} bins, but {len(floats(part))} heights came."
                )

    def to_svg(self) -> str:
        """The chart as one SVG element."""
        edges, sample = _floats(self.edges), _floats(self.sample)
        heights = [sample] if self.reference is None else [sample, _floats(self.reference)]
        _, most = span_of(heights)
        area = frame(
            self.x,
            self.y,
            span_of([edges], low=float(edges[0]), high=float(edges[-1])),
            (0.0, self.y.high or most * 1.04 or 1.0),
            keys=self._keys(),
        )
        shaded = np.zeros_like(sample) if self.shaded is None else _floats(self.shaded)
        lower = np.clip(sample - np.maximum(shaded, 0.0), 0.0, sample)
        bars = element("g", _bars(edges, np.zeros_like(sample), lower, area), **_BAR)
        tops = element("g", _bars(edges, lower, sample, area), fill=ACCENT, class_="accent")
        outline = "" if self.reference is None else _outline(edges, heights[1], area)
        around = area.around + inside(area, bars, tops, outline)
        return drawing(area.height, self.title, self.description, around)

    def to_table(self) -> Table:
        """The heights of all bins."""
        edges, parts = _floats(self.edges), (self.sample, self.reference, self.shaded)
        kept = [
            (name, _floats(p)) for name, p in zip(self.names, parts, strict=True) if p is not None
        ]
        columns = [
            Column("from", "number", self.x.unit),
            Column("to", "number", self.x.unit),
            *(Column(name, "percent", "of texts", digits=1) for name, _ in kept),
        ]
        rows = [
            [float(edges[i]), float(edges[i + 1]), *(float(part[i]) for _, part in kept)]
            for i in range(len(edges) - 1)
        ]
        return Table(columns, rows, caption=self.x.title, cap=60)

    def _keys(self) -> list[Key]:
        box = {"x": 3.0, "y": 1.0, "width": 22.0, "height": 12.0}
        keys = [Key(element("g", element("rect", **box), **_BAR), self.names[0])]
        if self.reference is not None:
            keys.append(Key(element("path", d="M0 7H28", **_OUTLINE), self.names[1]))
        if self.shaded is not None:
            keys.append(Key(element("rect", fill=ACCENT, class_="accent", **box), self.names[2]))
        return keys


_BAR = {"fill": "currentColor", "fill_opacity": "0.3"}
_OUTLINE = {"stroke": "currentColor", "stroke_width": "2", "fill": "none"}


def _floats(values: Numbers) -> NDArray[np.float64]:
    return np.nan_to_num(floats(values), posinf=0.0, neginf=0.0)


def _bars(
    edges: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], area: Frame
) -> str:
    """Rectangles between two heights, one path for all."""
    left, right = area.x(edges[:-1]) + 0.7, area.x(edges[1:]) - 0.7
    base, top = area.y(low), area.y(high)
    drawn = [
        path([(a, b), (a, t), (c, t), (c, b)], closed=True)
        for a, c, b, t in zip(*(part.tolist() for part in (left, right, base, top)), strict=True)
        if b - t > 0.05
    ]
    return element("path", d="".join(drawn)) if drawn else ""


def _outline(edges: NDArray[np.float64], heights: NDArray[np.float64], area: Frame) -> str:
    across, up = np.repeat(area.x(edges), 2)[1:-1], np.repeat(area.y(heights), 2)
    points = list(zip(across.tolist(), up.tolist(), strict=True))
    return element("path", d=path(points), class_="reference", **_OUTLINE)
