"""The study report, workers, time, repeated texts, policies and plans."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.consensus.joint_cases import simulated
from wellhead.consensus import evidence
from wellhead.consensus.evidence import NOT_OBSERVABLE, Row
from wellhead.consensus.join import join
from wellhead.consensus.near_duplicates import duplicate_groups
from wellhead.consensus.page import joined
from wellhead.consensus.workers import workers
from wellhead.errors import BadSetting
from wellhead.study.ablation import length_matched
from wellhead.study.drift import drift
from wellhead.study.planning import Expected, plan_study
from wellhead.study.policy import policies
from wellhead.study.run import study


def _text(rng: np.random.Generator, length: int) -> str:
    return " ".join(f"word{i}" for i in rng.integers(0, 400, length))


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A folder as an export leaves it: evidence, answers, and a second method's CSV."""
    folder = tmp_path_factory.mktemp("export")
    votes, _ = simulated(240, (0.15, 0.7), (0.9, 0.85), (0.95, 0.97), seed=1, silent=0.08)
    words = {1: "pasted_outside", 0: "typed", -1: NOT_OBSERVABLE}
    process = [
        Row(i, "process", None, words[int(v)])
        for i, v in zip(votes.ids, votes.votes[:, 1], strict=True)
    ]
    evidence.write(folder / "evidence.parquet", evidence.table(process))
    rng = np.random.default_rng(2)
    texts = [_text(rng, 80) for _ in votes.ids]
    texts[7] = texts[3]
    answers = pa.table(
        {
            "id": list(votes.ids),
            "text": texts,
            "worker": [f"w{i // 3}" for i in range(240)],
            "task": votes.groups.tolist(),
            "submitted_at": list(range(240)),
            "outcome": [words[int(v)] for v in votes.votes[:, 1]],
        }
    )
    pq.write_table(answers, folder / "answers.parquet")
    with (folder / "text.csv").open("w") as stream:
        stream.write("id,value\n")
        stream.writelines(f"{i},{v}\n" for i, v in zip(votes.ids, votes.votes[:, 0], strict=True))
    return folder


@pytest.fixture(scope="module")
def report(export):
    return study([export], group="task")


def test_an_export_folder_is_enough_for_a_report(report):
    assert report.joint.documents.n == 240
    assert report.joint.share.covers(0.425)
    assert report.workers is not None
    assert report.drift is not None
    assert any(set(found.ids) == {"d3", "d7"} for found in report.near_duplicates)
    assert {a.name.split(",")[0] for a in report.ablations} >= {"text", "process"}


def test_first_page_needs_no_statistics(report):
    """Whole numbers of texts, no term of the trade, and what the number rests on."""
    lead = report.page().lead
    terms = ("interval", "sensitivity", "posterior", "latent", "prevalence", "likelihood", "method",
             "estimate", "independent", "confidence", "share", "model", "error", "%")  # fmt: skip
    for term in terms:
        assert term not in lead.lower()
    assert "of every 100 of these texts" in lead.split("\n\n")[0]
    assert "Watching how it was written pointed to a machine in" in lead
    assert "as long as the two ways do not tend to go wrong on the same texts" in lead
    assert "about 19 times in 20" in lead


def test_documents_without_evidence_are_counted_on_the_way_to_the_estimate(export):
    more = pa.table({"id": ["lost-1", "lost-2"], "task": ["g0", "g1"]})
    found = study([export], documents=more, group="task")
    assert [(step.name, step.n) for step in found.steps] == [
        ("submitted", 242),
        ("with evidence", 240),
        ("in the estimate", 240),
    ]
    assert "judged by every method" in found.steps[-1].aside


def test_cases_carry_a_methods_own_words_and_the_signs_it_names():
    signs = {"flags": ["round_trip"]}
    rows = [Row(f"d{i}", "process", 0.9, "pasted_outside", signs) for i in range(10)]
    rows += [Row(f"d{i}", "process", 0.0, "typed") for i in range(10, 30)]
    rows += [Row(f"d{i}", "text", float(i < 10)) for i in range(30)]
    first = study(rows).cases[0]
    assert "process points to outside origin (pasted outside; round trip" in first.evidence[0]


def test_a_range_is_drawn_without_a_point():
    rows = [Row(f"d{i}", m, i % 3 == 0) for i in range(60) for m in ("text", "process")]
    found = study(rows)
    assert found.joint.model == "bounds"
    whole = joined(found.joint)
    assert np.isnan(whole.point)
    assert whole.high == found.joint.share.high


def test_stretches_of_time_carry_their_dates(report, export):
    assert report.drift is not None
    assert not report.drift.dated
    times = [f"2025-05-{1 + i // 10:02}T12:00" for i in range(240)]
    dated = pa.table({"id": [f"d{i}" for i in range(240)], "submitted_at": times})
    found = study([export], documents=dated, group="task")
    assert found.drift is not None
    assert found.drift.dated
    assert "2025-05-01 12:00 to 2025-05-05 12:00" in found.page().to_html()


def test_report_is_offline_and_small_and_its_twins_say_the_same(report, tmp_path):
    paths = report.save(tmp_path)
    html = paths["html"].read_text()
    assert len(html) < 300_000
    assert "http://" not in html.replace("http://www.w3.org", "")
    share = json.loads(paths["json"].read_text())["joint"]["share"]
    assert share["point"] == report.joint.share.point
    sentence = f"about {100 * share['point']:.0f} of every 100 of these texts"
    assert sentence in html
    assert sentence in paths["markdown"].read_text()


def test_methods_text_carries_the_numbers_and_the_unchecked_assumptions(report):
    assert f"{100 * report.joint.share.point:.1f} %" in report.methods
    assert "Hui and Walter" in report.methods
    for sentence in report.joint.unchecked:
        assert sentence in report.methods


def test_no_case_calls_a_person_guilty(report):
    assert report.cases
    for case in report.cases:
        words = " ".join([*case.evidence, *case.limits, case.appeal]).lower()
        assert not any(term in words for term in ("cheat", "guilty", "fraud", "dishonest"))
        assert "new evidence" in words


def test_command_writes_the_report_and_json(wellhead, export, tmp_path):
    done = wellhead("study", export, "--group-by", "task", "--out", tmp_path / "report", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["joint"]["documents"]["n"] == 240
    assert (tmp_path / "report" / "study.html").is_file()
    refused = wellhead("study", export, "--prior", "process=3")
    assert refused.returncode == 2
    assert "--prior" in refused.stderr


def test_hostile_ids_and_titles_are_escaped(export):
    rows = [Row("<script>x</script>", "text", 0.9), Row("<script>x</script>", "process", 0.9)]
    rows += [Row(f"d{i}", m, i % 2) for i in range(30) for m in ("text", "process")]
    html = study(rows, title="<img src=x>").page().to_html()
    assert "<script>x" not in html
    assert "<img" not in html


# -- parts ------------------------------------------------------------------------------------


def test_one_flagged_answer_says_less_about_a_worker_than_five():
    posterior = np.concatenate([[0.98], np.full(5, 0.98), np.full(60, 0.05)])
    names = np.array(["one"] + ["five"] * 5 + [f"w{i // 4}" for i in range(60)])
    rows = {row.name: row for row in workers(posterior, names).rows}
    assert rows["five"].share.low > rows["one"].share.low
    assert rows["five"].share.point > rows["one"].share.point
    assert rows["one"].share.width > rows["five"].share.width


def test_worker_intervals_cover_workers_own_shares():
    rng = np.random.default_rng(3)
    own = rng.beta(1.5, 3.5, 300)
    truth = rng.random((300, 8)) < own[:, None]
    found = workers(truth.ravel().astype(float), np.repeat(np.arange(300), 8).astype(str))
    shares = {row.name: row.share for row in found.rows}
    held = np.mean([shares[str(i)].covers(own[i]) for i in range(300)])
    assert 0.91 <= held <= 0.99


def test_drift_is_found_when_there_is_one_and_rarely_when_not():
    rng = np.random.default_rng(4)
    times = np.arange(120.0)
    rising = (rng.random(120) < times / 120).astype(float)
    assert drift(rising, times).p_value < 0.01
    flat = [
        drift((rng.random(60) < 0.3).astype(float), times[:60], repeats=199) for _ in range(100)
    ]
    assert np.mean([found.p_value < 0.05 for found in flat]) <= 0.12


def test_near_duplicates_are_found_across_workers_and_strangers_are_not():
    rng = np.random.default_rng(5)
    vocabulary = [f"word{i}" for i in range(400)]
    texts = [" ".join(rng.choice(vocabulary, 120)) for _ in range(60)]
    near = texts[0].split()
    near[60] = "changed"
    texts.append(" ".join(near))
    ids = [f"d{i}" for i in range(61)]
    found = duplicate_groups(ids, texts, workers=[f"w{i}" for i in range(61)])
    assert [group.ids for group in found] == [("d0", "d60")]
    assert found[0].workers == 2
    assert 0.7 < found[0].alike < 1


def test_quoting_the_task_is_not_copying_from_each_other():
    task = " ".join(f"task{i}" for i in range(60))
    texts = [task + " my own few closing words here", task + " quite another ending than that one"]
    assert duplicate_groups(["a", "b"], texts)
    assert not duplicate_groups(["a", "b"], texts, sources=[task])


def test_innocents_hit_by_a_policy_are_foretold():
    inside = 0
    for seed in range(12):
        votes, truth = simulated(500, (0.2, 0.7), (0.9, 0.8), (0.93, 0.95), seed=seed)
        rule = policies(join(votes, repeats=0), repeats=100)[0]
        hit = ((votes.votes[:, 0] == 1) & (truth == 0)).sum()
        inside += rule.innocent[0] - 1 <= hit <= rule.innocent[2] + 1
    assert inside >= 10


def test_agreement_that_is_only_length_disappears_among_texts_of_like_length():
    rng = np.random.default_rng(6)
    votes, _ = simulated(400, (0.4,), (0.9, 0.9), (0.9, 0.9), seed=6)
    judge = votes.votes[:, 1] == 1
    lengths = np.where(judge, rng.normal(700, 120, 400), rng.normal(1000, 120, 400))
    votes.votes[:, 0] = lengths < 850
    match = length_matched(votes, lengths, level=0.95)
    before = match.before[0].point - match.before[1].point
    after = match.after[0].point - match.after[1].point
    assert before > 0.6
    assert abs(after) < before / 3


def test_more_answers_and_warm_ups_narrow_the_planned_interval():
    plan = plan_study(
        width=0.25, answers=(100, 400), warm_ups=(0, 80), audits=(0,), repeats=10, seed=0
    )
    width = {(d.answers, d.warm_ups): d.width for d in plan.designs}
    assert width[400, 80] < width[100, 80] < width[100, 0]
    assert plan.smallest is not None
    assert plan.smallest.warm_ups == 80
    assert not next(d for d in plan.designs if d.warm_ups == 0).determined


def test_a_third_method_is_planned_with_and_without():
    third = Expected("declared", 0.5, 0.99)
    plan = plan_study(
        width=0.15,
        methods=(Expected("text", 0.7, 0.95), Expected("process", 0.85, 0.98), third),
        answers=(300,),
        warm_ups=(0,),
        audits=(0,),
        repeats=10,
    )
    width = {design.methods: design.width for design in plan.designs}
    assert len(width) == 4
    assert width["text", "process", "declared"] < width["text", "process"]
    assert plan.smallest is None or plan.smallest.methods == ("text", "process", "declared")
    assert "judged by" in plan.page().lead or plan.smallest is None


def test_a_method_worse_than_a_coin_cannot_be_planned_with():
    with pytest.raises(BadSetting, match="more than 1"):
        plan_study(width=0.1, methods=[Expected("a", 0.4, 0.5), Expected("b", 0.9, 0.9)])


def test_plan_command_prints_designs(wellhead):
    done = wellhead(
        "plan", "study", "--width", "0.3", "--answers", "100", "--warm-ups", "50", "--audits", "0",
        "--repeats", "5",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Collect" in done.stdout
    assert "warm-ups" in done.stdout


def test_the_crowd_study_of_2023_comes_out_as_counted_by_hand(data, monkeypatch):
    folder = data / "gpturk"
    if not (folder / "Batch_5083843_batch_results.csv").is_file():
        pytest.skip("the crowd study's files are not there")
    pytest.importorskip("sqlalchemy", reason="needs wellhead[collect]")
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "gpturk_joint.py"
    monkeypatch.syspath_prepend(path.parent)
    spec = spec_from_file_location("gpturk_joint", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    answers = module.used(folder)
    sources = module.Sources({r["original_text"] for r in module.rows_of(folder / module.STRICT)})
    counted = module.counts(folder, answers, sources)
    assert (counted["answers"], counted["strict"], counted["both"]) == (46, 15, 13)
    assert (counted["strict_that_copy_the_source"], counted["whole"]) == (2, 17)
