r"""Kernel density estimates refitted to their own samples, and the pure bootstrap.

A Gaussian kernel of fixed bandwidth h around M points. In: generation n (n counts fits),
M, h. Out: the expected variance of the n-th sample (divisor M) and of the n-th density, which
is h² more. A fixed bandwidth does not make a chain lose variance: both go to about $h^2M$,
up or down. Derivation: docs/theory.md §8.
"""

from __future__ import annotations

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_generations,
    check_positive,
    check_whole,
)
from wellhead.recursion.theory.survival import survivor_rate

__all__ = [
    "density_variance",
    "distinct_originals",
    "mean_square_error",
    "sample_variance",
    "sample_variance_limit",
]


def sample_variance(
    n: Generations, *, samples: int, bandwidth: float, true_variance: float = 1.0
) -> Floats:
    r"""Expected variance of the n-th sample, $v_{n+1}=(v_n+h^2)(1-\frac1M)$.

    $v_1=\sigma_0^2(1-\frac1M)$: the first sample comes from the truth, not from a kernel. Exact
    for any true distribution with finite variance.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M, at least 2.
        bandwidth: h, in units of the data; 0 is the bootstrap.
        true_variance: $\sigma_0^2$, in squared units of the data.

    Raises:
        BadSetting: a value outside its range.

    Source: docs/theory.md §8.1.

    >>> round(float(sample_variance(1000, samples=50, bandwidth=0.2)), 3)
    1.96
    """
    generation = check_generations(n)
    size = check_whole("samples", samples, least=2)
    h2 = check_positive("bandwidth", bandwidth, zero=True) ** 2
    start, limit = check_positive("true_variance", true_variance), h2 * (size - 1)
    # Solved from v_1 on; the kernel joins only with the second sample.
    later = limit + (start * (1 - 1 / size) - limit) * (1 - 1 / size) ** np.maximum(
        generation - 1.0, 0.0
    )
    return np.where(generation > 0, later, start)[()]


def density_variance(
    n: Generations, *, samples: int, bandwidth: float, true_variance: float = 1.0
) -> Floats:
    r"""Expected variance of the n-th density, $v_n+h^2$ (the truth itself at n = 0).

    Raises `BadSetting` outside its range. Source: docs/theory.md §8.1.

    >>> round(float(density_variance(1, samples=50, bandwidth=0.2)), 3)
    1.02
    """
    inside = sample_variance(n, samples=samples, bandwidth=bandwidth, true_variance=true_variance)
    return inside + np.where(check_generations(n) > 0, bandwidth**2, 0.0)[()]


def mean_square_error(
    n: Generations, *, samples: int, bandwidth: float, true_variance: float = 1.0
) -> Floats:
    r"""How far the mean has walked, $\frac1M\sum_{k<n}(v_k+h^2)$ with the truth at k = 0.

    Once the variance is stationary the mean is a random walk with steps of variance $h^2$.

    Raises `BadSetting` outside its range. Source: docs/theory.md §8.1.

    >>> round(float(mean_square_error(1, samples=50, bandwidth=0.2)), 3)
    0.02
    """
    generation = check_generations(n)
    before = density_variance(
        np.arange(int(generation.max()) + 1),
        samples=samples,
        bandwidth=bandwidth,
        true_variance=true_variance,
    )[:-1]
    return np.concatenate([[0.0], np.cumsum(before / samples)])[generation]


def sample_variance_limit(*, samples: int, bandwidth: float) -> float:
    r"""The limit of `sample_variance`, $h^2(M-1)$.

    Raises `BadSetting` outside its range. Source: docs/theory.md §8.1.

    >>> round(sample_variance_limit(samples=100, bandwidth=0.1), 3)
    0.99
    """
    size = check_whole("samples", samples, least=2)
    return check_positive("bandwidth", bandwidth, zero=True) ** 2 * (size - 1)


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
            f"samples; got {int(generation.max())}. Use survival.exact"
        )
    return size * survivor_rate(generation + 1)
