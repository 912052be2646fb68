"""The at-least bound holds for any generator."""

import numpy as np
import pytest

from wellhead.errors import BadSetting, UnusableReference
from wellhead.prevalence.lower_bound import at_least


@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("generator", ["far", "inside", "two-sided"])
def test_the_bound_lies_below_the_truth_whatever_the_generator(share, generator):
    rng = np.random.default_rng(7)
    draw = {
        "far": lambda k: rng.normal(6, 1, k),
        "inside": lambda k: rng.normal(0.5, 0.2, k),
        "two-sided": lambda k: rng.choice([-3.0, 3.0], k) + rng.normal(0, 0.3, k),
    }[generator]
    valid = []
    for trial in range(40):
        machines = round(200 * share)
        scores = np.concatenate([rng.normal(size=200 - machines), draw(machines)])
        valid.append(at_least(scores, rng.normal(size=100), seed=trial) <= share)
    assert np.mean(valid) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 40)


def test_the_bound_comes_close_when_the_generator_stands_out():
    rng = np.random.default_rng(81)
    scores = np.concatenate([rng.normal(size=500), rng.normal(8, 1, 500)])
    assert 0.45 < at_least(scores, rng.normal(size=400)) < 0.51


def test_the_bound_is_zero_for_a_human_corpus_that_equals_its_reference():
    scores = np.linspace(-2, 2, 300)
    assert at_least(scores, scores) == 0.0


def test_the_same_seed_gives_the_same_bound():
    rng = np.random.default_rng(9)
    scores, human = rng.normal(1, 1, 200), rng.normal(size=100)
    assert at_least(scores, human, seed=5) == at_least(scores, human, seed=5)


def test_a_sample_of_a_larger_corpus_gets_a_more_careful_bound():
    rng = np.random.default_rng(10)
    scores = np.concatenate([rng.normal(size=50), rng.normal(8, 1, 50)])
    human = rng.normal(size=400)
    assert at_least(scores, human, sampled=True) < at_least(scores, human)


def test_a_tiny_reference_is_refused_with_the_next_step():
    with pytest.raises(UnusableReference, match="Bring more texts"):
        at_least(np.zeros(5), np.zeros(5))


def test_a_level_outside_its_range_is_refused():
    with pytest.raises(BadSetting):
        at_least(np.zeros(5), np.zeros(50), level=95)
