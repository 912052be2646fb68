"""Per-document p-values and flags keep what they promise."""

import numpy as np
import pytest
from scipy.stats import kstest

from wellhead.errors import BadSetting
from wellhead.prevalence.conformal import benjamini_hochberg, p_values


def test_p_values_of_held_out_human_texts_are_uniform():
    rng = np.random.default_rng(1)
    held_out = [p_values(rng.normal(size=1), rng.normal(size=199))[0] for _ in range(4000)]
    # On the grid 1/200 ... 1, so that a uniform on it minus half a step is continuous enough.
    assert kstest(np.array(held_out) - rng.uniform(0, 1 / 200, 4000), "uniform").pvalue > 0.01


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.1, 0.5])
def test_the_false_positive_rate_is_kept_exactly_in_small_samples(rate):
    rng = np.random.default_rng(2)
    hits = [
        p_values(rng.exponential(size=1), rng.exponential(size=19))[0] <= rate for _ in range(6000)
    ]
    exact = np.floor(rate * 20) / 20
    assert abs(np.mean(hits) - exact) <= 4 * np.sqrt(max(exact * (1 - exact), 1e-4) / 6000)


def test_ties_count_against_flagging():
    assert p_values(np.array([1.0]), np.ones(99))[0] == 1.0


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_flags_keep_the_stated_false_discovery_rate(share):
    rng = np.random.default_rng(3)
    wrong = []
    for _ in range(400):
        machines = int(200 * share)
        scores = np.concatenate([rng.normal(size=200 - machines), rng.normal(3, 1, machines)])
        flags = benjamini_hochberg(p_values(scores, rng.normal(size=100)), 0.1)
        wrong.append(flags[: 200 - machines].sum() / max(flags.sum(), 1))
    assert np.mean(wrong) <= 0.1 * (1 - share) + 4 * np.std(wrong) / np.sqrt(400)


def test_flags_find_most_machine_documents_that_stand_out():
    rng = np.random.default_rng(4)
    scores = np.concatenate([rng.normal(size=100), rng.normal(5, 1, 100)])
    assert benjamini_hochberg(p_values(scores, rng.normal(size=200)), 0.1)[100:].mean() > 0.9


def test_nothing_is_flagged_in_nothing():
    assert benjamini_hochberg(np.zeros(0), 0.1).size == 0


@pytest.mark.parametrize("rate", [0, 1, -0.1, 2])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(BadSetting, match="between 0 and 1"):
        benjamini_hochberg(np.array([0.5]), rate)
