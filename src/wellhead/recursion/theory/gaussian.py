r"""A Gaussian refitted again and again: what every regime's chain can be asked.

Generation n is what n fits have made of the truth $N(\mu_0,\sigma_0^2)$; generation 0 is the
truth. Expectations run over repetitions of the whole chain, lengths are in units of $\sigma_0$.
`gaussian_replace`, `gaussian_pools` and `gaussian_mixes` hold the regimes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory.chain import Columns, Unavailable
from wellhead.recursion.theory.generations import Floats, Generations, Times
from wellhead.recursion.theory.ranges import check_ddof, check_whole

__all__ = ["GaussianChain", "Moments", "Multivariate", "ProductChain"]


class Moments(NamedTuple):
    """Expected moments of a fit, in units of the true variance."""

    variance: Floats
    mean_square_error: Floats


@dataclass(frozen=True, kw_only=True)
class GaussianChain(ABC):
    """The fits of a Gaussian under one regime.

    Args:
        samples: M, per generation, at least 2.
        ddof: a fit to M samples divides by M - ddof: 0 is maximum likelihood, 1 unbiased.
    """

    samples: int
    ddof: int = 0

    why: ClassVar[str]  # there is no closed form beyond two moments
    approximate: ClassVar[Mapping[str, str]] = {"inflation": "first order"}

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, least=2)
        check_ddof(self.ddof)

    @abstractmethod
    def moments(self, n: Generations) -> Moments:
        """Both moments at generation n, or at an array of them; 0 is the truth."""

    @abstractmethod
    def inflation(self, n: Generations) -> Floats | Unavailable:
        """The leading-order constant of the error (see `inflation`), n at least 1."""

    def variance(self, n: Generations) -> Floats:
        """The expected fitted variance, $E[s_n^2]$."""
        return self.moments(n).variance

    def mean_square_error(self, n: Generations) -> Floats:
        r"""How far the mean has walked, $E[(\mu_n-\mu_0)^2]$."""
        return self.moments(n).mean_square_error

    def marginal_variance(self, n: Generations) -> Floats:
        r"""The variance over chains of one draw from the n-th fit: the sum of both moments."""
        return self.variance(n) + self.mean_square_error(n)

    def smallest(self, last: int) -> int:
        """The fewest samples that a generation up to `last` is fitted to."""
        return self.samples

    def volume(self, n: Generations, dimensions: int) -> Columns:
        """The expected determinant in several dimensions, where it is known."""
        return {}

    def columns(self, n: Times) -> Columns:
        why = Unavailable(self.why)
        return {
            **self.moments(n)._asdict(),
            "wasserstein2_squared": why,
            "log_variance": why,
            "kl": why,
            "inflation": self.inflation(n),
        }


@dataclass(frozen=True, kw_only=True)
class ProductChain(GaussianChain):
    """A chain whose variance is a product of independent factors: roots and logs are known."""

    @abstractmethod
    def standard_deviation(self, n: Generations) -> Floats:
        """The expected fitted standard deviation, $E[s_n]$."""

    @abstractmethod
    def log_variance(self, n: Generations) -> Floats:
        r"""$E[\log s_n^2/\sigma_0^2]$."""

    def wasserstein2_squared(self, n: Generations) -> Floats:
        r"""The expected squared Wasserstein-2 distance between the n-th fit and the truth.

        $E[(\mu_n-\mu_0)^2]+E[s_n^2]-2\sigma_0E[s_n]+\sigma_0^2$.
        """
        return self.marginal_variance(n) - 2 * self.standard_deviation(n) + 1

    def kl_divergence(self, n: Generations) -> Floats:
        r"""The expected Kullback-Leibler divergence of the n-th fit from the truth, in nats.

        $E\,\mathrm{KL}(N_n\|N_0)=\tfrac12(E[s_n^2]+E[(\mu_n-\mu_0)^2]-1-E[\log s_n^2])$.
        """
        return (self.marginal_variance(n) - 1 - self.log_variance(n)) / 2

    def columns(self, n: Times) -> Columns:
        return {
            **self.moments(n)._asdict(),
            "wasserstein2_squared": self.wasserstein2_squared(n),
            "standard_deviation": self.standard_deviation(n),
            "log_variance": self.log_variance(n),
            "kl": self.kl_divergence(n),
            "inflation": self.inflation(n),
        }


@dataclass(frozen=True)
class Multivariate:
    r"""A Gaussian in d dimensions: fits, mixes and draws go through every projection unchanged.

    So every coordinate is the chain in one dimension, $E[\Sigma_n]$ is `variance` times
    $\Sigma_0$, and $E\|\mu_n-\mu_0\|^2$ that chain's error times the trace of $\Sigma_0$, which is
    d in units of the true variance. Distances have no closed form. Source: docs/theory.md §1.8.

    Args:
        coordinate: the chain of one coordinate.
        dimensions: d, below the number of samples of every generation, or a fit is singular.
    """

    coordinate: GaussianChain
    dimensions: int

    def __post_init__(self) -> None:
        check_whole("dimensions", self.dimensions, least=1, most=100_000)

    def moments(self, n: Generations) -> Moments:
        """The multiple of the true covariance, and the mean's square error over all dimensions."""
        least = self.coordinate.smallest(int(np.max(n)))
        if least <= self.dimensions:
            raise BadSetting(
                f"{least} samples cannot fit a covariance in {self.dimensions} dimensions: "
                "samples must exceed dimensions"
            )
        variance, error = self.coordinate.moments(n)
        return Moments(variance, error * self.dimensions)

    @property
    def approximate(self) -> Mapping[str, str]:
        return self.coordinate.approximate

    def columns(self, n: Times) -> Columns:
        roots = "needs the mean square roots of the covariance's eigenvalues"
        one = self.coordinate.columns(n)
        return {
            **self.moments(n)._asdict(),
            "wasserstein2_squared": Unavailable(roots),
            "kl": Unavailable("not derived in several dimensions"),
            **{name: one[name] for name in ("inflation", "real_share") if name in one},
            **self.coordinate.volume(n, self.dimensions),
        }
