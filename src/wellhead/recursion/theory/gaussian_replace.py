r"""A Gaussian refitted to its own samples, each generation replacing the last: exact moments.

In: generation numbers n (n counts fits; generation 0 is the truth $N(\mu_0,\sigma_0^2)$), the
number of samples M of each generation (one number, or one for each generation), the divisor of
the variance estimate, M - ddof, and the factor `sampling_bias` by which the sampler shrinks the
variance before it draws. Out: moments of $(\mu_n, s_n^2)$ over repetitions of the whole chain.

Everything rests on $s_n^2=\lambda s_{n-1}^2\,\chi^2_{M-1}/(M-\mathrm{ddof})$ and
$\mu_n=\mu_{n-1}+\sqrt{\lambda}\,s_{n-1}z/\sqrt M$, both exact; docs/theory.md §1 derives each line.
Means of $s_n^2$ are carried by ever rarer chains once n/M exceeds about 2: hold simulations
against `gaussian_typical`, which has logarithms and medians, not against `variance`. Leaves
tails to `gaussian_tail` and several dimensions to `gaussian_matrix`.
"""

from __future__ import annotations

import math

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory import gaussian_typical
from wellhead.recursion.theory.gaussian_steps import Biases, Sizes, log_shrink, nothing, summed
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    bias_path,
    check_ddof,
    check_generations,
    check_positive,
    size_path,
)
from wellhead.recursion.theory.spread import log_unbiasing

__all__ = [
    "kl_divergence",
    "marginal_variance",
    "mean_square_error",
    "standard_deviation",
    "variance",
    "wasserstein2_squared",
    "wasserstein2_squared_first_order",
    "wasserstein2_squared_limit",
]


def variance(
    n: Generations,
    *,
    samples: Sizes,
    ddof: int = 0,
    sampling_bias: Biases = 1.0,
    true_variance: float = 1.0,
) -> Floats:
    r"""The expected fitted variance.

    $E[s_n^2]=\sigma_0^2\prod_{i\le n}\lambda(M_i-1)/(M_i-\mathrm{ddof})$. With ddof = 1 and no
    bias it stays at $\sigma_0^2$ for ever although every chain dies: the mean is a martingale.
    Exact for M of at least 2.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M, or one size for each generation from the first.
        ddof: 0 divides by M (maximum likelihood), 1 by M - 1.
        sampling_bias: $\lambda$ in (0, 1]; the samples of every generation, the first
            included, have variance $\lambda s^2$. Or one factor for each generation: with
            1 for the first, real data start the chain.
        true_variance: $\sigma_0^2$, in squared units of the data.

    Returns:
        A float, or an array of the shape of `n`, in squared units of the data.

    Raises:
        BadSetting: a value outside its range.

    Source: Shumailov et al. 2024 (supplement) for ddof = 1; Alemohammad et al. 2024 for the
    bias; docs/theory.md §1.1.

    >>> round(float(variance(15, samples=20)), 4)
    0.4633
    """
    scale = check_positive("true_variance", true_variance)
    return scale * np.exp(summed(n, samples, log_shrink, ddof, sampling_bias))


def standard_deviation(
    n: Generations,
    *,
    samples: Sizes,
    ddof: int = 0,
    sampling_bias: Biases = 1.0,
    true_variance: float = 1.0,
) -> Floats:
    r"""The expected fitted standard deviation, a product of $\sqrt\lambda\,c_4(M_i)$.

    For ddof = 0 each factor is $\sqrt{(M-1)/M}$ smaller. It falls to 0 for either divisor
    ($c_4(M)<1$). Arguments and errors as in `variance`.

    Source: Suresh et al. 2024 for ddof = 1; docs/theory.md §1.2.

    >>> round(float(standard_deviation(15, samples=20, ddof=1)), 4)
    0.821
    """
    scale = math.sqrt(check_positive("true_variance", true_variance))
    unbiased = summed(n, samples, log_unbiasing, ddof)
    return scale * np.exp(unbiased + summed(n, samples, nothing, ddof, sampling_bias) / 2)


def mean_square_error(
    n: Generations,
    *,
    samples: Sizes,
    ddof: int = 0,
    sampling_bias: Biases = 1.0,
    true_variance: float = 1.0,
) -> Floats:
    r"""How far the mean has walked, $E[(\mu_n-\mu_0)^2]=\sum_k\lambda E[s_{k-1}^2]/M_k$.

    Without bias: $\sigma_0^2(1-(1-1/M)^n)$ for ddof = 0, $\sigma_0^2n/M$ for ddof = 1.
    Arguments and errors as in `variance`. Source: docs/theory.md §1.3.

    >>> round(float(mean_square_error(100, samples=100, ddof=1)), 6)
    1.0
    """
    generation = check_generations(n)
    sizes = size_path(samples, int(generation.max()))
    path = variance(
        np.arange(len(sizes) + 1),
        samples=samples,
        ddof=ddof,
        sampling_bias=sampling_bias,
        true_variance=true_variance,
    )
    steps = bias_path(sampling_bias, len(sizes)) * path[:-1] / sizes
    return np.concatenate([[0.0], np.cumsum(steps)])[generation]


def wasserstein2_squared(
    n: Generations,
    *,
    samples: Sizes,
    ddof: int = 0,
    sampling_bias: Biases = 1.0,
    true_variance: float = 1.0,
) -> Floats:
    r"""The expected squared Wasserstein-2 distance between the n-th fit and the truth.

    $E[(\mu_n-\mu_0)^2]+E[s_n^2]-2\sigma_0E[s_n]+\sigma_0^2$: with ddof = 0 it is
    $2\sigma_0^2(1-b^n)$ and never exceeds $2\sigma_0^2$; with ddof = 1 it is
    $\sigma_0^2n/M+2\sigma_0^2(1-c_4^n)$ and grows without end. Arguments and errors as in
    `variance`. Source: docs/theory.md §1.4.

    >>> [round(float(wasserstein2_squared(15, samples=20, ddof=d)), 4) for d in (0, 1)]
    [0.8824, 1.1081]
    """
    options = {"samples": samples, "ddof": ddof, "sampling_bias": sampling_bias}
    unit = (
        mean_square_error(n, **options)  # type: ignore[arg-type]
        + variance(n, **options)  # type: ignore[arg-type]
        - 2 * standard_deviation(n, **options)  # type: ignore[arg-type]
        + 1
    )
    return check_positive("true_variance", true_variance) * unit


def wasserstein2_squared_first_order(
    n: Generations, *, samples: Sizes, true_variance: float = 1.0
) -> Floats:
    r"""The start of the curve, $\tfrac32\sigma_0^2\sum_i1/M_i$, the same for both divisors.

    Within 5 % of the exact value while $\sum_i1/M_i\le0.1$; beyond that it raises.
    Source: Shumailov et al. 2024, supplement eq. 6; docs/theory.md §1.4.

    >>> float(wasserstein2_squared_first_order(1, samples=100))
    0.015
    """
    generation = check_generations(n)
    sizes = size_path(samples, int(generation.max()), least=10)
    total = np.concatenate([[0.0], np.cumsum(1 / sizes)])[generation]
    if np.max(total) > 0.1 + 1e-12:
        raise BadSetting(
            f"the first-order form holds while n/M is at most 0.1; got {np.max(total):.3g}. "
            "Use wasserstein2_squared, which is exact"
        )
    return 1.5 * check_positive("true_variance", true_variance) * total


def wasserstein2_squared_limit(*, ddof: int = 0, true_variance: float = 1.0) -> float:
    r"""The limit of `wasserstein2_squared`: $2\sigma_0^2$ for ddof = 0, infinity for ddof = 1.

    Raises `BadSetting` outside its range. Source: docs/theory.md §1.4.

    >>> wasserstein2_squared_limit(), wasserstein2_squared_limit(ddof=1)
    (2.0, inf)
    """
    return math.inf if check_ddof(ddof) else 2 * check_positive("true_variance", true_variance)


def marginal_variance(
    n: Generations, *, samples: Sizes, ddof: int = 0, true_variance: float = 1.0
) -> Floats:
    r"""The variance of one draw from the n-th fit, over chains: $E[s_n^2]+E[(\mu_n-\mu_0)^2]$.

    ddof = 0: $\sigma_0^2$ exactly, a conservation law; ddof = 1: $\sigma_0^2(1+n/M)$ exactly.
    Arguments and errors as in `variance`. Source: docs/theory.md §1.3.

    >>> round(float(marginal_variance(30, samples=10)), 12)
    1.0
    """
    options = {"samples": samples, "ddof": ddof, "true_variance": true_variance}
    return variance(n, **options) + mean_square_error(n, **options)  # type: ignore[arg-type]


def kl_divergence(n: Generations, *, samples: Sizes, ddof: int = 0) -> Floats:
    r"""The expected Kullback-Leibler divergence of the n-th fit from the truth, in nats.

    $E\,\mathrm{KL}(N_n\|N_0)=\tfrac12(E[s_n^2]+E[(\mu_n-\mu_0)^2]-1-E[\log s_n^2])$ in units
    of $\sigma_0$. Source: docs/theory.md §1.6.

    >>> round(float(kl_divergence(40, samples=50)), 4)
    0.815
    """
    spread = marginal_variance(n, samples=samples, ddof=ddof)
    return (spread - 1 - gaussian_typical.log_variance_mean(n, samples=samples, ddof=ddof)) / 2
