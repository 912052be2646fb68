"""Real data mixed into every generation of a Gaussian: formulas against literal chains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from theory_chains import assert_mean

from wellhead.errors import BadSetting
from wellhead.recursion.theory import gaussian_mixes, inflation
from wellhead.recursion.theory.detector import Detector, needed_true_positive_rate
from wellhead.recursion.theory.inflation import GOLDEN_WEIGHT

COUNT = 8_000


def fitted(drawn: np.ndarray, weights: np.ndarray | float, ddof: int) -> tuple[np.ndarray, ...]:
    total = np.sum(weights * np.ones_like(drawn), axis=1, keepdims=True)
    mean = (weights * drawn).sum(1, keepdims=True) / total
    scatter = (weights * (drawn - mean) ** 2).sum(1, keepdims=True)
    return mean, scatter / (total - ddof)


def test_fresh_real_data_agrees_with_literal_chains() -> None:
    rng = np.random.default_rng(1)
    for ddof in (0, 1):
        mean, variance = np.zeros((COUNT, 1)), np.ones((COUNT, 1))
        for _ in range(12):
            old = rng.normal(mean, np.sqrt(variance), (COUNT, 16))
            new = rng.standard_normal((COUNT, 4))
            mean, variance = fitted(np.hstack([old, new]), 1.0, ddof)
        moments = gaussian_mixes.FreshReal(samples=20, real_share=0.2, ddof=ddof).moments(12)
        assert_mean(variance[:, 0], moments.variance)
        assert_mean(mean[:, 0] ** 2, moments.mean_square_error)


def test_a_biased_sampler_beside_fresh_data_agrees_with_literal_chains() -> None:
    rng = np.random.default_rng(2)
    mean, variance = np.zeros((COUNT, 1)), np.ones((COUNT, 1))
    for _ in range(8):
        old = rng.normal(mean, np.sqrt(0.7 * variance), (COUNT, 16))
        new = rng.standard_normal((COUNT, 4))
        mean, variance = fitted(np.hstack([old, new]), 1.0, 0)
    moments = gaussian_mixes.FreshReal(samples=20, real_share=0.2, sampling_bias=0.7).moments(8)
    assert_mean(variance[:, 0], moments.variance)
    assert_mean(mean[:, 0] ** 2, moments.mean_square_error)


def test_a_detector_in_the_loop_agrees_with_literal_filtering() -> None:
    rng = np.random.default_rng(3)
    a, tpr, fpr, size, count = 0.2, 0.8, 0.1, 20, 6_000
    mean, variance = np.zeros((count, 1)), np.ones((count, 1))
    for _ in range(10):
        real = rng.random((count, 400)) < a
        drawn = np.where(
            real, rng.standard_normal(real.shape), rng.normal(mean, np.sqrt(variance), real.shape)
        )
        kept = rng.random(real.shape) < np.where(real, 1 - fpr, 1 - tpr)
        first = kept & (kept.cumsum(1) <= size)
        assert (first.sum(1) == size).all()
        mean, variance = fitted(drawn, first, 0)
    share = Detector(tpr, fpr).effective_share(a)
    moments = gaussian_mixes.FreshReal(samples=size, real_share=share, independent=True).moments(10)
    assert_mean(variance[:, 0], moments.variance)
    assert_mean(mean[:, 0] ** 2, moments.mean_square_error)


@pytest.mark.parametrize("fits", [1, 2, 10])
def test_originals_that_stay_agree_with_literal_chains(fits: int) -> None:
    rng = np.random.default_rng(4)
    originals = rng.standard_normal((COUNT, 20))
    mean, variance = fitted(originals, 1.0, 0)
    for _ in range(fits - 1):
        old = rng.normal(mean, np.sqrt(variance), (COUNT, 16))
        mean, variance = fitted(np.hstack([old, originals[:, :4]]), 1.0, 0)
    moments = gaussian_mixes.FixedOriginal(samples=20, real_share=0.2).moments(fits)
    assert_mean(variance[:, 0], moments.variance)
    assert_mean(mean[:, 0] ** 2, moments.mean_square_error)


@pytest.mark.parametrize("fits", [1, 2, 10])
def test_synthetic_samples_added_to_all_originals_agree_with_literal_chains(fits: int) -> None:
    rng = np.random.default_rng(5)
    originals = rng.standard_normal((COUNT, 8))
    mean, variance = fitted(originals, 1.0, 1)
    for _ in range(fits - 1):
        old = rng.normal(mean, np.sqrt(variance), (COUNT, 24))
        mean, variance = fitted(np.hstack([old, originals]), 1.0, 1)
    moments = gaussian_mixes.SyntheticAdded(samples=8, real_share=0.25, ddof=1).moments(fits)
    assert_mean(variance[:, 0], moments.variance)
    assert_mean(mean[:, 0] ** 2, moments.mean_square_error)


@pytest.mark.parametrize("weight", [0.3, GOLDEN_WEIGHT])
def test_weighted_fits_agree_with_literal_chains(weight: float) -> None:
    rng = np.random.default_rng(6)
    mean, variance = fitted(rng.standard_normal((COUNT, 10)), 1.0, 0)
    weights = np.repeat([weight, 1 - weight], 10)
    for _ in range(6):
        new, old = (
            rng.standard_normal((COUNT, 10)),
            rng.normal(mean, np.sqrt(variance), (COUNT, 10)),
        )
        mean, variance = fitted(np.hstack([new, old]), weights, 0)
    moments = gaussian_mixes.GoldenRatio(samples=10, real_weight=weight).moments(7)
    assert_mean(variance[:, 0], moments.variance)
    assert_mean(mean[:, 0] ** 2, moments.mean_square_error)


@pytest.mark.parametrize(
    ("samples", "a", "value"),
    [(20, 0.1, 0.7872), (100, 0.1, 0.9498), (100, 0.01, 0.664), (100, 0.5, 0.9868)],
)
def test_known_stationary_variances_with_fresh_data(samples: int, a: float, value: float) -> None:
    limit = gaussian_mixes.FreshReal(samples=samples, real_share=a).limit
    assert limit.variance == pytest.approx(value, abs=5e-4)
    far = gaussian_mixes.FreshReal(samples=samples, real_share=a).moments(5_000)
    assert far.variance == pytest.approx(limit.variance, abs=1e-9)
    assert far.mean_square_error == pytest.approx(1 - limit.variance, abs=1e-9)


def test_known_stationary_moments_with_kept_originals() -> None:
    limit = gaussian_mixes.FixedOriginal(samples=100, real_share=0.1).limit
    assert limit == pytest.approx((0.8593, 0.1407), abs=5e-5)
    far = gaussian_mixes.FixedOriginal(samples=100, real_share=0.1).moments(2_000)
    assert far == pytest.approx(limit)


@pytest.mark.parametrize(
    ("a", "bias", "value"), [(0.0, 0.9, 0.09944), (0.1, 0.9, 0.5121), (0.5, 0.5, 0.6608)]
)
def test_known_variances_with_a_biased_sampler(a: float, bias: float, value: float) -> None:
    n = 20 if a == 0 else 500
    got = gaussian_mixes.FreshReal(samples=100, real_share=a, sampling_bias=bias).moments(n)
    assert got.variance == pytest.approx(value, abs=6e-5)
    if a:
        many = gaussian_mixes.FreshReal(samples=10**7, real_share=a, sampling_bias=bias).limit
        assert many.variance == pytest.approx(a / (1 - (1 - a) * bias), rel=1e-5)


@pytest.mark.parametrize(
    ("a", "rates", "share", "error"),
    [
        (0.1, (0.9, 0.05), 0.5135, 0.01306),
        (0.02, (0.9, 0.05), 0.162, 0.03274),
        (0.1, (0.5, 0.5), 0.1, 0.0505),
    ],
)
def test_known_values_with_a_detector(
    a: float, rates: tuple[float, float], share: float, error: float
) -> None:
    got = Detector(*rates).effective_share(a)
    assert got == pytest.approx(share, abs=5e-4)
    limit = gaussian_mixes.FreshReal(samples=100, real_share=got, independent=True).limit
    assert limit.mean_square_error == pytest.approx(error, abs=6e-6 if error < 0.05 else 6e-5)


def test_the_needed_detector_reaches_the_wanted_share() -> None:
    for a, wanted, fpr in [(0.1, 0.5, 0.05), (0.02, 0.3, 0.2), (0.4, 0.9, 0.0)]:
        rate = needed_true_positive_rate(a, wanted_share=wanted, false_positive_rate=fpr)
        got = Detector(rate, fpr).effective_share(a)
        assert got == pytest.approx(wanted)
    assert needed_true_positive_rate(0.6, wanted_share=0.5, false_positive_rate=0.1) == 0


def test_a_detector_that_removes_everything_is_refused() -> None:
    with pytest.raises(BadSetting, match="everything"):
        Detector(1.0, 1.0).effective_share(0.5)


def test_the_best_weight_at_equal_sizes_is_the_golden_ratio() -> None:
    weights = np.linspace(0.001, 1, 20_000)
    limits = [inflation.GoldenRatio(float(w)).limit for w in weights]
    assert weights[int(np.argmin(limits))] == pytest.approx(0.6180, abs=1e-3)
    assert min(limits) == pytest.approx((math.sqrt(5) - 1) / 2, abs=1e-6)


@pytest.mark.parametrize("ratio", [0.1, 2.0, 30.0])
def test_the_best_weight_minimises_inflation_at_any_ratio(ratio: float) -> None:
    best = inflation.best_real_weight(ratio)
    least = inflation.GoldenRatio(best, ratio).limit
    assert least == pytest.approx(best)
    for weight in (best * 0.98, min(1.0, best * 1.02)):
        assert inflation.GoldenRatio(weight, ratio).limit > least


@pytest.mark.parametrize("regime", [gaussian_mixes.FixedOriginal, gaussian_mixes.FreshReal])
def test_a_share_is_the_whole_number_of_samples_that_it_rounds_to(regime: Any) -> None:
    """The laboratory takes 2 of 14 for a share of .15, so the formulas do."""
    asked, whole = (regime(samples=14, real_share=share) for share in (0.15, 2 / 14))
    assert asked.effective_share == pytest.approx(1 / 7)
    assert asked.moments(9) == pytest.approx(whole.moments(9))
    with pytest.raises(BadSetting, match="rounds to none"):
        regime(samples=4, real_share=0.1)


def test_a_share_of_draws_by_chance_is_not_rounded() -> None:
    chance = gaussian_mixes.FreshReal(samples=4, real_share=0.1, independent=True)
    assert chance.effective_share == 0.1


def test_a_mix_without_a_stationary_state_is_refused() -> None:
    with pytest.raises(BadSetting, match="no stationary state"):
        _ = gaussian_mixes.FreshReal(samples=5, real_share=1e-9, ddof=1, independent=True).limit
