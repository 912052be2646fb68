"""Near-duplicates: copies with small changes are one cluster, everything else stays apart."""

import random

import numpy as np
import pytest

from wellhead.corpus.near_duplicates import NearDuplicates, connected_components, near_duplicates
from wellhead.errors import BadSetting

WORDS = [f"w{i}" for i in range(2000)]


def written(seed, length=120):
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def test_case_punctuation_spacing_and_invisible_characters_make_no_other_text():
    text = "The mill stood still, until June; nobody knew why."
    variants = [text.upper(), text + " ", text.replace(",", " -"), "\u200b".join(text)]
    assert near_duplicates([text, *variants]).tolist() == [0] * 5


def test_one_text_with_a_number_each_is_one_cluster():
    assert set(near_duplicates(f"{written(1)} {i}" for i in range(300))) == {0}


def test_texts_that_share_only_a_template_stay_apart():
    template = written(1, 40)
    clusters = near_duplicates(f"{template} {written(i)}" for i in range(2, 102))
    assert clusters.tolist() == list(range(100))


def test_nearly_every_pair_just_above_the_threshold_is_found():
    found = 0
    for seed in range(100):
        words = written(seed).split()
        finder = NearDuplicates()
        finder.extend([" ".join(words), " ".join(words[:102] + written(~seed, 18).split())])
        found += len(finder.links)
    # Of 116 runs each, 98 are common: 98 / 134 = 0.73.
    assert found >= 97


def test_an_overlap_below_the_threshold_is_never_a_link():
    words = written(1).split()
    half = " ".join(words[:60]) + " " + written(2, 60)
    assert near_duplicates([" ".join(words), half]).tolist() == [0, 1]
    assert near_duplicates([" ".join(words), half], threshold=0.3).tolist() == [0, 0]


def test_the_runs_of_a_text_left_out_link_nobody():
    question = written(1, 100)
    finder = NearDuplicates(leave_out=[question])
    finder.extend([f"{question} {written(2, 10)}", f"{question} {written(3, 10)}"])
    assert finder.links == {}
    assert near_duplicates([f"{question} {written(2, 10)}", f"{question} {written(3, 10)}"])[1] == 0


def test_scripts_without_spaces_are_compared_by_their_characters():
    text = "今天天气很好，我们去公园散步吧，晚上再回来吃饭。"
    assert near_duplicates([text, text.replace("，", " "), "明天要下雨"]).tolist() == [0, 0, 1]


def test_texts_without_a_word_are_clusters_of_their_own():
    assert near_duplicates(["...", "...", "", "!"]).tolist() == [0, 1, 2, 3]
    assert near_duplicates([]).tolist() == []


def test_components_join_what_chains_of_pairs_join():
    assert connected_components([(0, 2), (2, 4), (1, 3)], 6).tolist() == [0, 1, 0, 1, 0, 2]


def test_the_same_texts_give_the_same_clusters():
    texts = [written(i % 40, 30) for i in range(100)]
    assert np.array_equal(near_duplicates(texts), near_duplicates(iter(texts)))


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1])
def test_a_threshold_outside_its_range_is_refused(threshold):
    with pytest.raises(BadSetting, match="above 0 and up to 1"):
        near_duplicates(["a"], threshold=threshold)
