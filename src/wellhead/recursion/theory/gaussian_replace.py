r"""A Gaussian refitted to its own samples, each generation replacing the last.

Everything rests on $s_n^2=\lambda s_{n-1}^2\,\chi^2_{M-1}/(M-\mathrm{ddof})$ and
$\mu_n=\mu_{n-1}+\sqrt{\lambda}\,s_{n-1}z/\sqrt M$, both exact, where $\lambda$ is the factor by
which a biased sampler narrows the variance; docs/theory.md §1 derives each line. The means of
$s_n^2$ are carried by ever rarer chains once n/M exceeds about 2: hold simulations against
`log_variance` and `median_variance`, not against `variance`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from wellhead.errors import BadSetting
from wellhead.recursion.theory import inflation
from wellhead.recursion.theory.chain import Columns, Unavailable
from wellhead.recursion.theory.gaussian import Moments, ProductChain
from wellhead.recursion.theory.generations import (
    Array,
    Floats,
    Generations,
    Times,
    check_generations,
    each_generation,
    summed,
)
from wellhead.recursion.theory.ranges import check_ddof, check_positive, check_share, check_whole

__all__ = ["Growing", "Replace"]


@dataclass(frozen=True, kw_only=True)
class Replace(ProductChain):
    r"""Each generation is fitted to M samples of the last one alone.

    Args:
        samples: M, or one size for each generation from the first, at least 2.
        ddof: 0 divides by M (maximum likelihood), 1 by M - 1 (unbiased).
        sampling_bias: $\lambda$ in (0, 1]; the samples of every generation, the first included,
            have variance $\lambda s^2$. Or one factor for each generation: with 1 for the first,
            real data start the chain.
    """

    samples: int | Sequence[int]  # type: ignore[assignment]  # other regimes have one size
    sampling_bias: float | Sequence[float] = 1.0

    approximate: ClassVar[Mapping[str, str]] = {
        "inflation": "first order",
        "median_variance": "Cornish-Fisher",
    }

    def __post_init__(self) -> None:
        check_ddof(self.ddof)
        self._sizes(1 if isinstance(self.samples, int) else 0)

    def moments(self, n: Generations) -> Moments:
        return Moments(self.variance(n), self.mean_square_error(n))

    def variance(self, n: Generations) -> Floats:
        r"""$E[s_n^2]=\sigma_0^2\prod_{i\le n}\lambda(M_i-1)/(M_i-\mathrm{ddof})$.

        With ddof = 1 and no bias it stays at $\sigma_0^2$ for ever although every chain dies: the
        mean is a martingale. Exact.

        Source: Shumailov et al. 2024 (supplement) for ddof = 1; Alemohammad et al. 2024 for the
        bias; docs/theory.md §1.1.

        >>> round(float(Replace(samples=20).variance(15)), 4)
        0.4633
        """
        sizes = self._sizes(n)
        return np.exp(self._summed(n, np.log((sizes - 1) / (sizes - self.ddof)), bias=1.0))

    def standard_deviation(self, n: Generations) -> Floats:
        r"""$E[s_n]$, a product of $\sqrt\lambda\,c_4(M_i)$.

        For ddof = 0 each factor is $\sqrt{(M-1)/M}$ smaller. It falls to 0 for either divisor
        ($c_4(M)<1$). Source: Suresh et al. 2024 for ddof = 1; docs/theory.md §1.2.

        >>> round(float(Replace(samples=20, ddof=1).standard_deviation(15)), 4)
        0.821
        """
        return np.exp(self._summed(n, _log_c4(self._sizes(n), self.ddof), bias=0.5))

    def mean_square_error(self, n: Generations) -> Floats:
        r"""$E[(\mu_n-\mu_0)^2]=\sum_k\lambda E[s_{k-1}^2]/M_k$.

        Without bias: $\sigma_0^2(1-(1-1/M)^n)$ for ddof = 0, $\sigma_0^2n/M$ for ddof = 1.
        Source: docs/theory.md §1.3.

        >>> round(float(Replace(samples=100, ddof=1).mean_square_error(100)), 6)
        1.0
        """
        sizes = self._sizes(n)
        before = self.variance(np.arange(len(sizes)) if len(sizes) else [0])[: len(sizes)]
        return summed(n, self._biases(n) * before / sizes)

    def wasserstein2_squared_first_order(self, n: Generations) -> Floats:
        r"""The start of the distance, $\tfrac32\sigma_0^2\sum_i1/M_i$, the same for both divisors.

        Within 5 % of the exact value while $\sum_i1/M_i\le0.1$; beyond that it raises.
        Source: Shumailov et al. 2024, supplement eq. 6; docs/theory.md §1.4.

        >>> float(Replace(samples=100).wasserstein2_squared_first_order(1))
        0.015
        """
        sizes = self._sizes(n)
        total = summed(n, 1 / sizes)
        if np.min(sizes, initial=10) < 10 or np.max(total) > 0.1 + 1e-12:
            raise BadSetting(
                "the first-order form holds from 10 samples on, while n/M is at most 0.1; got "
                f"{np.max(total):.3g}. Use wasserstein2_squared, which is exact"
            )
        return 1.5 * total

    @property
    def wasserstein2_squared_limit(self) -> float:
        r"""$2\sigma_0^2$ for ddof = 0, infinity for ddof = 1. Source: docs/theory.md §1.4.

        >>> [Replace(samples=9, ddof=d).wasserstein2_squared_limit for d in (0, 1)]
        [2.0, inf]
        """
        return math.inf if self.ddof else 2.0

    def log_variance(self, n: Generations) -> Floats:
        r"""$E[\log s_n^2/\sigma_0^2]$, by digamma functions.

        A sum over generations of $\log\lambda+\psi((M-1)/2)-\log((M-\mathrm{ddof})/2)$.

        About -2n/M for ddof = 0 and -n/(M-1) for ddof = 1: what a typical chain does.
        Source: docs/theory.md §1.5.

        >>> round(float(Replace(samples=100).log_variance(100)), 3)
        -2.019
        """
        return self._summed(n, _drift(self._sizes(n), self.ddof), bias=1.0)

    def log_variance_sd(self, n: Generations) -> Floats:
        r"""The standard deviation of $\log s_n^2$ over chains, $\sqrt{\sum_i\psi_1((M_i-1)/2)}$.

        The same for both divisors and for any sampling bias. Source: docs/theory.md §1.5.

        >>> round(float(Replace(samples=100).log_variance_sd(100)), 3)
        1.429
        """
        return np.sqrt(summed(n, special.polygamma(1, (self._sizes(n) - 1) / 2)))

    def median_variance(self, n: Generations) -> Floats:
        r"""The median fitted variance, $\sigma_0^2\exp(E\log-\sum\psi_2/6\sum\psi_1)$.

        The exponential of the mean logarithm, corrected for the skewness of log chi-square
        (Cornish-Fisher, first term). The error is below 4 % for M = 3, below 1 % from M = 6 on;
        M below 3 raises. Source: docs/theory.md §1.5.

        >>> round(float(Replace(samples=100).median_variance(100)), 3)
        0.133
        """
        half = (self._sizes(n) - 1) / 2
        if np.min(half, initial=1) < 1:
            raise BadSetting("the median's approximation needs at least 3 samples")
        skew, spread = (summed(n, special.polygamma(order, half)) for order in (2, 1))
        shift = np.divide(skew, 6 * spread, out=np.zeros_like(skew), where=np.asarray(spread) > 0)
        return np.exp(self.log_variance(n) - shift)

    def half_life(self, *, typical: bool = False) -> float:
        r"""Generations until the expected (or the typical) variance has halved, without bias.

        Expected: $\log2/{-\log(1-1/M)}\approx M\log2$ for ddof = 0, never for ddof = 1. Typical:
        the same with $E\log$, about 0.35 M and 0.69 (M - 1). Source: docs/theory.md §1.5.

        >>> Replace(samples=100, ddof=1).half_life()
        inf
        >>> round(Replace(samples=100).half_life(typical=True), 1)
        34.3
        """
        size = check_whole("samples", self.samples, least=2)
        if typical:
            return math.log(2) / -float(_drift(np.array(float(size)), self.ddof))
        return math.inf if self.ddof else math.log(2) / -math.log1p(-1 / size)

    def exceedance(self, n: Generations, *, limit: float) -> Floats:
        r"""The probability that $s_n>\epsilon\sigma_0$, by the lognormal overlay.

        $\Phi\big((m_n-2\log\epsilon)/d_n\big)$ with the exact mean $m_n$ and standard deviation
        $d_n$ of $\log s_n^2$. A sum of n independent log chi-squares: the normal law is good to
        0.02 once n(M-1) is at least 50, below which it raises.

        Args:
            n: generation, or an array of them.
            limit: $\epsilon$, in units of the true standard deviation.

        Raises:
            BadSetting: a value outside its range, or n(M-1) below 50.

        Source: docs/theory.md §1.7.

        >>> round(float(Replace(samples=10, ddof=1).exceedance(100, limit=0.1)), 3)
        0.083
        """
        generation, epsilon = check_generations(n, least=1), check_positive("limit", limit)
        size = check_whole("samples", self.samples, least=3)
        if generation.min() * (size - 1) < 50:
            raise BadSetting(
                "the lognormal overlay needs generations × (samples - 1) of at least 50; "
                f"got {int(generation.min()) * (size - 1)}. Simulate, or ask for a later generation"
            )
        away = self.log_variance(generation) - 2 * math.log(epsilon)
        return special.ndtr(away / self.log_variance_sd(generation))

    def exceedance_bound(self, n: Generations, *, limit: float, simple: bool = False) -> Floats:
        r"""An upper bound on the probability that $s_n>\epsilon\sigma_0$, for ddof = 1.

        Markov's inequality for $E[s_n]=c_4^n$, or with the bound $c_4(M)\le e^{-1/(4M)}$
        (`simple`): $\min(1,\epsilon^{-1}e^{-n/(4M)})$. True for every n and M, and loose: 0.82
        where the probability is 0.083.

        Source: Suresh, Thangaraj and Khandavally 2024; docs/theory.md §1.7.

        >>> chain = Replace(samples=10, ddof=1)
        >>> [round(float(chain.exceedance_bound(100, limit=0.1, simple=s)), 2) for s in (0, 1)]
        [0.63, 0.82]
        """
        if not self.ddof:
            raise BadSetting("the bound is for the unbiased divisor: ddof must be 1")
        size, epsilon = float(check_whole("samples", self.samples, least=2)), limit
        rate = -1 / (4 * size) if simple else float(_log_c4(np.array(size), 1))
        bound = np.exp(check_generations(n) * rate) / check_positive("limit", epsilon)
        return np.minimum(1.0, bound)

    def determinant(self, n: Generations, *, dimensions: int) -> Floats:
        r"""$E[\det\Sigma_n]/\det\Sigma_0$ in d dimensions.

        $\prod_k\prod_{i=1}^d(M_k-i)/(M_k-\mathrm{ddof})$: volume dies about d(d+1)/2 times as fast
        as variance, for either divisor when d > 1. Exact, without bias: the determinant of a
        Wishart matrix is a product of independent chi-squares.

        Source: docs/theory.md §1.8.

        >>> round(float(Replace(samples=20).determinant(5, dimensions=3)), 4)
        0.2027
        """
        sizes, ranks = self._sizes(n), np.arange(1, dimensions + 1)[:, None]
        if np.min(sizes, initial=np.inf) <= dimensions:
            raise BadSetting("samples must exceed dimensions, or the fit is singular")
        steps = np.log((sizes - ranks) / (sizes - self.ddof)).sum(0)
        return np.exp(self._summed(n, steps, bias=dimensions))

    def inflation(self, n: Generations) -> Floats | Unavailable:
        if not self._unbiased:
            return Unavailable("a biased sampler has a bias that the inflation constant leaves out")
        sizes = self._sizes(n).astype(int).tolist()
        return inflation.Growing(sizes).after(n)

    def smallest(self, last: int) -> int:
        return int(self._sizes(last).min())

    def volume(self, n: Generations, dimensions: int) -> Columns:
        return {"determinant": self.determinant(n, dimensions=dimensions)}

    def columns(self, n: Times) -> Columns:
        few = Unavailable("the median's approximation needs at least 3 samples")
        return {
            **super().columns(n),
            "log_variance_sd": self.log_variance_sd(n),
            "median_variance": few if self.smallest(len(n)) < 3 else self.median_variance(n),
        }

    @property
    def _unbiased(self) -> bool:
        return bool(np.all(np.asarray(self.sampling_bias) == 1))

    def _sizes(self, n: Generations) -> Array:
        """The sizes of generations 1 to the last of `n`."""
        last = int(check_generations(n).max())
        return each_generation(
            "samples", self.samples, last, lambda m: check_whole("samples", m, least=2)
        )

    def _biases(self, n: Generations) -> Array:
        def check(bias: float) -> float:
            return check_share("sampling_bias", bias, zero=False)

        return each_generation("sampling_bias", self.sampling_bias, int(np.max(n)), check)

    def _summed(self, n: Generations, steps: Array, *, bias: float) -> Floats:
        """Steps of a logarithm up to n, and `bias` times those of the sampling bias."""
        return summed(n, steps + bias * np.log(self._biases(n)))


@dataclass(frozen=True, kw_only=True)
class Growing(Replace):
    """Replacement by ever larger samples.

    Args:
        samples: of the first generation; or of each of them, without `growth`.
        growth: the ratio of successive sizes; without it sizes are M, 2M, 3M…
    """

    growth: float | None = None

    def __post_init__(self) -> None:
        if self.growth is not None and not isinstance(self.samples, int):
            raise BadSetting("sizes of each generation belong to replace or growing, not to growth")
        super().__post_init__()

    def _sizes(self, n: Generations) -> Array:
        if isinstance(self.samples, Sequence | np.ndarray):
            return super()._sizes(n)
        first = check_whole("samples", self.samples, least=2)
        steps = np.arange(int(check_generations(n).max()))
        if self.growth is None:
            return np.asarray(first * (steps + 1.0))
        ratio = check_positive("growth", self.growth)
        try:
            return np.array([max(2, round(first * ratio**k)) for k in steps.tolist()], dtype=float)
        except OverflowError:
            raise BadSetting(
                f"growth {self.growth:g} over {len(steps)} generations is too large to count"
            ) from None


def _log_c4(sizes: Array, ddof: int) -> Array:
    r"""$\log E[s]$ of a sample from N(0, 1); with ddof = 1 the logarithm of $c_4(M)$."""
    ratio = special.gammaln(sizes / 2) - special.gammaln((sizes - 1) / 2)
    return np.asarray(0.5 * np.log(2 / (sizes - ddof)) + ratio)


def _drift(sizes: Array, ddof: int) -> Array:
    r"""$E[\log s^2]$ of a sample from N(0, 1): $\psi((M-1)/2)-\log((M-\mathrm{ddof})/2)$."""
    return np.asarray(special.digamma((sizes - 1) / 2) - np.log((sizes - ddof) / 2))
