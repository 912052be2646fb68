"""Inflation constants: the Gaussian mean at large M obeys them, and known values hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from wellhead.errors import BadSetting
from wellhead.recursion.theory import (
    gaussian_mixes,
    gaussian_pools,
    gaussian_replace,
    inflation,
)
from wellhead.recursion.theory.gaussian import GaussianChain

MANY = 10**8
N = np.arange(1, 60)


@pytest.mark.parametrize(
    ("exact", "constant"),
    [
        (gaussian_replace.Replace(samples=MANY), inflation.Replace()),
        (gaussian_replace.Replace(samples=[MANY * int(k) for k in N]), inflation.Growing()),
        (gaussian_pools.Accumulate(samples=MANY), inflation.Accumulate()),
        (gaussian_pools.AccumulateSubsample(samples=MANY), inflation.AccumulateSubsample()),
        (gaussian_mixes.FreshReal(samples=MANY, real_share=0.1), inflation.FreshReal(0.1)),
        (gaussian_mixes.FixedOriginal(samples=MANY, real_share=0.1), inflation.FixedOriginal(0.1)),
        (
            gaussian_mixes.SyntheticAdded(samples=MANY, real_share=0.3),
            inflation.SyntheticAdded(0.3),
        ),
        (gaussian_mixes.GoldenRatio(samples=MANY), inflation.GoldenRatio()),
    ],
)
def test_the_error_of_a_mean_is_the_constant_over_the_sample_size(
    exact: GaussianChain, constant: inflation.Inflation
) -> None:
    error = np.asarray(exact.mean_square_error(N))
    np.testing.assert_allclose(error * MANY, constant.after(N), rtol=1e-5)


@pytest.mark.parametrize(
    ("share", "value"), [(0.01, 50.3), (0.05, 10.3), (0.1, 5.26), (0.2, 2.78), (0.5, 1.33)]
)
def test_known_limits_with_fresh_data(share: float, value: float) -> None:
    assert inflation.FreshReal(share).limit == pytest.approx(value, rel=5e-3)


def test_known_limits_of_the_other_regimes() -> None:
    assert inflation.Accumulate().limit == pytest.approx(1.645, abs=5e-4)
    assert inflation.AccumulateSubsample().limit == pytest.approx(2.9348, abs=5e-5)
    assert inflation.AccumulateSubsample().after(40) == pytest.approx(2.861, abs=5e-4)
    assert inflation.FixedOriginal(0.1).limit == pytest.approx(14.7, abs=0.05)
    assert inflation.GoldenRatio().limit == pytest.approx(0.618, abs=5e-4)
    assert inflation.Replace().limit == math.inf


@pytest.mark.parametrize(
    "constant",
    [
        inflation.Accumulate(),
        inflation.AccumulateSubsample(),
        inflation.FreshReal(0.05),
        inflation.FixedOriginal(0.05),
        inflation.SyntheticAdded(0.05),
        inflation.GoldenRatio(),
    ],
)
def test_late_generations_reach_the_limit(constant: inflation.Inflation) -> None:
    assert constant.after(100_000) == pytest.approx(constant.limit, rel=1e-4)


def test_one_fit_is_one_round_in_every_regime() -> None:
    for a in (0.01, 0.5, 1.0):
        assert inflation.FreshReal(a).after(1) == pytest.approx(1.0)
        assert inflation.FixedOriginal(a).after(1) == pytest.approx(1.0)
        assert inflation.SyntheticAdded(a).after(1) == pytest.approx(1.0)
    assert inflation.GoldenRatio().after(1) == pytest.approx(1.0)
    assert inflation.AccumulateSubsample().after(1) == pytest.approx(1.0)


def test_no_real_data_is_replacement() -> None:
    np.testing.assert_array_equal(inflation.FreshReal(0).after(N), inflation.Replace().after(N))
    assert inflation.FreshReal(1e-12).after(10) == pytest.approx(10.0)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, "half"])
def test_shares_outside_their_range_raise(share: Any) -> None:
    for constant in (inflation.FreshReal, inflation.FixedOriginal, inflation.SyntheticAdded):
        with pytest.raises(BadSetting):
            constant(share).after(5)
