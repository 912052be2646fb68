r"""How likely a chain of Gaussian refits has collapsed: the chance that $s_n$ exceeds a limit.

Replacing regime. `exceedance` is the lognormal overlay (nearly exact), `exceedance_bound` the
published bound and the sharper one that uses c4; both bounds are for the unbiased divisor.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from wellhead.errors import BadSetting
from wellhead.recursion.theory import gaussian_typical
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_generations,
    check_positive,
    check_whole,
)
from wellhead.recursion.theory.spread import log_unbiasing

__all__ = ["exceedance", "exceedance_bound"]


def exceedance(n: Generations, *, samples: int, limit: float, ddof: int = 1) -> Floats:
    r"""The probability that $s_n>\epsilon\sigma_0$, by the lognormal overlay.

    $\Phi\big((m_n-2\log\epsilon)/d_n\big)$ with the exact mean $m_n$ and standard deviation
    $d_n$ of $\log s_n^2$. A sum of n independent log chi-squares: the normal law is good to
    0.02 once n(M-1) is at least 50, below which it raises.

    Args:
        n: generation, or an array of them.
        samples: M, at least 3.
        limit: $\epsilon$, in units of the true standard deviation.
        ddof: 1 as in the published bound, or 0.

    Raises:
        BadSetting: a value outside its range, or n(M-1) below 50.

    Source: docs/theory.md §1.7.

    >>> round(float(exceedance(100, samples=10, limit=0.1)), 3)
    0.083
    """
    size = check_whole("samples", samples, least=3)
    generation, epsilon = check_generations(n, least=1), check_positive("limit", limit)
    if generation.min() * (size - 1) < 50:
        raise BadSetting(
            "the lognormal overlay needs generations × (samples - 1) of at least 50; "
            f"got {int(generation.min()) * (size - 1)}. Simulate, or ask for a later generation"
        )
    mean = gaussian_typical.log_variance_mean(generation, samples=size, ddof=ddof)
    spread = gaussian_typical.log_variance_sd(generation, samples=size)
    return special.ndtr((mean - 2 * math.log(epsilon)) / spread)


def exceedance_bound(n: Generations, *, samples: int, limit: float, sharp: bool = False) -> Floats:
    r"""An upper bound on the probability that $s_n>\epsilon\sigma_0$, for ddof = 1.

    Markov's inequality for $E[s_n]=c_4^n$ (`sharp`), or with the bound
    $c_4(M)\le e^{-1/(4M)}$: $\min(1,\epsilon^{-1}e^{-n/(4M)})$. True for every n and M, and
    loose: 0.82 where the probability is 0.083.

    Source: Suresh, Thangaraj and Khandavally 2024; docs/theory.md §1.7.

    >>> round(float(exceedance_bound(100, samples=10, limit=0.1)), 2)
    0.82
    >>> round(float(exceedance_bound(100, samples=10, limit=0.1, sharp=True)), 2)
    0.63
    """
    size, generation = check_whole("samples", samples, least=2), check_generations(n)
    epsilon = check_positive("limit", limit)
    rate = float(log_unbiasing(size, ddof=1)) if sharp else -1 / (4 * size)
    return np.minimum(1.0, np.exp(generation * rate) / epsilon)
