"""Frames, tables, datasets and streams are read for what they can do, again and again."""

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from wellhead.corpus import Corpus, open_corpus
from wellhead.errors import BadInput, BadSetting

DATA = {"text": ["rain", "river", "sea"], "n": [1, 2, 3]}
TABLE = pa.table(DATA)

SOURCES = {
    "list of dicts": lambda: TABLE.to_pylist(),
    "Arrow table": lambda: TABLE,
    "Arrow batch": lambda: TABLE.to_batches()[0],
    "Arrow reader": lambda: TABLE.to_reader(max_chunksize=2),
    "pandas frame": lambda: pd.DataFrame(DATA),
    "polars frame": lambda: pl.DataFrame(DATA),
    "Hugging Face dataset": lambda: datasets.Dataset.from_dict(DATA),
    "shuffled dataset": lambda: datasets.Dataset.from_dict(
        {name: values[::-1] for name, values in DATA.items()}
    ).select([2, 1, 0]),
    "streamed dataset": lambda: datasets.Dataset.from_dict(DATA).to_iterable_dataset(),
    "generator": lambda: (row for row in TABLE.to_pylist()),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_an_object_gives_its_rows_every_time(kind):
    corpus = open_corpus(SOURCES[kind]())
    for _ in range(2):
        table = corpus.table()
        assert table["text"].to_pylist() == DATA["text"]
        assert table["n"].to_pylist() == DATA["n"]


class Stream:
    """Anything else that speaks the Arrow stream interface."""

    def __arrow_c_stream__(self, requested_schema=None):
        return TABLE.__arrow_c_stream__(requested_schema)


STRINGS = {
    "list": DATA["text"],
    "tuple": tuple(DATA["text"]),
    "pandas series": pd.Series(DATA["text"]),
    "polars series": pl.Series(DATA["text"]),
    "numpy array": np.array(DATA["text"]),
    "Arrow array": pa.array(DATA["text"]),
    "foreign stream": Stream(),
}


@pytest.mark.parametrize("kind", STRINGS)
def test_strings_are_texts_whatever_holds_them(kind):
    assert open_corpus(STRINGS[kind]).table()["text"].to_pylist() == DATA["text"]


def test_columns_of_a_frame_may_share_a_name():
    frame = pd.DataFrame([["rain", 1], ["sea", 2]], columns=["text", "text"])
    assert open_corpus(frame).table()["text"].to_pylist() == ["rain", "sea"]


def test_a_corpus_is_passed_through():
    corpus = open_corpus(DATA["text"])
    assert open_corpus(corpus) is corpus
    with pytest.raises(BadSetting, match="already open"):
        open_corpus(corpus, text_column="other")


def test_an_open_corpus_shows_what_it_is():
    corpus = open_corpus(TABLE, name="waters")
    assert isinstance(corpus, Corpus)
    assert "waters" in repr(corpus)


def test_the_column_with_the_longest_strings_is_guessed_and_said():
    rows = [{"code": "A7", "essay_en": "It had rained for days on end.", "answer": "B"}]
    corpus = open_corpus(rows)
    assert corpus.text_column == "essay_en"
    assert any("essay_en" in note and "code, answer" in note for note in corpus.notes)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "empty"),
        ({"train": DATA}, "choose one of its entries"),
        (datasets.DatasetDict({"train": datasets.Dataset.from_dict(DATA)}), "train"),
        (42, "got int"),
        ([{"n": 1}, {"n": 2}], "column that holds text"),
        (pd.DataFrame(DATA).head(0), "empty"),
    ],
)
def test_what_holds_no_documents_is_refused_with_a_reason(source, message):
    with pytest.raises(BadInput, match=message):
        open_corpus(source)
