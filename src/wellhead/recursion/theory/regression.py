r"""Linear regression relabelled by its own fits: excess risk after n generations.

Inputs x ~ N(0, I_d), labels $y=x^\top w+\sigma\epsilon$, T rows per round, ordinary least
squares. Out: $E\|w_n-w_0\|^2$, the excess test risk in squared units of y. Exact unless a
docstring says leading order. Derivation: docs/theory.md §6.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory import inflation
from wellhead.recursion.theory.chain import Columns
from wellhead.recursion.theory.generations import (
    Array,
    Floats,
    Generations,
    Times,
    check_generations,
    summed,
)
from wellhead.recursion.theory.ranges import check_positive, check_share, check_whole

__all__ = [
    "Accumulate",
    "AccumulateSubsample",
    "FreshReal",
    "Growing",
    "RegressionChain",
    "Replace",
    "strong_collapse_floor",
]


_LEADING = {"excess_risk": "first order", "inflation": "first order"}


@dataclass(frozen=True, kw_only=True)
class RegressionChain(ABC):
    r"""Least squares on labels of one's own, under one regime.

    Args:
        samples: T, rows per round, above d + 1.
        dimensions: d.
        noise: $\sigma$, the standard deviation of the label noise, in units of y.
    """

    samples: int
    dimensions: int = 10
    noise: float = 1.0

    approximate: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        width = check_whole("dimensions", self.dimensions, least=1)
        rows = check_whole("samples", self.samples, least=1)
        check_positive("noise", self.noise)
        if rows <= width + 1:
            raise BadSetting(
                f"least squares on {rows} rows in {width} dimensions has no finite expected risk; "
                f"samples must be at least {width + 2}"
            )

    @property
    def base(self) -> float:
        r"""The excess risk of one round, $\sigma^2d/(T-d-1)$: a mean inverse Wishart trace.

        Source: docs/theory.md §6.

        >>> Replace(samples=111, dimensions=10).base
        0.1
        """
        return self.noise**2 * self.dimensions / (self.samples - self.dimensions - 1)

    @abstractmethod
    def excess_risk(self, n: Generations) -> Floats:
        """The expected excess risk of fit n, at least 1."""

    def columns(self, n: Times) -> Columns:
        risk = self.excess_risk(n)
        return {"excess_risk": risk, "inflation": risk / self.base}

    def _rounds(self, n: Generations) -> Array:
        return np.arange(1.0, check_generations(n, least=1).max() + 1)

    def _leading(self) -> float:
        if self.samples < 10 * self.dimensions:
            raise BadSetting(
                f"this leading-order form needs at least 10 rows per dimension; got {self.samples} "
                f"rows for {self.dimensions} dimensions"
            )
        return self.base


@dataclass(frozen=True, kw_only=True)
class Replace(RegressionChain):
    """Every round is fitted to the labels of the last one alone.

    Args:
        same_inputs: every round relabels the same inputs, which changes nothing here.
    """

    same_inputs: bool = False

    def excess_risk(self, n: Generations) -> Floats:
        r"""base × n, the same whether the inputs stay or are drawn anew each round.

        Source: Dohmatob et al. 2024 (linear growth with n); docs/theory.md §6.1.

        >>> round(float(Replace(samples=111, dimensions=10).excess_risk(10)), 9)
        1.0
        """
        return self.base * inflation.Replace().after(n)


@dataclass(frozen=True, kw_only=True)
class Growing(RegressionChain):
    """Round i draws iT fresh rows."""

    def excess_risk(self, n: Generations) -> Floats:
        r"""$\sigma^2\sum_{i\le n}d/(iT-d-1)$, about base × log n.

        Raises `BadSetting` outside its range. Source: docs/theory.md §6.1.

        >>> round(float(Growing(samples=40, dimensions=5).excess_risk(8)), 4)
        0.3723
        """
        d = self.dimensions
        return self.noise**2 * summed(n, d / (self._rounds(n) * self.samples - d - 1))


@dataclass(frozen=True, kw_only=True)
class Accumulate(RegressionChain):
    """All rounds are kept.

    Args:
        same_inputs: every round relabels the same T inputs, as in the paper.
    """

    same_inputs: bool = False

    def excess_risk(self, n: Generations) -> Floats:
        r"""$\sigma^2d\sum_{k\le n}\frac1{k(kT-d-1)}$, bounded for every n.

        On the same inputs in every round it is base × $\sum1/k^2$.

        Source: Gerstgrasser et al. 2024 (same inputs); docs/theory.md §6.2 (fresh inputs).

        >>> round(float(Accumulate(samples=30, dimensions=5).excess_risk(20)), 4)
        0.315
        >>> same = Accumulate(samples=30, dimensions=5, same_inputs=True)
        >>> round(float(same.excess_risk(20)), 4)
        0.3325
        """
        if self.same_inputs:
            return self.base * inflation.Accumulate().after(n)
        k, d = self._rounds(n), self.dimensions
        return summed(n, self.noise**2 * d / (k * (k * self.samples - d - 1)))


@dataclass(frozen=True, kw_only=True)
class AccumulateSubsample(RegressionChain):
    """T rows are drawn from all rounds."""

    approximate: ClassVar[Mapping[str, str]] = _LEADING

    def excess_risk(self, n: Generations) -> Floats:
        r"""base × $\kappa_n$ of accumulate-subsample, leading order in d/T.

        Needs T of at least 10 d, where it is up to 10 % low; the error falls with d/T.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5, §6.

        >>> round(float(AccumulateSubsample(samples=111, dimensions=10).excess_risk(40)), 4)
        0.2861
        """
        return self._leading() * inflation.AccumulateSubsample().after(n)


@dataclass(frozen=True, kw_only=True)
class FreshReal(RegressionChain):
    """The share a of every round's rows is new, with true labels.

    Args:
        real_share: a in [0, 1].
    """

    real_share: float

    approximate: ClassVar[Mapping[str, str]] = _LEADING

    def excess_risk(self, n: Generations) -> Floats:
        r"""base × $\kappa_n$ for a share a of fresh real rows, leading order in d/T.

        Needs T of at least 10 d, where it is up to 10 % low; the error falls with d/T.

        Raises `BadSetting` outside its range. Source: docs/theory.md §5, §6.

        >>> chain = FreshReal(samples=400, dimensions=10, real_share=0.2)
        >>> round(float(chain.excess_risk(100)), 4)
        0.0714
        """
        return self._leading() * inflation.FreshReal(self.real_share).after(n)


def strong_collapse_floor(
    *, samples: int, dimensions: int, synthetic_share: float, shift: float, noise: float = 1.0
) -> float:
    r"""The excess risk of one fit on a mix: $\sigma^2\frac dn+p_2^2c^2+c^2p_2(1-p_2)\frac{d+1}n$.

    The second term does not fall with n: however much data, the share $p_2$ of labels from a
    model at distance c leaves a floor. The third is the chance of which rows those are. Leading
    order in d/n, the terms with c included: within 10 % for n of at least 20 (d + 1).

    Args:
        samples: n, all rows, real and synthetic.
        dimensions: d.
        synthetic_share: $p_2$ in [0, 1].
        shift: c, the distance $\|w_{synthetic}-w_0\|$, in units of y per unit of x.
        noise: $\sigma$.

    Source: Dohmatob et al. 2025 (strong model collapse); docs/theory.md §6.3.

    >>> round(strong_collapse_floor(samples=2000, dimensions=20, synthetic_share=0.5, shift=1), 4)
    0.2626
    """
    width = check_whole("dimensions", dimensions, least=1)
    distance2 = check_positive("shift", shift, zero=True) ** 2
    rows = check_whole("samples", samples, least=20 * (width + (distance2 > 0)))
    p = check_share("synthetic_share", synthetic_share)
    sampled = check_positive("noise", noise) ** 2 * width / rows
    return sampled + distance2 * (p**2 + p * (1 - p) * (width + 1) / rows)
