"""A sample is random, reproducible, of the right size, and the same however the data is stored."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from wellhead.corpus import open_corpus, sample
from wellhead.errors import BadInput, BadSetting


def rows(n):
    return [{"text": f"text {i}", "who": f"w{i % 7}"} for i in range(n)]


def test_the_same_seed_gives_the_same_sample_from_another_container():
    listed = sample(open_corpus(rows(3000)), 50, seed=3)
    chunks = [pa.Table.from_pylist(rows(3000)[i : i + 17]) for i in range(0, 3000, 17)]
    assert sample(open_corpus(pa.concat_tables(chunks)), 50, seed=3).equals(listed)


def test_another_seed_gives_another_sample():
    corpus = open_corpus(rows(3000))
    assert not sample(corpus, 50, seed=3).equals(sample(corpus, 50, seed=4))


def test_the_sample_keeps_the_order_of_the_corpus():
    places = [
        int(t.split()[1]) for t in sample(open_corpus(rows(3000)), 50, seed=3)["text"].to_pylist()
    ]
    assert places == sorted(places)
    assert len(set(places)) == 50


def test_every_document_is_equally_likely_to_be_drawn():
    corpus = open_corpus(rows(2500))
    counts = np.zeros(2500)
    for seed in range(80):
        for text in sample(corpus, 250, seed=seed)["text"].to_pylist():
            counts[int(text.split()[1])] += 1
    fifths = counts.reshape(5, 500).sum(axis=1)
    assert stats.chisquare(fifths).pvalue > 0.001
    # Inclusion counts are binomial(80, 0.1): variance 7.2.
    assert counts.var() == pytest.approx(7.2, rel=0.15)


def test_every_group_gives_as_many_documents_as_asked_or_all_it_has():
    uneven = [*rows(3000), {"text": "lonely", "who": None}]
    drawn = sample(open_corpus(uneven), 20, seed=1, by="who")["who"].to_pylist()
    assert {who: drawn.count(who) for who in set(drawn)} == {
        **{f"w{i}": 20 for i in range(7)},
        None: 1,
    }


def test_a_small_corpus_comes_whole():
    assert sample(open_corpus(rows(5)), 10, seed=1).num_rows == 5


def test_a_group_column_that_is_not_there_is_bad_input():
    with pytest.raises(BadInput, match="did you mean 'who'"):
        sample(open_corpus(rows(5)), 2, seed=1, by="whom")


def test_an_empty_sample_is_a_bad_setting():
    with pytest.raises(BadSetting, match="at least 1"):
        sample(open_corpus(rows(5)), 0, seed=1)
