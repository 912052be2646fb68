"""Several models that learn from each other: the laboratory against the exact island model."""

from __future__ import annotations

import json

import numpy as np
import pytest
from laboratory import errors_from

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion import make_plan
from wellhead.recursion.theory import theory_table
from wellhead.recursion.theory.ecosystem import Ecosystem, GaussianEcosystem, SymbolEcosystem

TIMES = np.arange(1, 7)


@pytest.mark.parametrize(
    ("models", "mixing", "share"), [(2, 1.0, 0.0), (4, 0.3, 0.0), (3, 0.5, 0.2)]
)
@pytest.mark.parametrize("family", ["gaussian", "discrete"])
def test_error_and_distance_of_models_follow_the_exact_recursion(family, models, mixing, share):
    """Twenty items a generation, 24,000 chains: means by web, so that they are independent."""
    regime = {"name": "shared-web", "models": models, "mixing": mixing, "share": share}
    known = {"samples": 20, "models": models, "mixing": mixing, "real_share": share}
    if family == "gaussian":
        theory, own = GaussianEcosystem(**known), {"name": "gaussian"}
        measures = {"variance": "variance", "mean_square_error": "mean_square_error"}
    else:
        theory = SymbolEcosystem(symbols=5, exponent=1.0, **known)
        own = {"name": "discrete", "symbols": 5, "path": "literal"}
        measures = {"heterozygosity": "heterozygosity", "square_error": "squared_distance"}
    run = wellhead.collapse(
        {"family": own, "regime": regime, "size": 20, "generations": 6, "chains": 24_000}
    )
    columns, label = theory.columns(TIMES), run.plan.settings[0].label
    for mine, theirs in (measures | {"models_apart": "models_apart"}).items():
        for n in TIMES:
            webs = run.values(mine, label, int(n)).reshape(-1, models).mean(axis=1)
            assert errors_from(webs, float(columns[theirs][n - 1])) < 4.5


def test_models_that_keep_to_themselves_are_plain_replacement():
    alone = theory_table("gaussian", samples=50, generations=8)
    apart = theory_table(
        "gaussian", regime="shared-web", samples=50, generations=8, models=3, mixing=0.0
    )
    for one, other in zip(alone, apart, strict=True):
        assert other["variance"] == pytest.approx(one["variance"])
        assert other["inflation"] == pytest.approx(one["inflation"])
        assert other["models_apart"] == pytest.approx(2 * one["mean_square_error"])


def test_a_shared_web_slows_collapse_and_makes_models_alike():
    kappas = [float(Ecosystem(samples=100, models=k).inflation(30)) for k in (2, 4, 16)]
    assert kappas == sorted(kappas, reverse=True)
    assert kappas[0] < 30
    loose, tight = (GaussianEcosystem(samples=100, mixing=m).columns(TIMES) for m in (0.1, 0.9))
    assert tight["models_apart"][-1] < loose["models_apart"][-1]


def test_inflation_is_the_error_of_large_samples():
    chain = Ecosystem(samples=100_000, models=3, mixing=0.4, real_share=0.1)
    error, _ = chain.errors(TIMES)
    assert 100_000 * error == pytest.approx(chain.inflation(TIMES), rel=1e-3)


def test_the_command_prints_models_of_a_shared_web(wellhead):
    told = wellhead(
        *("collapse", "theory", "--regime", "shared-web", "--models", 4, "--mixing", 0.5),
        *("--samples", 100, "--generations", 3, "--json"),
    )
    assert json.loads(told.stdout)[-1]["models_apart"] > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chains": 10}, "multiple"),
        ({"regime": {"name": "shared-web", "models": 1}}, "2 models"),
        ({"regime": {"name": "shared-web", "mixing": 2}}, "mixing in"),
        ({"family": {"name": "gaussian", "path": "fast"}}, "literal"),
        ({"family": {"name": "discrete"}}, "literal"),
    ],
)
def test_ecosystems_that_make_no_sense_are_refused(changes, said):
    table = {"family": "gaussian", "regime": "shared-web", "size": 50, "generations": 2}
    with pytest.raises(BadSetting, match=said):
        make_plan(table | {"chains": 8} | changes)


def test_intervals_know_that_models_of_one_web_are_alike():
    """Coverage of the exact error over 60 runs of 40 chains in webs of four."""
    regime = {"name": "shared-web", "models": 4, "mixing": 1.0}
    table = {"family": {"name": "discrete", "symbols": 5, "exponent": 0.0, "path": "literal"}}
    table |= {"regime": regime, "size": 20, "generations": 6, "chains": 40}
    expected = SymbolEcosystem(samples=20, symbols=5, exponent=0.0).columns(TIMES)
    held = 0
    for seed in range(60):
        run = wellhead.collapse(table | {"seed": seed})
        point = run.curve("heterozygosity", run.plan.settings[0].label, "mean")[-1]
        held += point.low <= expected["heterozygosity"][-1] <= point.high
    assert held >= 51
