"""A plan through the front door: what it says, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest

import wellhead as package
from wellhead.errors import BadInput, BadSetting, CannotBeSaid


def test_without_limits_the_usual_dial_is_planned_and_nothing_is_written(known, tmp_path):
    before = known.corpus.read_bytes()
    plan = package.curate(known.corpus, assay=known.assay, out=tmp_path / "plan")
    assert (plan.policy, plan.dial, plan.met, plan.written) == ("weight", 1.0, None, None)
    found = sorted(path.name for path in (tmp_path / "plan").iterdir())
    assert found == ["plan.html", "plan.json", "plan.md", "rule.json"]
    assert known.corpus.read_bytes() == before
    told = json.loads((tmp_path / "plan" / "plan.json").read_text())
    assert told["chosen"]["machine"]["high"] == pytest.approx(plan.chosen.machine.high)


def test_a_result_and_its_saved_folder_give_the_same_plan(known):
    one = package.curate(known.corpus, assay=known.result)
    other = package.curate(known.corpus, assay=known.assay / "assay.json")
    assert one.to_json() == other.to_json()


def test_the_mildest_dial_that_the_evidence_promises_is_chosen(known):
    plan = package.curate(known.corpus, assay=known.assay, policy="fdr", max_machine=0.25)
    assert plan.met
    promised = [p.dial for p in plan.frontier if p.found.machine.high <= 0.25]
    assert plan.dial == promised[0]


def test_keeping_everything_is_an_answer_when_it_meets_the_limits(known):
    plan = package.curate(known.corpus, assay=known.assay, max_machine=0.5, max_human_loss=0)
    assert plan.met
    assert plan.dial is None
    assert "Keep everything" in plan.page().lead


def test_a_limit_out_of_reach_is_said_with_the_evidence_that_would_reach_it(known):
    plan = package.curate(known.corpus, assay=known.assay, policy="fdr", max_machine=0.1)
    assert plan.met is False
    assert "Not attainable with this evidence" in plan.answer
    assert "audited labels" in plan.answer
    hopeless = package.curate(known.corpus, assay=known.assay, policy="fdr", max_machine=0.0001)
    assert "No setting of this policy attains it" in hopeless.answer


def test_where_nothing_stands_out_no_best_estimate_is_claimed(known):
    faint = dataclasses.replace(known.result, upper_bound_only=True)
    plan = package.curate(known.corpus, assay=faint, policy="fdr", max_machine=0.1)
    assert "only labels of a random subset" in plan.answer
    page = package.curate(known.corpus, assay=faint, policy="fdr").page()
    assert dict(page.facts)["machine text left"].startswith("at most")
    assert "best estimate" not in page.lead


def test_training_on_the_plan_stands_between_doing_nothing_and_an_oracle(known):
    plan = package.curate(known.corpus, assay=known.assay, policy="fdr", reserve=0.1)
    ways = {one.name: one for one in plan.outlooks}
    nothing, planned, oracle = ways["do nothing"], ways["this plan"], ways["an oracle"]
    assert nothing.inflation.point > planned.inflation.point >= oracle.inflation.point == 1
    assert nothing.real.point < planned.real.point < oracle.real.point == 1
    assert any("originals in every set" in name for name in ways)
    assert 0 < planned.words.low <= planned.words.high <= nothing.words.high


def test_rare_words_are_lost_first_and_a_lottery_stands_beside(known):
    plan = package.curate(known.corpus, assay=known.assay, policy="budget", dial=0.5)
    rare, *_, frequent = plan.tails.words
    assert rare.left < frequent.left
    # Each text brings two words of its own, so that half the texts keep half of these.
    assert rare.left == pytest.approx(0.5, abs=0.02)
    assert rare.by_lot == pytest.approx(0.5, abs=0.1)


def test_the_tail_of_a_column_tells_who_loses_more(known):
    plan = package.curate(
        known.corpus, assay=known.assay, policy="budget", dial=0.5, group_by="group"
    )
    assert {one.name for one in plan.tails.groups} == {"g0", "g1"}
    assert sum(one.texts for one in plan.tails.groups) == 200


def test_groups_after_a_sample_are_refused_with_an_advice_that_helps(known, tmp_path):
    from tests.curation.conftest import made

    sampled = made(tmp_path, group_by="group", sample=100)
    with pytest.raises(BadSetting, match="--group-by COLUMN and without --sample"):
        package.curate(sampled.corpus, assay=sampled.result, policy="groups")
    plan = package.curate(known.corpus, assay=known.assay, policy="groups")
    assert plan.chosen.dropped > 0


def test_repeats_share_the_fate_of_their_text_or_are_folded(tmp_path):
    from tests.curation.conftest import Marked, made

    base = made(tmp_path / "a")
    rows = base.corpus.read_text().splitlines()
    twice = tmp_path / "twice.jsonl"
    again = [json.dumps({**json.loads(row), "id": f"again{n}"}) for n, row in enumerate(rows)]
    twice.write_text("\n".join([*rows, *again]) + "\n")
    people = [f"{row} s{n / 50 - 2:.3f}" for n, row in enumerate(rows)]
    people = [" ".join(reversed(one.split()[:-1])) + " " + one.split()[-1] for one in people]
    assay = package.assay(
        twice, human=people, machine={"a": _program()}, detector=Marked(), adapt="off"
    )
    plan = package.curate(twice, assay=assay, policy="fdr", apply=True, out=tmp_path / "kept")
    assert plan.repeats == plan.distinct == 200
    assert plan.written.kept == 2 * plan.chosen.kept
    folded = package.curate(
        twice, assay=assay, policy="fdr", fold_repeats=True, apply=True, out=tmp_path / "folded"
    )
    assert folded.written.kept == plan.chosen.kept


def _program() -> list[str]:
    import numpy as np

    from tests.curation.conftest import text_of

    rng = np.random.default_rng(5)
    return [text_of(rng, score) for score in rng.normal(3, 1, 200)]


def test_an_assay_of_another_corpus_is_refused_with_the_first_document_that_differs(
    known, tmp_path
):
    rows = known.corpus.read_text().splitlines()
    other = tmp_path / "other.jsonl"
    other.write_text("\n".join([rows[1], rows[0], *rows[2:]]) + "\n")
    with pytest.raises(BadInput, match="document 1 is 'd1' here and 'd0' there"):
        package.curate(other, assay=known.assay)
    other.write_text("\n".join(rows[:-1]) + "\n")
    with pytest.raises(BadInput, match="199 documents and its assay 200"):
        package.curate(other, assay=known.assay)
    changed = [*rows[:-1], rows[-1].replace("word", "ward")]
    other.write_text("\n".join(changed) + "\n")
    with pytest.raises(BadInput, match="are not those that were assayed, though their ids are"):
        package.curate(other, assay=known.assay)


def test_an_assay_that_gives_no_share_gives_no_plan(known):
    few = dataclasses.replace(
        known.result,
        withheld=type("W", (tuple,), {"_asdict": lambda self: {"reason": "r", "bring": "b"}})(),
    )
    with pytest.raises(CannotBeSaid, match="the share cannot be said: r"):
        package.curate(known.corpus, assay=few)


IMPOSSIBLE = [
    ("share", {"low": float("nan")}),
    ("share", {"high": float("inf")}),
    ("share", {"point": 10**400}),
    ("share", {"level": 5}),
    ("references", {"human": float("inf")}),
    ("references", {"human": -4}),
    ("references", {"human": 10**12}),
    ("diagnostics", 5),
    ("groups", [{"name": "g0", "share": {"low": 0.5, "point": 0.1, "high": 0.9, "level": 0.95}}]),
]


def test_what_is_no_assay_is_refused_with_the_way_to_one(known, tmp_path):
    with pytest.raises(BadInput, match="expected a saved assay; write one with"):
        package.curate(known.corpus, assay=tmp_path)
    shutil.copytree(known.assay, tmp_path / "cut")
    (tmp_path / "cut" / "assay.json").write_text("{}")
    with pytest.raises(BadInput, match="save it again"):
        package.curate(known.corpus, assay=tmp_path / "cut")
    told = json.loads((known.assay / "assay.json").read_text())
    for name, value in IMPOSSIBLE:
        told_so = {**told, name: {**told[name], **value} if isinstance(told[name], dict) else value}
        (tmp_path / "cut" / "assay.json").write_text(json.dumps(told_so))
        with pytest.raises(BadInput, match="save it again"):
            package.curate(known.corpus, assay=tmp_path / "cut")
    (tmp_path / "cut" / "assay.json").write_text("[" * 100_000)
    with pytest.raises(BadInput, match="cannot read the assay"):
        package.curate(known.corpus, assay=tmp_path / "cut")
    (tmp_path / "cut" / "documents.parquet").write_bytes(b"no")
    with pytest.raises(BadInput, match="cannot read the assay"):
        package.curate(known.corpus, assay=tmp_path / "cut")


def test_settings_that_contradict_each_other_are_refused(known):
    def refused(match: str, **settings: object) -> None:
        with pytest.raises(BadSetting, match=match):
            package.curate(known.corpus, assay=known.assay, **settings)

    refused("contradicts the limit on human loss", policy="budget", dial=0.2, max_human_loss=0.02)
    refused("needs --dial", policy="budget")
    refused("did you mean 'weight'", policy="wieght")
    refused("1 to 200 documents to keep", policy="budget", dial=900)
    refused("1 to 200 documents to keep", policy="budget", dial=float("inf"))
    refused("0 or more", policy="weight", dial=-1)
    refused("1 to 10,000 generations", generations=10**12)
    refused("max_inflation is 1", max_inflation=0.5)
    refused("say where with out", apply=True)
    refused("reserve is a share", reserve=2)
    refused("Ask for less", reserve=0.9, policy="budget", dial=0.3)
