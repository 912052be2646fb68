"""Logistic regression on its own labels: inflation against Dey and Donoho's constants."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion.data import Samples
from wellhead.recursion.families.logistic import Logistic
from wellhead.recursion.theory import inflation

TABLE = {"family": {"name": "logistic"}, "size": 1000, "generations": 4, "chains": 300, "seed": 3}


@pytest.mark.parametrize(
    ("regime", "theory"),
    [
        ("replace", inflation.Replace()),
        ("accumulate", inflation.Accumulate()),
        ({"name": "fresh-real", "share": 0.3}, inflation.FreshReal(0.3)),
    ],
    ids=["replace", "accumulate", "fresh"],
)
def test_errors_inflate_by_the_universal_constants(regime, theory):
    """Leading order in 1/M: 1000 samples are within 3 % of it."""
    run = wellhead.collapse(TABLE | {"regime": regime})
    for n in (1, 2, 4):
        found = run.values("kappa", run.plan.settings[0].label, n)
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert abs(found.mean() - theory.after(n)) < 4 * error + 0.03 * theory.after(n)


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
