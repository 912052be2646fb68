"""The laboratory's loop and the closed forms agree in every regime that both know."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from theory_chains import assert_mean

import wellhead.recursion.families  # noqa: F401  (registers the families)
from wellhead.errors import BadSetting
from wellhead.recursion.closed_form import closed_form_curves
from wellhead.recursion.family import FAMILIES
from wellhead.recursion.loop import run_cell
from wellhead.recursion.regimes import REGIMES
from wellhead.recursion.samplers import SAMPLERS
from wellhead.recursion.schedules import SCHEDULES
from wellhead.recursion.selectors import SELECTORS
from wellhead.recursion.setting import Setting
from wellhead.recursion.theory import theory_table

SAMPLES, GENERATIONS = 20, 8
DETECTOR = {"true_positive_rate": 0.9, "false_positive_rate": 0.05}


@pytest.mark.parametrize(
    ("regime", "options", "parts", "settings"),
    [
        ("replace", {}, {}, {}),
        ("growing", {}, {"schedule": SCHEDULES["linear"]()}, {}),
        ("accumulate", {}, {}, {}),
        ("accumulate-subsample", {}, {"chains": 2_000}, {}),
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
        **{"chains": 10_000, **parts},
    )
    measured = list(run_cell(setting, seed=1))[-1].measures
    known = theory_table(
        "gaussian", regime=regime, samples=SAMPLES, generations=GENERATIONS, **settings
    )[-1]
    compared = [
        name
        for name in ("variance", "mean_square_error", "wasserstein2_squared", "log_variance", "kl")
        if known.get(name) is not None
    ]
    assert len(compared) >= 2
    for name in compared:
        assert_mean(measured[name], known[name])


FORMULAS = (
    *("branching", "discrete", "gaussian_mixes", "gaussian_pools"),
    *("gaussian_replace", "inflation", "kernel", "regression"),
)


def formulas(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Every function or documented method of a regime that takes generations first."""
    for thing in (getattr(module, name) for name in module.__all__):
        regime = inspect.isclass(thing) and not inspect.isabstract(thing)
        for function in vars(thing).values() if regime else [thing]:
            if not inspect.isfunction(function) or not function.__doc__:
                continue
            if function.__name__.startswith("_"):
                continue
            first = next(
                (one for one in inspect.signature(function).parameters if one != "self"), ""
            )
            if first in ("n", "k", "last"):
                yield function.__qualname__, function.__doc__


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_names_its_source_and_shows_an_example(name: str) -> None:
    """A paper or a section of docs/theory.md; the examples run with the doctests."""
    found = list(formulas(importlib.import_module(f"wellhead.recursion.theory.{name}")))
    assert found
    for where, told in found:
        assert "Source:" in told, where
        assert ">>> " in told, where


@pytest.mark.parametrize("regime", ["fresh-real", "fixed-original"])
@pytest.mark.parametrize("size", [14, 25])
def test_the_exact_curve_is_that_of_the_items_the_run_took(regime: str, size: int) -> None:
    """A tenth of 14 is 1 item and of 25 is 2: the laboratory and the formulas round alike."""
    setting = Setting(
        label=regime,
        family=FAMILIES["gaussian"](),
        regime=REGIMES[regime](share=0.1),
        generations=40,
        size=size,
        chains=4_000,
    )
    measured = list(run_cell(setting, seed=1))[-1].measures
    exact = closed_form_curves(setting)
    for name in ("variance", "mean_square_error"):
        assert_mean(measured[name], exact[name][-1])


@pytest.mark.parametrize("regime", ["fresh-real", "fixed-original"])
def test_a_share_of_no_item_is_refused_before_anything_runs(regime: str) -> None:
    with pytest.raises(BadSetting, match="rounds to none"):
        Setting(
            label=regime,
            family=FAMILIES["gaussian"](),
            regime=REGIMES[regime](share=0.1),
            generations=5,
            size=4,
        )
