"""One dial for the size of a network: non-embedding parameters, in millions.

A block of the network holds about 12 × width² parameters. The ladder keeps to shapes whose cost
was measured (docs/lm.md): 0.05 to 0.2 for sweeps on a CPU, 1 to 10 for single runs, 85 is the
shape of OPT-125m and GPT-2. From 300 on they are for GPUs and were not tried.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from wellhead.recursion.plugin import require

__all__ = ["LADDER", "Shape", "shape"]

HEAD = 32  # width of an attention head; 64 from 512 up, 128 from 2048 up


class Shape(NamedTuple):
    """Width and depth of a decoder."""

    width: int
    layers: int

    @property
    def heads(self) -> int:
        return self.width // (HEAD if self.width < 512 else HEAD * (2 if self.width < 2048 else 4))

    @property
    def inner(self) -> int:
        """Width of the gated feed-forward layer: 8/3 of the width, a multiple of 16."""
        return 16 * round(8 * self.width / 3 / 16)

    @property
    def rate(self) -> float:
        """A learning rate that suits the width: 0.01 at 64, 0.0008 at 768."""
        return 0.64 / self.width

    @property
    def parameters(self) -> float:
        """Non-embedding parameters in millions."""
        return self.layers * (4 * self.width**2 + 3 * self.width * self.inner) / 1e6


LADDER = (
    Shape(32, 1),
    Shape(64, 1),
    Shape(64, 2),
    Shape(64, 4),
    Shape(128, 2),
    Shape(128, 5),
    Shape(256, 3),
    Shape(256, 5),
    Shape(384, 6),
    Shape(512, 8),
    Shape(768, 6),
    Shape(768, 12),
    Shape(1024, 24),
    Shape(1536, 24),
    Shape(2048, 24),
    Shape(4096, 32),
)


def shape(parameters: float) -> Shape:
    """The shape on the ladder that is nearest to so many million non-embedding parameters.

    Raises:
        BadSetting: far off the ladder.

    >>> shape(0.2), round(shape(0.2).parameters, 3)
    (Shape(width=64, layers=4), 0.201)
    """
    low, high = LADDER[0].parameters, LADDER[-1].parameters
    require(
        low / 2 <= parameters <= high * 2,
        f"expected parameters from {low:.2f} to {high:.0f} million, got {parameters}.",
    )
    return min(LADDER, key=lambda each: abs(math.log(each.parameters / parameters)))
