r"""A Gaussian refitted each generation to its own samples mixed with real data: exact moments.

Not the family of Gaussian mixtures: a mixture of origins. In: generation n (n counts fits;
generation 0 is the truth), M samples per generation, the real share a, the divisor M - ddof,
`sampling_bias` $\lambda$. Out: `Moments`, the expected variance and the mean's square error,
in units of the true variance; `…_limit` functions give the stationary values. No closed form of
$E[s_n]$ exists here: the variance is no longer a product of independent factors.

Each function follows from one linear recursion in $(E[(\mu_n-\mu_0)^2],E[s_n^2])$ = (e, v):
docs/theory.md §4. The share of real data that a detector leaves is `detector.effective_share`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadSetting
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    bias_path,
    check_ddof,
    check_generations,
    check_share,
    check_whole,
)

__all__ = [
    "GOLDEN_WEIGHT",
    "Moments",
    "fixed_original",
    "fixed_original_limit",
    "fresh_real",
    "fresh_real_limit",
    "golden_ratio",
    "synthetic_added",
]

#: The weight of fresh real data that minimises the error at equal sizes, 1/φ.
GOLDEN_WEIGHT = (math.sqrt(5) - 1) / 2


class Moments(NamedTuple):
    """Expected moments of a fit, in units of the true variance."""

    variance: Floats
    mean_square_error: Floats


def fresh_real(
    n: Generations,
    *,
    samples: int,
    real_share: float,
    ddof: int = 0,
    sampling_bias: float | Sequence[float] = 1.0,
    independent: bool = False,
) -> Moments:
    r"""Moments when every generation trains on aM fresh real and (1-a)M synthetic samples.

    Split: $e'=\frac aM+(1-a)^2e+(1-a)\frac{\lambda v}M$,
    $v'=\frac M{M-\mathrm{ddof}}[a+(1-a)(\lambda v+e)-e']$, from e = 0, v = 1. Independent:
    the square of (1-a) in e' becomes $(1-a)^2+a(1-a)/M$, because the number of real samples
    varies. Exact where aM is whole; between whole numbers the split form interpolates.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M, at least 2.
        real_share: a in [0, 1].
        ddof: 0 divides by M, 1 by M - 1.
        sampling_bias: $\lambda$ in (0, 1], from the first generation on, or one factor for
            each generation; with 1 for the first, real data start the chain.
        independent: each sample is real with probability a, instead of exactly aM of them.

    Raises:
        BadSetting: a value outside its range.

    Source: Alemohammad et al. 2024 (fresh data loop, $\lambda$); docs/theory.md §4.1.

    >>> round(float(fresh_real(20, samples=100, real_share=0, sampling_bias=0.9).variance), 5)
    0.09944
    """
    generation = check_generations(n)
    biases = bias_path(sampling_bias, int(generation.max())).tolist()
    systems = {
        bias: _fresh_system(samples, real_share, ddof, bias, independent) for bias in {1.0, *biases}
    }
    path = np.array([(0.0, 1.0)] * (len(biases) + 1))
    for t, bias in enumerate(biases):
        step, drive = systems[bias]
        path[t + 1] = step @ path[t] + drive
    return Moments(path[generation, 1], path[generation, 0])


def fresh_real_limit(
    *,
    samples: int,
    real_share: float,
    ddof: int = 0,
    sampling_bias: float = 1.0,
    independent: bool = False,
) -> Moments:
    r"""The stationary moments of `fresh_real`.

    Without bias and with ddof = 0: $e^*=\frac1M/(1-(1-a)^2+(1-a)/M)$ for the split,
    $\frac1M/(1-(1-a)^2(1-1/M))$ for independent samples, and $v^*=1-e^*$. With bias and large
    M, $v^*\to a/(1-(1-a)\lambda)$. Arguments as in `fresh_real`, a above 0.

    Raises:
        BadSetting: a value outside its range, or no stationary state exists.

    Source: docs/theory.md §4.1.

    >>> round(float(fresh_real_limit(samples=20, real_share=0.1).variance), 4)
    0.7872
    """
    check_share("real_share", real_share, zero=False)
    return _stationary(_fresh_system(samples, real_share, ddof, sampling_bias, independent))


def fixed_original(n: Generations, *, samples: int, real_share: float, ddof: int = 0) -> Moments:
    r"""Moments when the same aM real samples are in every generation's M samples.

    About the real set's own mean r: $u'=\mu'-r$ has
    $E u'^2=(1-a)^2Eu^2+(1-a)v/M$ and $v'+Eu'^2=a(1-\frac1{aM})+(1-a)(v+Eu^2)$ (times
    M/(M-ddof) for v'); the first fit is on M real samples, of which aM are kept.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M, at least 2.
        real_share: a in (0, 1]; aM must be at least 1.
        ddof: 0 divides by M, 1 by M - 1.

    Raises:
        BadSetting: a value outside its range.

    Source: Shumailov et al. 2024 (10 % of the original data kept); docs/theory.md §4.2.

    >>> m = fixed_original(500, samples=100, real_share=0.1)
    >>> round(float(m.variance), 4), round(float(m.mean_square_error), 4)
    (0.8593, 0.1407)
    """
    size, a, kept = _fixed_sizes(samples, real_share)
    system = _fixed_system(size, a, kept, ddof)
    about = _iterated(n, system, start=(1 / kept, 1.0))
    generation = check_generations(n)
    # Twice the covariance of the kept mean with the fit's distance from it.
    cross = -2 * (1 - a) ** generation.astype(float) / kept
    return Moments(about.variance, 1 / kept + cross + about.mean_square_error)


def fixed_original_limit(*, samples: int, real_share: float, ddof: int = 0) -> Moments:
    r"""The stationary moments of `fixed_original`.

    With ddof = 0: $e'=\frac{(1-a)(1-1/aM)/M}{1-(1-a)^2+(1-a)/M}$, $v^*=(1-\frac1{aM})-e'$,
    $E[(\mu-\mu_0)^2]=\frac1{aM}+e'$.

    Raises `BadSetting` outside its range. Source: docs/theory.md §4.2.

    >>> round(float(fixed_original_limit(samples=100, real_share=0.1).variance), 4)
    0.8593
    """
    size, a, kept = _fixed_sizes(samples, real_share)
    about = _stationary(_fixed_system(size, a, kept, ddof))
    return Moments(about.variance, 1 / kept + about.mean_square_error)


def synthetic_added(n: Generations, *, samples: int, real_share: float, ddof: int = 0) -> Moments:
    r"""Moments when M original samples stay and each generation adds M(1-a)/a synthetic ones.

    The synthetic part is drawn anew from the last fit; a is the share of originals in the
    whole. The first fit is on the M originals alone. The recursion of `fixed_original` with
    M/a samples in all, started at the originals' own moments.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M, the number of originals, at least 2.
        real_share: a in (0, 1].
        ddof: 0 divides by the number of samples, 1 by one less.

    Raises:
        BadSetting: a value outside its range.

    Source: Bertrand et al. 2024 (the regime); docs/theory.md §4.3.

    >>> round(float(synthetic_added(50, samples=100, real_share=0.5).mean_square_error), 4)
    0.0133
    """
    originals = check_whole("samples", samples, least=2)
    a = check_share("real_share", real_share, zero=False)
    generation, system = check_generations(n), _fixed_system(originals / a, a, originals, ddof)
    first = (0.0, (originals - 1) / (originals - check_ddof(ddof)))
    later = _iterated(np.maximum(generation - 1, 0), system, start=first)
    known = generation > 0
    return Moments(
        np.where(known, later.variance, 1.0),
        np.where(known, later.mean_square_error + 1 / originals, 0.0),
    )


def golden_ratio(n: Generations, *, samples: int, real_weight: float = GOLDEN_WEIGHT) -> Moments:
    r"""Moments when M fresh real and M synthetic samples are fitted with weights w and 1-w.

    Weighted maximum likelihood: $e'=\frac{w^2}M+(1-w)^2(e+\frac vM)$, $v'=1-e'$; the first fit
    is on M real samples. The stationary error, to leading order
    $\frac{w^2+(1-w)^2}{1-(1-w)^2}\frac1M$, is least at w = 0.618, where it is 0.618/M: better
    than real data alone.

    Args:
        n: generation, or an array of them; 0 is the truth.
        samples: M real samples, and M synthetic ones, at least 2.
        real_weight: w in (0, 1].

    Raises:
        BadSetting: a value outside its range.

    Source: He, Xu and Cheng 2025; docs/theory.md §4.4.

    >>> round(1000 * float(golden_ratio(50, samples=1000).mean_square_error), 3)
    0.618
    """
    size, w = (
        check_whole("samples", samples, least=2),
        check_share("real_weight", real_weight, zero=False),
    )
    step = np.array([[(1 - w) ** 2, (1 - w) ** 2 / size], [0.0, 0.0]])
    step[1] = (1 - w) * np.ones(2) - step[0]
    drive = np.array([w**2 / size, w - w**2 / size])
    generation = check_generations(n)
    later = _iterated(np.maximum(generation - 1, 0), (step, drive), (1 / size, 1 - 1 / size))
    known = generation > 0
    return Moments(
        np.where(known, later.variance, 1.0), np.where(known, later.mean_square_error, 0.0)
    )


_System = tuple[NDArray[np.float64], NDArray[np.float64]]


def _fresh_system(
    samples: int, real_share: float, ddof: int, sampling_bias: float, independent: bool
) -> _System:
    size, a = check_whole("samples", samples, least=2), check_share("real_share", real_share)
    bias = float(bias_path(sampling_bias, 1)[0])
    kept = (1 - a) ** 2 + (a * (1 - a) / size if independent else 0.0)
    return _with_variance(
        error=(kept, (1 - a) * bias / size, a / size),
        second=((1 - a), (1 - a) * bias, a),
        divisor=size / (size - check_ddof(ddof)),
    )


def _fixed_sizes(samples: int, real_share: float) -> tuple[int, float, float]:
    size = check_whole("samples", samples, least=2)
    a = check_share("real_share", real_share, zero=False)
    if a * size < 1 - 1e-9:
        raise BadSetting(
            f"a real share of {a:g} of {size} samples keeps less than one original; "
            f"the share must be at least {1 / size:g}"
        )
    return size, a, a * size


def _fixed_system(size: float, a: float, kept: float, ddof: int) -> _System:
    return _with_variance(
        error=((1 - a) ** 2, (1 - a) / size, 0.0),
        second=((1 - a), (1 - a), a * (1 - 1 / kept)),
        divisor=size / (size - check_ddof(ddof)),
    )


def _with_variance(
    error: tuple[float, float, float], second: tuple[float, float, float], divisor: float
) -> _System:
    """The linear step of (e, v) from the rows of e' and of the second moment e' + v'."""
    rows = np.array([error, divisor * (np.array(second) - np.array(error))])
    return rows[:, :2], rows[:, 2]


def _iterated(n: Generations, system: _System, start: tuple[float, float]) -> Moments:
    generation = check_generations(n)
    step, drive = system
    path = np.empty((int(generation.max()) + 1, 2))
    path[0] = start
    for t in range(1, len(path)):
        path[t] = step @ path[t - 1] + drive
    return Moments(path[generation, 1], path[generation, 0])


def _stationary(system: _System) -> Moments:
    step, drive = system
    if max(abs(np.linalg.eigvals(step))) >= 1:
        raise BadSetting(
            "this mix has no stationary state: with so few real samples the unbiased divisor "
            "lets the variance grow. Use ddof=0, or a larger real share"
        )
    error, spread = np.linalg.solve(np.eye(2) - step, drive)
    return Moments(spread, error)
