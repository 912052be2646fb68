"""How the standard deviation of a Gaussian sample falls short of the true one.

`unbiasing(M)` is the constant usually written c4, `shortfall(M, ddof)` its product with the
factor of the divisor. The logarithm of a sample variance has a digamma mean and a trigamma
variance. Everything about replacing a Gaussian by its own samples is built from these four.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wellhead.recursion.theory.ranges import Floats

__all__ = ["log_unbiasing", "log_variance_drift", "log_variance_jitter", "unbiasing"]


def unbiasing(samples: Floats) -> Floats:
    r"""c4: the expected standard deviation (divisor M - 1) of M standard normal draws.

    $c_4(M)=\sqrt{2/(M-1)}\,\Gamma(M/2)/\Gamma((M-1)/2)$, for M of at least 2.

    Raises `BadSetting` outside its range. Source: docs/theory.md §1.2.

    >>> round(float(unbiasing(10)), 5)
    0.97266
    """
    return np.exp(log_unbiasing(samples, ddof=1))


def log_unbiasing(samples: Floats, *, ddof: int) -> NDArray[np.float64]:
    r"""$\log E[s]$ of a sample from N(0, 1), $s^2=\chi^2_{M-1}/(M-\mathrm{ddof})$."""
    size = np.asarray(samples, dtype=float)
    ratio = special.gammaln(size / 2) - special.gammaln((size - 1) / 2)
    return np.asarray(0.5 * np.log(2 / (size - ddof)) + ratio)


def log_variance_drift(samples: Floats, *, ddof: int) -> NDArray[np.float64]:
    r"""$E[\log s^2]$ of a sample from N(0, 1): $\psi((M-1)/2)-\log((M-\mathrm{ddof})/2)$."""
    size = np.asarray(samples, dtype=float)
    return np.asarray(special.digamma((size - 1) / 2) - np.log((size - ddof) / 2))


def log_variance_jitter(samples: Floats) -> NDArray[np.float64]:
    r"""$\mathrm{Var}[\log s^2]=\psi_1((M-1)/2)$; the divisor does not matter."""
    size = np.asarray(samples, dtype=float)
    return np.asarray(special.polygamma(1, (size - 1) / 2))
