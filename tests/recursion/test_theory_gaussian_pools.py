"""A Gaussian fitted to a growing pool, whole or subsampled: formulas against chains."""

from __future__ import annotations

import math

import numpy as np
import pytest
from theory_chains import assert_mean, wasserstein

from wellhead.errors import BadSetting
from wellhead.recursion.theory.gaussian_pools import Accumulate, AccumulateSubsample
from wellhead.recursion.theory.gaussian_replace import Replace

DIVISORS = pytest.mark.parametrize("ddof", [0, 1])


def literal_pool(
    count: int, fits: int, m: int, *, ddof: int, subsample: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Every sample drawn and kept; each fit sees the pool, or M points of it."""
    rng = np.random.default_rng(seed)
    pool = rng.standard_normal((count, m))
    for fit in range(1, fits + 1):
        seen = pool
        if subsample:
            chosen = rng.random(pool.shape).argsort(1)[:, :m]
            seen = np.take_along_axis(pool, chosen, 1)
        mean, spread = seen.mean(1, keepdims=True), seen.std(1, ddof=ddof, keepdims=True)
        if fit < fits:
            pool = np.hstack([pool, rng.normal(mean, spread, (count, m))])
    return mean[:, 0], spread[:, 0] ** 2


@DIVISORS
def test_accumulating_agrees_with_literally_drawn_pools(ddof: int) -> None:
    mean, variance = literal_pool(20_000, 6, 5, ddof=ddof, subsample=False, seed=1)
    chain = Accumulate(samples=5, ddof=ddof)
    assert_mean(variance, chain.variance(6))
    assert_mean(mean**2, chain.mean_square_error(6))
    assert_mean(np.sqrt(variance), chain.standard_deviation(6))
    assert_mean(np.log(variance), chain.log_variance(6))
    moved = chain.wasserstein2_squared(6)
    assert_mean(wasserstein(mean, variance), moved)
    divergence = (variance + mean**2 - 1 - np.log(variance)) / 2
    assert_mean(divergence, chain.kl_divergence(6))


@pytest.mark.parametrize(
    ("samples", "n", "ddof", "value"),
    [
        (5, 30, 0, 0.7066),
        (10, 50, 0, 0.8451),
        (100, 50, 0, 0.9838),
        (5, 30, 1, 0.8752),
        (20, 30, 1, 0.9693),
    ],
)
def test_known_accumulated_variances_are_reproduced(
    samples: int, n: int, ddof: int, value: float
) -> None:
    got = Accumulate(samples=samples, ddof=ddof).variance(n)
    assert got == pytest.approx(value, abs=1e-4)


def test_accumulated_variance_falls_to_eulers_sine() -> None:
    limit = Accumulate(samples=5).variance_limit
    assert Accumulate(samples=5).variance(100_000) == pytest.approx(limit, rel=1e-5)
    assert limit == pytest.approx(math.sin(math.pi / 5**0.5) / (math.pi / 5**0.5))


def test_the_integrals_give_the_exact_moments_of_the_first_fit() -> None:
    for samples in (2, 5, 1000):
        pooled, alone = Accumulate(samples=samples), Replace(samples=samples)
        exact = alone.standard_deviation(1), alone.log_variance(1)
        got = pooled.standard_deviation(1), pooled.log_variance(1)
        assert got == pytest.approx(exact, abs=1e-11)


@DIVISORS
@pytest.mark.parametrize("fits", [2, 5])
def test_subsampling_agrees_with_literally_drawn_pools(fits: int, ddof: int) -> None:
    mean, variance = literal_pool(20_000, fits, 5, ddof=ddof, subsample=True, seed=fits)
    chain = AccumulateSubsample(samples=5, ddof=ddof)
    assert_mean(variance, chain.variance(fits))
    assert_mean(mean**2, chain.mean_square_error(fits))


@pytest.mark.parametrize(
    ("samples", "n", "value"),
    [(10, 2, 0.8313), (10, 5, 0.779), (10, 40, 0.7443), (5, 30, 0.545), (20, 100, 0.863)],
)
def test_known_subsampled_variances_are_reproduced(samples: int, n: int, value: float) -> None:
    got = AccumulateSubsample(samples=samples).variance(n)
    digits = len(str(value).split(".")[1])
    assert got == pytest.approx(value, abs=0.51 * 10.0**-digits)


@pytest.mark.parametrize(("samples", "value"), [(100, 0.9710), (1000, 0.99707)])
def test_known_subsampled_limits_are_reproduced(samples: int, value: float) -> None:
    assert AccumulateSubsample(samples=samples).variance(20_000) == pytest.approx(value, abs=5e-5)


def test_mean_and_variance_conserve_the_second_moment_under_maximum_likelihood() -> None:
    n = np.arange(30)
    for regime in (Accumulate, AccumulateSubsample):
        chain = regime(samples=7)
        total = chain.variance(n) + chain.mean_square_error(n)
        np.testing.assert_allclose(total, 1.0, atol=1e-12)


def test_the_integrals_refuse_more_generations_than_they_compute() -> None:
    with pytest.raises(BadSetting, match="10000"):
        Accumulate(samples=5).standard_deviation(20_000)
