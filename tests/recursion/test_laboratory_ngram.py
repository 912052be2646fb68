"""The n-gram family: its law, its samplers, and what recursion does to real text."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

import wellhead.recursion
from wellhead.errors import BadInput, BadSetting, MissingExtra
from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.config import plan
from wellhead.recursion.families.documents import Documents
from wellhead.recursion.families.ngram import NGram
from wellhead.recursion.family import Fitting
from wellhead.recursion.loop import run_cell
from wellhead.recursion.measure.likeness import mauve, self_bleu, vendi
from wellhead.recursion.samplers import Temperature, TopK, TopP, Unbiased

WORDS = "the well is deep and the water of the well is clear so the people of the town drink it"


@pytest.fixture
def corpus(tmp_path):
    """A text file of 400 lines with a skewed vocabulary, in which words depend on each other."""
    rng, words = np.random.default_rng(7), WORDS.split()
    start = rng.integers(0, len(words) - 6, 400)
    lines = [" ".join(words[s : s + 5] + list(rng.choice(words, 2))) for s in start]
    file = tmp_path / "corpus.txt"
    file.write_text("\n".join(lines))
    return str(file)


def fitted(family: NGram):
    corpus = family.real_text()
    return family.fit(corpus.training, Fitting(np.random.default_rng(0))), corpus


def law_after(family: NGram, model, context: list[int], vocabulary: int) -> np.ndarray:
    """The probability of each word after a context, from the scores."""
    words = np.array([[*context, word] for word in range(vocabulary)])
    ends = np.arange(1, vocabulary + 1) * words.shape[1]
    scores = family.score(model, Documents(words.ravel().astype(np.int32), ends))
    return np.exp(scores.reshape(words.shape)[:, -1])


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("smoothing", ["discount", "linear"])
def test_probabilities_sum_to_one_after_any_context(corpus, order, smoothing):
    family = NGram(order=order, corpus=corpus, smoothing=smoothing)
    model, known = fitted(family)
    size = len(known.vocabulary)
    for context in ([], [1], [2, 1], [1, size - 1, 2]):
        assert law_after(family, model, context, size).sum() == pytest.approx(1)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize(
    ("sampler", "settings"),
    [
        (Unbiased(), {"smoothing": "discount"}),
        (Unbiased(), {"smoothing": "linear"}),
        (TopP(p=1.0), {"smoothing": "discount"}),
        (Temperature(temperature=1.0), {"smoothing": "linear"}),
    ],
    ids=["occurrences", "linear", "whole nucleus", "temperature one"],
)
def test_drawn_words_follow_the_law_that_scores_them(corpus, order, sampler, settings):
    """First words of many documents against their probabilities: chi-square over the words."""
    family = NGram(order=order, corpus=corpus, floor=1e-9, **settings)
    model, known = fitted(family)
    drawn = family.sample(model, 60_000, sampler, np.random.default_rng(3))
    firsts = drawn.words[drawn.starts]
    size = len(known.vocabulary)
    expected = law_after(family, model, [], size) * len(firsts)
    seen = np.bincount(firsts, minlength=size)
    likely = expected > 5
    statistic = ((seen - expected)[likely] ** 2 / expected[likely]).sum()
    assert statistic < likely.sum() + 4 * math.sqrt(2 * likely.sum())


def test_narrow_samplers_never_leave_their_nucleus(corpus):
    family = NGram(order=2, corpus=corpus, floor=1e-9)
    model, known = fitted(family)
    law = law_after(family, model, [1], len(known.vocabulary))
    ranked = np.argsort(-law)
    nucleus = ranked[: 1 + np.searchsorted(np.cumsum(law[ranked]), 0.5)]
    for sampler, allowed in ((TopK(k=3), ranked[:3]), (TopP(p=0.5), nucleus)):
        drawn = family.sample(model, 5_000, sampler, np.random.default_rng(1)).words
        assert set(drawn[1:][drawn[:-1] == 1]) == set(allowed)


def test_low_temperature_sharpens_the_law_by_its_power(corpus):
    family = NGram(order=2, corpus=corpus, floor=1e-9)
    model, known = fitted(family)
    law = law_after(family, model, [], len(known.vocabulary)) ** 2
    drawn = family.sample(model, 60_000, Temperature(temperature=0.5), np.random.default_rng(2))
    firsts = np.bincount(drawn.words[drawn.starts], minlength=len(law)) / len(drawn.ends)
    assert np.abs(firsts - law / law.sum()).max() < 0.02


def test_recursion_on_real_text_hurts_in_the_known_order(data):
    """Bigrams, WikiText-2: replace, original 10 %, accumulate-subsample, accumulate: ever less."""
    family = {
        "name": "ngram",
        "order": 2,
        "corpus": str(data / "wikitext2" / "train.txt"),
        "split": "spaces",
        "smoothing": "linear",
        "output_words": 2_000,
    }
    settings = [
        {"regime": "replace"},
        {"regime": {"name": "fixed-original", "share": 0.1, "redraw": True}},
        {"regime": "accumulate-subsample"},
        {"regime": "accumulate"},
    ]
    result = wellhead.collapse(
        {
            "family": family,
            "sampler": "unsmoothed",
            "size": 100_000,
            "generations": 6,
            "every": 6,
            "settings": settings,
        }
    )
    ends = [
        result.curve("perplexity", label)[-1].value
        for label in ("replace", "fixed-original", "accumulate-subsample", "accumulate")
    ]
    assert ends == sorted(ends, reverse=True)
    bins = ["1_to_2", "3_to_9", "10_to_99", "100_and_more"]
    kept = [result.curve(f"survival_{name}", "replace")[-1].value for name in bins]
    assert kept == sorted(kept)


@pytest.mark.parametrize("regime", ["accumulate-subsample", "fixed-original", "synthetic-added"])
def test_a_cell_killed_between_generations_goes_on_to_the_same_numbers(corpus, tmp_path, regime):
    table = {"family": {"name": "ngram", "corpus": corpus}, "regime": regime, "generations": 4}
    setting = plan(table).settings[0]
    whole = list(run_cell(setting, seed=5))
    begun = run_cell(setting, seed=5, checkpoints=FolderCheckpoints(tmp_path))
    for _ in range(3):
        next(begun)
    begun.close()
    resumed = list(run_cell(setting, seed=5, checkpoints=FolderCheckpoints(tmp_path)))
    assert [record.generation for record in resumed] == [0, 1, 2, 3, 4]
    for one, two in zip(whole, resumed, strict=True):
        assert one.measures.keys() == two.measures.keys()
        assert all(np.array_equal(one.measures[m], two.measures[m]) for m in one.measures)


def test_likeness_is_high_for_equal_texts_and_low_for_different_ones():
    same, different = ["a b c d e"] * 20, [f"a{n} b{n} c{n} d{n} e{n}" for n in range(20)]
    assert vendi(same) == pytest.approx(1)
    assert vendi(different) == pytest.approx(20)
    assert self_bleu(same) == pytest.approx(100)
    assert self_bleu(different) < 10


def test_an_optional_measure_without_its_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mauve", None)
    with pytest.raises(MissingExtra, match=r"wellhead\[mauve\]"):
        mauve(["a"], ["b"])


def test_documents_keep_their_words_when_picked_joined_and_cut():
    documents = Documents.of(np.array([5, 6, 0, 7, 0, 8, 9, 9, 0]))
    picked = documents.pick(np.array([2, 0]))
    assert picked.words.tolist() == [8, 9, 9, 0, 5, 6, 0]
    assert picked.ends.tolist() == [4, 7]
    assert picked.first(5).ends.tolist() == [4, 5]
    assert picked.join(documents.first(3)).ends.tolist() == [4, 7, 10]
    assert documents.take(100, np.random.default_rng(0)).size == 9


@pytest.mark.parametrize(
    ("family", "regime", "words"),
    [
        ({"corpus": "nowhere.txt"}, "replace", "readable UTF-8"),
        ({"order": 9}, "replace", "order from 2 to 4"),
        ({}, "golden-ratio", "weights its data"),
        ({}, "fresh-real", "set family.reserve"),
        ({"also": ["self_blue"]}, "replace", "did you mean 'self_bleu'"),
        ({"floor": 0.0}, "replace", r"floor in \(0, 1\)"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_text_settings_that_cannot_work_are_refused(corpus, family, regime, words):
    table = {"name": "ngram", "corpus": corpus} | family
    with pytest.raises((BadSetting, BadInput), match=words):
        wellhead.collapse({"family": table, "regime": regime, "generations": 2})
