r"""How much recursion inflates the error of any regular estimator: the constants $\kappa$.

Excess risk after n generations = $\kappa_n$ × the excess risk of one round on M real samples. One
class a regime: `after(n)` is $\kappa_n$ (n counts fits), `limit` what it goes to. Leading order in
1/M for estimators that are asymptotically linear (maximum likelihood in a parametric family):
valid while $\kappa_n/M$ times the number of parameters is small. Large language models are not in
that regime; for them the order of the constants is orientation only. Derivation: docs/theory.md §5.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wellhead.recursion.theory.generations import (
    Floats,
    Generations,
    check_generations,
    each_generation,
    summed,
)
from wellhead.recursion.theory.ranges import check_positive, check_share, check_whole
from wellhead.recursion.theory.shares import Shares

__all__ = [
    "GOLDEN_WEIGHT",
    "Accumulate",
    "AccumulateSubsample",
    "ChangingShare",
    "FixedOriginal",
    "FreshReal",
    "GoldenRatio",
    "Growing",
    "Inflation",
    "Replace",
    "SyntheticAdded",
    "best_real_weight",
]

#: The weight of fresh real data that minimises the error at equal sizes, 1/φ.
GOLDEN_WEIGHT = (math.sqrt(5) - 1) / 2


class Inflation(ABC):
    """The inflation constant of one regime."""

    @abstractmethod
    def after(self, n: Generations) -> Floats:
        """The constant after n fits, n at least 1."""

    @property
    def limit(self) -> float:
        """Its limit; infinity where every generation adds to the error."""
        return math.inf


@dataclass(frozen=True)
class Replace(Inflation):
    """Every generation is trained on the last one's output alone. No limit."""

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=n$: every generation adds one round's error.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5.

        >>> int(Replace().after(7))
        7
        """
        return check_generations(n, least=1).astype(float)


@dataclass(frozen=True)
class Growing(Inflation):
    """Replacement by ever larger samples. No limit.

    Args:
        sizes: the sample size of each generation; None means M, 2M, 3M…
    """

    sizes: Sequence[int] | None = None

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=\sum_kM_1/M_k$; with sizes M, 2M, 3M… it is the harmonic number $H_n$.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5.

        >>> round(float(Growing().after(4)), 4)
        2.0833
        """
        last = int(check_generations(n, least=1).max())
        sizes = range(1, last + 1) if self.sizes is None else self.sizes
        path = each_generation("sizes", sizes, last, lambda m: check_whole("sizes", m, least=1))
        return summed(n, path[0] / path)


@dataclass(frozen=True)
class Accumulate(Inflation):
    """Every generation is trained on everything so far."""

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=\sum_{k\le n}1/k^2$. Source: Gerstgrasser et al. 2024.

        >>> round(float(Accumulate().after(2)), 2)
        1.25
        """
        k = np.arange(1.0, check_generations(n, least=1).max() + 1)
        return summed(n, 1 / k**2)

    @property
    def limit(self) -> float:
        r"""$\pi^2/6=1.645$."""
        return math.pi**2 / 6


@dataclass(frozen=True)
class AccumulateSubsample(Inflation):
    """Every generation is trained on a fixed number drawn from everything so far."""

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=1+\sum_{t<n}\frac{2-1/t}{(t+1)^2}+1-\frac1n$.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5.

        >>> round(float(AccumulateSubsample().after(40)), 3)
        2.861
        """
        generation = check_generations(n, least=1)
        t = np.arange(1.0, generation.max())
        return 2 - 1 / generation + summed(generation - 1, (2 - 1 / t) / (t + 1) ** 2)

    @property
    def limit(self) -> float:
        r"""$\frac{\pi^2}2-2=2.935$."""
        return math.pi**2 / 2 - 2


@dataclass(frozen=True)
class FreshReal(Inflation):
    """New real data are the share a of every generation's training data.

    With a detector in the loop put its `effective_share` for a. a = 0 is `Replace`.
    """

    real_share: float

    def __post_init__(self) -> None:
        check_share("real_share", self.real_share)

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=\frac{1-(1-a)^{2n}}{a(2-a)}$.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5.

        >>> round(float(FreshReal(0.1).after(2)), 2)
        1.81
        """
        a = self.real_share
        if a == 0:
            return Replace().after(n)
        return _powers_gone(a, 2.0 * check_generations(n, least=1)) / (a * (2 - a))

    @property
    def limit(self) -> float:
        r"""$\frac1{a(2-a)}$."""
        return 1 / (self.real_share * (2 - self.real_share)) if self.real_share else math.inf


@dataclass(frozen=True)
class ChangingShare(Inflation):
    """Fresh real data whose share, and the size with it, changes from generation to generation.

    Args:
        shares: the course; the first fit is on real data, fit n on training set n - 1.
    """

    shares: Shares

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=\frac1{m_{n-1}}+(1-a_{n-1})^2\kappa_{n-1}$ from $\kappa_1=1$.

        $a_k$ and $m_k$ are the share and the relative size of the k-th training set after the
        first. Raises `BadSetting` outside its range. Source: docs/theory.md §5.

        >>> ChangingShare(Shares((0.5, 0.1))).after([1, 2, 3]).tolist()
        [1.0, 1.25, 2.0125]
        """
        generation = check_generations(n, least=1)
        path = np.ones(int(generation.max()))
        for k in range(1, len(path)):
            kept = (1 - self.shares.at(k)) ** 2
            path[k] = 1 / self.shares.size_at(k) + kept * path[k - 1]
        return path[generation - 1]

    @property
    def limit(self) -> float:
        """That of the last share and size where they stay; else of nothing but one kind of text."""
        shares, beyond = self.shares, len(self.shares.values)
        last = shares.at(beyond)
        if shares.growth != 1 and last not in (0.0, 1.0):
            last = 0.0 if shares.growth > 1 else 1.0
        constant = FreshReal(last).limit if last else math.inf
        return constant / shares.size_at(beyond)


@dataclass(frozen=True)
class FixedOriginal(Inflation):
    """The same original data are the share a of every generation's training data.

    a = 0 is `Replace`: there are none.
    """

    real_share: float

    def __post_init__(self) -> None:
        check_share("real_share", self.real_share)

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=\frac{1-2(1-a)^n}a+\epsilon_n$.

        $\epsilon_n=(1-a)^2\epsilon_{n-1}+(1-a)$, $\epsilon_0=1/a$, in closed form
        $\epsilon^*+(1-a)^{2n}(1/a-\epsilon^*)$ with $\epsilon^*=\frac{1-a}{a(2-a)}$.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5.

        >>> round(float(FixedOriginal(0.1).after(2)), 2)
        1.99
        """
        a, generation = self.real_share, check_generations(n, least=1).astype(float)
        if a == 0:
            return Replace().after(n)
        # The same, arranged so that nothing cancels when the share is small.
        own = _powers_gone(a, generation) ** 2 / a
        return own + self._rest * _powers_gone(a, 2 * generation)

    @property
    def limit(self) -> float:
        r"""$\frac1a+\frac{1-a}{a(2-a)}$."""
        return 1 / self.real_share + self._rest if self.real_share else math.inf

    @property
    def _rest(self) -> float:
        return (1 - self.real_share) / (self.real_share * (2 - self.real_share))


@dataclass(frozen=True)
class SyntheticAdded(Inflation):
    """M originals stay, M(1-a)/a synthetic samples of the last model join them.

    Relative to one round on the M originals. Not monotone in a: with ever more synthetic samples
    each generation repeats the last, errors included, and adds little. a = 0 is that limit.
    """

    real_share: float

    def __post_init__(self) -> None:
        check_share("real_share", self.real_share)

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=1+\frac{1-a}{2-a}(1-(1-a)^{2(n-1)})$, never above 1.5.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5.

        >>> round(float(SyntheticAdded(0.5).after(2)), 3)
        1.25
        """
        before = 2.0 * (check_generations(n, least=1) - 1)
        return 1 + (self.limit - 1) * _powers_gone(self.real_share, before)

    @property
    def limit(self) -> float:
        r"""$1+\frac{1-a}{2-a}$."""
        return 1 + (1 - self.real_share) / (2 - self.real_share)


@dataclass(frozen=True)
class GoldenRatio(Inflation):
    r"""M fresh real samples with weight w, $\rho M$ synthetic ones with weight 1-w.

    At the best weight below 1: better than real data alone.

    Args:
        real_weight: w in (0, 1].
        synthetic_ratio: $\rho$, synthetic samples per real one, above 0.
    """

    real_weight: float = GOLDEN_WEIGHT
    synthetic_ratio: float = 1.0

    def __post_init__(self) -> None:
        check_share("real_weight", self.real_weight, zero=False)
        check_positive("synthetic_ratio", self.synthetic_ratio)

    def after(self, n: Generations) -> Floats:
        r"""$\kappa_n=w^2+(1-w)^2(\kappa_{n-1}+1/\rho)$ from $\kappa_1=1$.

        Raises `BadSetting` outside its range. Source: He, Xu and Cheng 2025; docs/theory.md
        §4.4, §5.

        >>> round(float(GoldenRatio().after(2)), 3)
        0.674
        """
        generation = check_generations(n, least=1)
        gone = (1 - self.real_weight) ** (2.0 * (generation - 1))
        return self.limit + (1 - self.limit) * gone

    @property
    def limit(self) -> float:
        r"""$\frac{w^2+(1-w)^2/\rho}{1-(1-w)^2}$."""
        rest = (1 - self.real_weight) ** 2
        return (self.real_weight**2 + rest / self.synthetic_ratio) / (1 - rest)


def best_real_weight(synthetic_ratio: float = 1.0) -> float:
    r"""The weight of real data that minimises `GoldenRatio`: $2/(1+\sqrt{1+4\rho})$.

    The least limit equals this weight. At equal sizes it is the reciprocal of the golden
    ratio. Source: He, Xu and Cheng 2025; docs/theory.md §4.4.

    >>> round(best_real_weight(), 4)
    0.618
    """
    return 2 / (1 + math.sqrt(1 + 4 * check_positive("synthetic_ratio", synthetic_ratio)))


def _powers_gone(a: float, exponent: Floats) -> Floats:
    """1 - (1-a)^exponent without cancellation for small a."""
    if a == 1:
        return np.where(np.asarray(exponent) > 0, 1.0, 0.0)[()]
    return -np.expm1(exponent * math.log1p(-a))
