r"""Linear regression relabelled by its own fits: excess risk after n generations.

Inputs x ~ N(0, I_d), labels $y=x^\top w+\sigma\epsilon$, T rows per round, ordinary least
squares. Out: $E\|w_n-w_0\|^2$, the excess test risk in squared units of y. One round costs
`base` = $\sigma^2d/(T-d-1)$ (the mean of an inverse Wishart trace), finite only for T > d + 1.
Exact unless a docstring says leading order. Derivation: docs/theory.md §6.
"""

from __future__ import annotations

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory import inflation
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_generations,
    check_positive,
    check_share,
    check_whole,
)

__all__ = [
    "accumulate",
    "accumulate_subsample",
    "base",
    "fresh_real",
    "growing",
    "replace",
    "strong_collapse_floor",
]


def base(*, samples: int, dimensions: int, noise: float = 1.0) -> float:
    r"""The excess risk of one round, $\sigma^2d/(T-d-1)$.

    Args:
        samples: T, rows per round, above d + 1.
        dimensions: d.
        noise: $\sigma$, the standard deviation of the label noise, in units of y.

    Raises:
        BadSetting: a value outside its range; with T at most d + 1 the mean is infinite.

    Source: docs/theory.md §6.

    >>> base(samples=111, dimensions=10)
    0.1
    """
    width = check_whole("dimensions", dimensions, least=1)
    rows = check_whole("samples", samples, least=1)
    if rows <= width + 1:
        raise BadSetting(
            f"least squares on {rows} rows in {width} dimensions has no finite expected risk; "
            f"samples must be at least {width + 2}"
        )
    return check_positive("noise", noise) ** 2 * width / (rows - width - 1)


def replace(n: Generations, *, samples: int, dimensions: int, noise: float = 1.0) -> Floats:
    r"""base × n, the same whether the inputs stay or are drawn anew each round.

    Source: Dohmatob et al. 2024 (linear growth with n); docs/theory.md §6.1.

    >>> round(float(replace(10, samples=111, dimensions=10)), 9)
    1.0
    """
    return base(samples=samples, dimensions=dimensions, noise=noise) * inflation.replace(n)


def growing(n: Generations, *, samples: int, dimensions: int, noise: float = 1.0) -> Floats:
    r"""$\sigma^2\sum_{i\le n}d/(iT-d-1)$, about base × log n: round i draws iT fresh rows.

    Raises `BadSetting` outside its range. Source: docs/theory.md §6.1.

    >>> round(float(growing(8, samples=40, dimensions=5)), 4)
    0.3723
    """
    base(samples=samples, dimensions=dimensions, noise=noise)
    generation = check_generations(n, least=1)
    i = np.arange(1, int(generation.max()) + 1, dtype=float)
    return noise**2 * np.cumsum(dimensions / (i * samples - dimensions - 1))[generation - 1]


def accumulate(
    n: Generations,
    *,
    samples: int,
    dimensions: int,
    noise: float = 1.0,
    same_inputs: bool = False,
) -> Floats:
    r"""All rounds kept: $\sigma^2d\sum_{k\le n}\frac1{k(kT-d-1)}$, bounded for every n.

    On the same inputs in every round it is base × $\sum1/k^2$.

    Args:
        n, samples, dimensions, noise: as in `base` and `replace`.
        same_inputs: every round relabels the same T inputs, as in the paper.

    Source: Gerstgrasser et al. 2024 (same inputs); docs/theory.md §6.2 (fresh inputs).

    >>> round(float(accumulate(20, samples=30, dimensions=5)), 4)
    0.315
    >>> round(float(accumulate(20, samples=30, dimensions=5, same_inputs=True)), 4)
    0.3325
    """
    one = base(samples=samples, dimensions=dimensions, noise=noise)
    if same_inputs:
        return one * inflation.accumulate(n)
    generation = check_generations(n, least=1)
    k = np.arange(1, int(generation.max()) + 1, dtype=float)
    steps = noise**2 * dimensions / (k * (k * samples - dimensions - 1))
    return np.cumsum(steps)[generation - 1]


def accumulate_subsample(
    n: Generations, *, samples: int, dimensions: int, noise: float = 1.0
) -> Floats:
    r"""base × $\kappa_n$ of accumulate-subsample, leading order in d/T.

    Needs T of at least 10 d, where it is up to 10 % low; the error falls with d/T.

    Raises `BadSetting` outside its range. Source: docs/theory.md §5, §6.

    >>> round(float(accumulate_subsample(40, samples=111, dimensions=10)), 4)
    0.2861
    """
    one = _leading(samples, dimensions, noise)
    return one * inflation.accumulate_subsample(n)


def fresh_real(
    n: Generations, *, samples: int, dimensions: int, real_share: float, noise: float = 1.0
) -> Floats:
    r"""base × $\kappa_n$ for a share a of fresh real rows, leading order in d/T.

    Needs T of at least 10 d, where it is up to 10 % low; the error falls with d/T.

    Raises `BadSetting` outside its range. Source: docs/theory.md §5, §6.

    >>> round(float(fresh_real(100, samples=400, dimensions=10, real_share=0.2)), 4)
    0.0714
    """
    one = _leading(samples, dimensions, noise)
    return one * inflation.fresh_real(n, real_share=real_share)


def strong_collapse_floor(
    *, samples: int, dimensions: int, synthetic_share: float, shift: float, noise: float = 1.0
) -> float:
    r"""The excess risk of one fit on a mix: $\sigma^2\frac dn+p_2^2c^2$.

    The second term does not fall with n: however much data, the share $p_2$ of labels from a
    model at distance c leaves a floor. Leading order in d/n; needs n of at least 20 d.

    Args:
        samples: n, all rows, real and synthetic.
        dimensions: d.
        synthetic_share: $p_2$ in [0, 1].
        shift: c, the distance $\|w_{synthetic}-w_0\|$, in units of y per unit of x.
        noise: $\sigma$.

    Source: Dohmatob et al. 2025 (strong model collapse); docs/theory.md §6.3.

    >>> round(strong_collapse_floor(samples=2000, dimensions=20, synthetic_share=0.5, shift=1), 3)
    0.26
    """
    rows = check_whole(
        "samples", samples, least=20 * check_whole("dimensions", dimensions, least=1)
    )
    share = check_share("synthetic_share", synthetic_share)
    distance = check_positive("shift", shift, zero=True)
    return check_positive("noise", noise) ** 2 * dimensions / rows + (share * distance) ** 2


def _leading(samples: int, dimensions: int, noise: float) -> float:
    one = base(samples=samples, dimensions=dimensions, noise=noise)
    if samples < 10 * dimensions:
        raise BadSetting(
            f"this leading-order form needs at least 10 rows per dimension; got {samples} rows "
            f"for {dimensions} dimensions"
        )
    return one
