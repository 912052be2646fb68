"""The moments of a Gaussian refitted to its own output, generation by generation, per regime.

In: a regime and its numbers. Out: one record for each generation 1 … N with the expected
`variance`, `mean_square_error` and `wasserstein2_squared`, the mean and spread of the log
variance, the divergence `kl`, and the leading-order `inflation` of the error, each None with a
reason where no closed form is known. Lengths in units of the true standard deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory import (
    gaussian_accumulate,
    gaussian_matrix,
    gaussian_mixture,
    gaussian_replace,
    gaussian_subsample,
    gaussian_typical,
    inflation,
)
from wellhead.recursion.theory.detector import effective_share
from wellhead.recursion.theory.ranges import Floats, check_positive, check_whole
from wellhead.recursion.theory.records import Record, Unavailable, records, regime_named

__all__ = ["gaussian_table"]

Columns = dict[str, Any]

_MIXES = ("fresh-real", "fixed-original", "synthetic-added")


def gaussian_table(
    regime: str,
    samples: int | Sequence[int],
    generations: int,
    *,
    ddof: int = 0,
    real_share: float | None = None,
    sampling_bias: float | Sequence[float] | None = None,
    true_positive_rate: float | None = None,
    false_positive_rate: float | None = None,
    real_weight: float | None = None,
    growth: float | None = None,
    independent: bool | None = None,
    dimensions: int = 1,
) -> list[Record]:
    """Expected moments of generations 1 to `generations`; generation n is the n-th fit.

    Args:
        regime: one of `records.REGIMES`.
        samples: M per generation (``growing``: of the first; a list gives each generation's).
        generations: the last generation.
        ddof: 0 for maximum likelihood, 1 for the unbiased variance.
        real_share: a, for the regimes that mix real data in.
        sampling_bias: the factor on the variance of every sampler, or one factor for each
            generation (``replace``, ``growing``, ``fresh-real``).
        true_positive_rate, false_positive_rate: a detector in the loop of ``fresh-real``.
        real_weight: the weight of real data in ``golden-ratio``; 0.618 unless given.
        growth: the ratio of successive sizes in ``growing``; without it sizes are M, 2M, 3M…
        independent: in ``fresh-real`` each sample is real by chance, instead of an exact share.
        dimensions: d. Every coordinate is a chain in one dimension (fits, mixes and draws go
            through any projection unchanged), so that `variance` is the multiple of the true
            covariance and `mean_square_error` d times that of one coordinate. Distances and
            divergences have no closed form in more than one, `determinant` only in ``replace``.

    Returns:
        Records with the keys above; `unavailable` names what has no closed form, and why.

    Raises:
        BadSetting: an unknown regime, settings that do not belong to it, or out of range.

    >>> table = gaussian_table("accumulate-subsample", 10, 40)
    >>> round(table[1]["variance"], 4), table[1]["wasserstein2_squared"] is None
    (0.8313, True)
    """
    name = regime_named(regime)
    given = {
        "real_share": real_share,
        "sampling_bias": sampling_bias,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "real_weight": real_weight,
        "growth": growth,
        "independent": independent or None,
    }
    options = {key: value for key, value in given.items() if value is not None}
    _check_options(name, options, samples)
    width = check_whole("dimensions", dimensions, least=1, most=100_000)
    n = np.arange(1, check_whole("generations", generations, least=1, most=100_000) + 1)
    if name in ("replace", "growing"):
        columns = _replaced(n, name, samples, ddof, options)
    else:
        columns = _mixed(n, name, check_whole("samples", samples, least=2), ddof, options)
    if width > 1:
        sizes = _sizes(name, samples, len(n), growth) if name == "growing" else samples
        columns = _in_dimensions(columns, width, np.min(sizes))
        if name == "replace" and "sampling_bias" not in options and isinstance(samples, int):
            columns["determinant"] = gaussian_matrix.determinant_ratio(
                n, samples=samples, dimensions=width, ddof=ddof
            )
    return records(n, columns)


_BELONGS = {
    "real_share": _MIXES,
    "sampling_bias": ("replace", "growing", "fresh-real"),
    "true_positive_rate": ("fresh-real",),
    "false_positive_rate": ("fresh-real",),
    "real_weight": ("golden-ratio",),
    "growth": ("growing",),
    "independent": ("fresh-real",),
}


def _check_options(name: str, options: Columns, samples: Any) -> None:
    for option in options:
        if name not in _BELONGS[option]:
            raise BadSetting(
                f"{option} does not belong to the regime {name}, but to "
                f"{', '.join(_BELONGS[option])}"
            )
    if name in _MIXES and "real_share" not in options:
        raise BadSetting(f"the regime {name} needs real_share, between 0 and 1")
    rates = [rate for rate in ("true_positive_rate", "false_positive_rate") if rate in options]
    if len(rates) == 1:
        raise BadSetting("a detector needs both true_positive_rate and false_positive_rate")
    if not isinstance(samples, Sequence | np.ndarray):
        return
    if name not in ("replace", "growing") or "growth" in options:
        raise BadSetting("sizes of each generation belong to replace or growing, without growth")


def _in_dimensions(columns: Columns, dimensions: int, least: int) -> Columns:
    """The table of d equal coordinates from that of one."""
    if least <= dimensions:
        raise BadSetting(
            f"{least} samples cannot fit a covariance in {dimensions} dimensions: samples must "
            "exceed dimensions"
        )
    distance = Unavailable("needs the mean square roots of the covariance's eigenvalues")
    divergence = Unavailable("not derived in several dimensions")
    kept = {"variance": columns["variance"], "mean_square_error": columns["mean_square_error"]}
    kept["mean_square_error"] = kept["mean_square_error"] * dimensions
    others = {"inflation", "real_share"} & columns.keys()
    gaps = {"wasserstein2_squared": distance, "kl": divergence}
    return kept | gaps | {key: columns[key] for key in others}


def _replaced(n: Floats, name: str, samples: Any, ddof: int, options: Columns) -> Columns:
    sizes = _sizes(name, samples, len(n), options.get("growth"))
    bias = options.get("sampling_bias", 1.0)
    what, plain = {"samples": sizes, "ddof": ddof, "sampling_bias": bias}, _plain(bias)
    kl = Unavailable("not derived for a biased sampler")
    steady = Unavailable("a biased sampler has a bias that the inflation constant leaves out")
    return {
        "variance": gaussian_replace.variance(n, **what),
        "mean_square_error": gaussian_replace.mean_square_error(n, **what),
        "wasserstein2_squared": gaussian_replace.wasserstein2_squared(n, **what),
        "standard_deviation": gaussian_replace.standard_deviation(n, **what),
        "log_variance": gaussian_typical.log_variance_mean(n, **what),
        "log_variance_sd": gaussian_typical.log_variance_sd(n, samples=sizes),
        "median_variance": gaussian_typical.median_variance(n, **what)
        if np.min(sizes) >= 3
        else Unavailable("the median's approximation needs at least 3 samples"),
        "kl": gaussian_replace.kl_divergence(n, samples=sizes, ddof=ddof) if plain else kl,
        "inflation": inflation.growing(n, sizes=sizes) if plain else steady,
    }


def _sizes(name: str, samples: Any, last: int, growth: float | None) -> list[int]:
    if isinstance(samples, Sequence | np.ndarray):
        return list(samples)
    first = check_whole("samples", samples, least=2)
    if name == "replace":
        return [first] * last
    if growth is None:
        return [first * k for k in range(1, last + 1)]
    ratio = check_positive("growth", growth)
    try:
        return [max(2, round(first * ratio**k)) for k in range(last)]
    except OverflowError:
        raise BadSetting(
            f"growth {growth:g} over {last} generations is too large to count"
        ) from None


def _mixed(n: Floats, name: str, size: int, ddof: int, options: Columns) -> Columns:
    if name == "accumulate":
        return _accumulated(n, size, ddof)
    if name == "accumulate-subsample":
        moments = gaussian_mixture.Moments(
            gaussian_subsample.variance(n, samples=size, ddof=ddof),
            gaussian_subsample.mean_square_error(n, samples=size, ddof=ddof),
        )
        why = "the spread of a subsample depends on more than the pool's variance"
        return _two_moments(moments, why, inflation.accumulate_subsample(n))
    why = "with real data mixed in, the variance is no product of independent factors"
    if name == "golden-ratio":
        if ddof:
            raise BadSetting("golden-ratio is weighted maximum likelihood: ddof must be 0")
        weight = options.get("real_weight", gaussian_mixture.GOLDEN_WEIGHT)
        moments = gaussian_mixture.golden_ratio(n, samples=size, real_weight=weight)
        return _two_moments(moments, why, inflation.golden_ratio(n, real_weight=weight))
    return _shared(n, name, size, ddof, options, why)


def _shared(n: Floats, name: str, size: int, ddof: int, options: Columns, why: str) -> Columns:
    a = options["real_share"]
    if name == "fixed-original":
        moments = gaussian_mixture.fixed_original(n, samples=size, real_share=a, ddof=ddof)
        return _two_moments(moments, why, inflation.fixed_original(n, real_share=a))
    if name == "synthetic-added":
        moments = gaussian_mixture.synthetic_added(n, samples=size, real_share=a, ddof=ddof)
        return _two_moments(moments, why, inflation.synthetic_added(n, real_share=a))
    detected = "true_positive_rate" in options
    if detected:
        rates = {key: options[key] for key in ("true_positive_rate", "false_positive_rate")}
        a = effective_share(a, **rates)
    bias = options.get("sampling_bias", 1.0)
    moments = gaussian_mixture.fresh_real(
        n,
        samples=size,
        real_share=a,
        ddof=ddof,
        sampling_bias=bias,
        independent=detected or "independent" in options,
    )
    steady: Any = inflation.fresh_real(n, real_share=a)
    if not _plain(bias):
        steady = Unavailable("a biased sampler has a bias that the inflation constant leaves out")
    return {**_two_moments(moments, why, steady), "real_share": a}


def _plain(bias: Any) -> bool:
    return bool(np.all(np.asarray(bias) == 1))


def _accumulated(n: Floats, size: int, ddof: int) -> Columns:
    what = {"samples": size, "ddof": ddof}
    if len(n) > gaussian_accumulate.MOST_INTEGRALS:
        moments = gaussian_mixture.Moments(
            gaussian_accumulate.variance(n, **what),
            gaussian_accumulate.mean_square_error(n, **what),
        )
        why = f"computed for at most {gaussian_accumulate.MOST_INTEGRALS} generations"
        return _two_moments(moments, why, inflation.accumulate(n))
    return {
        "variance": gaussian_accumulate.variance(n, **what),
        "mean_square_error": gaussian_accumulate.mean_square_error(n, **what),
        "wasserstein2_squared": gaussian_accumulate.wasserstein2_squared(n, **what),
        "standard_deviation": gaussian_accumulate.standard_deviation(n, **what),
        "log_variance": gaussian_accumulate.log_variance_mean(n, **what),
        "kl": gaussian_accumulate.kl_divergence(n, **what),
        "inflation": inflation.accumulate(n),
    }


def _two_moments(moments: gaussian_mixture.Moments, why: str, steady: Any) -> Columns:
    reason = Unavailable(why)
    return {
        "variance": moments.variance,
        "mean_square_error": moments.mean_square_error,
        "wasserstein2_squared": reason,
        "log_variance": reason,
        "kl": reason,
        "inflation": steady,
    }
