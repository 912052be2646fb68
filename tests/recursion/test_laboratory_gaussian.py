"""Recursive fits of a Gaussian, by simulation, against the closed forms."""

from __future__ import annotations

import time

import numpy as np
import pytest
from laboratory import errors_from, last

from wellhead.recursion.theory import theory_table

FAST = {"chains": 20_000, "generations": 12, "size": 30}

REGIMES = [
    ("replace", {}, {}),
    ("accumulate", {}, {}),
    ("accumulate-subsample", {}, {}),
    ("growing", {}, {}),
    ("fresh-real", {"share": 0.2}, {"real_share": 0.2}),
    ("fixed-original", {"share": 0.2}, {"real_share": 0.2}),
    ("golden-ratio", {}, {}),
]


@pytest.mark.parametrize(("regime", "settings", "theory"), REGIMES, ids=[r[0] for r in REGIMES])
@pytest.mark.parametrize("ddof", [0])
def test_every_regime_meets_its_closed_form(regime, settings, theory, ddof):
    """Mean variance and squared error lie within 4 standard errors of the exact expectation."""
    measured = last(
        family={"name": "gaussian", "ddof": ddof}, regime={"name": regime, **settings}, **FAST
    )
    exact = theory_table(
        "gaussian", regime=regime, samples=30, generations=12, ddof=ddof, **theory
    )[-1]
    for name in ("variance", "mean_square_error", "wasserstein2_squared"):
        if exact.get(name) is not None:
            assert errors_from(measured[name], exact[name]) < 4, (name, exact[name])


def test_the_unbiased_variance_keeps_its_mean_and_loses_its_typical_value():
    measured = last(family={"name": "gaussian", "ddof": 1}, regime="replace", **FAST)
    assert errors_from(measured["variance"], 1.0) < 4
    assert np.median(measured["variance"]) < 0.75


@pytest.mark.parametrize(
    ("regime", "selector"),
    [
        ({"name": "replace"}, "none"),
        ({"name": "accumulate"}, "none"),
        ({"name": "fresh-real", "share": 0.2, "split": "iid"}, "none"),
        ({"name": "fixed-original", "share": 0.2}, "none"),
        ({"name": "synthetic-added"}, "none"),
        ({"name": "golden-ratio"}, "none"),
        ({"name": "fresh-real", "share": 0.1}, {"name": "oracle"}),
        ({"name": "accumulate"}, {"name": "oracle", "refill": False}),
    ],
    ids=lambda part: part["name"] if isinstance(part, dict) else part,
)
def test_moments_and_literal_draws_give_the_same_law(regime, selector):
    """The means of log variance and squared error agree within 4 standard errors."""
    common = {"regime": regime, "selector": selector, "size": 12, "generations": 6}
    fast = last(family={"name": "gaussian", "path": "fast"}, chains=20_000, **common)
    literal = last(family={"name": "gaussian", "path": "literal"}, chains=5_000, **common)
    for name in ("log_variance", "mean_square_error"):
        spread = np.hypot(*(m[name].std() / np.sqrt(len(m[name])) for m in (fast, literal)))
        assert abs(fast[name].mean() - literal[name].mean()) < 4 * spread


def test_the_determinant_decays_as_the_dimension_demands():
    """d = 3, M = 20, 5 generations: E det = [19·18·17/20³]^5."""
    measured = last(
        family={"name": "gaussian", "dimension": 3},
        regime="replace",
        size=20,
        generations=5,
        chains=20_000,
    )
    determinant = np.exp(3 * measured["log_variance"])
    assert errors_from(determinant, (19 * 18 * 17 / 20**3) ** 5) < 4


def test_moments_split_like_the_sample_they_stand_for_in_three_dimensions():
    common = {
        "regime": {"name": "fixed-original", "share": 0.5},
        "size": 16,
        "generations": 4,
        "chains": 8_000,
    }
    fast = last(family={"name": "gaussian", "dimension": 3, "path": "fast"}, **common)
    literal = last(family={"name": "gaussian", "dimension": 3, "path": "literal"}, **common)
    spread = np.hypot(*(m["log_variance"].std() / np.sqrt(8_000) for m in (fast, literal)))
    assert abs(fast["log_variance"].mean() - literal["log_variance"].mean()) < 4 * spread


def test_a_detector_in_the_loop_does_what_its_effective_share_predicts():
    """a = .1, TPR .9, FPR .05 make an effective share of .5135 and E s² = .98694 at M = 100."""
    measured = last(
        family="gaussian",
        regime={"name": "fresh-real", "share": 0.1},
        selector={"name": "oracle", "tpr": 0.9, "fpr": 0.05},
        size=100,
        generations=60,
        chains=20_000,
    )
    assert errors_from(measured["mean_square_error"], 0.01306) < 4


def test_sampling_bias_shrinks_the_variance_by_its_factor():
    """λ = .9 from the second fit on; the first sees real data."""
    measured = last(
        family="gaussian",
        regime="replace",
        sampler={"name": "bias", "strength": 0.9},
        size=100,
        generations=20,
        chains=20_000,
    )
    assert errors_from(measured["variance"], 0.9**19 * 0.99**20) < 4


def test_distances_are_those_of_numerical_integration():
    """Total variation and KL of one chain against a fine grid."""
    from scipy.stats import norm

    from wellhead.recursion.families.gaussian import Gaussian, Normal

    grid = np.linspace(-12, 12, 200_001)
    model = Normal(np.array([[0.3]]), np.array([[[0.5]]]))
    measures = Gaussian().measures(model)
    fitted, true = norm.pdf(grid, 0.3, 0.5**0.5), norm.pdf(grid)
    step = grid[1] - grid[0]
    assert measures["total_variation"][0] == pytest.approx(
        0.5 * np.abs(fitted - true).sum() * step, abs=1e-4
    )
    assert measures["kl"][0] == pytest.approx(
        (fitted * np.log(fitted / true)).sum() * step, abs=1e-4
    )


@pytest.mark.slow
def test_forty_thousand_chains_of_a_hundred_generations_take_seconds():
    """About one second on a free core; the bound leaves room for a busy one."""
    began = time.process_time()
    last(family="gaussian", regime="replace", size=100, generations=100, chains=40_000)
    assert time.process_time() - began < 4
