"""The laboratory's loop and the closed forms agree in every regime that both know."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest
from theory_chains import assert_mean

import wellhead.recursion.families  # noqa: F401  (registers the families)
from wellhead.recursion.family import FAMILIES
from wellhead.recursion.loop import run_cell
from wellhead.recursion.regimes import REGIMES
from wellhead.recursion.samplers import SAMPLERS
from wellhead.recursion.schedules import SCHEDULES
from wellhead.recursion.selectors import SELECTORS
from wellhead.recursion.setting import Setting
from wellhead.recursion.theory import gaussian_table

SAMPLES, GENERATIONS = 20, 8
DETECTOR = {"true_positive_rate": 0.9, "false_positive_rate": 0.05}


@pytest.mark.parametrize(
    ("regime", "options", "parts", "settings"),
    [
        ("replace", {}, {}, {}),
        ("growing", {}, {"schedule": SCHEDULES["linear"]()}, {}),
        ("accumulate", {}, {}, {}),
        ("accumulate-subsample", {}, {"lineages": 2_000}, {}),
        ("fixed-original", {"share": 0.2}, {}, {"real_share": 0.2}),
        ("fresh-real", {"share": 0.2}, {}, {"real_share": 0.2}),
        (
            "fresh-real",
            {"share": 0.2, "split": "iid"},
            {},
            {"real_share": 0.2, "independent": True},
        ),
        (
            "fresh-real",
            {"share": 0.2},
            {"selector": SELECTORS["oracle"](tpr=0.9, fpr=0.05)},
            {"real_share": 0.2, **DETECTOR},
        ),
        ("golden-ratio", {}, {}, {}),
        ("synthetic-added", {"ratio": 1.0}, {}, {"real_share": 0.5}),
        (
            "replace",
            {},
            {"sampler": SAMPLERS["bias"](0.9)},
            {"sampling_bias": [1.0] + [0.9] * (GENERATIONS - 1)},
        ),
    ],
)
def test_simulated_moments_are_the_closed_forms(
    regime: str, options: dict[str, Any], parts: dict[str, Any], settings: dict[str, Any]
) -> None:
    setting = Setting(
        label=regime,
        family=FAMILIES["gaussian"](),
        regime=REGIMES[regime](**options),
        generations=GENERATIONS,
        size=SAMPLES,
        **{"lineages": 10_000, **parts},
    )
    measured = list(run_cell(setting, seed=1))[-1].measures
    known = gaussian_table(regime, SAMPLES, GENERATIONS, **settings)[-1]
    compared = [
        name
        for name in ("variance", "mean_square_error", "wasserstein2_squared", "log_variance", "kl")
        if known.get(name) is not None
    ]
    assert len(compared) >= 2
    for name in compared:
        assert_mean(measured[name], known[name])


FORMULAS = (
    *("coalescence", "detector", "discrete", "gaussian_accumulate", "gaussian_matrix"),
    *("gaussian_mixture", "gaussian_replace", "gaussian_subsample", "gaussian_tail"),
    *("gaussian_typical", "inflation", "kernel", "lineages", "regression", "survival"),
)


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_names_its_source_and_shows_an_example(name: str) -> None:
    """A paper or a section of docs/theory.md; the examples run with the doctests."""
    module = importlib.import_module(f"wellhead.recursion.theory.{name}")
    functions = [getattr(module, each) for each in module.__all__]
    for function in filter(inspect.isfunction, functions):
        assert "Source:" in function.__doc__, function.__name__
        assert ">>> " in function.__doc__, function.__name__
