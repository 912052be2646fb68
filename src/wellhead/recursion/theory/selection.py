r"""Verifiers with faults: what a biased, partial or favouring selection makes of a loop.

Three chains under replacement, the first fit on real data that nobody selects. `GaussianSelected`:
a Gaussian refitted to what an interval of values keeps, without sampling noise. `Verified`:
least squares on labels that a judge with coefficients of its own finds plausible (Yi et al. 2026),
which end at the judge's. `FavouredPart`: symbols of which one part is favoured, exactly
(Wright-Fisher with selection). docs/theory.md §9.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy import optimize, special, stats

from wellhead.errors import BadSetting
from wellhead.recursion.theory.chain import Chain, Columns
from wellhead.recursion.theory.generations import Array, Floats, Generations, Times
from wellhead.recursion.theory.generations import check_generations as _checked
from wellhead.recursion.theory.ranges import check_finite, check_share, check_whole

__all__ = [
    "SETTINGS",
    "FavouredPart",
    "GaussianNearest",
    "GaussianSelected",
    "Verified",
    "kept_moments",
    "selected",
]

#: Settings that say how a selection errs.
SETTINGS = ("quantile", "bias", "checked", "part", "strength", "nearest_share")

_MOST_EXACT = 3_000
_FAR = 9.0  # standard deviations
_NOTHING = 1e-250  # a share
_NODES = 160  # inputs at which a regression is averaged


def kept_moments(
    mean: Floats, deviation: Floats, interval: tuple[float, float], outside: float
) -> tuple[Floats, Floats, Floats]:
    r"""The share kept of $N(\mu,s^2)$, and the mean and second moment of what is kept.

    Values in the interval are kept, others with probability `outside`.

    >>> share, mean, second = kept_moments(0.0, 1.0, (-1.0, 1.0), 0.0)
    >>> round(float(share), 4), round(float(mean), 4), round(float(second), 4)
    (0.6827, 0.0, 0.2911)
    """
    low, high = ((end - mean) / deviation for end in interval)
    # In the upper tail the difference of two numbers near 1 has no digits left.
    upper = low > 0
    inside = special.ndtr(np.where(upper, -low, high)) - special.ndtr(np.where(upper, -high, low))
    at_low, at_high = _density(low), _density(high)
    edges = _times(low, at_low) - _times(high, at_high)
    share = outside + (1 - outside) * inside
    kept = np.maximum(share, 1e-300)
    first = (1 - outside) * (at_low - at_high) / kept
    square = (outside + (1 - outside) * (inside + edges)) / kept
    second = mean**2 + 2 * mean * deviation * first + deviation**2 * square
    return share, mean + deviation * first, second


def _density(z: Floats) -> Floats:
    return np.exp(-0.5 * np.square(z)) / math.sqrt(2 * math.pi)


def _times(z: Floats, density: Floats) -> Floats:
    return np.where(np.isfinite(z), z, 0.0) * density


@dataclass(frozen=True, kw_only=True)
class GaussianSelected:
    r"""A Gaussian refitted to what a selection keeps of its output, without sampling noise.

    Args:
        low, high: values between them are kept, in true standard deviations from the true mean;
            infinity where there is no end.
        outside: the share of other values that is kept: what a verifier does not look at, or what
            an audience takes anyway.
        real_share: of the candidates, new in every generation.
    """

    low: float = -math.inf
    high: float = math.inf
    outside: float = 0.0
    real_share: float = 0.0

    approximate: ClassVar[Mapping[str, str]] = {
        "variance": "without sampling noise",
        "mean": "without sampling noise",
        "kept": "without sampling noise",
    }

    def __post_init__(self) -> None:
        check_share("outside", self.outside)
        check_share("real_share", self.real_share)

    @classmethod
    def verifier(
        cls, *, quantile: float, bias: float = 0.0, checked: float = 1.0, real_share: float = 0.0
    ) -> GaussianSelected:
        """The laboratory's ``verifier``: it drops a share `quantile` of the truth, without bias."""
        radius = float(stats.norm.isf(check_share("quantile", quantile, one=False) / 2))
        check_finite("bias", bias)
        outside = 1 - check_share("checked", checked, zero=False)
        return cls(low=bias - radius, high=bias + radius, outside=outside, real_share=real_share)

    @classmethod
    def favouring(
        cls, *, part: float, strength: float = 0.5, real_share: float = 0.0
    ) -> GaussianSelected:
        """The laboratory's ``favouring`` of the highest values."""
        edge = float(stats.norm.isf(check_share("part", part, zero=False, one=False)))
        outside = 1 - check_share("strength", strength)
        return cls(low=edge, outside=outside, real_share=real_share)

    def path(self, last: int) -> Array:
        """Mean, variance and share kept at generations 0 to `last` (last + 1, 3)."""
        interval, a = (self.low, self.high), self.real_share
        real = kept_moments(0.0, 1.0, interval, self.outside)
        rows = [(0.0, 1.0, 1.0), (0.0, 1.0, 1.0)]
        while len(rows) <= last:
            mean, variance, _ = rows[-1]
            own = kept_moments(mean, math.sqrt(max(variance, 0.0)) or 1e-12, interval, self.outside)
            kept = a * real[0] + (1 - a) * own[0]
            if kept < _NOTHING:
                raise BadSetting("this selection keeps nothing: bring its bias nearer to the truth")
            parts = (a * real[0] / kept, (1 - a) * own[0] / kept)
            first = parts[0] * real[1] + parts[1] * own[1]
            second = parts[0] * real[2] + parts[1] * own[2]
            rows.append((float(first), max(float(second - first**2), 0.0), float(kept)))
        return np.array(rows[: last + 1])

    def columns(self, n: Times) -> Columns:
        path = self.path(int(_checked(n, least=1).max()))[_checked(n)]
        return {"mean": path[:, 0], "variance": path[:, 1], "kept": path[:, 2]}


@dataclass(frozen=True, kw_only=True)
class Verified:
    r"""Least squares on labels of one's own that a judge finds plausible (Yi et al. 2026).

    Inputs are standard normal, labels have noise $\sigma=1$; the judge keeps an item where its own
    coefficients, off by `bias` in one of them, miss the label by at most `radius`.

    Args:
        samples: kept in each generation.
        dimensions: inputs.
        bias: of the judge, in units of the noise.
        quantile: the share that a judge without bias drops of true items.
        checked: the share of items that it looks at.
    """

    samples: int
    dimensions: int = 10
    quantile: float = 0.05
    bias: float = 0.0
    checked: float = 1.0

    approximate: ClassVar[Mapping[str, str]] = {
        "excess_risk": "first order",
        "distance_to_judge": "without sampling noise",
    }

    def __post_init__(self) -> None:
        check_whole("dimensions", self.dimensions, least=1)
        check_whole("samples", self.samples, least=self.dimensions + 2)
        check_share("quantile", self.quantile, one=False)
        check_share("checked", self.checked, zero=False)
        check_finite("bias", self.bias)

    @property
    def radius(self) -> float:
        """How far a label may lie from what the judge expects."""
        return float(stats.norm.isf(self.quantile / 2))

    @property
    def contraction(self) -> float:
        r"""$\rho$, by which a small distance to the judge shrinks in each generation.

        The variance of the noise that is kept: $\mathrm{Var}(\epsilon\mid|\epsilon|\le r)$, and 1
        for what is not looked at.

        >>> round(Verified(samples=100, quantile=0.5).contraction, 3)
        0.143
        """
        share, _, second = kept_moments(0.0, 1.0, (-self.radius, self.radius), 1 - self.checked)
        return float(second) if share > 0 else 0.0

    def distance(self, n: Generations) -> Floats:
        r"""$g_n$, the fit's distance to the judge without noise: $-$bias after the first fit.

        $g_{n+1}=E[xu\,1]/E[x^21]$ over kept items, u being the label less what the judge expects.
        """
        generation = _checked(n, least=1)
        path = [0.0 - self.bias]
        while len(path) < int(generation.max()):
            path.append(self._next(path[-1]) if abs(path[-1]) > 1e-12 else 0.0)
        return np.array(path)[generation - 1]

    def excess_risk(self, n: Generations) -> Floats:
        r"""$(g_n+\text{bias})^2+e_n$ with $e_{n+1}=\rho^2e_n+\rho\,d/(M-d-1)$.

        >>> chain = Verified(samples=111, dimensions=10, quantile=0.0)
        >>> [round(float(risk), 3) for risk in chain.excess_risk([1, 5])]
        [0.1, 0.5]
        """
        generation = _checked(n, least=1)
        one, rho = self.dimensions / (self.samples - self.dimensions - 1), self.contraction
        path = [one]
        while len(path) < int(generation.max()):
            path.append(rho**2 * path[-1] + rho * one)
        return (self.distance(generation) + self.bias) ** 2 + np.array(path)[generation - 1]

    @property
    def limit(self) -> float:
        r"""Of the excess risk: the judge's own error, and $\frac{\rho}{1-\rho^2}$ of one round."""
        one, rho = self.dimensions / (self.samples - self.dimensions - 1), self.contraction
        return math.inf if rho == 1 else self.bias**2 + rho * one / (1 - rho**2)

    def columns(self, n: Times) -> Columns:
        return {"excess_risk": self.excess_risk(n), "distance_to_judge": self.distance(n)}

    def _next(self, gap: float) -> float:
        # Beyond this input no label lies within reach of the judge.
        furthest = min(_FAR, (self.radius + _FAR) / abs(gap))
        t, weights = _inputs()
        x = furthest * t
        weights = 2 * furthest * weights * _density(x)
        within = (-self.radius, self.radius)
        share, mean, _ = kept_moments(abs(gap) * x, np.ones_like(x), within, 0.0)
        cross, square = (weights * x * mean * share).sum(), (weights * x**2 * share).sum()
        rest = 1 - self.checked
        moved = (self.checked * cross + rest * abs(gap)) / (self.checked * square + rest)
        return math.copysign(float(moved), gap)


@dataclass(frozen=True, kw_only=True)
class FavouredPart:
    r"""Symbols of which one part is favoured: M draws, the others dropped with a probability.

    What is dropped is drawn anew, so that the part's share p becomes
    $\mathrm{Bin}(M,\,p/(p+(1-p)(1-s)))/M$; the first table is not selected.

    Args:
        samples: M, at most 3000.
        part: the true probability of the favoured part.
        strength: s.
    """

    samples: int
    part: float
    strength: float = 0.5

    approximate: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, least=1, most=_MOST_EXACT)
        check_share("part", self.part, zero=False, one=False)
        check_share("strength", self.strength)

    def law(self, n: int) -> Array:
        """The probabilities of 0 to M draws from the part after n fits, n at least 1. Exact."""
        counts = np.arange(self.samples + 1)
        share = counts / self.samples
        kept = share + (1 - share) * (1 - self.strength)
        after = np.divide(share, kept, out=np.ones_like(share), where=kept > 0)
        after[0] = 0.0
        step = stats.binom.pmf(counts[None, :], self.samples, after[:, None])
        now: Array = stats.binom.pmf(counts, self.samples, self.part)
        for _ in range(int(_checked(n, least=1)) - 1):
            now = now @ step
        return now

    def columns(self, n: Times) -> Columns:
        laws = np.array([self.law(int(each)) for each in n])
        share = np.arange(self.samples + 1) / self.samples
        return {
            "favoured_share": laws @ share,
            "only_favoured": laws[:, -1],
            "favoured_lost": laws[:, 0],
        }

    @property
    def fixation(self) -> float:
        r"""The chance that in the end the favoured part is alone (Kimura 1962).

        $\frac{1-e^{-2M\sigma p}}{1-e^{-2M\sigma}}$ with $\sigma=-\log(1-s)$, the diffusion's limit
        of weak selection, averaged over the first table.
        """
        if self.strength == 0:
            return self.part
        if self.strength == 1:
            return float(1 - (1 - self.part) ** self.samples)
        twice = 2 * self.samples * -math.log1p(-self.strength)
        first = self.law(1)
        share = np.arange(self.samples + 1) / self.samples
        return float(first @ (np.expm1(-twice * share) / np.expm1(-twice)))


@dataclass(frozen=True, kw_only=True)
class GaussianNearest:
    """A Gaussian refitted to the share of its output nearest to a target (Qiao et al. 2026).

    Args:
        bias: the target, in true standard deviations from the true mean.
        nearest_share: the share of the candidates that is kept.
    """

    bias: float = 1.0
    nearest_share: float = 0.1

    approximate: ClassVar[Mapping[str, str]] = {
        "variance": "without sampling noise",
        "mean": "without sampling noise",
    }

    def __post_init__(self) -> None:
        check_share("nearest_share", self.nearest_share, zero=False, one=False)
        check_finite("bias", self.bias)

    def columns(self, n: Times) -> Columns:
        rows = [(0.0, 1.0), (0.0, 1.0)]
        while len(rows) <= int(n.max()):
            mean, variance = rows[-1]
            deviation = math.sqrt(variance)
            reach = _radius_of(mean, deviation, self.bias, self.nearest_share)
            between = (self.bias - reach, self.bias + reach)
            _, first, second = kept_moments(mean, deviation, between, 0.0)
            rows.append((float(first), max(float(second - first**2), 1e-300)))
        path = np.array(rows)[n]
        return {"mean": path[:, 0], "variance": path[:, 1]}


def selected(family: str, regime: str, settings: Mapping[str, Any]) -> Chain:
    """The chain of a family under a selection, from settings by name.

    Raises:
        BadSetting: nothing is known of that selection, or settings do not belong to it.

    >>> selected("discrete", "replace", {"samples": 9, "part": 0.2, "strength": 0.1})
    FavouredPart(samples=9, part=0.2, strength=0.1)
    """
    given = dict(settings)
    if family == "gaussian":
        given.pop("samples", None)  # without sampling noise
    kind = (
        "nearest_share" if "nearest_share" in given else "part" if "part" in given else "quantile"
    )
    known = _KNOWN.get((family, regime, kind))
    if known is None:
        raise BadSetting(
            f"no closed form is known for {family} under {regime} with this selection. Known are: "
            + "; ".join(f"{f} under {r} with {k}" for f, r, k in _KNOWN)
        )
    make, names = known
    for name in given.keys() - set(names):
        raise BadSetting(f"{name} does not belong to this selection; it has: {', '.join(names)}")
    if missing := [name for name in names[:1] if name not in given]:
        raise BadSetting(f"this selection needs {missing[0]}")
    return make(**given)


_VERIFIER = ("quantile", "bias", "checked")
_KNOWN: dict[tuple[str, str, str], tuple[Callable[..., Chain], tuple[str, ...]]] = {
    ("gaussian", "replace", "quantile"): (GaussianSelected.verifier, _VERIFIER),
    ("gaussian", "fresh-real", "quantile"): (
        GaussianSelected.verifier,
        (*_VERIFIER, "real_share"),
    ),
    ("gaussian", "replace", "part"): (GaussianSelected.favouring, ("part", "strength")),
    ("gaussian", "fresh-real", "part"): (
        GaussianSelected.favouring,
        ("part", "strength", "real_share"),
    ),
    ("gaussian", "replace", "nearest_share"): (GaussianNearest, ("nearest_share", "bias")),
    ("regression", "replace", "quantile"): (Verified, (*_VERIFIER, "samples", "dimensions")),
    ("discrete", "replace", "part"): (FavouredPart, ("part", "strength", "samples")),
}


@lru_cache(maxsize=1)
def _inputs() -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights between 0 and 1."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return (nodes + 1) / 2, weights / 2


def _radius_of(mean: float, deviation: float, target: float, share: float) -> float:
    """How far from a target the nearest `share` of a Gaussian reaches."""

    def held(radius: float) -> float:
        between = (target - radius, target + radius)
        return float(kept_moments(mean, deviation, between, 0.0)[0]) - share

    return float(optimize.brentq(held, 1e-12, abs(mean - target) + 40 * deviation))
