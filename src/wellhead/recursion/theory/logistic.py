r"""Logistic regression of labels that may follow another law: what one round costs, and later ones.

Inputs x are standard normal in d dimensions. Whatever law of $x'\theta$ the labels follow, odd
about 1/2, the fit converges to a multiple of $\theta$. There the score has slope A on real labels
and on the model's own, and variance $B=E[(y-p)^2xx']$ or A, so that in the metric of A one round
costs $\mathrm{tr}(BA^{-1})$, which is d where the model is right. docs/theory.md §11.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import optimize, special

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory.generations import Array, Floats
from wellhead.recursion.theory.ranges import check_positive, check_whole

__all__ = ["TRUTHS", "Logistic"]

TRUTHS = ("logistic", "probit", "cauchit", "threshold")
_NODES = 300
_WRONG = 0.1  # labels of a threshold
_STRONGEST = 5.0


@dataclass(frozen=True)
class Logistic:
    """The logistic model, and the law of real labels.

    Args:
        truth_law: "logistic"; "probit" or "cauchit", its lighter and its heavier tail; or
            "threshold": the sign of the input along the true coefficients, a tenth of the labels
            wrong.
        dimensions: d.
        strength: length of the vector of true coefficients.

    >>> Logistic().ratio, round(Logistic("threshold").ratio, 3)
    (1.0, 0.682)
    """

    truth_law: str = "logistic"
    dimensions: int = 2
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.truth_law not in TRUTHS:
            raise unknown_name("truth_law", self.truth_law, TRUTHS)
        check_whole("dimensions", self.dimensions, least=1)
        if check_positive("strength", self.strength, zero=True) > _STRONGEST:
            raise BadSetting(
                f"expected a strength from 0 to {_STRONGEST:g}, got {self.strength:g}: beyond it "
                "samples part the classes"
            )

    def chance(self, along: Floats) -> Floats:
        """Of a label 1, by the input along the true coefficients times their length."""
        if self.truth_law == "logistic":
            return special.expit(along)
        if self.truth_law == "probit":
            return special.ndtr(along)
        if self.truth_law == "cauchit":
            return 0.5 + np.arctan(along) / np.pi
        return 0.5 + (0.5 - _WRONG) * np.sign(along)

    @cached_property
    def length(self) -> float:
        """Of the coefficients to which the fit converges."""
        if self.truth_law == "logistic" or self.strength == 0:
            return self.strength
        z, weights = _half()
        true = self.chance(self.strength * z)

        def score(length: float) -> float:
            return float((weights * z * (true - special.expit(length * z))).sum())

        return float(optimize.brentq(score, 0.0, 10 * _STRONGEST))

    @cached_property
    def information(self) -> tuple[float, float]:
        """A of a sample along the coefficients and across them."""
        z, weights = _half()
        chance = special.expit(self.length * z)
        density = weights * chance * (1 - chance)
        return float((density * z**2).sum()), float(density.sum())

    @property
    def one_round(self) -> float:
        """tr(BA⁻¹): the error of a fit to real data in the metric of A, times M."""
        if self.truth_law == "logistic":
            return float(self.dimensions)
        z, weights = _half()
        true, model = self.chance(self.strength * z), special.expit(self.length * z)
        density = weights * (true * (1 - true) + (true - model) ** 2)
        along, across = (density * z**2).sum(), density.sum()
        with_truth, without = self.information
        return float(along / with_truth + (self.dimensions - 1) * across / without)

    @property
    def ratio(self) -> float:
        """W/V; 1 where the model is right."""
        return self.dimensions / self.one_round

    @property
    def rounds(self) -> tuple[float, float]:
        """W/V, and 1: real labels hold the coefficients as firmly as the model's own."""
        return self.ratio, 1.0


@lru_cache(maxsize=1)
def _half() -> tuple[Array, Array]:
    """Positive values of a standard normal input and their weights: everything is even in it."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    z = 6 * (nodes + 1)  # up to 12
    return z, 12 * weights * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
