r"""A Gaussian fitted to all samples ever drawn: every generation adds M to the pool.

In: generation n (n counts fits; the pool then holds nM points), M, the divisor nM - ddof.
Out: exact moments of $(\mu_n,s_n^2)$. The pool's variance is a product of independent factors,

$$\frac{p_{k}}{p_{k-1}}=\frac1k\Big[(k-1)+r_{k-1}\Big(\frac{\chi^2_{M-1}}M+\frac{k-1}{k}\frac{z^2}M\Big)\Big],
\qquad r_{k}=\frac{kM}{kM-\mathrm{ddof}},$$

so the expected variance is a closed product, and $E[s_n]$ and $E[\log s_n^2]$ are products and
sums of one-dimensional integrals of a Laplace transform, computed to about 12 digits.
Derivation: docs/theory.md §2.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadSetting
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_ddof,
    check_generations,
    check_positive,
    check_whole,
)

__all__ = [
    "MOST_INTEGRALS",
    "kl_divergence",
    "log_variance_mean",
    "mean_square_error",
    "standard_deviation",
    "variance",
    "variance_limit",
    "wasserstein2_squared",
]

# The trapezoid rule in u = log t converges geometrically for these integrands.
_NODES = np.arange(-75.0, 75.0, 0.1)
MOST_INTEGRALS = 10_000


def variance(n: Generations, *, samples: int, ddof: int = 0, true_variance: float = 1.0) -> Floats:
    r"""The expected fitted variance, $E[s_n^2]=\sigma_0^2\prod_{k\le n}(1-\frac1{Mk^2})$.

    With ddof = 1 the product is $\prod_{k=2}^n(1-\frac1{k(kM-1)})$. It stays bounded away from
    0: accumulating does not collapse.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M, drawn by each generation, at least 2.
        ddof: 0 divides the pool's sum of squares by nM, 1 by nM - 1.
        true_variance: $\sigma_0^2$, in squared units of the data.

    Raises:
        BadSetting: a value outside its range.

    Source: Gerstgrasser et al. 2024 (the regime), Kazdan et al. 2024 (its Gaussian case);
    docs/theory.md §2.1.

    >>> round(float(variance(30, samples=5)), 4), round(float(variance(30, samples=5, ddof=1)), 4)
    (0.7066, 0.8752)
    """
    size, generation = check_whole("samples", samples, least=2), check_generations(n)
    k = np.arange(1, int(generation.max()) + 1, dtype=float)
    if check_ddof(ddof):
        steps = np.where(k > 1, np.log1p(-1 / np.maximum(k * (k * size - 1), 2)), 0.0)
    else:
        steps = np.log1p(-1 / (size * k**2))
    scale = check_positive("true_variance", true_variance)
    return scale * np.exp(np.concatenate([[0.0], np.cumsum(steps)])[generation])


def variance_limit(*, samples: int, true_variance: float = 1.0) -> float:
    r"""The limit of `variance` for ddof = 0: $\sigma_0^2\sin(\pi/\sqrt M)/(\pi/\sqrt M)$.

    About $\sigma_0^2(1-\pi^2/6M)$: Euler's product of the sine. Source: docs/theory.md §2.1.

    >>> round(variance_limit(samples=100), 4)
    0.9836
    """
    size = check_whole("samples", samples, least=2)
    scale = check_positive("true_variance", true_variance)
    return scale * float(np.sinc(1 / math.sqrt(size)))


def mean_square_error(
    n: Generations, *, samples: int, ddof: int = 0, true_variance: float = 1.0
) -> Floats:
    r"""$E[(\mu_n-\mu_0)^2]=\sum_{k\le n}E[s_{k-1}^2]/(Mk^2)$.

    For ddof = 0 it is $\sigma_0^2-E[s_n^2]$. Arguments and errors as in `variance`. Source:
    docs/theory.md §2.2.

    >>> round(float(mean_square_error(30, samples=5)), 4)
    0.2934
    """
    generation = check_generations(n)
    k = np.arange(1, int(generation.max()) + 1)
    before = variance(np.append(0, k), samples=samples, ddof=ddof, true_variance=true_variance)[:-1]
    return np.concatenate([[0.0], np.cumsum(before / (samples * k.astype(float) ** 2))])[generation]


def standard_deviation(
    n: Generations, *, samples: int, ddof: int = 0, true_variance: float = 1.0
) -> Floats:
    r"""$E[s_n]$, a product of one-dimensional integrals.

    $E\sqrt{F_k}=\frac1{2\sqrt\pi}\int_0^\infty(1-L_k(t))t^{-3/2}dt$ with the Laplace transform
    $L_k$ of the k-th factor. Exact to about 12 digits. Arguments and errors as in `variance`; n
    at most 10,000.
    Source: docs/theory.md §2.3.

    >>> round(float(standard_deviation(1, samples=20)), 6)
    0.961945
    """
    scale = math.sqrt(check_positive("true_variance", true_variance))
    logs = _summed(n, samples, ddof).root
    return scale * np.sqrt(_divisor_ratio(n, samples, ddof)) * np.exp(logs)


def log_variance_mean(n: Generations, *, samples: int, ddof: int = 0) -> Floats:
    r"""$E[\log s_n^2/\sigma_0^2]=\sum_kE\log F_k$, $E\log F=\int_0^\infty(e^{-t}-L(t))\,dt/t$.

    Exact to about 12 digits. Arguments and errors as in `variance`; n at most 10,000.
    Source: docs/theory.md §2.3.

    >>> round(float(log_variance_mean(40, samples=100)), 4)
    -0.0325
    """
    return _summed(n, samples, ddof).log + np.log(_divisor_ratio(n, samples, ddof))


def wasserstein2_squared(
    n: Generations, *, samples: int, ddof: int = 0, true_variance: float = 1.0
) -> Floats:
    r"""$E[(\mu_n-\mu_0)^2]+E[s_n^2]-2\sigma_0E[s_n]+\sigma_0^2$, the last by `standard_deviation`.

    Arguments and errors as in `variance`; n at most 10,000. Source: docs/theory.md §2.3.

    >>> round(float(wasserstein2_squared(1, samples=20)), 4)
    0.0761
    """
    scale = check_positive("true_variance", true_variance)
    moved = mean_square_error(n, samples=samples, ddof=ddof)
    spread = variance(n, samples=samples, ddof=ddof)
    return scale * (moved + spread - 2 * standard_deviation(n, samples=samples, ddof=ddof) + 1)


def kl_divergence(n: Generations, *, samples: int, ddof: int = 0) -> Floats:
    r"""The expected divergence of the n-th fit from the truth in nats, as in `gaussian_replace`.

    Raises `BadSetting` outside its range. Source: docs/theory.md §2.3.

    >>> round(float(kl_divergence(40, samples=100)), 4)
    0.0163
    """
    moved = mean_square_error(n, samples=samples, ddof=ddof)
    spread = variance(n, samples=samples, ddof=ddof)
    return (moved + spread - 1 - log_variance_mean(n, samples=samples, ddof=ddof)) / 2


class _Sums(NamedTuple):
    """Sums over generations 1 to n: of log E√F and of E log F."""

    root: Floats
    log: Floats


def _summed(n: Generations, samples: int, ddof: int) -> _Sums:
    size, generation = check_whole("samples", samples, least=2), check_generations(n)
    last = int(generation.max())
    if last > MOST_INTEGRALS:
        raise BadSetting(f"this moment is computed up to generation {MOST_INTEGRALS}; got {last}")
    parts = [_factor_moments(k, size, check_ddof(ddof)) for k in range(1, last + 1)]
    sums = np.vstack([np.zeros((1, 2)), np.cumsum(np.reshape(parts, (-1, 2)), axis=0)])
    return _Sums(sums[generation, 0], sums[generation, 1])


def _factor_moments(k: int, size: int, ddof: int) -> tuple[float, float]:
    """log E√F and E log F of the factor by which the pool's variance changes at step k."""
    ratio = (k - 1) * size / ((k - 1) * size - ddof) if k > 1 else 1.0
    t = np.exp(_NODES)
    log_laplace = (
        -t * (k - 1) / k
        - (size - 1) / 2 * np.log1p(2 * t * ratio / (size * k))
        - 0.5 * np.log1p(2 * t * ratio * (k - 1) / (size * k**2))
    )
    root = _integral(-np.expm1(log_laplace) * np.exp(-_NODES / 2)) / (2 * math.sqrt(math.pi))
    return math.log(root), _integral(np.exp(-t) - np.exp(log_laplace))


def _integral(values: NDArray[np.float64]) -> float:
    return float(values.sum() * (_NODES[1] - _NODES[0]))


def _divisor_ratio(n: Generations, samples: int, ddof: int) -> Floats:
    """nM / (nM - ddof), and 1 for the truth."""
    pool = check_generations(n) * float(samples)
    return np.where(pool > 0, pool / np.maximum(pool - ddof, 1), 1.0)
