"""Kernel densities and the bootstrap: formulas against literal resampling."""

from __future__ import annotations

import numpy as np
import pytest
from theory_chains import assert_mean

from wellhead.errors import BadSetting
from wellhead.recursion.theory import kernel


@pytest.mark.parametrize(("bandwidth", "fits"), [(0.0, 8), (0.3, 8), (1.0, 30)])
def test_variance_and_mean_agree_with_literal_densities(bandwidth: float, fits: int) -> None:
    rng = np.random.default_rng(1)
    count, m = 6_000, 15
    sample = rng.standard_normal((count, m))
    for _ in range(fits - 1):
        picked = np.take_along_axis(sample, rng.integers(m, size=(count, m)), 1)
        sample = picked + bandwidth * rng.standard_normal((count, m))
    chain = kernel.Replace(samples=m, bandwidth=bandwidth)
    assert_mean(sample.var(1), chain.sample_variance(fits))
    assert_mean(sample.mean(1) ** 2, chain.mean_square_error(fits))
    wider = chain.density_variance(fits) - chain.sample_variance(fits)
    assert wider == pytest.approx(bandwidth**2)


@pytest.mark.parametrize(("m", "h", "value"), [(50, 0.2, 1.960), (100, 0.1, 0.990)])
def test_a_fixed_bandwidth_sets_the_variance_it_ends_with(m: int, h: float, value: float) -> None:
    assert kernel.Replace(samples=m, bandwidth=h).sample_variance_limit == pytest.approx(value)
    far = kernel.Replace(samples=m, bandwidth=h).sample_variance(20_000)
    assert far == pytest.approx(value)


def test_bootstrapping_again_and_again_forgets_originals() -> None:
    rng = np.random.default_rng(2)
    count, m = 4_000, 100
    sample = np.tile(np.arange(m), (count, 1))
    for _ in range(20):
        sample = np.take_along_axis(sample, rng.integers(m, size=(count, m)), 1)
    distinct = 1 + np.count_nonzero(np.diff(np.sort(sample, 1)), axis=1)
    expected = kernel.distinct_originals(20, samples=m)
    assert expected == pytest.approx(8.76, abs=5e-3)
    assert distinct.mean() == pytest.approx(expected, rel=0.05)


def test_the_bootstrap_formula_stops_where_lines_crowd() -> None:
    with pytest.raises(BadSetting, match="at most 20"):
        kernel.distinct_originals(21, samples=100)


def test_a_negative_bandwidth_is_refused() -> None:
    with pytest.raises(BadSetting, match="bandwidth"):
        kernel.Replace(samples=10, bandwidth=-0.1)
