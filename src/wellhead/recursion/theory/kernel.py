r"""Kernel density estimates refitted to their own samples, and the pure bootstrap.

A Gaussian kernel of fixed bandwidth h around M points, replacement. A fixed bandwidth does not
make a chain lose variance: both variances go to about $h^2M$, up or down. docs/theory.md §8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory.branching import survivor_rate
from wellhead.recursion.theory.chain import Columns, Unavailable
from wellhead.recursion.theory.generations import (
    Floats,
    Generations,
    Times,
    check_generations,
    summed,
)
from wellhead.recursion.theory.ranges import check_positive, check_whole

__all__ = ["Replace", "distinct_originals"]


@dataclass(frozen=True, kw_only=True)
class Replace:
    """Each density is a kernel around M samples of the last one. Exact for any true law.

    Args:
        samples: M, at least 2.
        bandwidth: h, in units of the true standard deviation; 0 is the bootstrap.
    """

    samples: int
    bandwidth: float

    approximate: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, least=2)
        check_positive("bandwidth", self.bandwidth, zero=True)

    def sample_variance(self, n: Generations) -> Floats:
        r"""Expected variance (divisor M) of the n-th sample, $v_{n+1}=(v_n+h^2)(1-\frac1M)$.

        $v_1=\sigma_0^2(1-\frac1M)$: the first sample comes from the truth, not from a kernel.

        Source: docs/theory.md §8.1.

        >>> round(float(Replace(samples=50, bandwidth=0.2).sample_variance(1000)), 3)
        1.96
        """
        generation, kept = check_generations(n), 1 - 1 / self.samples
        # Solved from v_1 on; the kernel joins only with the second sample.
        gone = kept ** np.maximum(generation - 1.0, 0.0)
        later = self.sample_variance_limit + (kept - self.sample_variance_limit) * gone
        return np.where(generation > 0, later, 1.0)[()]

    @property
    def sample_variance_limit(self) -> float:
        r"""The limit of `sample_variance`, $h^2(M-1)$. Source: docs/theory.md §8.1.

        >>> round(Replace(samples=100, bandwidth=0.1).sample_variance_limit, 3)
        0.99
        """
        return self.bandwidth**2 * (self.samples - 1)

    def density_variance(self, n: Generations) -> Floats:
        r"""Expected variance of the n-th density, $v_n+h^2$ (the truth itself at n = 0).

        Source: docs/theory.md §8.1.

        >>> round(float(Replace(samples=50, bandwidth=0.2).density_variance(1)), 3)
        1.02
        """
        kernel = np.where(check_generations(n) > 0, self.bandwidth**2, 0.0)[()]
        return self.sample_variance(n) + kernel

    def mean_square_error(self, n: Generations) -> Floats:
        r"""How far the mean has walked, $\frac1M\sum_{k<n}(v_k+h^2)$ with the truth at k = 0.

        Once the variance is stationary the mean is a random walk with steps of variance $h^2$.

        Source: docs/theory.md §8.1.

        >>> round(float(Replace(samples=50, bandwidth=0.2).mean_square_error(1)), 3)
        0.02
        """
        before = self.density_variance(np.arange(int(check_generations(n).max()) + 1))[:-1]
        return summed(n, before / self.samples)

    def columns(self, n: Times) -> Columns:
        return {
            "variance": self.sample_variance(n),
            "density_variance": self.density_variance(n),
            "mean_square_error": self.mean_square_error(n),
            "wasserstein2_squared": Unavailable("the density is no Gaussian"),
        }


def distinct_originals(k: Generations, *, samples: int) -> Floats:
    r"""How many of M distinct originals still have copies after k further bootstraps, $Mg_{k+1}$.

    Branching approximation, at most 5 % low while k is at most M/5; later it raises, because
    few lines of descent are left and they crowd each other out. About 2M/k.

    Raises:
        BadSetting: M below 20, or k above M/5.

    Source: docs/theory.md §7.2.

    >>> round(float(distinct_originals(20, samples=100)), 2)
    8.76
    """
    size, generation = check_whole("samples", samples, least=20), check_generations(k)
    if generation.max() * 5 > size:
        raise BadSetting(
            f"distinct originals are known for at most {size // 5} further generations of {size} "
            f"samples; got {int(generation.max())}. Use discrete.Replace.surviving_exact"
        )
    return size * survivor_rate(generation + 1)
