"""Words of a corpus: how they are told apart, counted, and what their loss says of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.forecast import count_words, fitted_size, forecast, of_counts
from wellhead.recursion.forecast.observed import read_observed
from wellhead.recursion.theory import discrete
from wellhead.recursion.theory.branching import Replace


@pytest.mark.parametrize(
    ("text", "rule", "types"),
    [
        ("Don't don’t DON'T", "letters", 2),
        ("well-known, well known", "letters", 3),
        ("Straße STRASSE", "letters", 1),
        ("e\u0301t\u00e9 \u00e9t\u00e9", "letters", 1),
        ("a,b a , b", "letters", 2),
        ("a,b a , b", "spaces", 4),
        ("The the", "spaces", 2),
    ],
)
def test_words_are_told_apart_by_the_stated_rule(text: str, rule: str, types: int) -> None:
    assert count_words([text], rule=rule).types == types


def test_counts_of_counts_hold_the_whole_corpus() -> None:
    found = count_words(["the well the head", "The water"])
    assert found.counts.tolist() == [1, 3]
    assert found.words.tolist() == [3, 1]
    assert (found.types, found.tokens, found.once) == (4, 6, 3)


def test_a_corpus_without_words_is_refused() -> None:
    with pytest.raises(BadInput, match="no word"):
        count_words(["… !!!"])


def test_an_unknown_rule_names_the_known_ones() -> None:
    with pytest.raises(BadSetting, match="did you mean 'letters'"):
        count_words(["a"], rule="letter")


def test_a_script_without_spaces_is_noticed() -> None:
    found = forecast(["人工智能生成的文字越来越多而且很难分辨它们的来源是什么"])
    assert "script_without_spaces" in [caveat.code for caveat in found.caveats]


def corpus_counts() -> np.ndarray:
    counts = np.random.default_rng(1).multinomial(20_000, discrete.zipf_mandelbrot(4_000))
    return np.asarray(counts[counts > 0])


@pytest.mark.parametrize("regime", ["replace", "fresh-real"])
@pytest.mark.parametrize("ratio", [0.3, 1.0])
def test_the_effective_size_is_recovered_from_simulated_loss(regime: str, ratio: float) -> None:
    counts, rng = corpus_counts(), np.random.default_rng(2)
    total, a = counts.sum(), 0.1 if regime == "fresh-real" else 0.0
    draws, now, observed = round(ratio * (1 - a) * total), counts, {}
    for k in range(1, 7):
        new = rng.multinomial(round(a * total), counts / total)
        now = rng.multinomial(draws, now / now.sum()) / ratio + new
        observed[k] = float((now > 0).mean())
    size = fitted_size(
        observed, of_counts(counts.tolist()), regime=regime, real_share=a or None, generations=7
    )
    assert size.ratio.point == pytest.approx(ratio, rel=0.05)
    assert size.ratio.low < size.ratio.point < size.ratio.high
    assert size.how == "fitted"


def test_a_fit_explains_what_it_was_fitted_to() -> None:
    counts = of_counts(corpus_counts().tolist())
    path = Replace(size_ratio=0.5).losses(4)
    shares = [float(counts.words @ (1 - loss.of(counts.counts))) / counts.types for loss in path]
    size = fitted_size(dict(enumerate(shares[1:], 1)), counts, regime="replace", real_share=None)
    assert size.ratio.point == pytest.approx(0.5, rel=1e-4)


def test_shares_that_no_size_explains_are_refused() -> None:
    counts = of_counts(corpus_counts().tolist())
    for shares in ({1: 1.0, 2: 1.0}, {1: 1e-9}):
        with pytest.raises(BadSetting, match="no effective size"):
            fitted_size(shares, counts, regime="replace", real_share=None)


def test_a_smaller_effective_size_loses_more_words() -> None:
    counts = corpus_counts().tolist()
    full = forecast(counts=counts, models="counts").vocabulary
    half = forecast(counts=counts, effective_samples=10_000).vocabulary
    assert full is not None
    assert half is not None
    assert half.effective.ratio.point == pytest.approx(0.5)
    assert half.generations[-1].words.high < full.generations[-1].words.low


def test_rare_words_go_first() -> None:
    found = forecast(counts=corpus_counts().tolist()).vocabulary
    assert found is not None
    left = [row.surviving.point for row in found.bins]
    assert left == sorted(left)
    assert sum(row.words for row in found.bins) == found.types
    assert sum(row.text for row in found.bins) == pytest.approx(1)


def test_observations_come_from_csv_or_json(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("generation,vocabulary\n0,1\n1,0.9\n2,0.8\n")
    (tmp_path / "o.json").write_text('[{"generation": 1, "vocabulary": 0.9}]')
    assert read_observed(tmp_path / "o.csv") == {1: 0.9, 2: 0.8}
    assert read_observed(tmp_path / "o.json") == {1: 0.9}


@pytest.mark.parametrize(
    ("name", "content"),
    [("o.csv", "a,b\n1,2\n"), ("o.csv", ""), ("o.json", "{}"), ("o.json", "[1]"), ("o.json", "[")],
)
def test_a_broken_table_of_observations_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput):
        read_observed(tmp_path / name)


def test_the_loss_of_a_bigram_models_words_is_foretold(data: Path) -> None:
    """Counts alone foretell what a bigram model loses on WikiText-2: about half in 10 rounds."""
    counts = count_words(str(data / "wikitext2" / "train.txt"), rule="spaces")
    replaced = forecast(counts=counts).vocabulary
    pooled = forecast(counts=counts, regime="accumulate-subsample").vocabulary
    fresh = forecast(counts=counts, real_share=0.1).vocabulary
    assert replaced is not None
    assert pooled is not None
    assert fresh is not None
    assert replaced.generations[10].words.point == pytest.approx(0.513, abs=0.02)
    assert pooled.generations[10].words.point == pytest.approx(0.838, abs=0.02)
    assert fresh.generations[10].words.point == pytest.approx(0.715, abs=0.02)
