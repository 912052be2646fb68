"""A forecast for several models on one web: words and inflation, against simulation."""

from __future__ import annotations

import json

import numpy as np
import pytest

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion.theory.branching import SharedWeb as Words
from wellhead.recursion.theory.branching import branching_under
from wellhead.recursion.theory.ecosystem import Ecosystem
from wellhead.recursion.theory.inflation import FreshReal
from wellhead.recursion.theory.shared_web import SharedWeb


def left_in_a_web(models: int, mixing: float, share: float, generations: int) -> np.ndarray:
    """Symbols left in any of the models, by generation: a literal simulation of one web.

    Symbols occur once to four times in 24,000 words that are shared out.
    """
    rng, items = np.random.default_rng(3), 24_000
    corpus = np.repeat(np.arange(items // 4), 4)
    corpus = rng.permutation(np.where(rng.random(items) < 0.5, corpus, rng.permutation(items)))
    shelves, each = corpus.reshape(models, -1), items // models
    found = [np.unique(corpus)]
    for _ in range(generations):
        written = np.stack([rng.choice(shelf, each) for shelf in shelves])
        authors = np.arange(models)[:, None] + np.zeros(each, dtype=int)
        anyone = rng.integers(models, size=(models, each))
        authors = np.where(rng.random((models, each)) < mixing, anyone, authors)
        shelves = written[authors, np.arange(each)]
        fresh = round(share * each)
        shelves[:, :fresh] = rng.choice(corpus, (models, fresh))
        found.append(np.unique(shelves))
    return np.array([np.isin(found[0], one).mean() for one in found]), np.bincount(corpus)


@pytest.mark.parametrize(("models", "mixing", "share"), [(4, 1.0, 0.0), (3, 0.4, 0.2)])
def test_words_left_in_any_model_of_a_web_are_foretold(models, mixing, share):
    found, counts = left_in_a_web(models, mixing, share, 5)
    result = wellhead.forecast(
        counts=counts[counts > 0].tolist(),
        web_models=models,
        web_mixing=mixing,
        real_share=share,
        generations=5,
        models="counts",
    )
    foretold = [row.words.point for row in result.vocabulary.generations]
    assert foretold == pytest.approx(found.tolist(), abs=0.012)
    assert result.regime == "shared-web"


def test_a_web_scatters_heirs_more_widely_than_one_model():
    alone, web = branching_under("replace"), Words(real_share=0, models=4, mixing=1.0)
    apart = Words(real_share=0, models=4, mixing=0.0)
    for one, other, own in zip(alone.losses(8), web.losses(8), apart.losses(8), strict=True):
        assert own.copy == pytest.approx(one.copy)
        assert other.copy >= one.copy


def test_inflation_of_a_web_has_the_limit_that_its_course_goes_to():
    web = SharedWeb(3, 0.4, 0.1)
    assert float(web.after(300)) == pytest.approx(web.limit)
    assert SharedWeb(3, 0.0, 0.1).limit == pytest.approx(FreshReal(0.1).limit)
    assert SharedWeb().limit == np.inf
    kappa = Ecosystem(samples=100, models=3, mixing=0.4, real_share=0.1).inflation([1, 5])
    assert web.after([1, 5]) == pytest.approx(kappa)


def test_the_interval_of_an_assay_reaches_inflation_and_the_first_generation_beyond():
    share = {"share": {"low": 0.7, "point": 0.8, "high": 0.9, "level": 0.95}}
    result = wellhead.forecast(
        assay=share,
        web_models=4,
        generations=20,
        max_inflation=1.2,
        true_positive_rate=0.5,
        false_positive_rate=0.05,
    )
    last = result.inflation.last
    assert last.low < last.point < last.high
    assert last.level == 0.95
    assert result.effective_share.point > result.real_share.point
    assert result.first_beyond.earliest <= result.first_beyond.point
    assert "shared-web" in [other.regime for other in result.regimes]
    assert "words are those left in any" in result.page().to_markdown()


def test_following_the_remedy_or_the_cheapest_mix_of_a_web_keeps_its_limit():
    asked = {"web_models": 4, "web_mixing": 0.5, "max_inflation": 2, "generations": 10}
    result = wellhead.forecast(**asked, real_share=0.05, prices={"real": 5, "audit": 0.5})
    needed = result.cheapest_mix.needed_share
    assert needed == result.remedies[0].answer.point < 0.25
    assert "fixed_original_share" not in [remedy.name for remedy in result.remedies]
    kept = wellhead.forecast(**asked, real_share=needed).inflation.last.point
    assert kept == pytest.approx(2)
    assert kept <= 2
    alone = wellhead.forecast(real_share=0.05, max_inflation=2)
    assert needed < alone.remedies[0].answer.point


def test_the_command_takes_a_web(wellhead):
    told = wellhead("forecast", "--web-models", 4, "--web-mixing", 0.5, "--json")
    assert json.loads(told.stdout)["regime"] == "shared-web"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"regime": "shared-web"}, "needs web_models"),
        ({"web_mixing": 0.5}, "give web_models"),
        ({"web_models": 1}, "at least 2"),
        ({"web_models": 4, "regime": "replace"}, "one share throughout"),
        ({"web_models": 4, "schedule": [0.5]}, "one share throughout"),
    ],
)
def test_webs_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(BadSetting, match=said):
        wellhead.forecast(**settings)
