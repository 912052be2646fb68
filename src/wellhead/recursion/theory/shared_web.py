r"""How much recursion inflates the error of one of several models that write one web together.

As `inflation`, for models that read each other's output. Derivation: docs/theory.md §10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wellhead.recursion.theory.generations import Floats, Generations, check_generations
from wellhead.recursion.theory.inflation import Inflation
from wellhead.recursion.theory.ranges import check_share, check_whole

__all__ = ["SharedWeb"]


@dataclass(frozen=True)
class SharedWeb(Inflation):
    """Several models that take each machine-made item from their own last one, or from any of them.

    Relative to one round of one of them.

    Args:
        models: K.
        mixing: m, the probability that an item is by any model, not by one's own last generation.
        real_share: a, of new real items, each model's own.
    """

    models: int = 4
    mixing: float = 1.0
    real_share: float = 0.0

    def __post_init__(self) -> None:
        check_whole("models", self.models, least=2)
        check_share("mixing", self.mixing)
        check_share("real_share", self.real_share)

    @property
    def meeting(self) -> tuple[float, float]:
        """The chance that two items, of one model or of two, have the same author."""
        other = self.mixing / self.models
        own = 1 - self.mixing + other
        one = own**2 + (self.models - 1) * other**2
        return one, 2 * own * other + (self.models - 2) * other**2

    def after(self, n: Generations) -> Floats:
        r"""$c\leftarrow(1-a)^2(Ac+(1-A)d)+1$ and $d\leftarrow(1-a)^2(Bc+(1-B)d)+(1-a)B$.

        $c=\kappa$ from 1, d the common part of two models' errors from 0. Raises `BadSetting`
        outside its range. Source: docs/theory.md §10.

        >>> round(float(SharedWeb().after(11)), 3)
        5.188
        """
        generation, step, added = check_generations(n, least=1), *self._step
        path = [np.array([1.0, 0.0])]
        while len(path) < int(generation.max()):
            path.append(step @ path[-1] + added)
        return np.array(path)[generation - 1, 0]

    @property
    def limit(self) -> float:
        r"""The fixed point; infinity without real text.

        >>> round(SharedWeb(real_share=0.1).limit, 2)
        2.79
        """
        step, added = self._step
        if self.real_share == 0:
            return math.inf
        return float(np.linalg.solve(np.eye(2) - step, added)[0])

    @property
    def _step(self) -> tuple[Floats, Floats]:
        rest, (one, two) = 1 - self.real_share, self.meeting
        step = rest**2 * np.array([[one, 1 - one], [two, 1 - two]])
        return step, np.array([1.0, rest * two])
