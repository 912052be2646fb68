"""The shared statistics agree with independent ones."""

import numpy as np
import pytest
from scipy.stats import binomtest

from wellhead._stats import clopper_pearson, design_effect, wilson


@pytest.mark.parametrize(("count", "n"), [(0, 9), (3, 11), (17, 46), (30, 30)])
def test_intervals_for_a_share_are_those_of_scipy(count, n):
    known = binomtest(count, n)
    low, _, high, _ = wilson(count, n, level=0.9)
    expected = known.proportion_ci(0.9, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    exact = known.proportion_ci(0.9, method="exact")
    assert clopper_pearson(count, n, error=0.05) == pytest.approx((exact.low, exact.high))


def test_bounds_for_many_counts_come_at_once():
    low, high = clopper_pearson(np.arange(5), 4, error=0.05)
    assert (low[0], high[-1]) == (0, 1)
    assert np.all(np.diff(low) > 0)
    assert np.all(np.diff(high) > 0)


def test_copies_within_a_cluster_inflate_the_variance_by_its_size():
    values = np.random.default_rng(0).normal(size=200)
    assert design_effect(np.repeat(values, 3), np.repeat(np.arange(200), 3)) == pytest.approx(3)
    assert design_effect(values, np.arange(200)) == 1
