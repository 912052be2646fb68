"""Scaling laws with cut tails: theory against simulation, and what they say of a corpus."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from laboratory import errors_from, last

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion.forecast.scaling import unseen_after
from wellhead.recursion.forecast.words import of_counts
from wellhead.recursion.theory.cut_tails import CutTail, scaling_exponent, worth, zipf

LAW = zipf(1.5, 3000)
FAMILY = {"name": "discrete", "symbols": 3000, "exponent": 1.5, "shift": 0.0}


def lost(regime: object, draws: int, kept: int | None = None) -> np.ndarray:
    """The second generation learns from `draws`; the first knew the law from a million."""
    sampler = {"name": "top-k", "k": kept} if kept else "unbiased"
    schedule = {"name": "sizes", "values": [1_000_000, draws]}
    table = {"family": FAMILY, "regime": regime, "sampler": sampler, "schedule": schedule}
    return last(**table, size=draws, generations=2, chains=300)["lost_mass"]


@pytest.mark.parametrize("draws", [100, 1000, 10_000])
def test_the_loss_of_real_text_is_that_of_theory(draws):
    found = lost({"name": "fresh-real", "share": 1.0}, draws)
    assert errors_from(found, CutTail(LAW).loss(draws)) < 4


@pytest.mark.parametrize("draws", [300, 5000])
def test_a_cut_tail_leaves_the_floor_of_theory(draws):
    theory = CutTail(LAW, kept=40)
    found = lost("replace", draws, kept=40)
    assert abs(found.mean() - theory.loss(draws)) < 0.002
    assert found.min() >= theory.floor - 1e-9


@pytest.mark.parametrize("draws", [1000, 20_000])
def test_a_tenth_of_real_text_gives_the_slope_back(draws):
    theory = CutTail(LAW, kept=40, real_share=0.1)
    found = lost({"name": "fresh-real", "share": 0.1}, draws, kept=40)
    assert found.mean() == pytest.approx(theory.loss(draws), rel=0.02)
    assert theory.floor == 0
    assert theory.loss(1e6) < CutTail(LAW, kept=40).floor / 3


@pytest.mark.parametrize("generations", [2, 5])
def test_generations_that_replace_each_other_keep_the_slope_at_a_fraction_of_the_draws(generations):
    table = {"family": FAMILY, "regime": "replace", "size": 2000, "generations": generations}
    found = last(**table, chains=300)["lost_mass"]
    assert found.mean() == pytest.approx(CutTail(LAW).after(generations, 2000), rel=0.02)
    assert worth(50) == pytest.approx(2 / 50, rel=0.1)


@pytest.mark.parametrize("exponent", [1.5, 2.0])
def test_slope_floor_and_crossover_are_the_published_powers(exponent):
    """T^-(1 - 1/β), k^(1 - β), and k^β between them (Dohmatob et al. 2024)."""
    law = zipf(exponent, 1_000_000)
    one, two = CutTail(law).loss(1000), CutTail(law).loss(4000)
    assert math.log(one / two, 4) == pytest.approx(scaling_exponent(exponent), abs=0.02)
    near, far = CutTail(law, kept=100), CutTail(law, kept=400)
    assert math.log(near.floor / far.floor, 4) == pytest.approx(exponent - 1, abs=0.03)
    assert math.log(far.crossover / near.crossover, 4) == pytest.approx(exponent, abs=0.06)


def test_the_command_says_what_output_of_a_cut_law_is_worth(wellhead):
    law = ("--exponent", 1.5, "--symbols", 100_000, "--kept", 100)
    told = wellhead("collapse", "theory", *law, "--draws", "100,1000000", "--json")
    few, many = json.loads(told.stdout)
    assert few["real_draws"] == pytest.approx(100, rel=0.1)
    theory = CutTail(zipf(1.5, 100_000), kept=100)
    assert many["real_draws"] == pytest.approx(theory.crossover)
    assert many["loss"] == pytest.approx(theory.floor) == many["floor"]
    assert (many["slope"], few["slope"]) == (
        pytest.approx(0, abs=0.01),
        pytest.approx(0.3, abs=0.1),
    )
    refused = wellhead("collapse", "theory", "--kept", 100)
    assert refused.returncode == 2
    assert "--draws" in refused.stderr
    law = ("--family", "location", "--regime", "replace", "--draws", 100)
    refused = wellhead("collapse", "theory", *law)
    assert refused.returncode == 2
    assert "leave --family, --regime out" in refused.stderr


@pytest.mark.parametrize("exponent", [1.5, 2.0])
def test_a_corpus_shows_its_own_exponent_and_what_a_cut_tail_is_worth(exponent):
    law, size = zipf(exponent, 1_000_000), 200_000
    counts = np.random.default_rng(5).multinomial(size, law)
    found = wellhead.forecast(counts=counts[counts > 0].tolist(), generations=4).scaling
    assert found.exponent.low < scaling_exponent(exponent) < found.exponent.high
    assert found.unseen == pytest.approx(CutTail(law).loss(size), rel=0.2)
    assert found.last_worth == pytest.approx(size * worth(4))
    for cut in found.cuts:
        if cut.words is not None:
            assert CutTail(law).loss(cut.words) == pytest.approx(cut.dropped, rel=0.1)
    assert any(cut.words is not None for cut in found.cuts)


def test_thinning_a_corpus_gives_the_unseen_share_of_a_smaller_one():
    law = zipf(1.5, 100_000)
    counts = np.random.default_rng(6).multinomial(100_000, law)
    words = of_counts(counts[counts > 0].tolist())
    assert unseen_after(words, 0.1) == pytest.approx(CutTail(law).loss(10_000), rel=0.05)


def test_the_page_says_what_output_of_a_sampler_is_worth():
    counts = np.random.default_rng(5).multinomial(20_000, zipf(1.5, 100_000))
    page = wellhead.forecast(counts=counts[counts > 0].tolist()).page().to_markdown()
    assert "Scaling, and where a cut tail ends it" in page
    assert "the rarest 10 % of the text" in page


def test_corpora_without_rare_words_and_laws_without_a_slope_are_told():
    assert wellhead.forecast(counts=[50] * 100).scaling is None
    with pytest.raises(BadSetting, match="above 1"):
        scaling_exponent(1.0)
    with pytest.raises(BadSetting, match="uncut tails"):
        CutTail(LAW, kept=5).after(2, 100)
    with pytest.raises(BadSetting, match="a finite number; got inf"):
        CutTail(LAW).loss(math.inf)
    with pytest.raises(BadSetting, match="exponent must be at least 0"):
        zipf(-1.0, 10)
