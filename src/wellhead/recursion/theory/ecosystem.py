r"""Several models on a shared web: error of each, and distance between them, exactly.

K models take each machine-made item from their own last generation, or with probability m from any
of the K; a share a of their data is new and real. Two numbers carry everything: $c$, the expected
product of one model's error with itself, and $d$, with another's, in units of the truth's variance
(Gaussian) or heterozygosity (symbols). It is Wright's island model with items that two may take.
docs/theory.md §10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wellhead.recursion.theory.chain import Columns
from wellhead.recursion.theory.discrete import diversity, zipf_mandelbrot
from wellhead.recursion.theory.generations import Floats, Generations, Times, check_generations
from wellhead.recursion.theory.ranges import check_share, check_whole, counted
from wellhead.recursion.theory.shared_web import SharedWeb

__all__ = ["Ecosystem", "GaussianEcosystem", "SymbolEcosystem"]


@dataclass(frozen=True, kw_only=True)
class Ecosystem:
    """Models of a shared web.

    Args:
        samples: M, items that each model learns from in a generation.
        models: K.
        mixing: m, the probability that an item is by any model, not by one's own last generation.
        real_share: a, of new real items, each model's own.
    """

    samples: int
    models: int = 4
    mixing: float = 1.0
    real_share: float = 0.0

    approximate: ClassVar[Mapping[str, str]] = {"inflation": "first order"}

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, least=2)
        check_whole("models", self.models, least=2)
        check_share("mixing", self.mixing)
        counted(self.real_share, self.samples)

    @property
    def _web(self) -> SharedWeb:
        return SharedWeb(self.models, self.mixing, self.real_share)

    def errors(self, n: Generations) -> tuple[Floats, Floats]:
        r"""c and d at generations n, n at least 1: error of a model, and what two have in common.

        $q=Ac+(1-A)d$ for the law that a model learns from, $q'=Bc+(1-B)d$ for two of them, A and B
        the chances of a common author; then
        $c\leftarrow\big((1-a)^2-\tfrac{1-a}M\big)q+\tfrac1M$ and
        $d\leftarrow(1-a)^2q'+\tfrac{1-a}MB(1-c)$.
        """
        generation = check_generations(n, least=1)
        size, met = self.samples, self._web.meeting
        rest = 1 - counted(self.real_share, size) / size
        path = [(1 / size, 0.0)]
        while len(path) < int(generation.max()):
            c, d = path[-1]
            own, common = (meet * c + (1 - meet) * d for meet in met)
            path.append(
                (
                    (rest**2 - rest / size) * own + 1 / size,
                    rest**2 * common + rest / size * met[1] * (1 - c),
                )
            )
        found = np.array(path)[generation - 1]
        return found[..., 0], found[..., 1]

    def inflation(self, n: Generations) -> Floats:
        r"""$\kappa_n$ of each model's error; the leading order in 1/M of `errors`.

        >>> round(float(Ecosystem(samples=100, models=4).inflation(11)), 3)
        5.188
        """
        return self._web.after(n)


@dataclass(frozen=True, kw_only=True)
class GaussianEcosystem(Ecosystem):
    """Gaussians fitted by maximum likelihood: variance, error of the mean, distance of means."""

    def columns(self, n: Times) -> Columns:
        c, d = self.errors(n)
        return {
            "variance": 1 - c,
            "mean_square_error": c,
            "models_apart": 2 * (c - d),
            "inflation": self.inflation(n),
        }


@dataclass(frozen=True, kw_only=True)
class SymbolEcosystem(Ecosystem):
    """Symbols by their frequencies.

    Args:
        symbols, exponent, shift: of a Zipf-Mandelbrot law; exponent 0 is uniform.
    """

    symbols: int = 1000
    exponent: float = 1.0
    shift: float = 2.7

    def columns(self, n: Times) -> Columns:
        law = zipf_mandelbrot(self.symbols, exponent=self.exponent, shift=self.shift)
        c, d = self.errors(n)
        first = diversity(law)
        return {
            "heterozygosity": first * (1 - c),
            "squared_distance": first * c,
            "models_apart": 2 * first * (c - d),
            "inflation": self.inflation(n),
        }
