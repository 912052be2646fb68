r"""A d-dimensional Gaussian replaced by refits to its own samples: covariance, mean, volume.

In: dimensions d, samples M of each generation (more than d, or the fit is singular), the
divisor M - ddof. Out: expectations relative to the true covariance $\Sigma_0$, so that no
matrix is needed: $E[\Sigma_n]$ is a multiple of $\Sigma_0$ and
$E\|\mu_n-\mu_0\|^2$ a multiple of its trace; those multiples are the one-dimensional
`gaussian_replace.variance` and `mean_square_error`. Derivation: docs/theory.md §1.8.
"""

from __future__ import annotations

import math

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory import gaussian_replace
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_ddof,
    check_generations,
    check_positive,
    check_whole,
)

__all__ = ["covariance_ratio", "determinant_ratio", "mean_square_error"]


def covariance_ratio(n: Generations, *, samples: int, dimensions: int, ddof: int = 0) -> Floats:
    r"""The multiple of $\Sigma_0$ that $E[\Sigma_n]$ is: $(1-1/M)^n$ for ddof = 0, else 1.

    Raises:
        BadSetting: a value outside its range, or M not above d.

    Source: docs/theory.md §1.8.

    >>> round(float(covariance_ratio(5, samples=20, dimensions=3)), 4)
    0.7738
    """
    _check_fit(samples, dimensions)
    return gaussian_replace.variance(n, samples=samples, ddof=ddof)


def mean_square_error(
    n: Generations, *, samples: int, dimensions: int, ddof: int = 0, trace: float | None = None
) -> Floats:
    r"""$E\|\mu_n-\mu_0\|^2=\mathrm{tr}\,\Sigma_0\,(1-(1-1/M)^n)$, or $\mathrm{tr}\,\Sigma_0\,n/M$.

    Args:
        n, samples, ddof: as in `gaussian_replace.variance`.
        dimensions: d, below M.
        trace: the trace of $\Sigma_0$; None means the identity, whose trace is d.

    Raises `BadSetting` outside its range. Source: docs/theory.md §1.8.

    >>> round(float(mean_square_error(5, samples=20, dimensions=3)), 4)
    0.6787
    """
    _check_fit(samples, dimensions)
    total = float(dimensions) if trace is None else check_positive("trace", trace)
    return total * gaussian_replace.mean_square_error(n, samples=samples, ddof=ddof)


def determinant_ratio(n: Generations, *, samples: int, dimensions: int, ddof: int = 0) -> Floats:
    r"""$E[\det\Sigma_n]/\det\Sigma_0=\big(\prod_{i=1}^d(M-i)/(M-\mathrm{ddof})^d\big)^n$.

    Volume dies about d(d+1)/2 times as fast as variance, for either divisor when d > 1.
    Exact: the determinant of a Wishart matrix is a product of independent chi-squares.

    Raises `BadSetting` outside its range. Source: docs/theory.md §1.8.

    >>> round(float(determinant_ratio(5, samples=20, dimensions=3)), 4)
    0.2027
    """
    size, width = _check_fit(samples, dimensions)
    divisor = size - check_ddof(ddof)
    step = sum(math.log((size - i) / divisor) for i in range(1, width + 1))
    return np.exp(check_generations(n) * step)


def _check_fit(samples: int, dimensions: int) -> tuple[int, int]:
    width = check_whole("dimensions", dimensions, least=1, most=100_000)
    size = check_whole("samples", samples, least=2)
    if size <= width:
        raise BadSetting(
            f"{size} samples cannot fit a covariance in {width} dimensions: samples must exceed "
            "dimensions"
        )
    return size, width
