"""The main job, through the library's front door, with a scorer whose answers are known."""

import json

import numpy as np
import pytest

import wellhead
from tests.prevalence.prose import Gauge, texts
from wellhead.detect import train_detector
from wellhead.errors import BadInput, BadSetting, UnusableReference, WellheadError


@pytest.fixture
def rng():
    return np.random.default_rng(21)


@pytest.fixture
def answers(rng):
    return texts(np.concatenate([rng.normal(size=280), rng.normal(2.5, 1, 120)]))


@pytest.fixture
def human(rng):
    return texts(rng.normal(size=100), "rain")


def assay(*arguments, **options):
    return wellhead.assay(*arguments, detector=Gauge(), **options)


def test_the_interval_holds_the_true_share_and_the_bound_lies_below_it(answers, human):
    result = assay(answers, human=human)
    assert result.method == "anchored"
    assert result.share.low <= 0.3 <= result.share.high
    assert 0 < result.at_least <= 0.3


def test_flags_point_mostly_at_machine_documents(answers, human):
    rows = assay(answers, human=human).table.to_pylist()
    flagged = [int(row["id"].split("-")[1]) for row in rows if row["flag"]]
    assert len(flagged) > 20
    assert np.mean([i < 280 for i in flagged]) < 0.2


def test_json_says_what_the_object_says(answers, human):
    result = assay(answers, human=human)
    said = json.loads(result.to_json())
    assert said["schema_version"] == 1
    assert said["share"] == {
        "low": result.share.low,
        "point": result.share.point,
        "high": result.share.high,
        "level": 0.95,
    }
    assert list(said)[1:7] == [
        "share",
        "at_least",
        "method",
        "assumptions",
        "documents",
        "diagnostics",
    ]
    assert {"n", "flagged", "duplicates", "unusable"} <= set(said["documents"])


def test_the_documents_are_a_data_frame_too(answers, human):
    result = assay(answers, human=human)
    frame = result.to_pandas()
    assert list(frame["id"]) == [row["id"] for row in answers]
    assert int(frame["flag"].sum()) == result.documents.flagged


def test_the_same_seed_gives_the_same_result(answers, human):
    one, two = (assay(answers, human=human, seed=3).to_json() for _ in range(2))
    assert one == two


def test_a_human_corpus_has_zero_inside_and_only_an_upper_bound(rng, human):
    result = assay(texts(rng.normal(size=400)), human=human)
    assert result.share.low == 0
    assert result.at_least == 0
    assert result.upper_bound_only


def test_audited_labels_carry_the_interval_and_need_no_reference(rng, answers):
    drawn = rng.choice(400, 60, replace=False)
    labels = {f"water-{i}": int(i >= 280) for i in drawn}
    result = assay(answers, labels=labels)
    assert result.method == "audited"
    assert result.share.covers(0.3)
    assert result.table["p_value"].null_count == 400


def test_labels_of_unstated_origin_are_used_with_a_warning(rng, answers):
    labels = {f"water-{i}": int(i >= 280) for i in rng.choice(400, 60, replace=False)}
    result = assay(answers, labels=labels, labels_drawn="unstated")
    assert any(
        "drawn at random" in d.finding and d.severity == "warning" for d in result.diagnostics
    )


def test_labels_that_contradict_the_human_reference_are_named(answers, human):
    def warned(labels):
        result = assay(answers, human=human, labels=labels)
        return [d.name for d in result.diagnostics if d.severity == "warning"]

    question = "Do the audited labels and the human reference agree?"
    assert question in warned({row["id"]: "human" for row in answers[:60]})
    assert question not in warned({f"water-{i}": int(i >= 280) for i in range(0, 400, 7)})


def test_labels_not_drawn_by_lot_are_refused(answers):
    with pytest.raises(BadSetting, match="drawn at random"):
        assay(answers, labels={"water-1": 1}, labels_drawn="suspicion")


def test_a_label_without_its_document_is_an_error(answers):
    with pytest.raises(UnusableReference, match="not in the corpus"):
        assay(answers, labels={"nobody": 1})


def test_without_any_reference_the_interval_is_wide_and_says_what_would_help(answers):
    result = assay(answers)
    assert result.method == "cluster-random"
    assert result.share.width > 0.25
    assert "50 to 100 known-human texts" in " ".join(result.assumptions)
    assert result.documents.flagged == 0


def test_without_any_reference_no_lower_end_is_claimed(answers):
    """People of a kind that the detector has not seen may score as machines do."""
    assert assay(answers).share.low == 0
    assert assay(answers[-60:]).share.low == 0


def test_exact_duplicates_count_once_as_evidence(answers, human):
    once = assay(answers, human=human)
    twice = assay(answers + [{**row, "id": row["id"] + "b"} for row in answers[:280]], human=human)
    assert twice.documents.duplicates == 280
    assert twice.share == once.share


def test_repeats_of_a_flagged_text_are_flagged_too(answers, human):
    rows = assay([*answers, {**answers[-1], "id": "again"}], human=human).table.to_pylist()
    assert rows[-1]["flag"] == rows[-2]["flag"]
    assert rows[-1]["p_value"] == rows[-2]["p_value"]


def test_unusable_rows_are_counted_by_reason(answers, human):
    result = assay([*answers, {"id": "x", "text": None}, {"id": "y", "text": " "}], human=human)
    assert result.documents.unusable == 2
    assert sum(result.documents.unusable_reasons.values()) == 2


def test_a_reference_that_shares_texts_with_the_corpus_is_refused(answers, human):
    with pytest.raises(UnusableReference, match="also in the corpus"):
        assay(answers, human=[*human, answers[0]])


def test_a_reference_with_its_own_text_column_is_read(answers, human):
    other = [{"id": row["id"], "answer": row["text"]} for row in human]
    renamed = [{"id": row["id"], "body": row["text"]} for row in answers]
    assert assay(renamed, human=other, text_column="body").references.human == 100


def test_machine_references_have_their_own_text_columns_too(rng, answers, human):
    renamed = [{"id": row["id"], "body": row["text"]} for row in answers]
    suspects = [texts(rng.normal(2.5, 1, 80), "gpt"), texts(rng.normal(2, 1, 90), "llama")]
    result = assay(renamed, human=human, machine=suspects, text_column="body")
    assert sorted(result.references.machine.values()) == [80, 90]


def test_copies_of_the_source_are_set_apart(answers, human):
    source = "The committee met in the old mill by the river and agreed on gauge 01000000 of all."
    copied = {"id": "copy", "text": source}
    result = assay([*answers, copied], human=human, source=[source])
    assert result.documents.copied == 1
    assert result.table.to_pylist()[-1]["p_value"] is None


def test_shares_by_group_hold_together(answers, human):
    result = assay(answers, human=human, group_by="worker")
    assert {group.name for group in result.groups} == {"w0", "w1", "w2"}
    assert all(group.share.covers(0.3) for group in result.groups)
    assert "Simultaneous" in result.groups_method


def test_an_unknown_group_column_is_named_with_the_known_ones(answers, human):
    with pytest.raises(BadInput, match="worker"):
        assay(answers, human=human, group_by="wroker")


def test_a_sample_speaks_for_the_whole_corpus(answers, human):
    result = assay(answers, human=human, sample=200)
    assert result.documents.n == 200
    assert result.documents.population == 400
    assert result.share.covers(0.3)


def test_a_sample_still_tells_what_was_guessed_and_not_used(answers, human):
    rows = [{"id": row["id"], "answer": row["text"], "note": "a note"} for row in answers]
    result = assay([*rows, {"id": "none", "answer": None}], human=human, sample=200)
    assert result.documents.unusable_reasons == {"null": 1}
    assert any("'answer'" in d.finding for d in result.diagnostics)


def test_several_machine_references_keep_their_names(rng, answers, human):
    machine = {"gpt": texts(rng.normal(2.5, 1, 80), "gpt"), "llama": texts(rng.normal(2, 1, 90))}
    machine["llama"] = texts(rng.normal(2, 1, 90), "llama")
    result = assay(answers, human=human, machine=machine)
    assert result.references.machine == {"gpt": 80, "llama": 90}


def test_a_generator_that_the_detector_cannot_see_is_named(rng, answers, human):
    machine = {"base model": texts(rng.normal(0, 1, 80), "base")}
    result = assay(answers, human=human, machine=machine)
    assert any("base model" in d.finding for d in result.diagnostics if d.severity == "warning")


def test_a_reference_of_another_kind_is_noticed(rng, answers):
    shifted = texts(rng.normal(1.5, 1, 100), "stone")
    result = assay(answers, human=shifted)
    first = next(d for d in result.diagnostics if "describe this corpus" in d.name)
    assert first.severity == "warning"


def test_length_that_gives_the_references_away_is_noticed(rng, answers, human):
    long = [
        {**row, "text": row["text"] + " More follows." * 20}
        for row in texts(rng.normal(2.5, 1, 80), "long")
    ]
    result = assay(answers, human=human, machine={"long": long})
    assert any("Length alone" in d.finding for d in result.diagnostics)


def test_everything_is_written_whole(answers, human, tmp_path):
    paths = assay(answers, human=human).save(tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
        p.name for p in paths.values()
    )
    assert paths["html"].stat().st_size < 300_000


def test_what_can_be_saved_is_saved_and_the_part_that_failed_is_named(
    answers, human, tmp_path, monkeypatch
):
    result = assay(answers, human=human)

    def full(self, path):
        path.write_text("half a pa")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(result), "save_html", full)
    with pytest.raises(WellheadError, match=r"could not write report\.html \(No space"):
        result.save(tmp_path)
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {"assay.json", "documents.parquet", "flagged.csv", "report.md"}


def test_a_detector_trained_for_the_task_wants_a_reference_that_it_was_not_trained_on():
    people = [f"Well, {i} of us walked {i * 7} miles home, dead tired." for i in range(240)]
    robots = [f"It is worth noting that {i} travellers covered {i * 7} miles." for i in range(120)]
    trained = train_detector(human=people[::3], machine=[robots[:90]])
    corpus = people[1::3][:70] + robots[90:]
    result = wellhead.assay(corpus, human=people[2::3], detector=trained)
    assert result.share.covers(0.3)
    assert result.at_least <= 0.3
    assert any("made for one task" in line for line in result.assumptions)
    again = wellhead.assay(corpus, human=people[::3], detector=trained)
    assert any("fitted on 80 of the 80" in d.finding for d in again.diagnostics)


def test_a_scorer_without_a_library_needs_a_reference(answers):
    bare = Gauge()
    bare.library = None
    with pytest.raises(UnusableReference, match="--human"):
        wellhead.assay(answers, detector=bare)


def test_a_faint_generator_is_named_as_such(rng, human):
    faint = texts(np.concatenate([rng.normal(size=100), rng.normal(0.8, 0.9, 700)]), "faint")
    result = assay(faint, human=human)
    check = next(d for d in result.diagnostics if "detected at all" in d.name)
    assert check.severity == "warning"
    assert check.finding.startswith("Only ")


def test_a_faint_generator_does_not_touch_a_share_that_rests_on_labels(rng, human):
    faint = texts(np.concatenate([rng.normal(size=100), rng.normal(0.8, 0.9, 700)]), "faint")
    labels = {f"faint-{place}": place >= 100 for place in rng.permutation(800)[:80]}
    result = assay(faint, human=human, labels=labels, labels_drawn="random")
    check = next(d for d in result.diagnostics if "detected at all" in d.name)
    assert check.severity == "note"
    assert "audited labels, which do not depend on it" in check.consequence
    assert "--labels" not in check.consequence


def test_a_plain_generator_is_not_called_faint(answers, human):
    check = next(d for d in assay(answers, human=human).diagnostics if "detected at all" in d.name)
    assert check.severity == "ok"
