"""Paired intervals hold their level, and many comparisons together raise few false alarms."""

from __future__ import annotations

import numpy as np
import pytest

from wellhead.capability.falls import ACCURACY, BITS, Pair, judged
from wellhead.capability.paired import Estimate, bits_difference, share_difference
from wellhead.capability.published import cells_of, published, ranked

TRIALS = 1500


@pytest.mark.parametrize("change", [0.0, 0.1])
@pytest.mark.parametrize("n", [30, 100])
def test_the_interval_of_a_change_in_accuracy_covers_it(n, change):
    rng = np.random.default_rng(n)
    covered = 0
    for _ in range(TRIALS):
        draw = rng.random(n)
        # Right before with 0.6; a tenth changes either way, and `change` more for the better.
        before = (draw < 0.6).astype(float)
        flipped = rng.random(n) < np.where(before == 1, 0.1, 0.15 + change / 0.4)
        after = np.where(flipped, 1 - before, before)
        low, high = share_difference(before, after, np.arange(n)).interval(0.95)
        covered += low <= change <= high
    assert covered / TRIALS > 0.93


def test_the_interval_of_bits_per_byte_covers_the_truth_when_items_share_paragraphs():
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(30), 4)
    covered = 0
    for _ in range(TRIALS):
        size = rng.integers(2, 12, 120).astype(float)
        shared = np.repeat(rng.normal(0, 1, 30), 4)
        change = size * (0.3 + shared + rng.normal(0, 1, 120))
        before = rng.gamma(2, 4, 120)
        low, high = bits_difference(before, before + change, size, clusters).interval(0.95)
        covered += low <= 0.3 <= high
    assert 0.92 < covered / TRIALS < 0.98


def test_no_change_at_all_is_not_certainty():
    same = np.ones(20)
    low, high = share_difference(same, same, np.arange(20)).interval(0.95)
    assert low < 0 < high


def test_one_paragraph_says_nothing_about_others():
    values = np.ones(5)
    found = bits_difference(values, values + 1, values, np.zeros(5, dtype=np.int64))
    assert found.p == 1 or found.interval(0.95)[0] < 0


def pair(task: str, value: float, error: float = 1.0, measure: str = BITS) -> Pair:
    return Pair("s", "m", 1, task, measure, Estimate(value, value, error), 100)


def test_a_fall_is_said_exactly_where_the_interval_leaves_out_zero():
    rng = np.random.default_rng(1)
    pairs = [pair(str(number), value) for number, value in enumerate(rng.normal(0, 2.5, 40))]
    for each in judged(pairs):
        outside = each.interval[0] > 0 or each.interval[1] < 0
        assert outside == (each.verdict != "cannot be told apart")
        assert each.falls == (each.interval[0] > 0)
        assert each.level >= 0.95


def test_a_fall_in_accuracy_is_a_change_below_zero():
    (found,) = judged([pair("one", -9.0, measure=ACCURACY)])
    assert found.falls
    (found,) = judged([pair("one", -9.0)])
    assert found.verdict == "rises"


def test_among_many_tasks_that_did_not_change_hardly_one_is_said_to_fall():
    rng = np.random.default_rng(2)
    alarms = sum(
        any(
            each.verdict != "cannot be told apart"
            for each in judged([pair(str(n), value) for n, value in enumerate(rng.normal(size=30))])
        )
        for _ in range(600)
    )
    assert alarms / 600 < 0.075


def test_every_published_figure_has_a_source_and_no_rank_crosses_splits_shots_or_doubt():
    for cell in published():
        assert cell.source
        assert 0 < cell.value <= 100
    for task in {cell.task for cell in published()}:
        for shots in {cell.shots for cell in cells_of(task)}:
            kept = ranked(task, shots)
            assert not any(cell.track or cell.doubt for cell in kept)
            assert {cell.shots for cell in kept} <= {shots}
    trivia = {cell.model: cell.track for cell in cells_of("TriviaQA EM")}
    assert trivia["LLaMA-65B"] != trivia["PaLM 2-L"]
    assert "GPT-4" not in trivia
