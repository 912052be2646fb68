"""What the page about a run of image models adds: the images that each generation drew.

They come from ``generations/*/drawn.npy`` in the run folder, beside some real ones, and are read as
files of strangers: bounded, never unpickled, and left out where they are not what they should be.
"""

from __future__ import annotations

from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhead.recursion.result import Run
from wellhead.report.blocks import Section
from wellhead.report.svg import Strip, Strips

__all__ = ["image_sections"]

MOST = 4  # settings
ROWS = 6  # generations of each
BYTES = 1_000_000
SIDE = 32  # pixels; larger images are shown smaller


def image_sections(run: Run) -> list[Section]:
    """The section of a run of image models; none for other runs."""
    if run.path is None:
        return []
    charts = []
    for place, setting in enumerate(run.plan.settings[:MOST]):
        cells = sorted(run.path.glob(f"generations/{place:03d}-*-00"))
        strips = _strips(cells[0]) if cells else []
        if strips:
            charts.append(
                Strips(
                    f"Images of {setting.label}",
                    "Real images, and what the first repetition drew, generation by generation.",
                    strips,
                )
            )
    return [Section("What it drew", charts)] if charts else []


def _strips(cell: Path) -> list[Strip]:
    found = [("real", _read(cell / "real.npy"))]
    generations = sorted(cell.glob("[0-9]*/drawn.npy"))
    # Folders count fits from 1; the first fit is generation 0.
    chosen = np.unique(np.linspace(0, len(generations) - 1, ROWS).round().astype(int))
    for number in chosen if generations else []:
        found.append((f"generation {number}", _read(generations[number])))
    return [Strip(name, images) for name, images in found if images is not None]


def _read(file: Path) -> npt.NDArray[Any] | None:
    """Square images in [0, 1]; None where there are none."""
    try:
        if file.stat().st_size > BYTES:
            return None
        # Mapped, so that a header cannot ask for more memory than the file has bytes.
        images = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if images.ndim != 2 or images.dtype.kind not in "fu" or not images.size:
        return None
    side = isqrt(images.shape[1])
    if side * side != images.shape[1]:
        return None
    shrink = -(-side // SIDE)
    return np.asarray(images.reshape(-1, side, side)[:, ::shrink, ::shrink], dtype=float)
