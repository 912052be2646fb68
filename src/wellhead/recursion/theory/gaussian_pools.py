r"""A Gaussian fitted to all samples ever drawn, or to as many drawn from them as one batch holds.

Every generation adds M points to the pool, which holds nM of them at the n-th fit. `Accumulate`
fits the whole pool, whose variance is then a product of independent factors,

$$\frac{p_{k}}{p_{k-1}}=\frac1k\Big[(k-1)+r_{k-1}\Big(\frac{\chi^2_{M-1}}M+\frac{k-1}{k}\frac{z^2}M\Big)\Big],
\qquad r_{k}=\frac{kM}{kM-\mathrm{ddof}},$$

so that the expected variance is a closed product, and $E[s_n]$ and $E[\log s_n^2]$ are products and
sums of one-dimensional integrals of a Laplace transform, computed to about 12 digits.
`AccumulateSubsample` follows a linear recursion. Derivation: docs/theory.md §2, §3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory import inflation
from wellhead.recursion.theory.chain import Columns
from wellhead.recursion.theory.gaussian import GaussianChain, Moments, ProductChain
from wellhead.recursion.theory.generations import (
    Array,
    Floats,
    Generations,
    Times,
    check_generations,
    summed,
)

__all__ = ["MOST_INTEGRALS", "Accumulate", "AccumulateSubsample"]

# The trapezoid rule in u = log t converges geometrically for these integrands.
_NODES = np.arange(-75.0, 75.0, 0.1)
MOST_INTEGRALS = 10_000


@dataclass(frozen=True, kw_only=True)
class Accumulate(ProductChain):
    """Each generation is fitted to everything so far; ddof is that of the pool, nM - ddof."""

    why: ClassVar[str] = f"computed for at most {MOST_INTEGRALS} generations"

    def moments(self, n: Generations) -> Moments:
        return Moments(self.variance(n), self.mean_square_error(n))

    def variance(self, n: Generations) -> Floats:
        r"""$E[s_n^2]=\sigma_0^2\prod_{k\le n}(1-\frac1{Mk^2})$.

        With ddof = 1 the product is $\prod_{k=2}^n(1-\frac1{k(kM-1)})$. It stays bounded away from
        0: accumulating does not collapse.

        Source: Gerstgrasser et al. 2024 (the regime), Kazdan et al. 2024 (its Gaussian case);
        docs/theory.md §2.1.

        >>> [round(float(Accumulate(samples=5, ddof=d).variance(30)), 4) for d in (0, 1)]
        [0.7066, 0.8752]
        """
        k, size = _batches(n), self.samples
        if self.ddof:
            steps = np.where(k > 1, np.log1p(-1 / np.maximum(k * (k * size - 1), 2)), 0.0)
        else:
            steps = np.log1p(-1 / (size * k**2))
        return np.exp(summed(n, steps))

    @property
    def variance_limit(self) -> float:
        r"""The limit of `variance` for ddof = 0: $\sigma_0^2\sin(\pi/\sqrt M)/(\pi/\sqrt M)$.

        About $\sigma_0^2(1-\pi^2/6M)$: Euler's product of the sine. Source: docs/theory.md §2.1.

        >>> round(Accumulate(samples=100).variance_limit, 4)
        0.9836
        """
        if self.ddof:
            raise BadSetting("the limit has a closed form for ddof 0 only")
        return float(np.sinc(1 / math.sqrt(self.samples)))

    def mean_square_error(self, n: Generations) -> Floats:
        r"""$E[(\mu_n-\mu_0)^2]=\sum_{k\le n}E[s_{k-1}^2]/(Mk^2)$.

        For ddof = 0 it is $\sigma_0^2-E[s_n^2]$. Source: docs/theory.md §2.2.

        >>> round(float(Accumulate(samples=5).mean_square_error(30)), 4)
        0.2934
        """
        k = _batches(n)
        before = self.variance(np.append(0, k).astype(int))[:-1]
        return summed(n, before / (self.samples * k**2))

    def standard_deviation(self, n: Generations) -> Floats:
        r"""$E[s_n]$, a product of one-dimensional integrals.

        $E\sqrt{F_k}=\frac1{2\sqrt\pi}\int_0^\infty(1-L_k(t))t^{-3/2}dt$ with the Laplace transform
        $L_k$ of the k-th factor. Exact to about 12 digits; n at most 10,000.
        Source: docs/theory.md §2.3.

        >>> round(float(Accumulate(samples=20).standard_deviation(1)), 6)
        0.961945
        """
        return np.sqrt(self._divisor_ratio(n)) * np.exp(summed(n, self._factors(n)[:, 0]))

    def log_variance(self, n: Generations) -> Floats:
        r"""$E[\log s_n^2/\sigma_0^2]=\sum_kE\log F_k$, $E\log F=\int_0^\infty(e^{-t}-L(t))\,dt/t$.

        Exact to about 12 digits; n at most 10,000. Source: docs/theory.md §2.3.

        >>> round(float(Accumulate(samples=100).log_variance(40)), 4)
        -0.0325
        """
        return summed(n, self._factors(n)[:, 1]) + np.log(self._divisor_ratio(n))

    def inflation(self, n: Generations) -> Floats:
        return inflation.Accumulate().after(n)

    def columns(self, n: Times) -> Columns:
        return super().columns(n) if len(n) <= MOST_INTEGRALS else GaussianChain.columns(self, n)

    def _factors(self, n: Generations) -> Array:
        """log E√F and E log F of the factors up to the last generation, shape (last, 2)."""
        last = len(_batches(n))
        if last > MOST_INTEGRALS:
            raise BadSetting(
                f"this moment is computed up to generation {MOST_INTEGRALS}; got {last}"
            )
        factors = [_factor_moments(k, self.samples, self.ddof) for k in range(1, last + 1)]
        return np.reshape(factors, (-1, 2))

    def _divisor_ratio(self, n: Generations) -> Floats:
        """nM / (nM - ddof), and 1 for the truth."""
        pool = check_generations(n) * float(self.samples)
        return np.where(pool > 0, pool / np.maximum(pool - self.ddof, 1), 1.0)


@dataclass(frozen=True, kw_only=True)
class AccumulateSubsample(GaussianChain):
    """Each generation is fitted to M points drawn from the pool without replacement.

    The first fit uses all M points there are.
    """

    why: ClassVar[str] = "the spread of a subsample depends on more than the pool's variance"

    def moments(self, n: Generations) -> Moments:
        r"""$E[s_n^2]=q_n(M-1)/(M-\mathrm{ddof})$ with $q_t=p_t\,tM/(tM-1)$, p the pool's variance.

        For ddof = 0 the two moments sum to $\sigma_0^2$, a conservation law.

        Source: Kazdan et al. 2024 (the regime); docs/theory.md §3.1 (the recursion).

        >>> [round(float(v), 4) for v in AccumulateSubsample(samples=10).variance([2, 5, 40])]
        [0.8313, 0.7793, 0.7443]
        """
        generation, size = check_generations(n), self.samples
        fits, errors = np.ones(generation.max() + 1), np.zeros(generation.max() + 1)
        # The pool of one batch: its variance, and its second moment about the true mean.
        pool, second = (size - 1) / size, 1.0
        for t in range(1, len(fits)):
            spread = pool * t * size / (t * size - 1)
            drift = spread / size * (1 - 1 / t)
            fits[t] = spread * (size - 1) / (size - self.ddof)
            errors[t] = second - pool + drift
            # The t+1-st batch: its own sum of squares, and its distance from the pool's mean.
            between = t * size / (t + 1) * (drift + fits[t] / size)
            pool = (t * size * pool + (size - 1) * fits[t] + between) / ((t + 1) * size)
            second = (t * second + errors[t] + fits[t]) / (t + 1)
        return Moments(fits[generation], errors[generation])

    def inflation(self, n: Generations) -> Floats:
        return inflation.AccumulateSubsample().after(n)


class _FactorMoments(NamedTuple):
    log_root: float  # log E√F
    log: float  # E log F


def _factor_moments(k: int, size: int, ddof: int) -> _FactorMoments:
    """Of the factor by which the pool's variance changes at step k."""
    ratio = (k - 1) * size / ((k - 1) * size - ddof) if k > 1 else 1.0
    t = np.exp(_NODES)
    log_laplace = (
        -t * (k - 1) / k
        - (size - 1) / 2 * np.log1p(2 * t * ratio / (size * k))
        - 0.5 * np.log1p(2 * t * ratio * (k - 1) / (size * k**2))
    )
    root = _integral(-np.expm1(log_laplace) * np.exp(-_NODES / 2)) / (2 * math.sqrt(math.pi))
    return _FactorMoments(math.log(root), _integral(np.exp(-t) - np.exp(log_laplace)))


def _integral(values: Array) -> float:
    return float(values.sum() * (_NODES[1] - _NODES[0]))


def _batches(n: Generations) -> Array:
    return np.arange(1.0, check_generations(n).max() + 1)
