"""Mixtures whose components weigh differently: κ against the universal constants."""

from __future__ import annotations

import json

import numpy as np
import pytest

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion import make_plan
from wellhead.recursion.closed_form import closed_form_curves
from wellhead.recursion.families.mixture import GaussianMixture
from wellhead.recursion.theory import theory_table

FAMILY = {"name": "mixture", "weights": [0.2, 0.8], "radius": 3.0, "tolerance": 1e-8}
TABLE = {"size": 1000, "generations": 4, "chains": 200, "seed": 3}


def family(**changes: object) -> dict[str, object]:
    return FAMILY | {"dimension": 1} | changes


@pytest.mark.parametrize("regime", ["replace", "accumulate", "fresh-real"])
@pytest.mark.parametrize("dimension", [1, 2])
def test_unequal_mixtures_inflate_by_the_universal_constants(regime, dimension):
    """All weights, means and covariances together: 5 parameters on a line, 11 in the plane."""
    how = {"name": regime} | ({"share": 0.3} if regime == "fresh-real" else {})
    run = wellhead.collapse(TABLE | {"regime": how, "family": family(dimension=dimension)})
    setting = run.plan.settings[0]
    expected = closed_form_curves(setting)["kappa"]
    for n in (1, 2, 4):
        found = run.values("kappa", setting.label, n)
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert abs(found.mean() - expected[n]) < 4 * error + 0.05 * expected[n]


def test_measures_of_unequal_weights_are_in_units_of_their_own_truth():
    truth = GaussianMixture(weights=(0.2, 0.8), dimension=1, radius=3.0)
    found = truth.measures(truth.reference(1))
    assert found["variance"] == pytest.approx(1) == found["smallest_weight"]
    assert found["mean_square_error"] == pytest.approx(0)
    values = truth.real(100_000, 1, np.random.default_rng(1)).values
    assert values.var() == pytest.approx(1 + 9 * (1 - 0.6**2), rel=0.02)


def test_settings_that_families_learned_later_move_no_number_drawn_before():
    """Keys of seeds as they were before mixtures had weights and labels another law."""
    known = {
        "mixture": 613475622130428432084277191,
        "logistic": 34632267248555377714783519821,
    }
    for name, key in known.items():
        table = {"regime": "replace", "size": 100, "generations": 3}
        plain = make_plan(table | {"family": {"name": name}}).settings[0]
        assert plain.key == key
    weighed = make_plan(table | {"family": FAMILY}).settings[0]
    even = make_plan(table | {"family": FAMILY | {"weights": [0.5, 0.5]}}).settings[0]
    assert len({weighed.key, even.key, known["mixture"]}) == 3


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.6], [0.0, 1.0]])
def test_weights_that_make_no_mixture_are_refused(weights):
    with pytest.raises(BadSetting, match="weights above 0 for 2 components"):
        make_plan(TABLE | {"family": FAMILY | {"weights": weights}, "regime": "replace"})


def test_kappa_is_not_given_for_fits_that_stop_early():
    early = make_plan(TABLE | {"family": FAMILY | {"tolerance": 1e-3}, "regime": "replace"})
    assert "kappa" not in early.settings[0].family.truth(1)
    assert closed_form_curves(early.settings[0]) == {}


def test_the_command_prints_kappa_of_right_and_wrong_models(wellhead):
    told = wellhead(
        *("collapse", "theory", "--family", "location", "--truth-law", "normal"),
        *("--model", "laplace", "--generations", 5, "--json"),
    )
    last = json.loads(told.stdout)[-1]
    assert last["kappa"] == pytest.approx(1 + 4 * (2 / np.pi) / (np.pi / 2))
    assert last["approximate"] == {"kappa": "first order"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"family": "logistic", "truth_law": "logit"}, "did you mean 'logistic'"),
        ({"family": "mixture", "truth_law": "normal"}, "no setting truth_law"),
        ({"family": "location", "regime": "shared-web"}, "no closed form"),
        ({"family": "location", "regime": "fresh-real"}, "needs real_share"),
        ({"family": "location", "real_share": 0.5}, "takes no real_share"),
        (
            {"family": "location", "truth_law": "normal", "regime": "golden-ratio"},
            "a wrong model is known under replace",
        ),
    ],
)
def test_kappa_is_not_invented(settings, said):
    with pytest.raises(BadSetting, match=said):
        theory_table(**{"generations": 3, "samples": 50, **settings})
