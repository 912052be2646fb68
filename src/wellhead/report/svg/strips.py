"""Grey images, a strip of them for each name: what a model of images drew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhead.report.svg.element import WIDTH, drawing, element, text, width_of
from wellhead.report.table import Column, Table
from wellhead.report.untrusted import shorten

__all__ = ["Strip", "Strips"]

LEVELS = 6  # of grey; blank is none of them
GAP = 1.0  # pixels between images, and between strips
TALLEST = 34.0  # units of an image


@dataclass(frozen=True)
class Strip:
    """Images (n, height, width) with values in [0, 1]; 1 is full ink."""

    name: str
    images: npt.NDArray[Any]


@dataclass(frozen=True)
class Strips:
    """Strips of images of one size, one under the other.

    Args:
        title, description: what it is and what it shows, in words.
        strips: in the order drawn; those without images are left out.
    """

    title: str
    description: str
    strips: Sequence[Strip]

    def to_svg(self) -> str:
        """The strips as one SVG element, in the colour of text so that dark pages invert them."""
        shown = [strip for strip in self.strips if strip.images.size]
        names = [shorten(strip.name, 24) for strip in shown]
        left = max((width_of(name) for name in names), default=0.0) + 10
        across = max((_width(strip) for strip in shown), default=1.0)
        tall = max((strip.images.shape[1] for strip in shown), default=1)
        scale = min((WIDTH - left) / across, TALLEST / tall)
        step, drawn = (tall + GAP) * scale + 4, []
        for row, (strip, name) in enumerate(zip(shown, names, strict=True)):
            middle = row * step + tall * scale / 2 + 5
            drawn.append(text(name, left - 10, middle, anchor="end"))
            place = f"translate({left:.1f} {row * step:.1f}) scale({scale:.3f})"
            drawn.append(
                element("g", element("title", escape(name)), *_ink(strip.images), transform=place)
            )
        return drawing(max(step * len(shown), 1.0), self.title, self.description, *drawn)

    def to_table(self) -> Table:
        """How much ink the images of each strip have, and how far they differ from each other."""
        columns = [Column("images"), Column("count", "count"), Column("ink", "percent")]
        columns.append(Column("difference", "number", "standard deviation of a pixel"))
        rows = [
            [
                strip.name,
                len(strip.images),
                float(_values(strip).mean()),
                float(_values(strip).std(axis=0).mean()),
            ]
            for strip in self.strips
            if strip.images.size
        ]
        return Table(columns, rows)


def _values(strip: Strip) -> npt.NDArray[Any]:
    return np.asarray(np.clip(np.nan_to_num(strip.images), 0.0, 1.0))


def _width(strip: Strip) -> float:
    return float(len(strip.images) * (strip.images.shape[2] + GAP))


def _ink(images: npt.NDArray[Any]) -> list[str]:
    """One path for each level of grey: runs of equal pixels, row by row."""
    levels = np.rint(np.clip(np.nan_to_num(images), 0, 1) * LEVELS).astype(int)
    steps: dict[int, list[str]] = {level: [] for level in range(1, LEVELS + 1)}
    for number, image in enumerate(levels):
        offset = round(number * (image.shape[1] + GAP))
        for y, row in enumerate(image):
            ends = np.flatnonzero(np.diff(row)) + 1
            for start, end in zip([0, *ends], [*ends, len(row)], strict=True):
                if row[start]:
                    x = offset + start
                    steps[int(row[start])].append(f"M{x} {y}h{end - start}v1H{x}")
    return [
        element("path", d="".join(runs), fill_opacity=round(level / LEVELS, 2))
        for level, runs in steps.items()
        if runs
    ]
