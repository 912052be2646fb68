"""The tier ``length``: how long a text is, where that is part of the task.

People may fill the space that a task gives them and machines may not: the study of crowd work had
people who wrote 900 characters and more, as they were told, and machine texts below. An adapted
detector learns from stretches of texts so that length counts for little, because length is the
first thing that differs by how references were collected. Whoever knows that it differs by who
wrote asks for it by name; ``auto`` never takes it, and the control at equal lengths still runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.tiers.tier import LENGTH, TIERS, LinearTier, Tier
from wellhead.errors import BadSetting

__all__ = ["Length", "length"]


@TIERS.register(LENGTH)
def length(model: str = "") -> Tier:
    """The number of characters, with a linear head."""
    if model:
        raise BadSetting(f"the tier '{LENGTH}' takes no network, got '{model}'; leave it out")
    return Length(LENGTH, "", "characters", cost=1.0)


@dataclass(frozen=True)
class Length(LinearTier):
    """The logarithm of the number of characters."""

    def read(self, texts: Sequence[str]) -> list[NDArray[Any]]:
        return [np.array([np.log(max(len(text), 1))]) for text in texts]
