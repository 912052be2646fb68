"""Verifiers with faults: the laboratory's selectors against the theory of selection."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from laboratory import errors_from
from scipy import integrate, stats

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion import make_plan
from wellhead.recursion.theory.selection import (
    FavouredPart,
    GaussianNearest,
    GaussianSelected,
    Verified,
    kept_moments,
)

GENERATIONS = 5
TIMES = np.arange(1, GENERATIONS + 1)
GAUSSIAN = {"family": "gaussian", "regime": "replace", "size": 4000, "chains": 60}
REGRESSION = {
    "family": {"name": "regression", "dimension": 3},
    "regime": "replace",
    "size": 400,
    "chains": 400,
}


def measured(measure: str, **table) -> list[np.ndarray]:
    """The values of a measure by generation, over chains."""
    run = wellhead.collapse({"generations": GENERATIONS, "seed": 3} | table)
    label = run.plan.settings[0].label
    return [run.values(measure, label, int(n)) for n in TIMES]


@pytest.mark.parametrize(
    ("selector", "theory"),
    [
        (
            {"name": "verifier", "quantile": 0.1, "bias": 0.5, "refill": True},
            GaussianSelected.verifier(quantile=0.1, bias=0.5),
        ),
        (
            {"name": "verifier", "quantile": 0.1, "bias": 1.0, "checked": 0.5, "refill": True},
            GaussianSelected.verifier(quantile=0.1, bias=1.0, checked=0.5),
        ),
        (
            {"name": "favouring", "part": 0.3, "strength": 0.6, "refill": True},
            GaussianSelected.favouring(part=0.3, strength=0.6),
        ),
        ({"name": "nearest", "bias": 1.0, "share": 0.5}, GaussianNearest(nearest_share=0.5)),
    ],
    ids=["biased", "partial", "favouring", "nearest"],
)
def test_large_gaussian_samples_follow_the_selection_without_noise(selector, theory):
    """4,000 values a generation: within 2 % of the variance, and of the mean in its units."""
    columns = theory.columns(TIMES)
    variances = measured("variance", selector=selector, **GAUSSIAN)
    errors = measured("mean_square_error", selector=selector, **GAUSSIAN)
    for variance, error, mean, expected in zip(
        variances, errors, columns["mean"], columns["variance"], strict=True
    ):
        assert variance.mean() == pytest.approx(expected, rel=0.02)
        assert math.sqrt(error.mean()) == pytest.approx(abs(mean), rel=0.01, abs=0.03)


def test_fresh_real_data_hold_a_biased_verifier_back():
    theory = GaussianSelected.verifier(quantile=0.1, bias=1.0, real_share=0.5)
    selector = {"name": "verifier", "quantile": 0.1, "bias": 1.0, "refill": True}
    regime = {"name": "fresh-real", "share": 0.5}
    variances = measured("variance", **GAUSSIAN | {"regime": regime, "selector": selector})
    expected = theory.columns(TIMES)["variance"]
    assert [v.mean() for v in variances] == pytest.approx(list(expected), rel=0.02)
    alone = GaussianSelected.verifier(quantile=0.1, bias=1.0).columns(TIMES)["variance"]
    assert expected[-1] > 1.3 * alone[-1]


@pytest.mark.parametrize("interval", [(-0.3, 1.2), (0.5, math.inf), (-math.inf, -1.0)])
@pytest.mark.parametrize("outside", [0.0, 0.4])
def test_moments_of_what_is_kept_are_the_integrals(interval, outside):
    law = stats.norm(0.4, 0.8)

    def moment(power):
        def kept(x):
            return x**power * law.pdf(x) * (1 if interval[0] <= x <= interval[1] else outside)

        cuts = [-8, *(end for end in interval if math.isfinite(end)), 8]
        return sum(integrate.quad(kept, a, b)[0] for a, b in itertools.pairwise(cuts))

    share, mean, second = kept_moments(0.4, 0.8, interval, outside)
    assert share == pytest.approx(moment(0), abs=1e-7)
    assert (mean, second) == pytest.approx((moment(1) / share, moment(2) / share), abs=1e-6)


def test_least_squares_gain_near_and_end_at_the_biased_judge():
    """Yi et al. 2026: the first rounds improve where the judge is nearly right; the end is his."""
    for bias, quantile in ((0.0, 0.3), (0.05, 0.3), (0.3, 0.1)):
        theory = Verified(samples=400, dimensions=3, bias=bias, quantile=quantile)
        selector = {"name": "verifier", "quantile": quantile, "bias": bias, "refill": True}
        risks = measured("excess_risk", selector=selector, **REGRESSION)
        for found, expected in zip(risks, theory.excess_risk(TIMES), strict=True):
            assert found.mean() == pytest.approx(expected, rel=0.1)
    near = Verified(samples=400, dimensions=3, bias=0.05, quantile=0.3).excess_risk([1, 2])
    assert near[1] < near[0]
    far = Verified(samples=400, dimensions=3, bias=0.3, quantile=0.1)
    assert far.excess_risk(200) == pytest.approx(far.limit)
    assert far.limit == pytest.approx(0.3**2, rel=0.1)


def test_a_small_distance_to_the_judge_shrinks_by_the_contraction():
    theory = Verified(samples=50, dimensions=2, bias=1e-4, quantile=0.4, checked=0.8)
    first, second = theory.distance([1, 2])
    assert second / first == pytest.approx(theory.contraction, rel=1e-4)


def test_a_favoured_part_of_symbols_follows_its_exact_chain():
    """Two symbols, the second favoured: means and losses over 4,000 chains."""
    family = {"name": "discrete", "law": "uniform", "symbols": 2, "path": "literal"}
    selector = {"name": "favouring", "part": 0.3, "strength": 0.2, "refill": True}
    table = {"family": family, "selector": selector, "regime": "replace", "size": 40}
    survivors = measured("survivors", chains=4_000, **table)
    columns = FavouredPart(samples=40, part=0.5, strength=0.2).columns(TIMES)
    for n in (2, 4):  # the edge between both symbols is the chain's own, right but for one in 200
        expected = 2 - columns["only_favoured"][n] - columns["favoured_lost"][n]
        assert survivors[n].mean() == pytest.approx(expected, abs=0.03)


def test_a_favoured_part_is_alone_in_the_end_as_often_as_kimura_says():
    for part, strength in ((0.1, 0.02), (0.5, 0.01), (0.3, 0.0)):
        chain = FavouredPart(samples=60, part=part, strength=strength)
        columns = chain.columns(np.array([2000]))
        assert columns["only_favoured"][0] == pytest.approx(chain.fixation, abs=0.01)
        assert columns["only_favoured"][0] + columns["favoured_lost"][0] == pytest.approx(1)


def test_a_partial_filter_lets_unseen_items_pass():
    selector = {"name": "verifier", "quantile": 0.5, "refill": False}
    common = {"family": "gaussian", "regime": "replace", "size": 2000, "chains": 200}
    common |= {"generations": 2}
    whole = wellhead.collapse(common | {"selector": selector})
    partial = wellhead.collapse(common | {"selector": selector | {"checked": 0.5}})
    variances = [run.values("variance", run.plan.settings[0].label, 2) for run in (whole, partial)]
    expected = GaussianSelected.verifier(quantile=0.5, checked=0.5).columns(np.array([2]))
    assert variances[0].mean() < variances[1].mean()
    assert errors_from(variances[1], float(expected["variance"][0])) < 5


def test_a_judge_far_off_is_reckoned_with_as_exactly_on_either_side():
    for far in (9.5, 30.0):
        above, below = (
            GaussianSelected.verifier(quantile=0.1, bias=bias).path(3) for bias in (far, -far)
        )
        assert above == pytest.approx(below * [-1, 1, 1])
    with pytest.raises(BadSetting, match="keeps nothing"):
        GaussianSelected.verifier(quantile=0.1, bias=50).path(3)
    # Nearly all kept errors are evenly spread then, so that E[u²] / E[(u - ε)²] of the gap is left.
    judge = Verified(samples=100, quantile=0.1, bias=-300)
    third = judge.radius**2 / 3
    assert judge.distance(2) == pytest.approx(300 * third / (third + 1), rel=1e-4)


def test_the_command_prints_the_course_under_a_selection(wellhead):
    told = wellhead(
        *("collapse", "theory", "--family", "regression", "--quantile", 0.3, "--bias", 0.4),
        *("--samples", 100, "--dimensions", 5, "--generations", 30, "--json"),
    )
    rows = json.loads(told.stdout)
    assert rows[-1]["excess_risk"] == pytest.approx(0.4**2, rel=0.15)


@pytest.mark.parametrize(
    ("selector", "family", "said"),
    [
        ({"name": "verifier", "checked": 0}, "gaussian", "checked"),
        ({"name": "verifier", "bias": 1}, {"name": "kde"}, "can be shifted"),
        ({"name": "nearest"}, {"name": "kde"}, "can be shifted"),
        ({"name": "nearest", "share": 1}, "gaussian", "share in"),
        ({"name": "favouring", "part": 1}, "gaussian", "part in"),
        ({"name": "favouring", "side": "left"}, "gaussian", "high or low"),
        ({"name": "favouring", "strength": 2}, "gaussian", "strength in"),
    ],
)
def test_selections_that_make_no_sense_are_refused(selector, family, said):
    with pytest.raises(BadSetting, match=said):
        make_plan(
            {"family": family, "regime": "replace", "size": 50, "selector": selector}
            | {"generations": 2}
        )
