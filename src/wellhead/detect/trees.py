"""Trees on measures of rhythm in plain arrays: checked, and summed.

Each tree is whole: every inner node asks whether a measure exceeds a threshold, and after as many
questions as the tree is deep a leaf says what is added to the score. Thresholds are single
precision, as the measures are, so that a text takes the same path when it is scored as when it was
learned from; leaves are summed in order, so that a score is the same on every machine.
`wellhead.detect.boosting` fits them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_TREES", "Trees"]

_DEEPEST = 10


@dataclass(frozen=True)
class Trees:
    """Whole trees of one depth in plain arrays, tree after tree.

    Attributes:
        feature: which measure each inner node asks for; the root first, then level by level.
        threshold: the answer is no up to this value.
        leaf: what is added, from the leaf of all noes to that of all yeses.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    leaf: NDArray[np.float32]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter((self.feature, self.threshold, self.leaf))

    def __len__(self) -> int:
        return len(self.leaf) - len(self.feature)

    @property
    def leaves(self) -> int:
        """Leaves of each tree."""
        return len(self.leaf) // len(self) if len(self) else 0

    def score(self, measures: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the trees add to the score of each row of measures."""
        total = np.zeros(len(measures))
        inner = self.leaves - 1
        rows = np.arange(len(measures))
        for tree in range(len(self)):
            at = np.zeros(len(measures), np.intp)
            while inner and at.size and at[0] < inner:
                node = tree * inner + at
                yes = measures[rows, self.feature[node]] > self.threshold[node]
                at = 2 * at + 1 + yes
            total += self.leaf[tree * self.leaves + at - inner]
        return total

    def times(self, factor: float) -> Trees:
        """The same trees, adding so many times as much."""
        return replace(self, leaf=(self.leaf * np.float64(factor)).astype(np.float32))

    def sound(self, measures: int) -> bool:
        """Whether these are whole trees on so many measures; what a file says need not."""
        trees, leaves = len(self), self.leaves
        if trees == 0:
            return len(self.feature) == len(self.threshold) == len(self.leaf) == 0
        whole = (
            trees > 0
            and leaves in {1 << depth for depth in range(1, _DEEPEST + 1)}
            and len(self.leaf) == trees * leaves
            and len(self.feature) == len(self.threshold) == trees * (leaves - 1)
        )
        return whole and bool(
            (self.feature >= 0).all()
            and (self.feature < measures).all()
            and not np.isnan(self.threshold).any()
            and np.isfinite(self.leaf).all()
        )


NO_TREES = Trees(np.empty(0, np.int16), np.empty(0, np.float32), np.empty(0, np.float32))
"""What a model has that sees n-grams alone."""
