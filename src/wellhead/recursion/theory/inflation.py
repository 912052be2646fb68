r"""How much recursion inflates the error of any regular estimator: the constants $\kappa$.

Excess risk after n generations = $\kappa_n$ × the excess risk of one round on M real samples.
In: generation n (n counts fits), and what the regime needs. Out: $\kappa_n$; n = None gives the
limit. Leading order in 1/M for estimators that are asymptotically linear (maximum likelihood in
a parametric family): valid while $\kappa_n/M$ times the number of parameters is small. Large
language models are not in that regime; for them the order of the constants is orientation only.
Derivation: docs/theory.md §5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wellhead.recursion.theory.gaussian_mixture import GOLDEN_WEIGHT
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_generations,
    check_positive,
    check_share,
    size_path,
)

__all__ = [
    "accumulate",
    "accumulate_subsample",
    "best_real_weight",
    "fixed_original",
    "fresh_real",
    "golden_ratio",
    "growing",
    "replace",
    "synthetic_added",
]


def replace(n: Generations | None = None) -> Floats:
    r"""$\kappa_n=n$: every generation adds one round's error. No limit.

    Raises `BadSetting` outside its range. Source: docs/theory.md §5.

    >>> int(replace(7))
    7
    """
    return math.inf if n is None else check_generations(n, least=1).astype(float)


def growing(n: Generations | None = None, *, sizes: Sequence[int] | None = None) -> Floats:
    r"""$\kappa_n=\sum_kM_1/M_k$; with sizes M, 2M, 3M… it is the harmonic number $H_n$.

    Args:
        n: generation, or None for the limit (infinity for the harmonic schedule).
        sizes: the sample size of each generation; None means M, 2M, 3M…

    Raises `BadSetting` outside its range. Source: docs/theory.md §5.

    >>> round(float(growing(4)), 4)
    2.0833
    """
    if n is None:
        return math.inf
    generation = check_generations(n, least=1)
    last = int(generation.max())
    path = np.arange(1, last + 1) if sizes is None else size_path(sizes, last, least=1)
    return np.cumsum(path[0] / path)[generation - 1]


def accumulate(n: Generations | None = None) -> Floats:
    r"""$\kappa_n=\sum_{k\le n}1/k^2\to\pi^2/6=1.645$. Source: Gerstgrasser et al. 2024.

    >>> round(accumulate(), 3)
    1.645
    """
    if n is None:
        return math.pi**2 / 6
    generation = check_generations(n, least=1)
    k = np.arange(1, int(generation.max()) + 1, dtype=float)
    return np.cumsum(1 / k**2)[generation - 1]


def accumulate_subsample(n: Generations | None = None) -> Floats:
    r"""$\kappa_n=1+\sum_{t<n}\frac{2-1/t}{(t+1)^2}+1-\frac1n\to\frac{\pi^2}2-2=2.935$.

    Raises `BadSetting` outside its range. Source: docs/theory.md §5.

    >>> round(accumulate_subsample(), 4), round(float(accumulate_subsample(40)), 3)
    (2.9348, 2.861)
    """
    if n is None:
        return math.pi**2 / 2 - 2
    generation = check_generations(n, least=1)
    t = np.arange(1, int(generation.max()), dtype=float)
    sums = np.concatenate([[0.0], np.cumsum((2 - 1 / t) / (t + 1) ** 2)])
    return 2 - 1 / generation + sums[generation - 1]


def fresh_real(n: Generations | None = None, *, real_share: float) -> Floats:
    r"""$\kappa_n=\frac{1-(1-a)^{2n}}{a(2-a)}\to\frac1{a(2-a)}$, for a share a of fresh real data.

    With a detector in the loop put `detector.effective_share` for a. a = 0 is `replace`.

    Raises `BadSetting` outside its range. Source: docs/theory.md §5.

    >>> round(fresh_real(real_share=0.1), 2)
    5.26
    """
    a = check_share("real_share", real_share)
    if a == 0:
        return replace(n)
    if n is None:
        return 1 / (a * (2 - a))
    generation = check_generations(n, least=1)
    return _powers_gone(a, 2.0 * generation) / (a * (2 - a))


def fixed_original(n: Generations | None = None, *, real_share: float) -> Floats:
    r"""$\kappa_n=\frac{1-2(1-a)^n}a+\epsilon_n\to\frac1a+\frac{1-a}{a(2-a)}$, aM originals re-used.

    $\epsilon_n=(1-a)^2\epsilon_{n-1}+(1-a)$, $\epsilon_0=1/a$, in closed form
    $\epsilon^*+(1-a)^{2n}(1/a-\epsilon^*)$ with $\epsilon^*=\frac{1-a}{a(2-a)}$.

    Raises `BadSetting` outside its range. Source: docs/theory.md §5.

    >>> round(fixed_original(real_share=0.1), 1)
    14.7
    """
    a = check_share("real_share", real_share, zero=False)
    rest = (1 - a) / (a * (2 - a))
    if n is None:
        return 1 / a + rest
    generation = check_generations(n, least=1).astype(float)
    # The same, arranged so that nothing cancels when the share is small.
    return _powers_gone(a, generation) ** 2 / a + rest * _powers_gone(a, 2 * generation)


def synthetic_added(n: Generations | None = None, *, real_share: float) -> Floats:
    r"""$\kappa_n=1+\frac{1-a}{2-a}(1-(1-a)^{2(n-1)})$, M originals stay, M(1-a)/a synthetic join.

    Relative to one round on the M originals; never above 1.5. Not monotone in a: with ever
    more synthetic samples each generation repeats the last, errors included, and adds little.

    Raises `BadSetting` outside its range. Source: docs/theory.md §5.

    >>> round(synthetic_added(real_share=0.5), 3)
    1.333
    """
    a = check_share("real_share", real_share, zero=False)
    if n is None:
        return 1 + (1 - a) / (2 - a)
    generation = check_generations(n, least=1)
    return 1 + (1 - a) / (2 - a) * _powers_gone(a, 2.0 * (generation - 1))


def golden_ratio(
    n: Generations | None = None,
    *,
    real_weight: float = GOLDEN_WEIGHT,
    synthetic_ratio: float = 1.0,
) -> Floats:
    r"""$\kappa_n=w^2+(1-w)^2(\kappa_{n-1}+1/\rho)\to\frac{w^2+(1-w)^2/\rho}{1-(1-w)^2}$.

    M fresh real samples with weight w, $\rho M$ synthetic with weight 1-w, $\kappa_1=1$. At
    the best weight below 1: better than real data alone.

    Args:
        n: generation, or None for the limit.
        real_weight: w in (0, 1].
        synthetic_ratio: $\rho$, synthetic samples per real one, above 0.

    Raises `BadSetting` outside its range. Source: He, Xu and Cheng 2025; docs/theory.md §4.4, §5.

    >>> round(golden_ratio(), 3)
    0.618
    """
    w = check_share("real_weight", real_weight, zero=False)
    drive = w**2 + (1 - w) ** 2 / check_positive("synthetic_ratio", synthetic_ratio)
    limit = drive / (1 - (1 - w) ** 2)
    if n is None:
        return limit
    generation = check_generations(n, least=1)
    return limit + (1 - limit) * (1 - w) ** (2.0 * (generation - 1))


def best_real_weight(synthetic_ratio: float = 1.0) -> float:
    r"""The weight of real data that minimises `golden_ratio`: $2/(1+\sqrt{1+4\rho})$.

    The least limit equals this weight. At equal sizes it is the reciprocal of the golden
    ratio. Source: He, Xu and Cheng 2025; docs/theory.md §4.4.

    >>> round(best_real_weight(), 4)
    0.618
    """
    return 2 / (1 + math.sqrt(1 + 4 * check_positive("synthetic_ratio", synthetic_ratio)))


def _powers_gone(a: float, exponent: Floats) -> Floats:
    """1 - (1-a)^exponent without cancellation for small a."""
    return np.ones_like(exponent) if a == 1 else -np.expm1(exponent * math.log1p(-a))
