"""Known evidence against an assumption reaches the headline: nothing is claimed beyond it."""

import numpy as np
import pytest

import wellhead
from tests.prevalence.prose import SYLLABLES, Gauge, texts
from wellhead.errors import UnusableReference

OTHER = [a + b + c for a in SYLLABLES[:8] for b in SYLLABLES[8:] for c in "lnrst"]


@pytest.fixture
def rng():
    return np.random.default_rng(8)


@pytest.fixture
def human(rng):
    return texts(rng.normal(size=100), "rain")


def assay(*arguments, **options):
    return wellhead.assay(*arguments, **{"detector": Gauge(), **options})


def warned(result):
    return {check.code for check in result.diagnostics if check.severity == "warning"}


def test_people_of_another_kind_are_not_taken_for_machines(rng, human):
    """Everybody's scores lie higher and the words are others: scores alone would say 60 %."""
    corpus = texts(rng.normal(1.5, 1, 200), words=OTHER, sentences=9)
    result = assay(corpus, human=human)
    assert result.withheld.code == "reference-kind"
    assert result.at_least == 0
    assert result.documents.flagged == 0
    assert result.share.low == 0
    assert result.to_dict()["share"]["point"] is None
    said = result.page().lead
    assert "cannot be said" in said
    assert "characters" in said
    assert "Bring 50 to 100 texts" in said
    assert "whichever program" not in said
    assert "reference-kind" in warned(result)


def test_a_part_of_another_kind_does_not_lift_the_bound(rng, human):
    ours = texts(rng.normal(size=110), "ours")
    others = texts(rng.normal(2.5, 1, 90), "others", words=OTHER)
    result = assay([*ours, *others], human=human)
    assert result.withheld is None
    assert result.at_least < 0.05
    assert result.share.low < 0.05
    assert "reference-kind" in warned(result)


def test_what_the_detector_does_not_see_opens_the_interval(rng, human):
    ours = texts(rng.normal(size=90), "ours")
    others = texts(rng.normal(size=110), "others", words=OTHER)
    result = assay([*ours, *others], human=human)
    assert result.share.high >= result.unexplained > 0.3
    assert not result.upper_bound_only
    assert "reference-kind" in warned(result)
    assert "nothing tells" in result.page().lead


def test_machine_text_of_the_same_kind_is_still_counted(rng, human):
    corpus = texts(np.concatenate([rng.normal(size=100), rng.normal(2.5, 1, 100)]))
    result = assay(corpus, human=human)
    assert result.withheld is None
    assert 0.2 < result.at_least <= 0.5
    assert result.share.covers(0.5)


def test_labels_carry_a_share_that_a_reference_of_another_kind_cannot(rng, human):
    corpus = texts(rng.normal(1.5, 1, 200), words=OTHER, sentences=9)
    labels = {row["id"]: 0 for row in corpus[::4]}
    result = assay(corpus, human=human, labels=labels)
    assert result.withheld is None
    assert result.share.high < 0.1
    assert result.at_least == 0


GERMAN = """
Der Regen fiel gestern auf das Dach und die Leute in der Stadt gingen nicht hinaus weil es kalt
war aber am Abend kam noch einmal Licht durch die Wolken und alle Kinder waren wieder froh
"""


def test_a_language_that_the_detector_does_not_know_gets_no_share(rng):
    class English(Gauge):
        languages = ("en",)

    human = texts(rng.normal(size=100), "rain", words=GERMAN.split())
    corpus = texts(
        np.concatenate([rng.normal(size=100), rng.normal(3, 1, 100)]), words=GERMAN.split()
    )
    result = assay(corpus, human=human, detector=English())
    assert result.withheld.code == "language"
    assert "de" in result.withheld.reason
    assert 0.2 < result.at_least <= 0.5
    assert result.documents.flagged > 20
    assert "cannot be said" in result.page().lead
    assert assay(corpus, human=human).withheld is None


def test_a_text_in_a_hundred_variants_is_one_piece_of_evidence(rng, human):
    corpus = texts(rng.normal(size=100))
    loud = texts([3.5], "loud")[0]["text"]
    variants = [{"id": f"v{i}", "text": f"{loud} {i}"} for i in range(100)]
    result = assay([*corpus, *variants], human=human)
    assert result.documents.evidence == 101
    assert result.documents.near_duplicates == 99
    assert result.at_least == 0


def test_a_reference_that_is_one_text_in_variants_is_refused(rng):
    one = texts([0.0], "one")[0]["text"]
    variants = [{"id": f"v{i}", "text": f"{one} {i}"} for i in range(200)]
    with pytest.raises(UnusableReference, match="got 1"):
        assay(texts(rng.normal(size=100)), human=variants)


def test_a_near_copy_of_a_document_in_the_reference_is_refused(rng, human):
    corpus = texts(rng.normal(size=60))
    near = [*human, {"id": "near", "text": corpus[0]["text"] + " "}]
    with pytest.raises(UnusableReference, match="also in the corpus"):
        assay(corpus, human=near)


def test_the_same_texts_as_human_and_as_machine_reference_are_refused(rng, human):
    with pytest.raises(UnusableReference, match="human reference, too"):
        assay(texts(rng.normal(size=60)), human=human, machine=human)


def test_a_handful_of_documents_gets_p_values_and_no_share(rng, human):
    result = assay(texts(rng.normal(size=6)), human=human)
    assert result.withheld.code == "few-documents"
    assert result.table["p_value"].null_count == 0


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_no_interval_lies_below_its_own_bound(rng, human, share):
    machines = round(200 * share)
    levels = np.concatenate([rng.normal(size=200 - machines), rng.normal(5, 0.2, machines)])
    result = assay(texts(levels), human=human, group_by="worker")
    assert 0 < result.at_least <= result.share.low
    assert all(group.at_least <= group.share.low for group in result.groups)
    said = result.page().lead
    assert "may also be none" not in said


def test_a_bound_that_the_labels_contradict_is_not_claimed(rng, human):
    corpus = texts(rng.normal(3, 1, 200))
    result = assay(corpus, human=human, labels={row["id"]: 0 for row in corpus[::3]})
    assert result.at_least == 0
    assert "labels-against-reference" in warned(result)
