"""Recursive redrawing of symbols, by simulation, against the closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from laboratory import errors_from, last

from wellhead.recursion.families.discrete import narrowed
from wellhead.recursion.samplers import Temperature, TopK, TopP

UNIFORM = {"name": "discrete", "law": "uniform", "symbols": 10}


def test_heterozygosity_decays_by_one_over_the_sample_size():
    measured = last(family=UNIFORM, regime="replace", size=100, generations=20, chains=5_000)
    assert errors_from(measured["heterozygosity"], 0.9 * 0.99**20) < 4


def test_surviving_symbols_follow_the_branching_process():
    """Zipf-Mandelbrot, K = M = 1000: the reference simulation gives 115.1 after 10 generations."""
    measured = last(
        family={"name": "discrete", "symbols": 1000},
        regime="replace",
        size=1000,
        generations=10,
        chains=200,
    )
    assert measured["survivors"].mean() == pytest.approx(115.1, rel=0.02)


def test_accumulating_keeps_heterozygosity():
    measured = last(family=UNIFORM, regime="accumulate", size=20, generations=30, chains=5_000)
    exact = 0.9 * np.prod(1 - 1 / (20 * np.arange(1, 31) ** 2))
    assert errors_from(measured["heterozygosity"], exact) < 4


@pytest.mark.parametrize(
    "regime",
    [
        {"name": "replace"},
        {"name": "accumulate-subsample"},
        {"name": "fixed-original", "share": 0.3},
        {"name": "fresh-real", "share": 0.3, "split": "iid"},
    ],
    ids=lambda regime: regime["name"],
)
def test_tallies_and_literal_symbols_give_the_same_law(regime):
    common = {"regime": regime, "size": 20, "generations": 8}
    fast = last(family=UNIFORM, chains=4_000, **common)
    literal = last(family=UNIFORM | {"path": "literal"}, chains=2_000, **common)
    for name in ("heterozygosity", "survivors"):
        spread = np.hypot(*(m[name].std() / np.sqrt(len(m[name])) for m in (fast, literal)))
        assert abs(fast[name].mean() - literal[name].mean()) < 4 * spread


def test_rare_symbols_vanish_before_frequent_ones():
    measured = last(
        family={"name": "discrete", "symbols": 2000},
        regime="replace",
        size=5000,
        generations=10,
        chains=20,
    )
    bins = ["survival_below_1", "survival_1_to_2", "survival_3_to_9", "survival_10_to_99"]
    means = [measured[name].mean() for name in bins if name in measured]
    assert len(means) >= 3
    assert means == sorted(means)


def test_samplers_narrow_a_law_as_their_names_say():
    law = np.array([[0.5, 0.3, 0.15, 0.05]])
    assert narrowed(law, TopK(k=2)) == pytest.approx(np.array([[0.625, 0.375, 0, 0]]))
    assert narrowed(law, TopP(p=0.6)) == pytest.approx(np.array([[0.625, 0.375, 0, 0]]))
    assert narrowed(law, Temperature(temperature=0.5)) == pytest.approx(law**2 / (law**2).sum())
