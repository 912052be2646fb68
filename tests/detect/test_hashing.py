"""Hashed n-grams: the same for a text wherever and with whomever it is counted."""

from __future__ import annotations

from pathlib import Path

import literal
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellhead.detect import normalise
from wellhead.detect.hashing import BITS, COLUMNS, count, occurrences

# Letters whose case changes length, figures of other scripts, lone surrogates, signs between words.
ODD = st.sampled_from("abAB'' .,İſßΣ09٣²漢ｍ😀\ud800\u0301\n\u00a0-_") | st.characters()
TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(TEXTS)
def test_a_row_depends_on_its_own_text_alone(texts: list[str]) -> None:
    together = count(texts)
    for row, text in enumerate(texts):
        alone = count([text])
        np.testing.assert_array_equal(alone.indices, together[row].indices)
        np.testing.assert_array_equal(alone.data, together[row].data)


@settings(max_examples=20, deadline=None)
@given(TEXTS)
def test_every_occurrence_is_counted_and_lies_in_its_text(texts: list[str]) -> None:
    found = occurrences(texts)
    assert len(found.row) == count(texts).sum()
    lengths = np.array([len(text) for text in texts])
    assert ((found.position >= 0) & (found.position < np.maximum(lengths[found.row], 1))).all()
    assert ((found.column >= 0) & (found.column < COLUMNS)).all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(ODD, max_size=60), min_size=1, max_size=5))
def test_compiled_columns_and_places_are_those_of_plain_numpy(texts: list[str]) -> None:
    ours, plain = occurrences(texts), literal.occurrences(texts)
    assert sorted(zip(*map(np.ndarray.tolist, ours), strict=True)) == sorted(
        zip(*map(np.ndarray.tolist, plain), strict=True)
    )


@pytest.mark.slow
def test_compiled_columns_are_those_of_plain_numpy_on_all_development_texts(data: Path) -> None:
    for name in ("dev", "dev2"):
        texts = pd.read_parquet(data / "detection" / f"{name}.parquet", columns=["text"]).text
        for start in range(0, len(texts), 200):
            clean = [normalise(text) for text in texts[start : start + 200]]
            assert (count(clean) != literal.count(clean)).nnz == 0


def _block(text: str, block: int) -> list[int]:
    columns = occurrences([text]).column
    return sorted(columns[(columns >> BITS) == block].tolist())


def test_character_runs_agree_with_a_literal_count() -> None:
    text = "the cat sat on the mat"
    literal = [text[at : at + n] for n in (3, 4, 5) for at in range(len(text) - n + 1)]
    columns = _block(text, 0)
    assert len(columns) == len(literal)
    assert len(set(columns)) == len(set(literal))


def test_word_runs_agree_with_a_literal_count() -> None:
    tokens = ["it", "'", "s", "rain", ",", "rain", "and", "don't", "!"]
    literal = [tuple(tokens[a : a + n]) for n in (1, 2, 3) for a in range(len(tokens) - n + 1)]
    columns = _block("it ' s rain, rain and don't!", 1)
    assert len(columns) == len(literal)
    assert len(set(columns)) == len(set(literal))


def test_the_skeleton_keeps_closed_class_words_and_endings_only() -> None:
    assert _block("the walking of it", 2) == _block("the smoking of it", 2)
    assert _block("the walking of it", 2) != _block("the walker of it", 2)
    assert _block("the walking of it", 2) != _block("a walking of it", 2)


def test_case_figures_and_kinds_of_break_do_not_matter() -> None:
    assert _block("In 1987 It Rained", 1) == _block("in 2024 it rained", 1)


def test_a_known_text_has_known_columns() -> None:
    """Pins the features of saved detectors: a change here needs a new format number."""
    assert count(["The well is deep."]).indices[:3].tolist() == [15821, 39494, 89874]
