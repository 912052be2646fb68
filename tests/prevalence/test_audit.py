"""The audited estimate covers the truth without assumptions on the predictions."""

import numpy as np
import ppi_py
import pytest
from scipy.special import expit

from wellhead.errors import BadSetting, UnusableReference
from wellhead.prevalence.audit import audited_share


def corpus(rng, size, share, gap):
    truth = np.repeat([0, 1], [size - round(size * share), round(size * share)])
    return expit(gap * (rng.normal(size=size) + gap * truth - gap / 2)), truth


@pytest.mark.parametrize("share", [0.0, 0.05, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("gap", [0.0, 2.0, -2.0])
def test_the_interval_covers_however_good_or_wrong_the_predictions(share, gap):
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(400):
        predictions, truth = corpus(rng, 400, share, gap)
        drawn = rng.choice(400, 50, replace=False)
        covered.append(audited_share(predictions, drawn, truth[drawn]).covers(share))
    assert np.mean(covered) >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 400)


def test_good_predictions_narrow_the_interval():
    rng = np.random.default_rng(12)
    predictions, truth = corpus(rng, 2000, 0.4, 4.0)
    drawn = rng.choice(2000, 50, replace=False)
    helped = audited_share(predictions, drawn, truth[drawn])
    alone = audited_share(rng.normal(size=2000), drawn, truth[drawn])
    assert helped.width < 0.6 * alone.width


def test_labels_that_all_agree_do_not_collapse_the_interval():
    rng = np.random.default_rng(13)
    share = audited_share(rng.uniform(size=5000), np.arange(50), np.zeros(50))
    assert share.low == 0.0
    assert 0.05 < share.high < 0.1


def test_labelling_everything_leaves_no_uncertainty():
    labels = np.array([0, 1] * 20)
    share = audited_share(np.zeros(40), np.arange(40), labels)
    assert share.width == 0
    assert share.point == pytest.approx(0.5)


def test_it_agrees_with_ppi_python_when_the_corpus_is_much_larger_than_the_audit():
    rng = np.random.default_rng(14)
    predictions, truth = corpus(rng, 60_000, 0.4, 2.0)
    drawn = rng.choice(60_000, 400, replace=False)
    rest = np.setdiff1d(np.arange(60_000), drawn)
    low, high = ppi_py.ppi_mean_ci(
        truth[drawn].astype(float), predictions[drawn], predictions[rest], alpha=0.05
    )
    ours = audited_share(predictions, drawn, truth[drawn], sampled=True)
    assert ours.low == pytest.approx(float(low[0]), abs=0.006)
    assert ours.high == pytest.approx(float(high[0]), abs=0.006)


@pytest.mark.parametrize(
    ("index", "labels", "error", "words"),
    [
        (np.arange(5), np.zeros(5), UnusableReference, "at least 10"),
        (np.arange(20), np.full(20, 2.0), UnusableReference, "between 0"),
        (np.zeros(20, int), np.zeros(20), BadSetting, "once"),
        (np.arange(90, 110), np.zeros(20), BadSetting, "outside the corpus"),
    ],
)
def test_unusable_labels_are_refused(index, labels, error, words):
    with pytest.raises(error, match=words):
        audited_share(np.linspace(0, 1, 100), index, labels)
