"""One curve of a line chart: its stroke, its markers, its band, the exact curve over it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadInput
from wellhead.report.svg.element import ACCENT, element, path
from wellhead.report.svg.frame import Frame
from wellhead.report.svg.scale import Numbers, floats

__all__ = ["EXACT", "Line", "Look", "Point", "band", "exact", "last", "look", "runs", "stroke"]

# Middle tones that stand out from white and from near-black; the style sheet sharpens them.
_TONES = ("#3f7fd0", "#8a7d1c", "#9a62c4", "#1f8f86", "#c9518f", "#7a7f87")
# Shapes carry the difference where colour does not: on paper, or for a colour-blind reader.
_MARKERS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
    "M-4-4h8v8h-8Z",
    "M0-5L5 4H-5Z",
    "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
    "M0 5L5-4H-5Z",
    "M-5-1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5Z",
)
_POINTS = 240
# Wide dashes of the run's own colour: seen beside its curve, and on top of it.
EXACT = {"stroke_width": "4", "stroke_dasharray": "3 7", "fill": "none"}

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One curve.

    Args:
        name: what it is, in few words.
        x, y: its points; a point that is not finite breaks the curve.
        low, high: its confidence band at the same x.
        exact: the value theory gives, drawn in wide dashes of the same colour, at `exact_x` or else
            at `x`, with the mark of the curve, hollow, at its end.
        accent: drawn in the page's accent colour: the one curve the reader should look at.

    Raises:
        BadInput: parts of different lengths.
    """

    name: str
    x: Numbers
    y: Numbers
    low: Numbers | None = None
    high: Numbers | None = None
    exact: Numbers | None = None
    exact_x: Numbers | None = None
    accent: bool = False

    def __post_init__(self) -> None:
        across = self.x if self.exact_x is None else self.exact_x
        self._same(self.x, ("y", self.y), ("low", self.low), ("high", self.high))
        self._same(across, ("exact", self.exact))

    def _same(self, across: Numbers, *parts: tuple[str, Numbers | None]) -> None:
        for name, part in parts:
            if part is not None and len(floats(part)) != len(floats(across)):
                raise BadInput(
                    f"curve '{self.name}': expected as many values of {name} as of x "
                    f"({len(floats(across))}), got {len(floats(part))}."
                )


class Look(NamedTuple):
    """How one curve differs from the others."""

    tone: str
    cls: str
    marker: str


def look(line: Line, index: int) -> Look:
    """The look of the curve at `index`: 36 pairs of tone and shape before one comes again."""
    turn = index % len(_TONES)
    marker = _MARKERS[(index + index // len(_TONES)) % len(_MARKERS)]
    if line.accent:
        return Look(ACCENT, "accent", marker)
    return Look(_TONES[turn], f"tone s{turn}", marker)


def stroke(line: Line, kind: Look, area: Frame) -> str:
    """The curve with up to a dozen markers."""
    parts = runs(_places(line.x, line.y, area))
    strokes = [element("path", d=path(run), stroke_width=2.0, fill="none") for run in parts]
    points = [point for run in parts for point in run]
    spread = 1 if len(points) <= 16 else len(points) // 8
    marks = [
        element("path", d=kind.marker, transform=f"translate({x:.1f} {y:.1f})", stroke="none")
        for x, y in points[::spread]
    ]
    return element("g", *strokes, *marks, stroke=kind.tone, fill=kind.tone, class_=kind.cls)


def band(line: Line, kind: Look, area: Frame) -> str:
    """The area between `low` and `high`; nothing when the curve has no band."""
    if line.low is None or line.high is None:
        return ""
    # A lower end that has no place on a log axis lies below the plot.
    floor = area.y.low if area.y.log else -np.inf
    lower = _places(line.x, np.fmax(floats(line.low), floor), area)
    upper = _places(line.x, line.high, area)
    shapes, start = [], 0
    for size in _lengths(_placed(lower) & _placed(upper)):
        if size > 0:
            outline = lower[start : start + size] + upper[start : start + size][::-1]
            shapes.append(element("path", d=path(outline, closed=True)))
        start += abs(size)
    return element("g", *shapes, fill=kind.tone, fill_opacity="0.18", class_=kind.cls)


def exact(line: Line, kind: Look, area: Frame) -> str:
    """The dashed curve of theory in the look of its run; nothing when there is none."""
    if line.exact is None:
        return ""
    across = line.x if line.exact_x is None else line.exact_x
    parts = runs(_places(across, line.exact, area))
    strokes = [element("path", d=path(run), **EXACT) for run in parts]
    if parts:
        x, y = parts[-1][-1]
        place = f"translate({x:.1f} {y:.1f}) scale(1.5)"
        strokes.append(element("path", d=kind.marker, transform=place, fill="none"))
    return element("g", *strokes, stroke=kind.tone, class_=kind.cls)


def runs(points: list[Point]) -> list[list[Point]]:
    """The pieces of a curve that is broken wherever a point has no place."""
    pieces, start = [], 0
    for size in _lengths(_placed(points)):
        if size > 0:
            pieces.append(points[start : start + size])
        start += abs(size)
    return pieces


def last(line: Line, area: Frame) -> Point | None:
    """Where the curve ends; None when no point of it has a place."""
    parts = runs(_places(line.x, line.y, area))
    return parts[-1][-1] if parts else None


def _places(x: Numbers, y: Numbers, area: Frame) -> list[Point]:
    """Positions of at most `_POINTS` points, both ends among them."""
    across, up = area.x(x), area.y(y)
    kept = np.unique(np.linspace(0, len(across) - 1, min(len(across), _POINTS)).round())
    return [(float(across[i]), float(up[i])) for i in kept.astype(np.int64)]


def _placed(points: list[Point]) -> NDArray[np.bool_]:
    array: NDArray[np.float64] = np.reshape(np.asarray(points, dtype=np.float64), (-1, 2))
    return np.isfinite(array[:, 0]) & np.isfinite(array[:, 1])


def _lengths(good: NDArray[np.bool_]) -> list[int]:
    """Lengths of alternating runs, those of bad points negative.

    >>> _lengths(np.array([True, True, False, True]))
    [2, -1, 1]
    """
    if not len(good):
        return []
    turns = np.flatnonzero(np.diff(good)) + 1
    bounds = [0, *turns.tolist(), len(good)]
    return [end - begin if good[begin] else begin - end for begin, end in pairwise(bounds)]
