r"""What a typical chain of Gaussian refits does: logarithms, medians, half-lives.

Replacing regime; arguments as in `gaussian_replace.variance`. $\log s_n^2$ is a sum of n
independent terms, so its mean and spread are exact and a simulation of any length can be held
against them, where the mean of $s_n^2$ is carried by chains too rare to be simulated.
Derivation: docs/theory.md §1.5.
"""

from __future__ import annotations

import math

import numpy as np

from wellhead.recursion.theory.gaussian_steps import Biases, Sizes, jitter, skew, summed
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_ddof,
    check_generations,
    check_positive,
    check_whole,
    size_path,
)
from wellhead.recursion.theory.spread import log_variance_drift

__all__ = ["half_life", "log_variance_mean", "log_variance_sd", "median_variance"]


def log_variance_mean(
    n: Generations, *, samples: Sizes, ddof: int = 0, sampling_bias: Biases = 1.0
) -> Floats:
    r"""$E[\log s_n^2/\sigma_0^2]=\sum_i\log\lambda+\psi((M_i-1)/2)-\log((M_i-\mathrm{ddof})/2)$.

    About -2n/M for ddof = 0 and -n/(M-1) for ddof = 1: what a typical chain does. Arguments
    and errors as in `variance`. Source: docs/theory.md §1.5.

    >>> round(float(log_variance_mean(100, samples=100)), 3)
    -2.019
    """
    return summed(n, samples, log_variance_drift, ddof, sampling_bias)


def log_variance_sd(n: Generations, *, samples: Sizes) -> Floats:
    r"""The standard deviation of $\log s_n^2$ over chains, $\sqrt{\sum_i\psi_1((M_i-1)/2)}$.

    The same for both divisors and for any sampling bias. Source: docs/theory.md §1.5.

    >>> round(float(log_variance_sd(100, samples=100)), 3)
    1.429
    """
    return np.sqrt(summed(n, samples, jitter))


def median_variance(
    n: Generations,
    *,
    samples: Sizes,
    ddof: int = 0,
    sampling_bias: Biases = 1.0,
    true_variance: float = 1.0,
) -> Floats:
    r"""The median fitted variance, $\sigma_0^2\exp(E\log-\sum\psi_2/6\sum\psi_1)$.

    The exponential of the mean logarithm, corrected for the skewness of log chi-square
    (Cornish-Fisher, first term). The error is below 4 % for M = 3, below 1 % from M = 6 on;
    M below 3 raises. Other arguments and errors as in `variance`. Source: docs/theory.md §1.5.

    >>> round(float(median_variance(100, samples=100)), 3)
    0.133
    """
    scale = check_positive("true_variance", true_variance)
    size_path(samples, int(check_generations(n).max()), least=3)
    drift = log_variance_mean(n, samples=samples, ddof=ddof, sampling_bias=sampling_bias)
    asymmetry, spread = (summed(n, samples, step) for step in (skew, jitter))
    shift = np.divide(
        asymmetry, 6 * spread, out=np.zeros_like(asymmetry), where=np.asarray(spread) > 0
    )
    return scale * np.exp(drift - shift)


def half_life(*, samples: int, ddof: int = 0, typical: bool = False) -> float:
    r"""Generations until the expected (or the typical) variance has halved.

    Expected: $\log2/{-\log(1-1/M)}\approx M\log2$ for ddof = 0, never for ddof = 1. Typical:
    the same with $E\log$, about 0.35 M and 0.69 (M - 1). Source: docs/theory.md §1.5.

    >>> half_life(samples=100, ddof=1)
    inf
    >>> round(half_life(samples=100, typical=True), 1)
    34.3
    """
    size, ddof = check_whole("samples", samples, least=2), check_ddof(ddof)
    if typical:
        return math.log(2) / -float(log_variance_drift(size, ddof=ddof))
    return math.inf if ddof else math.log(2) / -math.log1p(-1 / size)
