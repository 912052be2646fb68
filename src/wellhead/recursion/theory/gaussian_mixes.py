r"""A Gaussian refitted each generation to its own samples mixed with real data: exact moments.

Not the family of Gaussian mixtures: a mixture of origins. Each class follows from one linear
recursion in $(E[(\mu_n-\mu_0)^2],E[s_n^2])$ = (e, v), in units of the true variance; `limit` is
its stationary state. docs/theory.md §4.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory import inflation
from wellhead.recursion.theory.chain import Columns, Unavailable
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.gaussian import GaussianChain, Moments
from wellhead.recursion.theory.generations import (
    Array,
    Floats,
    Generations,
    Times,
    check_generations,
    each_generation,
)
from wellhead.recursion.theory.ranges import check_share, counted
from wellhead.recursion.theory.shares import Shares

__all__ = ["ChangingShare", "FixedOriginal", "FreshReal", "GoldenRatio", "Mix", "SyntheticAdded"]


class LinearStep(NamedTuple):
    """One generation: (e, v) becomes step @ (e, v) + drive."""

    step: Array  # shape (2, 2)
    drive: Array  # shape (2,)

    @classmethod
    def of_rows(cls, error: Sequence[float], second: Sequence[float], divisor: float) -> LinearStep:
        """From the coefficients of (e, v, 1) in e' and in e' + v', v' times `divisor`."""
        rows = np.array([error, divisor * (np.array(second) - np.array(error))])
        return cls(rows[:, :2], rows[:, 2])

    @property
    def stationary(self) -> Moments:
        if max(abs(np.linalg.eigvals(self.step))) >= 1:
            raise BadSetting(
                "this mix has no stationary state: with so few real samples the unbiased divisor "
                "lets the variance grow. Use ddof=0, or a larger real share"
            )
        error, variance = np.linalg.solve(np.eye(2) - self.step, self.drive)
        return Moments(variance, error)


@dataclass(frozen=True, kw_only=True)
class Mix(GaussianChain):
    """A chain with real data in every generation."""

    why: ClassVar[str] = (
        "with real data mixed in, the variance is no product of independent factors"
    )

    @property
    @abstractmethod
    def limit(self) -> Moments:
        """The moments after very many generations."""

    def _path(self, n: Generations, step: LinearStep, *start: tuple[float, float]) -> Moments:
        """Moments from those of the first generations, each of the later ones by `step`."""
        generation = check_generations(n)
        path = np.empty((max(int(generation.max()) + 1, len(start)), 2))
        path[: len(start)] = start
        for t in range(len(start), len(path)):
            path[t] = step.step @ path[t - 1] + step.drive
        return Moments(path[generation, 1], path[generation, 0])


@dataclass(frozen=True, kw_only=True)
class FreshReal(Mix):
    r"""Every generation is fitted to aM fresh real and (1-a)M synthetic samples.

    aM is rounded to a whole number, as the laboratory does: `effective_share` is the share that
    the formulas use. A share that rounds to none raises.

    Args:
        samples: M, at least 2.
        ddof: 0 divides by M, 1 by M - 1.
        real_share: a in [0, 1].
        sampling_bias: $\lambda$ in (0, 1], from the first generation on, or one factor for
            each generation; with 1 for the first, real data start the chain.
        independent: each sample is real with probability a, instead of exactly aM of them.
        detector: filters both kinds until M samples are kept; they are then independent.
    """

    real_share: float
    sampling_bias: float | Sequence[float] = 1.0
    independent: bool = False
    detector: Detector | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("real_share", self.real_share)
        if not self._by_chance:
            counted(self.real_share, self.samples)

    @property
    def effective_share(self) -> float:
        """a as a whole number of samples, or as a chance, and after the detector."""
        if self.detector is not None:
            return self.detector.effective_share(self.real_share)
        if self.independent:
            return self.real_share
        return counted(self.real_share, self.samples) / self.samples

    @property
    def _by_chance(self) -> bool:
        return self.independent or self.detector is not None

    def moments(self, n: Generations) -> Moments:
        r"""$e'=\frac aM+(1-a)^2e+(1-a)\frac{\lambda v}M$ and what is left of the second moment.

        $v'=\frac M{M-\mathrm{ddof}}[a+(1-a)(\lambda v+e)-e']$, from e = 0, v = 1. Independent:
        the square of (1-a) in e' becomes $(1-a)^2+a(1-a)/M$, because the number of real samples
        varies.

        Source: Alemohammad et al. 2024 (fresh data loop, $\lambda$); docs/theory.md §4.1.

        >>> biased = FreshReal(samples=100, real_share=0, sampling_bias=0.9)
        >>> round(float(biased.moments(20).variance), 5)
        0.09944
        """
        generation = check_generations(n)
        biases = self._biases(int(generation.max())).tolist()
        steps = {bias: self._step(bias) for bias in {*biases}}
        path = np.array([(0.0, 1.0)] * (len(biases) + 1))
        for t, bias in enumerate(biases):
            path[t + 1] = steps[bias].step @ path[t] + steps[bias].drive
        return Moments(path[generation, 1], path[generation, 0])

    @property
    def limit(self) -> Moments:
        r"""Without bias and with ddof = 0: $v^*=1-e^*$, $e^*=\frac1M/(1-(1-a)^2+(1-a)/M)$.

        $\frac1M/(1-(1-a)^2(1-1/M))$ for independent samples. With bias and large M,
        $v^*\to a/(1-(1-a)\lambda)$. The share must be above 0. Source: docs/theory.md §4.1.

        >>> round(float(FreshReal(samples=20, real_share=0.1).limit.variance), 4)
        0.7872
        """
        check_share("real_share", self.effective_share, zero=False)
        return self._step(float(self._biases(1)[0])).stationary

    def inflation(self, n: Generations) -> Floats | Unavailable:
        if np.any(np.asarray(self.sampling_bias) != 1):
            return Unavailable("a biased sampler has a bias that the inflation constant leaves out")
        return inflation.FreshReal(self.effective_share).after(n)

    def columns(self, n: Times) -> Columns:
        return {**super().columns(n), "real_share": self.effective_share}

    def _biases(self, last: int) -> Array:
        def check(bias: float) -> float:
            return check_share("sampling_bias", bias, zero=False)

        return each_generation("sampling_bias", self.sampling_bias, last, check)

    def _step(self, bias: float) -> LinearStep:
        size, a = self.samples, self.effective_share
        kept = (1 - a) ** 2 + (a * (1 - a) / size if self._by_chance else 0.0)
        return LinearStep.of_rows(
            error=(kept, (1 - a) * bias / size, a / size),
            second=((1 - a), (1 - a) * bias, a),
            divisor=size / (size - self.ddof),
        )


@dataclass(frozen=True, kw_only=True)
class ChangingShare(Mix):
    r"""Generation n is fitted to aM fresh real and (1-a)M synthetic samples, a its own.

    The first fit is on real samples, the n-th takes the (n-1)th of the shares. Each aM is rounded
    to a whole number, as the laboratory does. A share that rounds to none raises.

    Args:
        samples: M, at least 2, the same throughout.
        ddof: 0 divides by M, 1 by M - 1.
        shares: the share of generations 2, 3, …; the last one goes on.
        machine_growth: factor by which machine samples grow against real ones after those.
    """

    shares: Sequence[float]
    machine_growth: float = 1.0

    @property
    def course(self) -> Shares:
        """The shares as they were asked for."""
        return Shares(tuple(self.shares), self.machine_growth)

    def _counted(self, last: int) -> list[float]:
        """The shares of generations 1 to `last`, as whole numbers of samples."""
        later = self.course.upto(last - 1)
        return [1.0, *(counted(a, self.samples) / self.samples for a in later)][:last]

    def moments(self, n: Generations) -> Moments:
        r"""The step of `FreshReal`, with another share in each generation.

        Source: docs/theory.md §4.1.

        >>> same = ChangingShare(samples=20, shares=[0.1]).moments(9).variance
        >>> bool(same == FreshReal(samples=20, real_share=0.1).moments(9).variance)
        True
        """
        generation = check_generations(n)
        path = np.array([(0.0, 1.0)] * (int(generation.max()) + 1))
        for t, a in enumerate(self._counted(len(path) - 1)):
            step = FreshReal(samples=self.samples, ddof=self.ddof, real_share=a)._step(1.0)
            path[t + 1] = step.step @ path[t] + step.drive
        return Moments(path[generation, 1], path[generation, 0])

    @property
    def limit(self) -> Moments:
        """That of the last share; growth of machine samples has none."""
        if self.machine_growth != 1:
            raise BadSetting("a share that goes on changing has no stationary state")
        return FreshReal(samples=self.samples, ddof=self.ddof, real_share=self.shares[-1]).limit

    def inflation(self, n: Generations) -> Floats:
        shares = self._counted(int(check_generations(n, least=1).max()))
        return inflation.ChangingShare(Shares((*shares[1:], shares[-1]))).after(n)

    def columns(self, n: Times) -> Columns:
        shares = self._counted(int(check_generations(n, least=1).max()))
        return {**super().columns(n), "real_share": np.array(shares)[np.asarray(n) - 1]}


def _originals(size: float, kept: float, ddof: int) -> LinearStep:
    """The step of (e, v) about the mean of `kept` originals among `size` samples."""
    a = kept / size
    return LinearStep.of_rows(
        error=((1 - a) ** 2, (1 - a) / size, 0.0),
        second=((1 - a), (1 - a), a * (1 - 1 / kept)),
        divisor=size / (size - ddof),
    )


@dataclass(frozen=True, kw_only=True)
class FixedOriginal(Mix):
    r"""The same aM real samples are in every generation's M samples.

    The first fit is on M real samples, of which aM are kept, rounded to a whole number as the
    laboratory does. A share that rounds to none raises.

    Args:
        samples: M, at least 2.
        ddof: 0 divides by M, 1 by M - 1.
        real_share: a in (0, 1].
    """

    real_share: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("real_share", self.real_share, zero=False)
        counted(self.real_share, self.samples)

    @property
    def effective_share(self) -> float:
        """a, as a whole number of samples."""
        return self._kept / self.samples

    def moments(self, n: Generations) -> Moments:
        r"""About the real set's own mean r: $u'=\mu'-r$ has $E u'^2=(1-a)^2Eu^2+(1-a)v/M$.

        $v'+Eu'^2=a(1-\frac1{aM})+(1-a)(v+Eu^2)$ (times M/(M-ddof) for v').

        Source: Shumailov et al. 2024 (10 % of the original data kept); docs/theory.md §4.2.

        >>> m = FixedOriginal(samples=100, real_share=0.1).moments(500)
        >>> round(float(m.variance), 4), round(float(m.mean_square_error), 4)
        (0.8593, 0.1407)
        """
        about = self._path(n, self._step, (1 / self._kept, 1.0))
        # Twice the covariance of the kept mean with the fit's distance from it.
        cross = -2 * (1 - self.effective_share) ** check_generations(n).astype(float) / self._kept
        return Moments(about.variance, 1 / self._kept + cross + about.mean_square_error)

    @property
    def limit(self) -> Moments:
        r"""With ddof = 0: $v^*=(1-\frac1{aM})-e'$, $E[(\mu-\mu_0)^2]=\frac1{aM}+e'$.

        $e'=\frac{(1-a)(1-1/aM)/M}{1-(1-a)^2+(1-a)/M}$. Source: docs/theory.md §4.2.

        >>> round(float(FixedOriginal(samples=100, real_share=0.1).limit.variance), 4)
        0.8593
        """
        about = self._step.stationary
        return Moments(about.variance, 1 / self._kept + about.mean_square_error)

    def inflation(self, n: Generations) -> Floats:
        return inflation.FixedOriginal(self.effective_share).after(n)

    def columns(self, n: Times) -> Columns:
        return {**super().columns(n), "real_share": self.effective_share}

    @property
    def _kept(self) -> int:
        return counted(self.real_share, self.samples)

    @property
    def _step(self) -> LinearStep:
        return _originals(self.samples, self._kept, self.ddof)


@dataclass(frozen=True, kw_only=True)
class SyntheticAdded(Mix):
    """M original samples stay, and each generation adds M(1-a)/a synthetic ones.

    The synthetic part is drawn anew from the last fit. The first fit is on the originals alone.

    Args:
        samples: M, the number of originals, at least 2.
        ddof: 0 divides by the number of samples, 1 by one less.
        real_share: a in (0, 1], the share of originals in the whole.
    """

    real_share: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("real_share", self.real_share, zero=False)

    def moments(self, n: Generations) -> Moments:
        """The recursion of `FixedOriginal` with M/a samples, from the originals' own moments.

        Source: Bertrand et al. 2024 (the regime); docs/theory.md §4.3.

        >>> m = SyntheticAdded(samples=100, real_share=0.5).moments(50)
        >>> round(float(m.mean_square_error), 4)
        0.0133
        """
        size = self.samples
        first = (0.0, (size - 1) / (size - self.ddof))
        about = self._path(n, self._step, (-1 / size, 1.0), first)
        return Moments(about.variance, about.mean_square_error + 1 / size)

    @property
    def limit(self) -> Moments:
        """The stationary state. Source: docs/theory.md §4.3.

        >>> round(float(SyntheticAdded(samples=100, real_share=0.5).limit.variance), 4)
        0.9867
        """
        about = self._step.stationary
        return Moments(about.variance, about.mean_square_error + 1 / self.samples)

    def inflation(self, n: Generations) -> Floats:
        return inflation.SyntheticAdded(self.real_share).after(n)

    @property
    def _step(self) -> LinearStep:
        return _originals(self.samples / self.real_share, self.samples, self.ddof)


@dataclass(frozen=True, kw_only=True)
class GoldenRatio(Mix):
    """M fresh real and M synthetic samples are fitted with weights w and 1-w.

    Args:
        samples: M real samples, and M synthetic ones, at least 2.
        ddof: 0, for weighted maximum likelihood.
        real_weight: w in (0, 1].
    """

    real_weight: float = inflation.GOLDEN_WEIGHT

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("real_weight", self.real_weight, zero=False)
        if self.ddof:
            raise BadSetting("golden-ratio is weighted maximum likelihood: ddof must be 0")

    def moments(self, n: Generations) -> Moments:
        r"""$e'=\frac{w^2}M+(1-w)^2(e+\frac vM)$, $v'=1-e'$; the first fit is on M real samples.

        The stationary error, to leading order $\frac{w^2+(1-w)^2}{1-(1-w)^2}\frac1M$, is least at
        w = 0.618, where it is 0.618/M: better than real data alone.

        Source: He, Xu and Cheng 2025; docs/theory.md §4.4.

        >>> round(1000 * float(GoldenRatio(samples=1000).moments(50).mean_square_error), 3)
        0.618
        """
        first = (1 / self.samples, 1 - 1 / self.samples)
        return self._path(n, self._step, (0.0, 1.0), first)

    @property
    def limit(self) -> Moments:
        """The stationary state. Source: docs/theory.md §4.4.

        >>> round(1000 * float(GoldenRatio(samples=1000).limit.mean_square_error), 3)
        0.618
        """
        return self._step.stationary

    def inflation(self, n: Generations) -> Floats:
        return inflation.GoldenRatio(self.real_weight).after(n)

    @property
    def _step(self) -> LinearStep:
        size, w = self.samples, self.real_weight
        return LinearStep.of_rows(
            error=((1 - w) ** 2, (1 - w) ** 2 / size, w**2 / size),
            second=(1 - w, 1 - w, w),
            divisor=1.0,
        )
