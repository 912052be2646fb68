"""Joining methods: intervals that cover, warnings where they may not, bounds where they cannot."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import wellhead
from tests.consensus.joint_cases import simulated
from tests.report.assays import assay_result
from wellhead.consensus.bayes import Beta, Priors
from wellhead.consensus.em import fit
from wellhead.consensus.evidence import NOT_OBSERVABLE, Row, table
from wellhead.consensus.from_assay import evidence_of
from wellhead.consensus.join import join as join_votes
from wellhead.consensus.likelihood import model_of
from wellhead.consensus.profile import worse_by
from wellhead.consensus.result import JointResult
from wellhead.consensus.run import result_of
from wellhead.consensus.votes import Votes
from wellhead.errors import BadInput, BadSetting, UnusableReference

_THRESHOLD = 3.8415


def join(votes: Votes, **options) -> JointResult:
    return result_of(join_votes(votes, **options))


def _coverage(shares, sensitivity, specificity, *, n, repeats, echo=0.0, known=(0, 0), together=()):
    """How often the interval holds the truth: the loss at the true share against the threshold."""
    drawn = [
        simulated(n, shares, sensitivity, specificity, seed=i, echo=echo, known=known)[0]
        for i in range(repeats)
    ]
    tables = [votes.tables() for votes in drawn]
    many = tables[0].with_counts(
        np.stack([t.counts for t in tables]), np.stack([t.known for t in tables])
    )
    model = model_of(many, together)
    best = fit(many, model)
    truth = np.full((repeats, 1), np.mean(shares))
    return (worse_by(many, model, best, truth)[:, 0] <= _THRESHOLD).mean()


@pytest.mark.parametrize("shares", [(0.1, 0.6), (0.02, 0.3)])
@pytest.mark.parametrize(
    ("sensitivity", "specificity"), [((0.9, 0.8), (0.95, 0.97)), ((0.7, 0.6), (0.9, 0.99))]
)
def test_interval_covers_the_truth_for_two_independent_methods(shares, sensitivity, specificity):
    assert _coverage(shares, sensitivity, specificity, n=300, repeats=200) >= 0.91


def test_interval_covers_when_texts_known_beforehand_determine_one_group():
    assert _coverage((0.3,), (0.9, 0.8), (0.95, 0.97), n=200, known=(60, 60), repeats=150) >= 0.91


def test_coverage_degrades_when_methods_echo_each_other():
    honest = _coverage((0.1, 0.6), (0.6, 0.6), (0.95, 0.95), n=2000, repeats=100)
    broken = _coverage((0.1, 0.6), (0.6, 0.6), (0.95, 0.95), n=2000, repeats=100, echo=0.5)
    assert broken < honest - 0.2


def test_dependence_is_found_and_warned_about_where_it_can_show():
    votes, _ = simulated(1500, (0.15, 0.6), (0.8, 0.8, 0.8), (0.9, 0.9, 0.9), seed=1, echo=0.4)
    result = join(votes, repeats=99)
    warnings = [d.finding for d in result.diagnostics if d.severity == "warning"]
    assert any("text and process" in finding for finding in warnings)
    assert result.model == "dependent methods"


def test_known_texts_seen_by_both_methods_show_that_they_err_together():
    votes, _ = simulated(
        1000, (0.1, 0.6), (0.6, 0.6), (0.95, 0.95), seed=1, echo=0.5, known=(100, 100)
    )
    result = join(votes, repeats=99)
    assert result.model == "dependent methods"
    assert result.dependent == ("text", "process")
    assert result.share.covers(0.35)
    assert (
        "also where reading the text and watching how it was written go wrong" in result.page().lead
    )


def test_letting_the_dependent_pair_err_together_brings_the_truth_back():
    free, relaxed = (
        _coverage(
            (0.1, 0.6),
            (0.6, 0.6, 0.8),
            (0.95, 0.95, 0.9),
            n=2000,
            repeats=80,
            echo=0.5,
            together=together,
        )
        for together in ((), ((0, 1),))
    )
    assert relaxed >= 0.88
    assert free < relaxed - 0.3


def test_no_warning_of_dependence_where_there_is_none():
    votes, _ = simulated(800, (0.2, 0.6), (0.85, 0.8, 0.8), (0.95, 0.9, 0.9), seed=4)
    result = join(votes, repeats=99)
    assert not any(d.severity == "warning" for d in result.diagnostics)


def test_what_is_not_determined_is_a_range_that_holds_the_truth_and_says_so():
    votes, _ = simulated(500, (0.3,), (0.9, 0.8), (0.95, 0.97), seed=5)
    result = join(votes, repeats=0)
    assert (result.model, result.identified) == ("bounds", "no")
    assert result.share.covers(0.3)
    assert result.share.width > 0.15
    assert result.table["posterior"].null_count == 500
    assert all(method.sensitivity is None for method in result.methods)


def test_stated_priors_narrow_the_range_and_own_up_to_it():
    votes, _ = simulated(500, (0.3,), (0.9, 0.8), (0.95, 0.97), seed=5)
    without = join(votes, repeats=0).share
    priors = Priors(sensitivity={"process": Beta(80, 20)}, specificity={"process": Beta(97, 3)})
    result = join(votes, priors=priors, repeats=0)
    assert result.model == "bayesian"
    assert result.share.width < without.width
    assert result.prior is not None
    assert result.prior.learned["sensitivity of process"] < 0.2
    assert any("priors" in sentence for sentence in result.unchecked)
    assert "what was put in beforehand" in result.page().lead


def test_gibbs_sampler_agrees_with_the_likelihood_where_data_are_plenty():
    votes, _ = simulated(4000, (0.2, 0.7), (0.9, 0.8), (0.95, 0.97), seed=6)
    result = join(votes, priors=Priors(), repeats=0)
    assert result.prior is not None
    assert result.prior.mixing < 1.05
    assert result.prior.share[:3] == pytest.approx(result.share[:3], abs=0.006)


def test_error_rates_cover_what_was_simulated():
    votes, _ = simulated(3000, (0.2, 0.7), (0.9, 0.75), (0.95, 0.85), seed=7)
    text, process = join(votes, repeats=0).methods
    assert text.sensitivity.covers(0.9)
    assert text.specificity.covers(0.95)
    assert process.sensitivity.covers(0.75)
    assert process.specificity.covers(0.85)


def test_posterior_of_documents_is_calibrated():
    votes, truth = simulated(4000, (0.2, 0.7), (0.9, 0.75), (0.95, 0.85), seed=8)
    posterior = np.array(join(votes, repeats=0).table["posterior"].to_pylist())
    for value in np.unique(posterior.round(9)):
        same = np.abs(posterior - value) < 1e-6
        if same.sum() > 200:
            assert truth[same].mean() == pytest.approx(value, abs=0.07)


def test_silence_widens_the_bounds_and_not_the_estimate_alone():
    votes, _ = simulated(800, (0.2, 0.7), (0.9, 0.8), (0.95, 0.97), seed=9, silent=0.3)
    result = join(votes, repeats=0)
    assert result.bounds.low < result.share.low
    assert result.bounds.high > result.share.high
    assert result.bounds.width > 0.3


def test_silence_that_depends_on_the_writer_is_warned_about():
    votes, truth = simulated(800, (0.2, 0.7), (0.9, 0.8), (0.95, 0.97), seed=10)
    votes.votes[(truth == 1) & (np.arange(800) % 2 == 0), 1] = -1
    result = join(votes, repeats=0)
    assert any(d.code == "silence" and d.severity == "warning" for d in result.diagnostics)


def test_answers_of_the_same_worker_widen_the_interval():
    votes, truth = simulated(400, (0.2, 0.7), (0.9, 0.8), (0.95, 0.97), seed=11)
    order = np.argsort(truth, kind="stable")
    worker = np.empty(400, dtype=object)
    worker[order] = [f"w{i // 10}" for i in range(400)]
    known = votes.__class__(
        **{**votes.__dict__, "about": tuple({"worker": name} for name in worker)}
    )
    apart, together = join(votes, repeats=0), join(known, worker="worker", repeats=0)
    assert together.inflation > 2
    assert together.share.width > 1.3 * apart.share.width


def test_audited_documents_give_an_estimate_of_their_own():
    votes, truth = simulated(600, (0.3,), (0.9, 0.8), (0.95, 0.97), seed=12)
    audited = np.where(np.arange(600) < 80, truth, -1)
    result = join(votes.__class__(**{**votes.__dict__, "truth": audited}), repeats=0)
    assert result.documents.audited == 80
    assert any(a.code == "audited" and a.share.covers(0.3) for a in result.alternatives)


# -- from files --------------------------------------------------------------------------------


def _rows(n: int = 300) -> list[Row]:
    votes, _ = simulated(n, (0.2, 0.7), (0.9, 0.8), (0.95, 0.97), seed=13, silent=0.1)
    rows = []
    for identity, (text, process) in zip(votes.ids, votes.votes, strict=True):
        rows.append(Row(identity, "text", 0.9 if text else 0.1))
        outcome = {1: "pasted_outside", 0: "typed", -1: NOT_OBSERVABLE}[int(process)]
        rows.append(Row(identity, "process", None, outcome))
    return rows


def test_evidence_in_one_file_per_method_and_format_is_joined(tmp_path):
    whole = table(_rows())
    text = whole.filter(pa.compute.equal(whole["method"], "text"))
    process = whole.filter(pa.compute.equal(whole["method"], "process"))
    with (tmp_path / "text.csv").open("w") as stream:
        stream.write("id,value\n")
        stream.writelines(f"{row['id']},{row['value']}\n" for row in text.to_pylist())
    pq.write_table(process, tmp_path / "process.parquet")
    by_files = wellhead.joint([tmp_path / "text.csv", tmp_path / "process.parquet"])
    by_rows = wellhead.joint(_rows())
    assert by_files.share == by_rows.share
    assert by_files.methods[1].observed < 300
    assert set(by_files.reproducibility["hashes"]) == {"text.csv", "process.parquet"}


def _in_two_groups() -> tuple[Votes, list[Row]]:
    votes, _ = simulated(600, (0.1, 0.7), (0.9, 0.8), (0.95, 0.97), seed=14)
    return votes, [
        Row(identity, method, float(vote))
        for identity, pair in zip(votes.ids, votes.votes, strict=True)
        for method, vote in zip(votes.methods, pair, strict=True)
    ]


def test_groups_come_from_a_table_of_documents():
    votes, rows = _in_two_groups()
    documents = pa.table({"id": list(votes.ids), "task": votes.groups.tolist()})
    result = wellhead.joint(rows, documents=documents, group="task")
    assert result.identified == "yes"
    assert [group.name for group in result.groups] == ["g0", "g1"]
    assert result.groups[1].share > result.groups[0].share + 0.3


def test_result_is_json_with_the_share_first():
    found = json.loads(wellhead.joint(_rows()).to_json(rows=2))
    assert list(found)[:2] == ["schema_version", "share"]
    assert found["table"]["total"] == 300


def test_one_method_alone_is_refused_with_what_to_do():
    with pytest.raises(BadInput, match="wellhead assay"):
        wellhead.joint([Row("a", "text", 0.5)])


def test_an_unknown_outcome_is_refused_by_name():
    with pytest.raises(BadInput, match="perhaps"):
        wellhead.joint([Row("a", "text", 0.5), Row("a", "process", None, "perhaps")])


def test_a_group_that_nobody_has_is_refused():
    with pytest.raises(BadSetting, match="'task'"):
        wellhead.joint(_rows(), group="task")


def test_same_seed_same_answer():
    votes, _ = simulated(300, (0.2, 0.7), (0.9, 0.8), (0.95, 0.97), seed=15)
    assert join(votes, seed=3).to_json() == join(votes, seed=3).to_json()


def test_an_assays_documents_become_evidence_by_posterior_or_by_p_value():
    rows = evidence_of(assay_result()).to_pylist()
    assert all(row["method"] == "text" for row in rows)
    assert all(row["value"] is not None or row["outcome"] is not None for row in rows)
    strict = evidence_of(assay_result(), false_positive_rate=0.01).to_pylist()
    loose = evidence_of(assay_result(), false_positive_rate=0.5).to_pylist()
    flagged = [sum(row["outcome"] == "machine" for row in found) for found in (strict, loose)]
    assert flagged[0] <= flagged[1]
    assert flagged[1] > 0


def test_a_trusted_method_serves_as_an_audit():
    votes, truth = simulated(600, (0.2, 0.6), (0.9, 1.0), (0.9, 1.0), seed=16, silent=0.7)
    result = join(votes, trusted="process", repeats=0)
    trusted = next(a for a in result.alternatives if a.code == "trusted")
    assert trusted.share.covers(truth.mean())
    assert trusted.share.width < 0.2


def test_a_study_file_is_refused_in_python_with_what_reads_it(tmp_path):
    (tmp_path / "study.toml").write_text("id = 'x'\n")
    with pytest.raises(BadInput, match="read_study"):
        wellhead.joint(tmp_path / "study.toml")


def test_ids_that_do_not_match_are_refused_with_one_of_each():
    rows = [Row(f"a{i}", "text", 0.9) for i in range(30)]
    rows += [Row(f"b{i}", "process", 0.9) for i in range(30)]
    with pytest.raises(BadInput, match=r"do the ids match\? 'text' has 'a0', another has 'b0'"):
        wellhead.joint(rows)


def test_few_shared_documents_are_warned_about():
    rows = [Row(f"d{i}", "text", i % 2) for i in range(100)]
    rows += [Row(f"d{i}", "process", i % 2) for i in range(90, 110)]
    findings = [d.finding for d in wellhead.joint(rows).diagnostics if d.severity == "warning"]
    assert any("Only 10 of 110 documents" in finding for finding in findings)


def test_a_method_that_saw_nothing_is_refused_by_name():
    rows = [Row(f"d{i}", "text", i % 2) for i in range(30)]
    rows += [Row(f"d{i}", "process", None, NOT_OBSERVABLE) for i in range(30)]
    with pytest.raises(UnusableReference, match="'process' could observe no document"):
        wellhead.joint(rows)


def test_an_empty_file_is_refused_by_name(tmp_path):
    (tmp_path / "text.csv").write_text("id,value\na,0.5\n")
    (tmp_path / "empty.csv").write_text("id,value\n")
    with pytest.raises(BadInput, match="'empty' has no rows"):
        wellhead.joint([tmp_path / "text.csv", tmp_path / "empty.csv"])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("a,1.9\nb,0.2\n", "must lie in"),
        ("a,nan\nb,0.2\n", "must lie in"),
        ("a,0.9\na,0.2\n", "2 rows for id 'a'"),
        ("a,high\nb,0.2\n", "cannot be read"),
    ],
)
def test_values_outside_their_range_and_repeated_rows_are_refused(tmp_path, lines, words):
    (tmp_path / "text.csv").write_text(f"id,value\n{lines}")
    (tmp_path / "process.csv").write_text("id,outcome\na,typed\nb,mixed\n")
    with pytest.raises(BadInput, match=words):
        wellhead.joint([tmp_path / "text.csv", tmp_path / "process.csv"])


def test_groups_of_one_document_are_poured_together():
    documents = pa.table({"id": [f"d{i}" for i in range(300)], "task": [*map(str, range(300))]})
    result = wellhead.joint(_rows(), documents=documents, group="task")
    assert (result.model, result.identified) == ("bounds", "no")
    assert any("300 groups were joined to 1" in d.finding for d in result.diagnostics)


def test_a_lone_small_group_joins_the_next_smallest_and_keeps_its_name():
    votes, rows = _in_two_groups()
    tasks = votes.groups.astype(object)
    tasks[np.flatnonzero(tasks == "g1")[:5]] = "g2"
    documents = pa.table({"id": list(votes.ids), "task": tasks.tolist()})
    result = wellhead.joint(rows, documents=documents, group="task")
    assert [group.name for group in result.groups] == ["g0", "g1 and g2"]


def test_dependence_of_the_only_two_methods_cannot_be_allowed_for():
    with pytest.raises(BadSetting, match="at least three"):
        wellhead.joint(_rows(), dependent=("text", "process"))


def test_two_methods_alone_are_always_warned_about_with_what_an_echo_would_mean():
    votes, _ = simulated(1000, (0.1, 0.6), (0.9, 0.8), (0.95, 0.97), seed=17)
    result = join(votes, repeats=49)
    assert result.identified == "yes"
    (warning,) = [d for d in result.diagnostics if d.code == "independence"]
    assert warning.severity == "warning"
    assert "a fifth of the documents" in warning.consequence


def test_groups_that_hardly_differ_give_a_range_and_no_estimate():
    votes, _ = simulated(600, (0.4, 0.4), (0.9, 0.9), (0.95, 0.95), seed=2)
    result = join(votes, repeats=0)
    assert (result.identified, result.model) == ("weak", "bounds")
    assert result.share.covers(0.4)
    assert result.share.point == pytest.approx((result.share.low + result.share.high) / 2)
    assert result.table["posterior"].null_count == 600
    assert all(method.sensitivity is None for method in result.methods)
    assert "is not settled" in result.page().lead
