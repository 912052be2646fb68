r"""Symbols drawn and counted again and again (Wright-Fisher): diversity, survival, collapse.

M draws per generation from the last table of relative frequencies; p_0 are the true
probabilities. $H=1-\sum p_i^2$ is the heterozygosity, the chance that two draws differ.
Diversity and distance are exact for every M of at least 1. Survival is a branching approximation
for rare symbols, with the exact chain beside it. docs/theory.md §7.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wellhead.recursion.theory.chain import Columns
from wellhead.recursion.theory.generations import (
    Array,
    Floats,
    Generations,
    Times,
    check_generations,
    summed,
)
from wellhead.recursion.theory.ranges import (
    check_positive,
    check_probabilities,
    check_share,
    check_whole,
)

__all__ = [
    "Accumulate",
    "FreshReal",
    "Replace",
    "SymbolChain",
    "diversity",
    "entropy",
    "sharpened",
    "zipf_mandelbrot",
]

_MOST_EXACT = 3_000
_BRANCHING = {"surviving_symbols": "branching"}


def zipf_mandelbrot(symbols: int, *, exponent: float = 1.0, shift: float = 2.7) -> Array:
    r"""Probabilities proportional to $(r+\text{shift})^{-\text{exponent}}$ for ranks r = 1…K.

    Raises `BadSetting` outside its range. Source: Mandelbrot 1953 (the law).

    >>> round(float(zipf_mandelbrot(1000)[0]), 4)
    0.0471
    """
    ranks = np.arange(1, check_whole("symbols", symbols, least=1, most=10_000_000) + 1)
    shifted = ranks + check_positive("shift", shift, zero=True)
    weights = shifted ** -check_positive("exponent", exponent, zero=True)
    return np.asarray(weights / weights.sum())


def diversity(probabilities: ArrayLike) -> float:
    r"""Heterozygosity of one distribution, $H_0=1-\sum_ip_i^2$.

    Raises `BadSetting` outside its range. Source: Wright 1931; docs/theory.md §7.1.

    >>> round(diversity([0.5, 0.5]), 3)
    0.5
    """
    return float(1 - np.sum(check_probabilities(probabilities) ** 2))


def entropy(probabilities: ArrayLike) -> float:
    """Shannon entropy in nats.

    Raises `BadSetting` outside its range. Source: Shannon 1948.

    >>> round(entropy([0.5, 0.5]), 4)
    0.6931
    """
    return float(special.entr(check_probabilities(probabilities)).sum())


def sharpened(n: int, *, probabilities: ArrayLike, temperature: float) -> Array:
    r"""p_n when every sampler has temperature $\tau$ and no noise: $p_n\propto p_0^{\tau^{-n}}$.

    The limit of M to infinity: what the sampler alone does.

    Args:
        n: generation.
        probabilities: p_0.
        temperature: $\tau$ above 0; below 1 sharpens, above 1 flattens.

    Raises `BadSetting` outside its range. Source: docs/theory.md §7.1.

    >>> [round(entropy(sharpened(1, probabilities=zipf_mandelbrot(1000, shift=0),
    ...                         temperature=t)), 3) for t in (0.9, 0.7)]
    [4.662, 3.194]
    """
    generation = int(check_generations(n))
    p, tau = check_probabilities(probabilities), check_positive("temperature", temperature)
    with np.errstate(divide="ignore", over="ignore"):
        power = min(np.float64(tau) ** -generation, 1e300)
        logs = power * (np.log(p) - np.log(p.max()))
    weights = np.where(p > 0, np.exp(logs), 0.0)
    return np.asarray(weights / weights.sum())


@dataclass(frozen=True, kw_only=True)
class SymbolChain(ABC):
    """Tables of symbols under one regime.

    Args:
        samples: M, draws per generation.
        probabilities: p_0, summing to 1.
    """

    samples: int
    probabilities: ArrayLike
    _law: Array = field(init=False, repr=False, compare=False)

    @property
    def approximate(self) -> Mapping[str, str]:
        """How the quantities were found that are not exact."""
        return {}

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, least=1)
        object.__setattr__(self, "_law", check_probabilities(self.probabilities))

    @abstractmethod
    def distance_share(self, n: Generations) -> Floats:
        r"""$E\|p_n-p_0\|^2$ as a share of $H_0$."""

    @abstractmethod
    def surviving_symbols(self, n: Generations) -> Floats:
        """The expected number of symbols in the n-th table, n at least 1."""

    def heterozygosity(self, n: Generations) -> Floats:
        r"""$E[H_n]=H_0-E\|p_n-p_0\|^2$: under replacement $H_0(1-1/M)^n$.

        Source: Wright 1931, Kimura 1955; docs/theory.md §7.1.

        >>> round(float(Replace(probabilities=[0.1] * 10, samples=100).heterozygosity(20)), 4)
        0.7361
        """
        return diversity(self._law) * (1 - self.distance_share(n))

    def squared_distance(self, n: Generations) -> Floats:
        r"""$E\|p_n-p_0\|_2^2$: under replacement $H_0(1-(1-1/M)^n)$.

        Source: docs/theory.md §7.1.

        >>> round(float(Replace(probabilities=[0.5, 0.5], samples=10).squared_distance(1)), 4)
        0.05
        """
        return diversity(self._law) * self.distance_share(n)

    @property
    def lost_after_one(self) -> float:
        r"""The expected number of symbols that M draws miss, $\sum_i(1-p_i)^M$.

        Source: docs/theory.md §7.1.

        >>> round(Replace(probabilities=[0.5, 0.5], samples=2).lost_after_one, 3)
        0.5
        """
        p = self._law[self._law > 0]
        return float(np.sum((1 - p) ** self.samples))

    @property
    def missing_mass(self) -> float:
        r"""The expected probability of the symbols that M draws miss, $\sum_ip_i(1-p_i)^M$.

        Source: Good 1953; docs/theory.md §7.1.

        >>> round(Replace(probabilities=[0.5, 0.5], samples=2).missing_mass, 3)
        0.25
        """
        return float(np.sum(self._law * (1 - self._law) ** self.samples))

    def columns(self, n: Times) -> Columns:
        return {
            "heterozygosity": self.heterozygosity(n),
            "squared_distance": self.squared_distance(n),
            "surviving_symbols": self.surviving_symbols(n),
        }


@dataclass(frozen=True, kw_only=True)
class FreshReal(SymbolChain):
    """Each draw is real with probability a.

    Args:
        real_share: a in [0, 1].
    """

    real_share: float

    @property
    def approximate(self) -> Mapping[str, str]:
        return _BRANCHING

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("real_share", self.real_share)

    def distance_share(self, n: Generations) -> Floats:
        r"""$V_n=(1-a)^2(1-1/M)V_{n-1}+H_0/M$, over $H_0$. Source: docs/theory.md §7.1.

        >>> chain = FreshReal(probabilities=[0.5, 0.5], samples=10, real_share=0.5)
        >>> round(float(chain.distance_share(1)), 3)
        0.1
        """
        generation, size = check_generations(n), self.samples
        keep = (1 - self.real_share) ** 2 * (1 - 1 / size)
        if keep == 0:
            return np.where(generation > 0, 1 / size, 0.0)
        return (1 - keep ** generation.astype(float)) / (1 - keep) / size

    def surviving_symbols(self, n: Generations) -> Floats:
        r"""Branching with immigration: $s_{k+1}=e^{(1-a)(s_k-1)}$, $s_0=0$.

        Symbol i is lost with probability
        $\exp\big(Mp_i[a\sum_{k<n}(s_k-1)+(1-a)(s_{n-1}-1)]\big)$. Accurate while $p_i$ is small
        (few per cent). Source: docs/theory.md §7.3.

        >>> chain = FreshReal(probabilities=zipf_mandelbrot(1000), samples=1000, real_share=0.1)
        >>> round(float(chain.surviving_symbols(100)), 1)
        214.3
        """
        generation, a = check_generations(n, least=1), self.real_share
        lost = np.zeros(int(generation.max()) + 1)
        for k in range(1, len(lost)):
            lost[k] = np.exp((1 - a) * (lost[k - 1] - 1))
        exponents = a * summed(generation, lost - 1) + (1 - a) * (lost - 1)[generation - 1]
        left = [-np.expm1(self.samples * self._law * e).sum() for e in np.ravel(exponents)]
        return np.reshape(left, generation.shape)[()]


@dataclass(frozen=True, kw_only=True)
class Replace(SymbolChain):
    """Every table is drawn from the last one alone."""

    @property
    def approximate(self) -> Mapping[str, str]:
        return {} if self.samples <= _MOST_EXACT else _BRANCHING

    def distance_share(self, n: Generations) -> Floats:
        """$1-(1-1/M)^n$. Source: docs/theory.md §7.1.

        >>> float(Replace(probabilities=[0.5, 0.5], samples=2).distance_share(1))
        0.5
        """
        return self._with_fresh.distance_share(n)

    def surviving_symbols(self, n: Generations) -> Floats:
        """`surviving_exact` up to M of 3,000, else `surviving_branching`.

        Source: docs/theory.md §7.2.

        >>> chain = Replace(probabilities=[0.1] * 10, samples=100)
        >>> round(float(chain.surviving_symbols(20)), 2)
        6.26
        """
        if self.samples <= _MOST_EXACT:
            return self.surviving_exact(n)
        return self.surviving_branching(n)

    def surviving_branching(self, n: Generations) -> Floats:
        r"""$\sum_i(1-e^{-Mp_ig_n})$: rare symbols leave Poisson copies.

        Accurate while $p_i$ is small (few per cent). Source: docs/theory.md §7.2.

        >>> chain = Replace(probabilities=zipf_mandelbrot(1000), samples=1000)
        >>> round(float(chain.surviving_branching(10)), 1)
        115.2
        """
        return self._with_fresh.surviving_symbols(n)

    def surviving_exact(self, n: Generations) -> Floats:
        r"""From the binomial chain $X_{n+1}\sim B(M,X_n/M)$ itself.

        Solves the chain backwards (one matrix-vector product per generation), so that all symbols
        share the work. M at most 3,000, for the memory of an M × M matrix; more raises.

        Source: docs/theory.md §7.2.

        >>> chain = Replace(probabilities=[0.1] * 10, samples=100)
        >>> round(float(chain.surviving_exact(50)), 2)
        3.52
        """
        size = check_whole("samples", self.samples, least=1, most=_MOST_EXACT)
        values, repeats = np.unique(self._law, return_counts=True)
        generation = check_generations(n, least=1)
        step, first = _binomial_rows(np.arange(size + 1) / size, size), _binomial_rows(values, size)
        extinct = np.zeros(size + 1)
        extinct[0] = 1.0
        left = np.empty(int(generation.max()))
        for t in range(len(left)):
            left[t] = repeats @ (1 - first @ extinct)
            before, extinct = extinct, step @ extinct
            if np.array_equal(before, extinct):
                left[t:] = left[t]
                break
        return left[generation - 1]

    @property
    def fixation(self) -> Array:
        """The probability that each symbol is the last one standing: its true probability.

        The expected frequency never moves, so the mean tail mass is conserved while tails die.
        Source: Wright 1931; docs/theory.md §7.1.

        >>> Replace(probabilities=[0.6, 0.3, 0.1], samples=5).fixation.tolist()
        [0.6, 0.3, 0.1]
        """
        return self._law

    @property
    def collapse_time(self) -> float:
        r"""Generations until one symbol is left, $M\sum_{k=2}^M\frac2{k(k-1)}(1-\sum_ip_i^k)$.

        Kingman's coalescent, read backwards: while k ancestors of the present sample remain,
        which lasts $2M/(k(k-1))$ generations, not all of them carry the same symbol with
        probability $1-\sum p_i^k$. About one generation short at any M: negligible when the time
        is long, not for a law with one symbol near 1. M from 10 to 10,000,000.

        Source: Kingman 1982; docs/theory.md §7.4.

        >>> round(Replace(probabilities=[0.1] * 10, samples=100).collapse_time, 1)
        187.6
        """
        size = check_whole("samples", self.samples, least=10, most=10_000_000)
        # sum over k of 2/(k(k-1)) is 2(1-1/M); what all-the-same takes away dies off geometrically.
        same, power = 0.0, self._law.copy()
        for k in range(2, size + 1):
            power = power * self._law
            term = 2 / (k * (k - 1)) * float(power.sum())
            same += term
            if term < 1e-16:
                break
        return size * (2 * (1 - 1 / size) - same)

    @property
    def collapse_time_limit(self) -> float:
        r"""`collapse_time` in units of M for large M, $-2\sum_i(1-p_i)\log(1-p_i)$.

        The diffusion limit; 1.386 for two equal symbols. Source: Watterson 1962; docs/theory.md
        §7.4.

        >>> round(Replace(probabilities=[0.5, 0.5], samples=10).collapse_time_limit, 3)
        1.386
        """
        return float(2 * special.entr(1 - self._law).sum())

    @property
    def _with_fresh(self) -> FreshReal:
        return FreshReal(samples=self.samples, probabilities=self._law, real_share=0.0)


@dataclass(frozen=True, kw_only=True)
class Accumulate(SymbolChain):
    """Every table counts everything drawn so far."""

    def distance_share(self, n: Generations) -> Floats:
        r"""$1-\prod_{k\le n}(1-\frac1{Mk^2})$. Source: docs/theory.md §7.1.

        >>> float(Accumulate(probabilities=[0.5, 0.5], samples=2).distance_share(1))
        0.5
        """
        generation = check_generations(n)
        k = np.arange(1.0, generation.max() + 1)
        return 1 - np.concatenate([[1.0], np.cumprod(1 - 1 / (self.samples * k**2))])[generation]

    def surviving_symbols(self, n: Generations) -> Floats:
        """What the first sample missed can never come back, what it holds can never be lost.

        Source: docs/theory.md §7.5.

        >>> chain = Accumulate(probabilities=[0.5, 0.5], samples=2)
        >>> chain.surviving_symbols([1, 9]).tolist()
        [1.5, 1.5]
        """
        left = len(self._law) - self.lost_after_one
        return np.where(check_generations(n, least=1) > 0, left, 0.0)[()]


def _binomial_rows(p: Array, size: int) -> Array:
    """Rows of binomial probabilities of 0 … size successes, one row for each p."""
    y = np.arange(size + 1)
    choose = special.gammaln(size + 1) - special.gammaln(y + 1) - special.gammaln(size - y + 1)
    chances = p[:, None]
    return np.asarray(
        np.exp(choose + special.xlogy(y, chances) + special.xlog1py(size - y, -chances))
    )
