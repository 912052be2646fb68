"""Intervals and tests that may be looked at after every observation: error, delay, power."""

from __future__ import annotations

import numpy as np
import pytest

from wellhead.prevalence.sequential import (
    Change,
    Difference,
    confidence_sequence,
    discoveries,
    excess,
    ratio_sequence,
)

LIMIT, RESPONSES = 0.002, 20_000


def hits_of(rng: np.random.Generator, rates: np.ndarray) -> np.ndarray:
    """After how many observations each hit came."""
    return np.flatnonzero(rng.random(rates.size) < rates) + 1


def first_alarm(places: np.ndarray, error: float = 0.05) -> float:
    for k, n in enumerate(places, 1):
        if excess(k, int(n), LIMIT) >= np.log(1 / error):
            return float(n)
    return np.inf


def test_a_rate_at_its_limit_ever_alarms_in_at_most_five_percent_where_a_z_test_does_in_a_third():
    rng = np.random.default_rng(20)
    alarms = z_alarms = 0
    looks = np.arange(50, RESPONSES + 1, 50)
    trials = 300
    for _ in range(trials):
        places = hits_of(rng, np.full(RESPONSES, LIMIT))
        alarms += first_alarm(places) < np.inf
        seen = np.searchsorted(places, looks, side="right")
        z = (seen - looks * LIMIT) / np.sqrt(looks * LIMIT * (1 - LIMIT))
        z_alarms += bool((z > 1.645).any())
    assert alarms / trials <= 0.05
    assert z_alarms / trials > 0.25


@pytest.mark.parametrize(("times", "within"), [(2, 5000), (5, 600), (10, 200)])
def test_a_multiplied_rate_is_found_soon(times, within):
    rng = np.random.default_rng(times)
    delays = [first_alarm(hits_of(rng, np.full(RESPONSES, LIMIT * times))) for _ in range(60)]
    assert np.median(delays) <= within


@pytest.mark.parametrize("course", ["constant", "rising", "waves"])
def test_the_interval_never_misses_the_average_so_far_however_the_rate_moves(course):
    n, trials, missed = 2000, 60, 0
    moved = {
        "constant": np.full(n, 0.03),
        "rising": np.linspace(0.0, 0.1, n),
        "waves": 0.05 + 0.05 * np.sin(np.arange(n) / 100),
    }[course]
    average = np.cumsum(moved) / np.arange(1, n + 1)
    rng = np.random.default_rng(7)
    moments = np.unique(np.geomspace(1, n, 20).astype(int))
    for _ in range(trials):
        seen = np.cumsum(rng.random(n) < moved)
        intervals = [confidence_sequence(int(seen[m - 1]), int(m)) for m in moments]
        missed += not all(
            each.covers(average[m - 1]) for each, m in zip(intervals, moments, strict=True)
        )
    # 5 % are allowed; 60 trials at 5 % exceed 7 with probability 1 %.
    assert missed <= 7


def test_the_interval_closes_in_at_the_usual_pace():
    for n in (1_000, 10_000, 100_000):
        usual = 2 * 1.96 * np.sqrt(0.1 * 0.9 / n)
        assert confidence_sequence(n // 10, n).width < 2.2 * usual


def test_the_detector_is_patient_while_all_is_well_and_quick_after_a_long_good_past():
    patience = 2_000
    rng = np.random.default_rng(3)
    until = []
    for _ in range(60):
        change, last, at = Change(0.02, patience=patience), 0, 0
        for at in hits_of(rng, np.full(40_000, 0.02)):
            change.clean(int(at) - last - 1)
            last = int(at)
            if change.hit():
                break
        until.append(at)
    assert np.mean(until) >= patience
    change = Change(LIMIT, patience=100_000)
    change.clean(1_000_000)
    waited = 0
    while not change.hit():
        change.clean(49)  # ten times the limit
        waited += 50
    assert waited < 400


def test_a_clean_run_in_one_step_is_the_same_as_one_by_one():
    one, many = Change(0.01, patience=1e9), Change(0.01, patience=1e9)
    for change in (one, many):
        change.hit()
    one.clean(500)
    for _ in range(500):
        many.clean()
    assert one.value == pytest.approx(many.value)


def drawn_hits(rng, share: float, hits: int) -> Difference:
    """A lot in which version "new" gets 1 of 2, and `share` of the hits."""
    lot = Difference()
    for new in rng.random(hits) < share:
        lot.hit("new" if new else "old", {"new": 0.5, "old": 0.5})
        if lot.log_e >= np.log(20):
            break
    return lot


def test_versions_alike_are_told_apart_in_at_most_five_percent_and_others_nearly_always():
    rng = np.random.default_rng(5)
    same = [drawn_hits(rng, 0.5, 200).log_e >= np.log(20) for _ in range(300)]
    # The new version violates four times as often: 4 of 5 hits are its own.
    other = [drawn_hits(rng, 0.8, 60).log_e >= np.log(20) for _ in range(100)]
    assert np.mean(same) <= 0.05
    assert np.mean(other) >= 0.95


def test_the_ratio_of_two_rates_is_covered_at_every_look():
    rng, missed = np.random.default_rng(6), 0
    for _ in range(60):
        first = rng.random(200) < 0.75  # three times the rate, drawn alike
        counts = np.cumsum(first)
        looks = [(int(k), n - int(k)) for n, k in enumerate(counts, 1) if n % 10 == 0]
        missed += not all(low <= 3 <= high for low, high in map(ratio_sequence, looks))
    assert missed / 60 <= 0.1


def test_false_discoveries_among_many_dependent_metrics_stay_rare():
    rng, wrong = np.random.default_rng(8), []
    for _ in range(400):
        common = rng.normal()
        # exp(z − 1/2) is an e-value under the null, whatever the dependence.
        null = [0.9 * common + np.sqrt(0.19) * rng.normal() - 0.5 for _ in range(18)]
        found = discoveries([*null, 12.0, 12.0])
        wrong.append(sum(place < 18 for place in found) / max(len(found), 1))
        assert {18, 19} <= set(found)
    assert np.mean(wrong) <= 0.05
