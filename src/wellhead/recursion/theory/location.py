r"""Locations of heavy-tailed and misspecified laws: what one round costs, and every later one.

A model (normal, Laplace, Student) is fitted by maximum likelihood to data of another symmetric law.
The first round on M real samples has the sandwich variance $V/M$; later rounds draw from the model,
which is then right about itself, and each adds $W/M$. So under replacement
$\kappa_n=1+(n-1)W/V$, and n where the model is right: Dey and Donoho's universality holds for
the shape of $\kappa$, with W/V in place of 1 for what a wrong model adds. Where real samples and
the model's own are fitted together, `slope` says how firmly each hold the location; `rounds` has
the regimes. docs/theory.md §11.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize, stats

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory.generations import Array, Floats, Generations, check_generations
from wellhead.recursion.theory.ranges import check_positive

__all__ = ["MODELS", "TRUTHS", "Location"]

MODELS = ("normal", "laplace", "student")
TRUTHS = (*MODELS, "contaminated")
_WIDE = 10.0  # standard deviation of the contaminating part


@dataclass(frozen=True)
class Location:
    """A model and the law of the real data, of scale 1.

    Args:
        truth_law: "normal", "laplace", "student", or "contaminated": a tenth of a normal law is ten
            times as wide.
        model: "normal", "laplace" or "student".
        freedom: degrees of freedom of Student's law, above 2.

    >>> round(Location("laplace", "laplace").one_round, 6)
    1.0
    >>> round(Location("normal", "laplace").ratio, 3)
    0.405
    """

    truth_law: str = "laplace"
    model: str = "laplace"
    freedom: float = 3.0

    def __post_init__(self) -> None:
        for name, known in (("truth_law", TRUTHS), ("model", MODELS)):
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known)
        if check_positive("freedom", self.freedom) <= 2:
            raise BadSetting(f"freedom must be above 2, for a variance; got {self.freedom:g}")

    def density(self, x: Floats) -> Floats:
        """Of the truth."""
        if self.truth_law == "contaminated":
            return 0.9 * stats.norm.pdf(x) + 0.1 * stats.norm.pdf(x, scale=_WIDE)
        return _law(self.truth_law, self.freedom).pdf(x)

    @cached_property
    def scale(self) -> float:
        """What the model's scale converges to on real data."""
        if self.model == "normal":
            return math.sqrt(self._mean(lambda x: x**2))
        if self.model == "laplace":
            return self._mean(np.abs)
        nu = self.freedom

        def score(scale: float) -> float:
            return self._mean(lambda x: (nu + 1) * x**2 / (nu * scale**2 + x**2)) - 1

        return float(optimize.brentq(score, 1e-3, 1e3))

    @cached_property
    def one_round(self) -> float:
        """V: the variance of the location times M, fitted to real data."""
        if self.model == "normal":
            return self.scale**2
        if self.model == "laplace":
            return 1 / (4 * float(self.density(0.0)) ** 2)
        nu, wide = self.freedom, self.freedom * self.scale**2
        square = self._mean(lambda x: ((nu + 1) * x / (wide + x**2)) ** 2)
        return square / self._curve**2

    @cached_property
    def own_round(self) -> float:
        """W: the same, fitted to the model's own output."""
        share = (self.freedom + 3) / (self.freedom + 1) if self.model == "student" else 1.0
        return share * self.scale**2

    @property
    def ratio(self) -> float:
        """W/V; 1 where the model is right."""
        return self.own_round / self.one_round

    @property
    def slope(self) -> float:
        """c: how firmly real samples hold the location, beside as many of the model's own."""
        if self.model == "normal":
            return 1.0
        if self.model == "laplace":
            return 2 * float(self.density(0.0)) * self.scale
        nu = self.freedom
        return self._curve * (nu + 3) / (nu + 1) * self.scale**2

    @property
    def rounds(self) -> tuple[float, float]:
        """W/V and c; both 1, to the last digit, where the model is right."""
        right = self.truth_law == self.model
        return (1.0, 1.0) if right else (self.ratio, self.slope)

    def inflation(self, n: Generations) -> Floats:
        """Under replacement, in units of the first round.

        >>> Location("student", "student").inflation([1, 5]).round(6).tolist()
        [1.0, 5.0]
        """
        return 1 + (check_generations(n, least=1) - 1) * self.ratio

    @property
    def _curve(self) -> float:
        """The mean slope of a Student model's score on real samples."""
        nu, wide = self.freedom, self.freedom * self.scale**2
        return self._mean(lambda x: (nu + 1) * (wide - x**2) / (wide + x**2) ** 2)

    def _mean(self, function: Callable[[Floats], Floats]) -> float:
        """Of a symmetric function under the truth."""
        x, weights = self._nodes
        return float(2 * (weights * function(x)).sum())

    @cached_property
    def _nodes(self) -> tuple[Array, Array]:
        """Gauss-Legendre nodes over the positive half, x = t / (1 - t)², weighed by the density."""
        nodes, weights = np.polynomial.legendre.leggauss(400)
        t = (nodes + 1) / 2
        x, slope = t / (1 - t) ** 2, (1 + t) / (1 - t) ** 3
        return x, weights / 2 * slope * self.density(x)


def _law(name: str, freedom: float) -> stats.rv_continuous:
    return {"normal": stats.norm, "laplace": stats.laplace, "student": stats.t(freedom)}[name]
