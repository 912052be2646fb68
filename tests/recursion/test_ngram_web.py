"""N-gram models that learn from each other's output: their distance against theory."""

from __future__ import annotations

import numpy as np
import pytest

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion import make_plan
from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.families.documents import END, Documents
from wellhead.recursion.loop import run_cell
from wellhead.recursion.theory.ecosystem import Ecosystem

MODELS, SIZE, LAST = 3, 4000, 4


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """3,000 lines of six words each that do not depend on one another."""
    rng = np.random.default_rng(7)
    law = np.arange(1, 201) ** -1.0
    words = rng.choice([f"w{i}" for i in range(200)], size=(3000, 6), p=law / law.sum())
    file = tmp_path_factory.mktemp("web") / "corpus.txt"
    file.write_text("\n".join(" ".join(line) for line in words))
    return str(file)


def table(corpus: str, mixing: float, **changes: object) -> dict[str, object]:
    family = {"name": "ngram", "order": 2, "corpus": corpus, "output_words": 2000, "reserve": 0.1}
    regime = {"name": "shared-web", "models": MODELS, "mixing": mixing}
    known = {"family": family, "regime": regime, "sampler": "unsmoothed", "size": SIZE}
    return known | {"generations": LAST, "chains": MODELS, "seeds": 6} | changes


@pytest.fixture(scope="module")
def runs(corpus):
    return {mixing: wellhead.collapse(table(corpus, mixing)) for mixing in (0.0, 1.0)}


def course(run, measure: str) -> np.ndarray:
    """Means over models, by seed and generation (seeds, generations)."""
    label = run.plan.settings[0].label
    values = [run.values(measure, label, n).reshape(-1, MODELS) for n in range(LAST + 1)]
    return np.stack([each.mean(axis=1) for each in values], axis=1)


@pytest.mark.parametrize("mixing", [0.0, 1.0])
def test_word_frequencies_drift_apart_as_the_island_model_says(runs, corpus, mixing):
    """Bigrams draw words that depend a little on each other: a tenth more than symbols alone."""
    setting = runs[mixing].plan.settings[0]
    words = setting.family.real_text().training.words
    shares = np.bincount(words[words != END]) / (words != END).sum()
    theory = Ecosystem(samples=round(SIZE * 6 / 7), models=MODELS, mixing=mixing)
    error, common = theory.errors(np.arange(1, LAST + 2))
    expected = 2 * (1 - (shares**2).sum()) * (error - common)
    found = course(runs[mixing], "models_apart")
    spread = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - expected) < 4 * spread + 0.1 * expected).all()


def test_one_web_makes_language_models_alike_and_slows_their_collapse(runs):
    apart, one = (course(runs[m], "models_divergence").mean(axis=0) for m in (0.0, 1.0))
    assert apart[0] == pytest.approx(one[0], rel=0.1)
    assert apart[-1] > apart[0] > one[-1]
    cost = {m: np.log(course(runs[m], "perplexity")).mean(axis=0) for m in (0.0, 1.0)}
    assert cost[1.0][-1] - cost[1.0][0] < cost[0.0][-1] - cost[0.0][0]


def test_models_start_from_parts_of_their_own_and_read_no_document_twice():
    rng = np.random.default_rng(1)
    whole = Documents.of(np.tile(np.array([1, 2, 3, END]), 30) + 0)
    whole = Documents(np.arange(len(whole.words), dtype=np.int32), whole.ends)
    parts = whole.shared_out(4, rng)
    assert sorted(np.concatenate([part.words for part in parts])) == whole.words.tolist()
    assert {part.size for part in parts} == {30}
    assert all(part.ends[-1] == part.size for part in parts)
    for mixing, most in ((0.0, 1), (1.0, 4)):
        read = parts[0].exchanged(parts, 0, mixing, rng)
        assert read.size == 30 == len(np.unique(read.words))
        authors = sum(np.isin(part.words, read.words).any() for part in parts)
        assert 1 <= authors <= most
    assert authors > 1


def test_a_killed_ecosystem_goes_on_where_it_was(corpus, tmp_path):
    setting = make_plan(table(corpus, 0.5)).settings[0]
    straight = list(run_cell(setting, seed=1))
    kept = FolderCheckpoints(tmp_path / "cell")
    records = run_cell(setting, seed=1, checkpoints=kept)
    for _ in range(3):
        next(records)
    records.close()
    assert kept.done() == 3
    again = list(run_cell(setting, seed=1, checkpoints=FolderCheckpoints(tmp_path / "cell")))
    for one, other in zip(straight, again, strict=True):
        for name, values in one.measures.items():
            assert values.tolist() == other.measures[name].tolist()


def test_fresh_text_of_its_own_goes_to_each_model(corpus):
    regime = {"name": "shared-web", "models": MODELS, "mixing": 1.0, "share": 0.2}
    fresh = wellhead.collapse(table(corpus, 1.0, regime=regime, seeds=1))
    assert course(fresh, "vocabulary")[0, -1] > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chains": 6}, "one ecosystem per seed"),
        ({"selector": {"name": "perplexity"}}, "no selector that looks at items"),
    ],
)
def test_webs_of_language_models_that_make_no_sense_are_refused(corpus, changes, said):
    with pytest.raises(BadSetting, match=said):
        make_plan(table(corpus, 1.0, **changes))


def test_more_text_than_the_corpus_can_share_out_is_refused(corpus):
    with pytest.raises(BadSetting, match="share the real data out"):
        wellhead.collapse(table(corpus, 1.0, size=9000))
