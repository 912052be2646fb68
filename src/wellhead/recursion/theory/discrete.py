r"""Symbols drawn and counted again and again (Wright-Fisher): diversity and distance.

In: the true probabilities p_0 of the symbols, M draws per generation, generation n (n counts
fits; a fit is the table of relative frequencies). Out: expected heterozygosity
$H=1-\sum p_i^2$ (the chance that two draws differ), squared distances, and what one
generation misses. Exact for every M of at least 1. Survival is in `survival`, times to
collapse in `coalescence`. Derivation: docs/theory.md §7.1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadSetting
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_generations,
    check_positive,
    check_probabilities,
    check_share,
    check_whole,
)

__all__ = [
    "diversity",
    "entropy",
    "fixation",
    "heterozygosity",
    "lost_after_one",
    "missing_mass",
    "sharpened",
    "squared_distance",
    "zipf_mandelbrot",
]


def zipf_mandelbrot(
    symbols: int, *, exponent: float = 1.0, shift: float = 2.7
) -> NDArray[np.float64]:
    r"""Probabilities proportional to $(r+\text{shift})^{-\text{exponent}}$ for ranks r = 1…K.

    Raises `BadSetting` outside its range. Source: Mandelbrot 1953 (the law).

    >>> round(float(zipf_mandelbrot(1000)[0]), 4)
    0.0471
    """
    ranks = np.arange(1, check_whole("symbols", symbols, least=1, most=10_000_000) + 1)
    shifted = ranks + check_positive("shift", shift, zero=True)
    weights = shifted ** -check_positive("exponent", exponent, zero=True)
    return np.asarray(weights / weights.sum())


def diversity(probabilities: object) -> float:
    r"""Heterozygosity of one distribution, $H_0=1-\sum_ip_i^2$.

    Raises `BadSetting` outside its range. Source: Wright 1931; docs/theory.md §7.1.

    >>> round(diversity([0.5, 0.5]), 3)
    0.5
    """
    return float(1 - np.sum(check_probabilities(probabilities) ** 2))


def entropy(probabilities: object) -> float:
    """Shannon entropy in nats.

    Raises `BadSetting` outside its range. Source: Shannon 1948.

    >>> round(entropy([0.5, 0.5]), 4)
    0.6931
    """
    p = check_probabilities(probabilities)
    return float(-np.sum(p[p > 0] * np.log(p[p > 0])))


def heterozygosity(
    n: Generations,
    *,
    probabilities: object,
    samples: int,
    regime: str = "replace",
    real_share: float = 0.0,
) -> Floats:
    r"""$E[H_n]=H_0-E\|p_n-p_0\|^2$: under replacement $H_0(1-1/M)^n$.

    Args:
        n: generation, or an array of them; 0 is the truth.
        probabilities: p_0, summing to 1.
        samples: M, draws per generation.
        regime: ``replace``, ``accumulate`` ($H_0\prod(1-\frac1{Mk^2})$) or ``fresh-real``
            (each draw real with probability a).
        real_share: a, for ``fresh-real`` only.

    Raises:
        BadSetting: a value outside its range, or a regime without a closed form.

    Source: Wright 1931, Kimura 1955; docs/theory.md §7.1.

    >>> round(float(heterozygosity(20, probabilities=[0.1] * 10, samples=100)), 4)
    0.7361
    """
    gone = _distance_share(n, samples, regime, real_share)
    return diversity(probabilities) * (1 - gone)


def squared_distance(
    n: Generations,
    *,
    probabilities: object,
    samples: int,
    regime: str = "replace",
    real_share: float = 0.0,
) -> Floats:
    r"""$E\|p_n-p_0\|_2^2$: under replacement $H_0(1-(1-1/M)^n)$. Arguments as in `heterozygosity`.

    Raises `BadSetting` outside its range. Source: docs/theory.md §7.1.

    >>> round(float(squared_distance(1, probabilities=[0.5, 0.5], samples=10)), 4)
    0.05
    """
    return diversity(probabilities) * _distance_share(n, samples, regime, real_share)


def fixation(probabilities: object) -> NDArray[np.float64]:
    """The probability that each symbol is the last one standing: its true probability.

    The expected frequency never moves, so the mean tail mass is conserved while tails die.

    Raises `BadSetting` outside its range. Source: Wright 1931; docs/theory.md §7.1.

    >>> fixation([0.6, 0.3, 0.1]).tolist()
    [0.6, 0.3, 0.1]
    """
    return check_probabilities(probabilities)


def lost_after_one(*, probabilities: object, samples: int) -> float:
    r"""The expected number of symbols that M draws miss, $\sum_i(1-p_i)^M$.

    Raises `BadSetting` outside its range. Source: docs/theory.md §7.1.

    >>> round(lost_after_one(probabilities=[0.5, 0.5], samples=2), 3)
    0.5
    """
    p, size = check_probabilities(probabilities), check_whole("samples", samples, least=1)
    return float(np.sum((1 - p[p > 0]) ** size))


def missing_mass(*, probabilities: object, samples: int) -> float:
    r"""The expected probability of the symbols that M draws miss, $\sum_ip_i(1-p_i)^M$.

    Raises `BadSetting` outside its range. Source: Good 1953; docs/theory.md §7.1.

    >>> round(missing_mass(probabilities=[0.5, 0.5], samples=2), 3)
    0.25
    """
    p, size = check_probabilities(probabilities), check_whole("samples", samples, least=1)
    return float(np.sum(p * (1 - p) ** size))


def sharpened(n: int, *, probabilities: object, temperature: float) -> NDArray[np.float64]:
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


def _distance_share(n: Generations, samples: int, regime: str, real_share: float) -> Floats:
    """E‖p_n - p_0‖² as a share of H_0."""
    generation, size = check_generations(n), check_whole("samples", samples, least=1)
    a = check_share("real_share", real_share)
    if a and regime != "fresh-real":
        raise BadSetting(f"real_share belongs to the regime fresh-real, not to {regime}")
    if regime == "accumulate":
        k = np.arange(1, int(generation.max()) + 1, dtype=float)
        return 1 - np.concatenate([[1.0], np.cumprod(1 - 1 / (size * k**2))])[generation]
    if regime not in ("replace", "fresh-real"):
        raise BadSetting(
            f"heterozygosity has no closed form here under '{regime}'; "
            "known: replace, accumulate, fresh-real"
        )
    keep = (1 - a) ** 2 * (1 - 1 / size)
    if keep == 0:
        return np.where(generation > 0, 1 / size, 0.0)
    return (1 - keep ** generation.astype(float)) / (1 - keep) / size
