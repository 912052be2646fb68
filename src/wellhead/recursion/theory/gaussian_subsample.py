r"""A Gaussian fitted to M points drawn from the pool of everything so far, without replacement.

In: generation t (t counts fits; the pool then holds tM points, and the first fit uses all of
them), M, the divisor M - ddof of the fit. Out: exact first moments of $(\mu_t,s_t^2)$ by a
linear recursion in the pool's expected variance and its mean's square error. There is no
closed form of $E[s_t]$: the subsample's spread depends on the pool's shape, not only on its
variance. Derivation: docs/theory.md §3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_ddof,
    check_generations,
    check_positive,
    check_whole,
)

__all__ = ["mean_square_error", "variance"]


def variance(n: Generations, *, samples: int, ddof: int = 0, true_variance: float = 1.0) -> Floats:
    r"""$E[s_n^2]=q_n(M-1)/(M-\mathrm{ddof})$ with $q_t=p_t\,tM/(tM-1)$ and p the pool's variance.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M, the number of points drawn from the pool and then added to it, at least 2.
        ddof: 0 divides the subsample's sum of squares by M, 1 by M - 1.
        true_variance: $\sigma_0^2$, in squared units of the data.

    Raises:
        BadSetting: a value outside its range.

    Source: Kazdan et al. 2024 (the regime); docs/theory.md §3.1 (the recursion).

    >>> [round(float(v), 4) for v in variance([2, 5, 40], samples=10)]
    [0.8313, 0.7793, 0.7443]
    """
    generation = check_generations(n)
    scale = check_positive("true_variance", true_variance)
    return scale * _path(int(generation.max()), samples, ddof).variance[generation]


def mean_square_error(
    n: Generations, *, samples: int, ddof: int = 0, true_variance: float = 1.0
) -> Floats:
    r"""$E[(\mu_n-\mu_0)^2]$; for ddof = 0 it is $\sigma_0^2-E[s_n^2]$, a conservation law.

    Arguments and errors as in `variance`. Source: docs/theory.md §3.1.

    >>> round(float(mean_square_error(1000, samples=1000)), 5)
    0.00293
    """
    generation = check_generations(n)
    scale = check_positive("true_variance", true_variance)
    return scale * _path(int(generation.max()), samples, ddof).error[generation]


class _Path(NamedTuple):
    variance: Floats
    error: Floats


def _path(last: int, samples: int, ddof: int) -> _Path:
    size, ddof = check_whole("samples", samples, least=2), check_ddof(ddof)
    fits, errors = np.ones(last + 1), np.zeros(last + 1)
    # The pool of one batch: its variance, and its second moment about the true mean.
    pool, second = (size - 1) / size, 1.0
    for t in range(1, last + 1):
        spread = pool * t * size / (t * size - 1)
        drift = spread / size * (1 - 1 / t)
        fits[t] = spread * (size - 1) / (size - ddof)
        errors[t] = second - pool + drift
        # The t+1-st batch: its own sum of squares, and its distance from the pool's mean.
        between = t * size / (t + 1) * (drift + fits[t] / size)
        pool = (t * size * pool + (size - 1) * fits[t] + between) / ((t + 1) * size)
        second = (t * second + errors[t] + fits[t]) / (t + 1)
    return _Path(fits, errors)
