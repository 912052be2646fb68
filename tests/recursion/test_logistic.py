"""Logistic regression on its own labels, the real ones by its own law or another."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion.data import Samples
from wellhead.recursion.families.logistic import Logistic
from wellhead.recursion.theory.logistic import Logistic as Law
from wellhead.recursion.theory.rounds import Rounds

TABLE = {"family": {"name": "logistic"}, "size": 1000, "generations": 4, "chains": 300, "seed": 3}


REGIMES = {"replace": None, "accumulate": None, "fresh-real": 0.3}


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("truth", ["logistic", "threshold"])
def test_errors_inflate_by_the_constants_of_a_right_or_a_wrong_model(truth, regime):
    """Leading order in 1/M: 1000 samples are within 3 % of it."""
    share = REGIMES[regime]
    how = {"name": regime} | ({"share": share} if share else {})
    family = {"name": "logistic", "truth_law": truth}
    run = wellhead.collapse(TABLE | {"regime": how, "family": family})
    theory = Rounds(*Law(truth).rounds)
    for n in (1, 2, 4):
        found = run.values("kappa", run.plan.settings[0].label, n)
        error, expected = found.std(ddof=1) / np.sqrt(len(found)), theory.after(regime, n, share)
        assert abs(found.mean() - expected) < 4 * error + 0.03 * expected


def test_a_right_model_has_the_universal_constants_and_a_wrong_one_their_shape():
    assert Rounds(*Law().rounds) == Rounds()
    assert Law("threshold").ratio < 0.7
    last = float(Rounds(*Law("threshold").rounds).after("accumulate", 100_000))
    assert last - 1 == pytest.approx(Law("threshold").ratio * (np.pi**2 / 6 - 1), abs=1e-4)


@pytest.mark.parametrize("truth", ["probit", "cauchit", "threshold"])
def test_a_fit_to_very_many_labels_is_where_theory_says(truth):
    family = Logistic(truth_law=truth, strength=1.5)
    data = family.real(200_000, 1, np.random.default_rng(2))
    assert family.fit(data, None)[0] @ family.direction == pytest.approx(
        Law(truth, 2, 1.5).length, rel=0.02
    )


def test_the_fit_is_that_of_a_library():
    family = Logistic(dimension=3, strength=1.5)
    data = family.real(400, 2, np.random.default_rng(1))
    for row, found in zip(data.values, family.fit(Samples(data.values), None), strict=True):
        peer = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
        peer.fit(row[:, :-1], row[:, -1])
        assert found == pytest.approx(peer.coef_[0], abs=1e-4)


def test_samples_that_may_part_the_classes_are_refused():
    with pytest.raises(BadSetting, match="at least 40 samples"):
        wellhead.collapse(TABLE | {"regime": "replace", "size": 39})
    with pytest.raises(BadSetting, match="strength from 0 to 5"):
        Logistic(strength=9.0)
