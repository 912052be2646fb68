"""A draw keeps its probabilities, and what is estimated from it covers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from wellhead._stats import Interval
from wellhead.audit.draw import draw
from wellhead.errors import BadSetting
from wellhead.prevalence.audit import audited_share, chances


def collection(rng, share, gap, off=0.0, size=2000):
    """Predictions off by `off` in log-odds, and the truth."""
    truth = (rng.random(size) < share).astype(float)
    scores = rng.normal(size=size) + gap * truth
    return expit(gap * scores - gap**2 / 2 + logit(share) + off), truth


@pytest.mark.parametrize("way", ["random", "stratified", "active"])
def test_each_document_is_drawn_as_often_as_its_probability_says(way):
    rng = np.random.default_rng(1)
    predictions, _ = collection(rng, 0.3, 1.5, size=60)
    groups = np.repeat(["a", "b", "c"], 20)
    seen, told = np.zeros(60), np.full(60, np.nan)
    for seed in range(4000):
        drawn = draw(12, 60, way=way, predictions=predictions, groups=groups, seed=seed)
        assert len(set(drawn.rows.tolist())) == 12
        seen[drawn.rows] += 1
        told[drawn.rows] = drawn.probability
    np.testing.assert_allclose(seen / 4000, told, atol=5 * np.sqrt(0.25 / 4000))


def test_a_stratified_draw_takes_each_group_in_proportion():
    groups = np.repeat(["a", "b"], [300, 100])
    drawn = draw(40, 400, way="stratified", groups=groups, seed=3)
    assert np.sum(groups[drawn.rows] == "a") == 30


@pytest.mark.parametrize("way", ["random", "active"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.7])
@pytest.mark.parametrize(("gap", "off"), [(0.5, 0), (1.5, -2), (1.5, 2), (3, 0), (3, -2), (3, 2)])
def test_fifty_labels_cover_the_share_however_right_the_predictions(way, share, gap, off):
    rng = np.random.default_rng(7)
    covered = []
    for seed in range(300):
        predictions, truth = collection(rng, share, gap, off, size=1000)
        view = Interval(share / 4, share, 1.0)
        drawn = draw(50, truth.size, way=way, predictions=predictions, share=view, seed=seed)
        found = audited_share(
            predictions, drawn.rows, truth[drawn.rows], probability=drawn.probability
        )
        covered.append(found.covers(truth.mean()))
    # Nominal 95 %; the worst of these cells covers 92.6 % in longer runs.
    assert np.mean(covered) >= 0.926 - 3 * np.sqrt(0.926 * 0.074 / 300)


def test_good_predictions_make_active_labels_worth_more():
    rng = np.random.default_rng(8)
    width = {"random": [], "active": []}
    for seed in range(200):
        predictions, truth = collection(rng, 0.3, 3.0)
        for way, widths in width.items():
            drawn = draw(50, truth.size, way=way, predictions=predictions, seed=seed)
            found = audited_share(
                predictions, drawn.rows, truth[drawn.rows], probability=drawn.probability
            )
            widths.append(found.width)
    assert np.mean(width["active"]) < 0.92 * np.mean(width["random"])


def test_documents_are_in_doubt_by_predictions_that_add_up_to_no_more_than_the_share():
    """Where all predictions say too much, the clear cases of people are not drawn for it."""
    rng = np.random.default_rng(9)
    predictions, truth = collection(rng, 0.1, 3.0, off=2.0)
    unclear = np.abs(predictions - np.quantile(predictions, 0.9)) < 0.3
    as_they_are = chances(predictions)
    lowered = chances(predictions, Interval(0.05, 0.1, 0.3))
    assert lowered[unclear].mean() > as_they_are[unclear].mean()
    residual = (truth - predictions - (truth - predictions).mean()) ** 2
    assert np.mean(residual / lowered) < 0.9 * np.mean(residual / as_they_are)
    assert chances(np.full(20, 0.4), Interval(0.0, 0.3, 1.0)) == pytest.approx(1)
    assert chances(np.ones(20), Interval(0.0, 0.3, 1.0)) == pytest.approx(1)
    # Where they say no more than the share, or the share cannot be said, they stay.
    for share in (Interval(0.9, 0.95, 1.0), Interval(0.0, float("nan"), 1.0)):
        np.testing.assert_array_equal(chances(predictions, share), as_they_are)


def test_more_than_there_are_cannot_be_drawn():
    with pytest.raises(BadSetting, match=r"1 to 10 documents to draw.*got 11"):
        draw(11, 10)
    with pytest.raises(BadSetting, match="needs groups"):
        draw(5, 10, way="stratified")
    with pytest.raises(BadSetting, match="did you mean 'active'"):
        draw(5, 10, way="activ")
