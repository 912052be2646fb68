"""A Gaussian replaced by its own refits: formulas against chains and published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from theory_chains import assert_mean, assert_median, assert_sd, chains, wasserstein

from wellhead.errors import BadSetting
from wellhead.recursion.theory.gaussian import Multivariate
from wellhead.recursion.theory.gaussian_replace import Replace

DIVISORS = pytest.mark.parametrize("ddof", [0, 1])


@DIVISORS
def test_every_moment_agrees_with_simulated_chains(ddof: int) -> None:
    mean, variance = chains(40_000, 15, lambda _: 20, seed=1, ddof=ddof)
    chain = Replace(samples=20, ddof=ddof)
    assert_mean(variance, chain.variance(15))
    assert_mean(np.sqrt(variance), chain.standard_deviation(15))
    assert_mean(mean**2, chain.mean_square_error(15))
    assert_mean(wasserstein(mean, variance), chain.wasserstein2_squared(15))
    assert_mean(mean**2 + variance, chain.marginal_variance(15))
    divergence = (variance + mean**2 - 1 - np.log(variance)) / 2
    assert_mean(divergence, chain.kl_divergence(15))


@DIVISORS
def test_moments_agree_with_literally_drawn_samples(ddof: int) -> None:
    rng = np.random.default_rng(2)
    mean, spread = np.zeros((20_000, 1)), np.ones((20_000, 1))
    for _ in range(4):
        drawn = rng.normal(mean, spread, (20_000, 6))
        mean, spread = drawn.mean(1, keepdims=True), drawn.std(1, ddof=ddof, keepdims=True)
    chain = Replace(samples=6, ddof=ddof)
    assert_mean(spread[:, 0] ** 2, chain.variance(4))
    assert_mean(spread[:, 0], chain.standard_deviation(4))
    assert_mean(mean[:, 0] ** 2, chain.mean_square_error(4))
    assert_mean(np.log(spread[:, 0] ** 2), chain.log_variance(4))


@DIVISORS
def test_long_chains_agree_in_log_and_median_where_means_are_useless(ddof: int) -> None:
    _, variance = chains(20_000, 100, lambda _: 10, seed=3, ddof=ddof)
    chain = Replace(samples=10, ddof=ddof)
    assert_mean(np.log(variance), chain.log_variance(100))
    assert_sd(np.log(variance), chain.log_variance_sd(100))
    assert_median(variance, chain.median_variance(100))


@pytest.mark.parametrize(("samples", "slack"), [(3, 0.04), (6, 0.01), (40, 0.001)])
def test_the_median_is_within_its_stated_error_after_one_fit(samples: int, slack: float) -> None:
    from scipy import stats

    exact = stats.chi2(samples - 1).median() / samples
    assert Replace(samples=samples).median_variance(1) == pytest.approx(exact, rel=slack)


def test_sizes_may_differ_between_generations() -> None:
    sizes = [10 * 2**i for i in range(6)]
    mean, variance = chains(40_000, 6, lambda fit: sizes[fit - 1], seed=4)
    assert_mean(variance, Replace(samples=sizes).variance(6))
    moved = Replace(samples=sizes).wasserstein2_squared(6)
    assert_mean(wasserstein(mean, variance), moved)
    assert Replace(samples=sizes).variance(6) == pytest.approx(0.81550, abs=5e-6)
    assert moved == pytest.approx(0.28679, abs=5e-6)


def test_a_sampler_that_favours_the_middle_collapses_geometrically() -> None:
    mean, variance = chains(40_000, 20, lambda _: 100, seed=5, bias=0.9)
    chain = Replace(samples=100, sampling_bias=0.9)
    assert_mean(variance, chain.variance(20))
    assert_mean(mean**2, chain.mean_square_error(20))
    assert_mean(wasserstein(mean, variance), chain.wasserstein2_squared(20))
    assert_mean(np.log(variance), chain.log_variance(20))
    divergence = (variance + mean**2 - 1 - np.log(variance)) / 2
    assert_mean(divergence, chain.kl_divergence(20))


def test_a_bias_may_start_with_the_second_generation() -> None:
    always = Replace(samples=100, sampling_bias=0.9).variance(20)
    later = Replace(samples=100, sampling_bias=[1.0] + [0.9] * 19).variance(20)
    assert later == pytest.approx(always / 0.9)


@pytest.mark.parametrize(
    ("function", "arguments", "value"),
    [
        ("variance", (15, 20, 0), 0.4633),
        ("standard_deviation", (15, 20, 0), 0.5588),
        ("wasserstein2_squared", (15, 20, 0), 0.8824),
        ("variance", (15, 20, 1), 1.0),
        ("standard_deviation", (15, 20, 1), 0.8210),
        ("wasserstein2_squared", (15, 20, 1), 1.108),
        ("variance", (100, 100, 0), 0.3660),
        ("wasserstein2_squared", (100, 100, 0), 1.060),
        ("median_variance", (100, 100, 0), 0.133),
        ("standard_deviation", (100, 100, 1), 0.7768),
        ("wasserstein2_squared", (100, 100, 1), 1.446),
        ("median_variance", (100, 100, 1), 0.364),
        ("variance", (1000, 1000, 0), 0.3677),
        ("wasserstein2_squared", (1000, 1000, 1), 1.443),
        ("kl_divergence", (40, 50, 0), 0.81499),
    ],
)
def test_known_values_are_reproduced(
    function: str, arguments: tuple[int, int, int], value: float
) -> None:
    n, samples, ddof = arguments
    got = getattr(Replace(samples=samples, ddof=ddof), function)(n)
    digits = len(str(value).split(".")[1])
    assert got == pytest.approx(value, abs=0.51 * 10.0**-digits)


def test_the_distance_stays_bounded_or_grows_as_the_divisor_says() -> None:
    assert Replace(samples=20).wasserstein2_squared(100_000) == pytest.approx(
        Replace(samples=20).wasserstein2_squared_limit
    )
    assert Replace(samples=20, ddof=1).wasserstein2_squared(100_000) > 1000
    assert Replace(samples=20, ddof=1).wasserstein2_squared_limit == math.inf


@DIVISORS
def test_first_order_is_within_five_per_cent_where_it_answers(ddof: int) -> None:
    for n, samples in [(1, 10), (5, 100), (10, 100), (100, 1000)]:
        exact = Replace(samples=samples, ddof=ddof).wasserstein2_squared(n)
        first = Replace(samples=samples).wasserstein2_squared_first_order(n)
        assert first == pytest.approx(exact, rel=0.05)
    with pytest.raises(BadSetting, match=r"at most 0\.1"):
        Replace(samples=100).wasserstein2_squared_first_order(11)


def test_half_lives_follow_the_expected_and_the_typical_chain() -> None:
    for typical, per_sample in [(False, math.log(2)), (True, math.log(2) / 2)]:
        half = Replace(samples=10_000).half_life(typical=typical)
        assert half / 10_000 == pytest.approx(per_sample, rel=1e-3)
    unbiased = Replace(samples=10_000, ddof=1).half_life(typical=True)
    assert unbiased / 9_999 == pytest.approx(math.log(2), rel=1e-3)


def test_the_chance_to_stay_alive_follows_the_lognormal_law_and_both_bounds() -> None:
    chain = Replace(samples=10, ddof=1)
    for n, published in [(100, 0.083), (50, 0.372)]:
        _, variance = chains(40_000, n, lambda _: 10, seed=n, ddof=1)
        alive = (np.sqrt(variance) > 0.1).mean()
        overlay = chain.exceedance(n, limit=0.1)
        assert overlay == pytest.approx(published, abs=5e-4)
        assert overlay == pytest.approx(alive, abs=0.02)
        sharp = chain.exceedance_bound(n, limit=0.1)
        loose = chain.exceedance_bound(n, limit=0.1, simple=True)
        assert alive < sharp <= loose


def test_the_overlay_refuses_chains_too_short_for_a_normal_law() -> None:
    with pytest.raises(BadSetting, match="at least 50"):
        Replace(samples=10, ddof=1).exceedance(5, limit=0.1)


@pytest.mark.parametrize(("d", "samples", "n"), [(3, 20, 5), (5, 50, 10)])
def test_covariance_mean_and_volume_in_several_dimensions(d: int, samples: int, n: int) -> None:
    rng = np.random.default_rng(d)
    count = 4_000
    mean, root = np.zeros((count, d)), np.broadcast_to(np.eye(d), (count, d, d))
    for _ in range(n):
        z = rng.standard_normal((count, samples, d))
        drawn = mean[:, None] + np.einsum("cij,cmj->cmi", root, z)
        mean = drawn.mean(1)
        centred = drawn - mean[:, None]
        covariance = np.einsum("cmi,cmj->cij", centred, centred) / samples
        root = np.linalg.cholesky(covariance)
    chain = Replace(samples=samples)
    variance, error = Multivariate(chain, d).moments(n)
    assert_mean(covariance[:, 0, 0], variance)
    assert_mean((mean**2).sum(1), error)
    assert_mean(np.linalg.det(covariance), chain.determinant(n, dimensions=d))


def test_known_determinants_are_reproduced() -> None:
    three = Replace(samples=20).determinant(5, dimensions=3)
    five = Replace(samples=50).determinant(10, dimensions=5)
    assert three == pytest.approx(0.2027, abs=5e-5)
    assert five == pytest.approx(0.0443, abs=5e-5)


def test_one_generation_or_many_give_the_same_numbers() -> None:
    many = Replace(samples=10).variance(np.arange(4).reshape(2, 2))
    assert many.shape == (2, 2)
    assert many[1, 1] == Replace(samples=10).variance(3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"samples": 1},
        {"samples": 10.5},
        {"samples": 10, "ddof": 2},
        {"samples": 10, "sampling_bias": 0.0},
        {"samples": 10, "sampling_bias": 1.1},
        {"samples": 10, "sampling_bias": math.nan},
        {"samples": [10, 10]},
        {"samples": "10"},
    ],
)
def test_values_outside_their_range_raise(wrong: dict[str, object]) -> None:
    with pytest.raises(BadSetting):
        Replace(**wrong).variance(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [-1, 2.5, "3", [], math.nan, 10**7])
def test_generations_outside_their_range_raise(n: object) -> None:
    with pytest.raises(BadSetting):
        Replace(samples=10).variance(n)  # type: ignore[arg-type]
