"""One generation of a Gaussian replaced by its own samples, as steps of a logarithm that add up.

In: sizes and sampling biases, one for all generations or one each. Out: sums over generations 1
to n of a step's logarithm; moments that are products exponentiate them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy import special

from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    bias_path,
    check_ddof,
    check_generations,
    size_path,
)
from wellhead.recursion.theory.spread import log_variance_jitter

__all__ = ["Biases", "LogStep", "Sizes", "jitter", "log_shrink", "nothing", "skew", "summed"]

Sizes = int | Sequence[int]
Biases = float | Sequence[float]


class LogStep(Protocol):
    """The logarithm of one generation's factor, for an array of sizes."""

    def __call__(self, samples: Floats, *, ddof: int) -> Floats: ...


def summed(
    n: Generations, samples: Sizes, step: LogStep, ddof: int = 0, bias: Biases = 1.0
) -> Floats:
    """The sum over generations 1 to n of `step` and the logarithm of `bias`."""
    generation = check_generations(n)
    sizes = size_path(samples, int(generation.max()))
    steps = step(sizes, ddof=check_ddof(ddof)) + np.log(bias_path(bias, len(sizes)))
    return np.concatenate([[0.0], np.cumsum(steps)])[generation]


def log_shrink(samples: Floats, *, ddof: int) -> Floats:
    """Of the expected variance."""
    return np.log((samples - 1) / (samples - ddof))


def nothing(samples: Floats, *, ddof: int) -> Floats:
    """No change: leaves only the sampling bias in the sum."""
    return np.zeros_like(samples)


def jitter(samples: Floats, *, ddof: int) -> Floats:
    """The variance of the log variance."""
    return log_variance_jitter(samples)


def skew(samples: Floats, *, ddof: int) -> Floats:
    """The third cumulant of the log variance."""
    return special.polygamma(2, (samples - 1) / 2)
