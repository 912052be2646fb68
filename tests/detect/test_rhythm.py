"""The second view of a text: measures of rhythm and function words, and trees on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import literal
import literal_rhythm
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellhead.detect import NgramDetector, load_scorer, normalise
from wellhead.detect.boosting import grow
from wellhead.detect.kernels import ENDINGS, SIGNS
from wellhead.detect.rhythm import MEASURES, measures_of
from wellhead.detect.trees import NO_TREES, Trees
from wellhead.errors import BadInput

PEOPLE = [
    f"We went there {day} days ago. It rained! I'd lost my coat, so I borrowed {day} of theirs."
    for day in range(60)
]
MACHINES = [
    f"The committee's {day} recommendations emphasise transparency, accountability, and fairness "
    "while highlighting the importance of continuous evaluation."
    for day in range(60)
]

WORDS = """
    the a and or but which while that I he they it's don't not of in to was were walk walked walking
    slowly houses nation kindness 1990s 7 rain-soaked , , , . . ? ! ; : - ( ) " ' % & / ]
"""
ENGLISH = st.lists(st.sampled_from(WORDS.split()), max_size=60).map(" ".join)
ODD = st.text(
    st.sampled_from("abAB'' .,?!İſßΣ09٣²漢ｍ😀\ud800\u0301\n\u00a0-_)]\"") | st.characters(),
    max_size=60,
)
PARTS = st.lists(st.sampled_from(["is", "n't", " ", ".", '."', "',", "a-b", "ing", "?) "])).map(
    "".join
)


def close(texts: list[str]) -> None:
    plain = np.array([literal_rhythm.measures(text) for text in texts])
    np.testing.assert_allclose(measures_of(texts), plain, rtol=1e-5, atol=1e-6)


@settings(max_examples=150, deadline=None)
@given(st.lists(ENGLISH | ODD | PARTS, min_size=1, max_size=4))
def test_compiled_measures_are_those_of_plain_python(texts: list[str]) -> None:
    close(texts)


def test_compiled_measures_are_those_of_plain_python_on_development_texts(data: Path) -> None:
    for name in ("dev", "dev2"):
        texts = pd.read_parquet(data / "detection" / f"{name}.parquet", columns=["text"]).text
        close([normalise(text) for text in texts[::500]])


def test_signs_and_endings_are_those_that_are_named() -> None:
    assert [f"signs: {sign}" for sign in SIGNS] == [m for m in MEASURES if m.startswith("signs: ")]
    named = [measure for measure in MEASURES if measure.startswith("words in -")]
    assert [f"words in -{ending}" for ending in ENDINGS] == named


def test_measures_of_a_text_do_not_depend_on_the_texts_beside_it() -> None:
    texts = ["It rained. It rained again, and we slept.", "", "word " * 3_000, "漢字。"]
    together = measures_of(texts)
    for row, text in enumerate(texts):
        np.testing.assert_array_equal(measures_of([text])[0], together[row])


def test_a_text_said_twice_has_the_rates_of_the_text() -> None:
    """How long a text is does not enter; what comes again, and sentences' neighbours, may."""
    text = "We walked home in the rain. Nobody saw us, which was good. It was late. "
    once, ten_times = measures_of([text, text * 10])
    apart = ("again", "change", "after open", "after closed", "as the last", "from comma")
    for name, one, other in zip(MEASURES, once, ten_times, strict=True):
        if not any(word in name for word in (*apart, "spread")):
            assert one == pytest.approx(other, rel=1e-5), name


@pytest.fixture(scope="module")
def learned() -> tuple[np.ndarray, np.ndarray, Trees]:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3_000, 6)).astype(np.float32)
    machine = rng.random(3_000) < 1 / (1 + np.exp(-3 * np.sign(rows[:, 1]) * rows[:, 4]))
    return rows, machine, grow(rows, machine, np.ones(3_000), trees=60, depth=3)


def test_trees_learn_what_no_single_measure_says(
    learned: tuple[np.ndarray, np.ndarray, Trees],
) -> None:
    fresh = np.random.default_rng(2).normal(size=(2_000, 6)).astype(np.float32)
    truly = fresh[:, 1] * fresh[:, 4] > 0
    clear = np.abs(fresh[:, 4]) > 0.7
    right = (learned[2].score(fresh) > 0) == truly
    assert right[clear].mean() > 0.9


def test_trees_add_what_walking_them_one_by_one_adds(
    learned: tuple[np.ndarray, np.ndarray, Trees],
) -> None:
    rows, _, trees = learned
    some = np.vstack([rows[:200], np.full((1, 6), np.inf), np.full((1, 6), -np.inf)])
    assert trees.score(some.astype(np.float32)).tolist() == [
        literal.grown(trees, row) for row in some
    ]


def test_the_same_rows_and_seed_grow_the_same_trees(
    learned: tuple[np.ndarray, np.ndarray, Trees],
) -> None:
    rows, machine, trees = learned
    again = grow(rows, machine, np.ones(len(rows)), trees=60, depth=3)
    other = grow(rows, machine, np.ones(len(rows)), trees=60, depth=3, seed=1)
    assert all((one == two).all() for one, two in zip(trees, again, strict=True))
    assert not (trees.leaf == other.leaf).all()


def test_a_heavier_side_draws_the_score_to_itself(
    learned: tuple[np.ndarray, np.ndarray, Trees],
) -> None:
    rows, machine, trees = learned
    heavy = grow(rows, machine, np.where(machine, 4.0, 1.0), trees=60, depth=3)
    assert heavy.score(rows).mean() > trees.score(rows).mean() + 0.5


def test_rows_without_a_pattern_get_next_to_nothing() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(20_000, 3)).astype(np.float32)
    trees = grow(rows, rng.random(20_000) < 0.5, np.ones(20_000), trees=30, depth=2)
    fresh = rng.normal(size=(2_000, 3)).astype(np.float32)
    assert np.abs(trees.score(fresh)).mean() < 0.2


# --- a detector with both views ------------------------------------------------------------------


@pytest.fixture(scope="module")
def both() -> NgramDetector:
    """The general detector with trees that a few dozen sentences grew."""
    plain = load_scorer("general")
    assert isinstance(plain, NgramDetector)
    rows = measures_of([*PEOPLE, *MACHINES])
    machine = np.repeat([False, True], [len(PEOPLE), len(MACHINES)])
    trees = grow(rows, machine, np.full(len(rows), 20.0), trees=40)
    return NgramDetector.of(plain.card, replace(plain.model, trees=trees), plain.library)


def test_a_score_is_the_sum_of_both_views(both: NgramDetector) -> None:
    texts = [*PEOPLE[:20], *MACHINES[:20], ""]
    alone = replace(both.model, trees=NO_TREES)
    for text, score in zip(texts, both.score(texts), strict=True):
        clean = normalise(text)
        added = literal.grown(both.model.trees, measures_of([clean])[0])
        assert score == alone.score([clean])[0] + added
    assert both.score([MACHINES[0]]) - alone.score([normalise(MACHINES[0])]) > 0


def test_batches_and_threads_do_not_move_the_sum(both: NgramDetector) -> None:
    texts = [*PEOPLE, "", "漢字", *MACHINES] * 20
    scores = both.score(texts)
    np.testing.assert_array_equal(scores[:30], [both.score([text])[0] for text in texts[:30]])
    column = pa.array(texts, pa.large_string())
    for threads in (1, 2, 5):
        np.testing.assert_array_equal(both.score_column(column, threads=threads), scores)


def test_sentences_and_rhythm_add_up_to_the_score(both: NgramDetector) -> None:
    text = " ".join(MACHINES[:5])
    sentences = sum(passage.weight for passage in both.explain(text))
    whole = sentences + both.rhythm(text) + both.model.intercept
    assert whole == pytest.approx(both.score([text])[0], abs=1e-9)
    assert both.rhythm(text) != 0


def test_a_detector_of_n_grams_alone_has_no_rhythm(both: NgramDetector) -> None:
    alone = replace(both, model=replace(both.model, trees=NO_TREES))
    assert alone.rhythm(PEOPLE[0]) == 0


def test_loaded_both_views_score_the_same(both: NgramDetector, tmp_path: Path) -> None:
    both.save(tmp_path / "both")
    again = load_scorer(tmp_path / "both")
    np.testing.assert_array_equal(again.score(MACHINES), both.score(MACHINES))
    assert again.revision == both.revision


def test_trees_are_part_of_the_revision(both: NgramDetector) -> None:
    less = replace(both.model, trees=both.model.trees.times(0.5))
    assert NgramDetector.of(both.card, less).revision != both.revision


@pytest.mark.parametrize(
    "change",
    [
        {"tree_feature": np.array([0, -1, 2], np.int16)},
        {"tree_feature": np.array([0, 1, 120], np.int16)},
        {"tree_feature": np.array([0, 1], np.int16)},
        {"tree_feature": np.array([], np.int16)},
        {"tree_threshold": np.array([0, np.nan, 1], np.float32)},
        {"tree_threshold": np.zeros(3)},
        {"tree_leaf": np.array([0, 1, np.inf, 1], np.float32)},
        {"tree_leaf": np.zeros(5, np.float32)},
        {"tree_leaf": None},
        {"tree_leaf": np.zeros(1 << 12, np.float32)},
    ],
)
def test_trees_that_cannot_be_are_told_so(
    both: NgramDetector, tmp_path: Path, change: dict[str, np.ndarray | None]
) -> None:
    trees = Trees(np.array([0, 1, 2], np.int16), np.zeros(3, np.float32), np.ones(4, np.float32))
    small = NgramDetector.of(both.card, replace(both.model, trees=trees))
    small.save(tmp_path)
    with np.load(tmp_path / "weights.npz") as arrays:
        changed = {name: arrays[name] for name in arrays.files} | change
    np.savez(
        tmp_path / "weights.npz",
        **{name: array for name, array in changed.items() if array is not None},
    )
    with pytest.raises(BadInput, match=r"weights\.npz"):
        NgramDetector.load(tmp_path)
