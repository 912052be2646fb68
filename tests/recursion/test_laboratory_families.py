"""Regression, mixtures and kernel densities against formulas and independent implementations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from laboratory import errors_from, last
from scipy import stats
from sklearn.mixture import GaussianMixture as Peer

import wellhead.recursion
from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.config import plan
from wellhead.recursion.families.em import Mixture, expectation_maximisation
from wellhead.recursion.families.mixture import GaussianMixture
from wellhead.recursion.family import Fitting
from wellhead.recursion.samplers import Unbiased
from wellhead.recursion.sources import Sources
from wellhead.recursion.theory import theory_table


@pytest.mark.parametrize("path", ["fast", "literal"])
@pytest.mark.parametrize("inputs", ["fresh", "same"])
@pytest.mark.parametrize("regime", ["replace", "accumulate"])
def test_excess_risk_of_regression_meets_its_formula(path, inputs, regime):
    """d = 5, 40 samples, 8 rounds; the same-input accumulation is an approximation in the paper."""
    measured = last(
        family={"name": "regression", "dimension": 5, "inputs": inputs, "path": path},
        regime=regime,
        size=40,
        generations=8,
        chains=2000 if path == "fast" else 500,
    )["excess_risk"]
    exact = theory_table(
        "regression",
        regime=regime,
        samples=40,
        generations=8,
        dimensions=5,
        same_inputs=inputs == "same" or None,
    )[-1]["excess_risk"]
    assert errors_from(measured, exact) < 4


def test_a_growing_sample_keeps_the_risk_of_regression_low():
    measured = last(
        family={"name": "regression", "dimension": 5},
        regime="growing",
        size=40,
        generations=8,
        chains=4000,
    )["excess_risk"]
    exact = sum(5 / (40 * i - 6) for i in range(1, 9))
    assert errors_from(measured, exact) < 4


@pytest.mark.parametrize(("components", "dimension"), [(2, 1), (3, 2), (2, 4)])
def test_one_mixture_fit_equals_that_of_scikit_learn(components, dimension):
    """Same start, run to convergence: means, covariances, weights and likelihood agree."""
    family = GaussianMixture(components=components, dimension=dimension, radius=3.0)
    start = family.reference(1)
    values = family.real(600, 1, np.random.default_rng(2)).values
    ours, likelihood = expectation_maximisation(
        values, np.ones((1, 600)), start, steps=5000, tolerance=1e-12
    )
    start = family.reference(1)
    peer = Peer(
        components,
        means_init=start.means[0],
        weights_init=start.weights[0],
        precisions_init=np.linalg.inv(start.covariances[0]),
        tol=1e-12,
        max_iter=5000,
    ).fit(values[0])
    assert ours.means[0] == pytest.approx(peer.means_, abs=1e-5)
    assert ours.covariances[0] == pytest.approx(peer.covariances_, abs=1e-5)
    assert ours.weights[0] == pytest.approx(peer.weights_, abs=1e-5)
    assert likelihood[0] == pytest.approx(peer.lower_bound_, abs=1e-8)


def test_many_mixtures_at_once_are_those_fitted_alone():
    family = GaussianMixture(components=2)
    values = family.real(200, 5, np.random.default_rng(3)).values
    together = expectation_maximisation(values, np.ones((5, 200)), family.reference(5))[0]
    for row in range(5):
        one = values[row : row + 1]
        alone = expectation_maximisation(one, np.ones((1, 200)), family.reference(1))[0]
        assert together.means[row] == pytest.approx(alone.means[0], abs=1e-9)


@pytest.mark.parametrize(("components", "dimension"), [(1, 1), (3, 2), (2, 4)])
def test_compiled_mixtures_equal_those_of_the_literal_path(components, dimension):
    """Draws, fits, stopping and likelihoods, on weighted items and more than one block of them."""
    pytest.importorskip("numba")
    compiled = GaussianMixture(components=components, dimension=dimension)
    literal = replace(compiled, path="literal")
    drawn = [one.real(700, 6, np.random.default_rng(8)).values for one in (compiled, literal)]
    assert drawn[0] == pytest.approx(drawn[1], abs=1e-12)
    mass = np.random.default_rng(9).integers(0, 3, (6, 700)).astype(float)
    fits = [
        expectation_maximisation(drawn[0], mass, compiled.reference(6), literal=path)
        for path in (False, True)
    ]
    for ours, oracle in zip((*fits[0][0], fits[0][1]), (*fits[1][0], fits[1][1]), strict=True):
        assert ours == pytest.approx(oracle, abs=1e-9)


def test_draws_of_mixtures_follow_their_law():
    """Normal coordinates that know nothing of each other, of their neighbours or of the chain."""
    family = GaussianMixture(components=1, dimension=3, radius=0)
    values = family.real(5000, 40, np.random.default_rng(11)).values
    assert stats.kstest(values.ravel(), "norm").pvalue > 0.01
    beyond = (np.abs(values) > 4).sum()
    assert abs(beyond - 2 * stats.norm.sf(4) * values.size) < 4 * np.sqrt(beyond)
    flat = values.reshape(-1, 3)
    pairs = [(flat[:, 0], flat[:, 1]), (flat[:, 0], flat[:, 2]), (flat[1:, 0], flat[:-1, 0])]
    pairs += [(values[1:].ravel(), values[:-1].ravel()), (flat[:, 0] ** 2, flat[:, 1] ** 2)]
    for one, two in pairs:
        assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(len(one))


def test_components_of_a_mixture_are_drawn_by_their_weights():
    family = GaussianMixture(components=3, radius=50)
    shape = (10, 3)
    model = family.reference(10)._replace(weights=np.broadcast_to([0.2, 0.5, 0.3], shape).copy())
    drawn = family.sample(model, 4000, Unbiased(), np.random.default_rng(12)).values
    apart = np.linalg.norm(drawn[:, :, None] - model.means[:, None], axis=3)
    shares = np.bincount(apart.argmin(axis=2).ravel(), minlength=3) / apart[..., 0].size
    assert shares == pytest.approx([0.2, 0.5, 0.3], abs=4 * np.sqrt(0.25 / 40_000))


@pytest.mark.parametrize("apart", [1.0, 30.0, 300.0])
def test_compiled_likelihoods_of_far_components_are_exact_to_rounding(apart):
    """Densities from e^-18 to e^-45,000 of each other, against numpy's exponentials."""
    pytest.importorskip("numba")
    start = Mixture(np.full((1, 2), 0.5), np.array([[[0.0], [apart]]]), np.ones((1, 2, 1, 1)))
    values = np.linspace(-apart, 2 * apart, 901)[None, :, None]
    found = [
        expectation_maximisation(values, np.ones((1, 901)), start, steps=1, literal=literal)
        for literal in (False, True)
    ]
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-13)
    assert found[0][0].weights == pytest.approx(found[1][0].weights, rel=1e-14)


def test_an_item_of_weight_two_counts_like_two_items_in_a_mixture():
    family = GaussianMixture(components=2)
    values = family.real(100, 1, np.random.default_rng(4)).values
    doubled = np.concatenate([values, values[:, :50]], axis=1)
    weights = np.ones((1, 100))
    weights[:, :50] = 2
    one = expectation_maximisation(values, weights, family.reference(1))[0]
    two = expectation_maximisation(doubled, np.ones((1, 150)), family.reference(1))[0]
    assert isinstance(one, Mixture)
    assert one.means == pytest.approx(two.means)


def test_mixtures_lose_variance_from_generation_to_generation():
    result = wellhead.collapse(
        {"family": "mixture", "regime": "replace", "size": 60, "generations": 15, "chains": 100}
    )
    medians = [point.value for point in result.curve("variance", "replace")]
    assert medians[-1] < 0.8 < medians[1]


def test_a_fixed_bandwidth_drives_the_variance_to_its_limit():
    """h²(M - 1) = 1.96 at h = .2, M = 50: the chain expands."""
    measured = last(
        family={"name": "kde", "bandwidth": 0.2},
        regime="replace",
        size=50,
        generations=200,
        chains=1000,
    )
    assert errors_from(measured["variance"], 1.96) < 4


def test_the_repeated_bootstrap_keeps_as_many_points_as_branching_predicts():
    """After 20 further generations of 100: 9.07 in the reference simulation."""
    measured = last(
        family={"name": "kde", "bandwidth": 0.0},
        regime="replace",
        size=100,
        generations=21,
        chains=1000,
    )
    assert errors_from(measured["distinct_points"], 9.07) < 4


@pytest.mark.parametrize("rule", ["scott", "silverman"])
def test_bandwidths_from_the_data_widen_a_chain_less_than_the_truth_is_wide(rule):
    measured = last(
        family={"name": "kde", "bandwidth": 1.0, "rule": rule},
        regime="replace",
        size=200,
        generations=5,
        chains=200,
    )
    assert 1 < np.median(measured["variance"]) < 3


@pytest.mark.parametrize("refill", [True, False])
def test_a_verifier_drops_what_is_implausible_and_narrows_the_law(refill):
    common = {
        "family": "gaussian",
        "regime": {"name": "fresh-real", "share": 0.5},
        "size": 200,
        "generations": 8,
        "chains": 200,
    }
    plain = last(**common)
    verified = last(selector={"name": "verifier", "quantile": 0.2, "refill": refill}, **common)
    assert np.median(verified["variance"]) < np.median(plain["variance"]) - 0.2


def test_a_perplexity_filter_with_both_ends_cuts_both():
    common = {"family": "gaussian", "regime": "replace", "size": 300, "chains": 50}
    high = last(selector={"name": "perplexity", "high": 0.8}, generations=2, **common)
    both = last(selector={"name": "perplexity", "low": 0.3, "high": 1.0}, generations=2, **common)
    assert np.median(high["variance"]) < 0.7
    assert np.median(both["variance"]) > 1.2


def test_a_detector_drops_the_texts_that_it_scores_above_real_ones(tmp_path, monkeypatch):
    """A scorer of words said twice; real lines never do, so that only such output is kept."""
    from wellhead.detect.scorer import SCORERS

    class Repeats:
        name, revision = "repeats", "1"

        def score(self, texts):
            return np.array([1 - len(set(t.split())) / max(len(t.split()), 1) for t in texts])

    monkeypatch.setitem(SCORERS.registered, "repeats", Repeats)
    words, rng = [f"w{n}" for n in range(60)], np.random.default_rng(1)
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(" ".join(rng.permutation(words)[:12]) for _ in range(300)))
    detector = {"name": "detector", "scorer": "repeats", "refill": True}
    for selector, clean in ((detector, True), ("none", False)):
        setting = plan(
            {
                "family": {"name": "ngram", "order": 2, "corpus": str(corpus)},
                "regime": "replace",
                "generations": 1,
                "selector": selector,
            }
        ).settings[0]
        family = setting.family
        original = family.original(3000, 1, rng)
        model = family.fit(original, Fitting(rng))
        sources = Sources(family, setting.sampler, 1, original, model, model, rng)
        kept = setting.selector.open(sources)(sources, 2000, 0.0, True)
        said = [text.split() for text in family.texts(kept)]
        assert all(len(set(text)) == len(text) for text in said) is clean


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        ({"family": "regression", "size": 11}, BadSetting, "more than 11 samples"),
        ({"family": "mixture", "size": 6}, BadSetting, "need at least 7 samples"),
        ({"family": {"name": "kde", "rule": "x"}, "size": 9}, BadSetting, "expected rule among"),
        (
            {"family": {"name": "regression", "inputs": "same"}, "size": 30}
            | {"regime": {"name": "fresh-real"}},
            BadSetting,
            "goes with the regimes",
        ),
        (
            {"family": "gaussian", "size": 30, "selector": {"name": "detector", "scorer": "x"}},
            BadSetting,
            "reads texts",
        ),
        (
            {"family": {"name": "gaussian", "path": "fast"}, "size": 9, "selector": "verifier"},
            BadSetting,
            "path = 'literal'",
        ),
        (
            {"family": {"name": "gaussian", "path": "literal"}, "size": 100_000}
            | {"chains": 40_000},
            BadSetting,
            "lower chains and raise seeds",
        ),
        (
            {"family": "gaussian", "size": 3, "generations": 60, "chains": 50}
            | {"selector": {"name": "verifier", "quantile": 0.9}},
            BadInput,
            "nothing left to learn from",
        ),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, dict) else None,
)
def test_what_cannot_be_fitted_is_refused(table, error, words):
    with pytest.raises(error, match=words):
        wellhead.collapse({"regime": "replace", "generations": 3} | table)
