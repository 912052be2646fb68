"""Inflation constants: the Gaussian mean at large M obeys them, and known values hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wellhead.errors import BadSetting
from wellhead.recursion.theory import (
    gaussian_accumulate,
    gaussian_mixture,
    gaussian_replace,
    gaussian_subsample,
    inflation,
)

MANY = 10**8
N = np.arange(1, 60)


def mixed(function: Callable[..., Any], **share: float) -> Callable[[], Any]:
    return lambda: function(N, samples=MANY, **share).mean_square_error


@pytest.mark.parametrize(
    ("exact", "constant"),
    [
        (lambda: gaussian_replace.mean_square_error(N, samples=MANY), inflation.replace(N)),
        (
            lambda: gaussian_replace.mean_square_error(N, samples=[MANY * k for k in N]),
            inflation.growing(N),
        ),
        (lambda: gaussian_accumulate.mean_square_error(N, samples=MANY), inflation.accumulate(N)),
        (
            lambda: gaussian_subsample.mean_square_error(N, samples=MANY),
            inflation.accumulate_subsample(N),
        ),
        (
            mixed(gaussian_mixture.fresh_real, real_share=0.1),
            inflation.fresh_real(N, real_share=0.1),
        ),
        (
            mixed(gaussian_mixture.fixed_original, real_share=0.1),
            inflation.fixed_original(N, real_share=0.1),
        ),
        (
            mixed(gaussian_mixture.synthetic_added, real_share=0.3),
            inflation.synthetic_added(N, real_share=0.3),
        ),
        (mixed(gaussian_mixture.golden_ratio), inflation.golden_ratio(N)),
    ],
)
def test_the_error_of_a_mean_is_the_constant_over_the_sample_size(
    exact: Callable[[], Any], constant: Any
) -> None:
    np.testing.assert_allclose(np.asarray(exact()) * MANY, constant, rtol=1e-5)


@pytest.mark.parametrize(
    ("share", "value"), [(0.01, 50.3), (0.05, 10.3), (0.1, 5.26), (0.2, 2.78), (0.5, 1.33)]
)
def test_known_limits_with_fresh_data(share: float, value: float) -> None:
    assert inflation.fresh_real(real_share=share) == pytest.approx(value, rel=5e-3)


def test_known_limits_of_the_other_regimes() -> None:
    assert inflation.accumulate() == pytest.approx(1.645, abs=5e-4)
    assert inflation.accumulate_subsample() == pytest.approx(2.9348, abs=5e-5)
    assert inflation.accumulate_subsample(40) == pytest.approx(2.861, abs=5e-4)
    assert inflation.fixed_original(real_share=0.1) == pytest.approx(14.7, abs=0.05)
    assert inflation.golden_ratio() == pytest.approx(0.618, abs=5e-4)
    assert inflation.replace() == math.inf


@pytest.mark.parametrize(
    "constant",
    [
        inflation.accumulate,
        inflation.accumulate_subsample,
        lambda n=None: inflation.fresh_real(n, real_share=0.05),
        lambda n=None: inflation.fixed_original(n, real_share=0.05),
        lambda n=None: inflation.synthetic_added(n, real_share=0.05),
        inflation.golden_ratio,
    ],
)
def test_late_generations_reach_the_limit(constant: Callable[..., Any]) -> None:
    assert constant(100_000) == pytest.approx(constant(), rel=1e-4)


def test_one_fit_is_one_round_in_every_regime() -> None:
    for a in (0.01, 0.5, 1.0):
        assert inflation.fresh_real(1, real_share=a) == pytest.approx(1.0)
        assert inflation.fixed_original(1, real_share=a) == pytest.approx(1.0)
        assert inflation.synthetic_added(1, real_share=a) == pytest.approx(1.0)
    assert inflation.golden_ratio(1) == pytest.approx(1.0)
    assert inflation.accumulate_subsample(1) == pytest.approx(1.0)


def test_no_real_data_is_replacement() -> None:
    np.testing.assert_array_equal(inflation.fresh_real(N, real_share=0), inflation.replace(N))
    assert inflation.fresh_real(10, real_share=1e-12) == pytest.approx(10.0)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, "half"])
def test_shares_outside_their_range_raise(share: Any) -> None:
    for constant in (inflation.fresh_real, inflation.fixed_original, inflation.synthetic_added):
        with pytest.raises(BadSetting):
            constant(5, real_share=share)
