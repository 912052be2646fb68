"""Heavy-tailed and misspecified laws: inflation against Dey and Donoho's constants."""

from __future__ import annotations

import numpy as np
import pytest
from laboratory import errors_from
from scipy import stats

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion import make_plan
from wellhead.recursion.theory import inflation
from wellhead.recursion.theory.location import Location
from wellhead.recursion.theory.rounds import Rounds

SIZE, TIMES = 200, (1, 2, 4)


def kappas(truth: str, model: str, regime: object, freedom: float = 4.0) -> list[np.ndarray]:
    family = {"name": "location", "truth_law": truth, "model": model, "freedom": freedom}
    table = {"family": family, "regime": regime, "size": SIZE, "generations": 4}
    run = wellhead.collapse(table | {"chains": 800, "seed": 2})
    label = run.plan.settings[0].label
    return [run.values("kappa", label, n) for n in TIMES]


@pytest.mark.parametrize("law", ["laplace", "student"])
@pytest.mark.parametrize(
    ("regime", "theory"),
    [
        ("replace", inflation.Replace()),
        ("accumulate", inflation.Accumulate()),
        ({"name": "fresh-real", "share": 0.3}, inflation.FreshReal(0.3)),
    ],
    ids=["replace", "accumulate", "fresh"],
)
def test_heavy_tails_inflate_by_the_universal_constants(law, regime, theory):
    """Leading order: medians of 200 are within 3 % of their limit."""
    for n, found in zip(TIMES, kappas(law, law, regime), strict=True):
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert abs(found.mean() - theory.after(n)) < 4 * error + 0.03 * theory.after(n)


@pytest.mark.parametrize(
    ("truth", "model", "regime", "share"),
    [
        ("laplace", "normal", "replace", None),
        ("student", "laplace", "replace", None),
        ("contaminated", "normal", "replace", None),
        ("normal", "laplace", "replace", None),
        ("normal", "laplace", "accumulate", None),
        ("normal", "laplace", "fresh-real", 0.3),
        ("contaminated", "student", "replace", None),
        ("contaminated", "student", "accumulate", None),
        ("contaminated", "student", "fresh-real", 0.3),
    ],
)
def test_a_wrong_model_adds_its_own_error_in_every_later_round(truth, model, regime, share):
    theory = Rounds(*Location(truth, model, 4.0).rounds)
    run = {"name": regime} | ({"share": share} if share else {})
    for n, found in zip(TIMES, kappas(truth, model, run), strict=True):
        expected = float(theory.after(regime, n, share))
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert abs(found.mean() - expected) < 4 * error + 0.03 * expected


def test_one_round_is_the_variance_known_from_textbooks():
    assert Location("normal", "normal").one_round == pytest.approx(1)
    assert Location("normal", "laplace").one_round == pytest.approx(np.pi / 2)
    assert Location("laplace", "normal").one_round == pytest.approx(2)
    assert Location("student", "student", 4.0).one_round == pytest.approx(7 / 5)
    assert Location("student", "student", 4.0).scale == pytest.approx(1)
    for law in ("laplace", "student"):
        assert Location(law, law).ratio == pytest.approx(1)


def test_real_samples_hold_a_wrong_model_less_or_more_firmly_than_its_own():
    assert Location("normal", "laplace").slope == pytest.approx(2 / np.pi)
    for law in ("laplace", "student"):
        assert Location(law, law).slope == pytest.approx(1)


def test_the_student_fit_finds_the_maximum_of_the_likelihood():
    """Beside scipy's own fit of one sample."""
    plan = make_plan(
        {"family": {"name": "location", "truth_law": "student", "model": "student"}}
        | {"regime": "replace", "size": 50, "generations": 1}
    )
    family = plan.settings[0].family
    data = family.real(50, 1, np.random.default_rng(1))
    found = family.fit(data, None)
    _, location, scale = stats.t.fit(data.values[0], f0=3.0)
    assert float(found.location[0]) == pytest.approx(location, abs=1e-3)
    assert float(found.scale[0]) == pytest.approx(scale, abs=1e-3)


def test_webs_of_medians_share_their_errors():
    regime = {"name": "shared-web", "models": 2, "mixing": 1.0}
    webs = kappas("laplace", "laplace", regime)[-1].reshape(-1, 2).mean(axis=1)
    from wellhead.recursion.theory.ecosystem import Ecosystem

    expected = float(Ecosystem(samples=SIZE, models=2).inflation(4))
    assert errors_from(webs, expected) < 6


@pytest.mark.parametrize(
    "wrong", [{"truth_law": "cauchy"}, {"model": "contaminated"}, {"freedom": 2.0}]
)
def test_laws_that_make_no_sense_are_refused(wrong):
    with pytest.raises(BadSetting):
        make_plan(
            {"family": {"name": "location"} | wrong, "regime": "replace"}
            | {"size": 50, "generations": 2}
        )
