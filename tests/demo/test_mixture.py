"""A demo collection has the composition that was asked for, and honest references."""

from __future__ import annotations

import pytest

from wellhead.demo import load_demo
from wellhead.errors import BadSetting


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1.0])
def test_the_true_share_is_the_one_asked_for(share: float) -> None:
    demo = load_demo(share=share, documents=200)
    assert len(demo.corpus) == 200
    assert demo.share == pytest.approx(share)


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data() -> None:
    assert load_demo(seed=3) == load_demo(seed=3)
    assert load_demo(seed=3).corpus != load_demo(seed=4).corpus


def test_reference_and_collection_share_no_address_and_no_document() -> None:
    demo = load_demo(documents=400, share=0.1, human_references=400, machine_references=100, seed=1)
    speeches = {row.source for row in demo.corpus if row.truth == "human"}
    assert not speeches & {row.source for row in demo.human}
    ids = [row.id for part in (demo.corpus, demo.human, demo.machine) for row in part]
    assert len(ids) == len(set(ids))


def test_reference_and_collection_span_the_same_years() -> None:
    demo = load_demo(documents=600, share=0.0, human_references=600, seed=2)
    ours, theirs = ([int(row.source[:4]) for row in part] for part in (demo.corpus, demo.human))
    assert abs(sum(ours) / len(ours) - sum(theirs) / len(theirs)) < 4


def test_references_do_not_change_with_the_share() -> None:
    few, many = (
        load_demo(share=0.05, machine_references=50),
        load_demo(share=0.5, machine_references=50),
    )
    assert few.human == many.human
    assert few.machine == many.machine


def test_origin_cannot_be_read_from_ids_or_order() -> None:
    demo = load_demo(documents=400, share=0.5)
    assert all(len(row.id) == 32 for row in demo.corpus)
    first = sum(row.truth == "machine" for row in demo.corpus[:200])
    assert 70 < first < 130


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": 1.5},
        {"share": float("nan")},
        {"documents": 0},
        {"documents": 100_000},
        {"share": 1.0, "documents": 5_000},
        {"human_references": 100_000},
    ],
)
def test_impossible_wishes_are_answered_in_words(wrong: dict[str, float]) -> None:
    with pytest.raises(BadSetting):
        load_demo(**wrong)  # type: ignore[arg-type]
