"""An assay that adapts its detector, and everything that goes on from it: none adapts again."""

from __future__ import annotations

import json

import numpy as np
import pytest

import wellhead as package
from tests.detect.test_adapt import written
from wellhead.corpus import open_corpus
from wellhead.curation.rule import Judge
from wellhead.detect import load_scorer
from wellhead.engines.hf import judged
from wellhead.engines.ray import CurationActor
from wellhead.errors import BadInput

PEOPLE, MACHINE = 240, 60


def lines(path, texts):
    rows = ({"id": f"d{at}", "text": text} for at, text in enumerate(texts))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A corpus of 300 on disk, a sampled assay that adapted, and a plan made of it."""
    folder, rng = tmp_path_factory.mktemp("adapted"), np.random.default_rng(31)
    corpus = lines(folder / "c.jsonl", [*written(rng, PEOPLE), *written(rng, MACHINE, 6)])
    known = {"human": written(rng, 90), "machine": {"m": written(rng, 90, 6)}}
    assay = package.assay(corpus, **known, sample=200)
    saved = assay.save(folder / "report")
    package.curate(corpus, assay=folder / "report", policy="fdr", dial=0.1, out=folder / "plan")
    return corpus, known, assay, saved["detector"], folder


def test_a_plan_from_an_adapted_assay_of_a_sample_finds_the_machine_texts(case):
    corpus, _, assay, _, folder = case
    assert assay.detector.name == "general-adapted"
    plan = package.curate(corpus, assay=assay, policy="fdr", dial=0.1)
    assert (
        plan.to_dict()
        == package.curate(corpus, assay=folder / "report", policy="fdr", dial=0.1).to_dict()
    )
    weights = Judge(folder / "plan")(open_corpus(corpus).table()["text"].to_pylist()).weight
    assert (weights[PEOPLE:] == 0).mean() > 0.7
    assert (weights[:PEOPLE] == 0).mean() < 0.1
    assert plan.chosen.dropped == pytest.approx((weights == 0).sum(), abs=5)


def test_the_plan_goes_to_the_engines_with_its_detector(case, tmp_path):
    corpus, _, _, _, folder = case
    texts = open_corpus(corpus).table()["text"].to_pylist()
    (folder / "plan").rename(tmp_path / "plan")
    plan = tmp_path / "plan"
    found = Judge(plan)(texts).weight
    assert judged(plan)({"text": texts})["curation_weight"].tolist() == found.tolist()
    batch = {"text": np.array(texts, object)}
    assert CurationActor(plan)(batch)["curation_weight"].tolist() == found.tolist()
    pytest.importorskip("datatrove", reason="needs wellhead[engines]")
    from datatrove.data import Document

    from wellhead.engines.datatrove import CurationFilter, ScoreSidecars

    documents = [Document(text=text, id=str(at)) for at, text in enumerate(texts)]
    scored = ScoreSidecars(tmp_path / "scores", str(plan / "detector")).run(iter(documents))
    kept = list(CurationFilter(plan).run(scored))
    assert [int(one.id) for one in kept] == np.flatnonzero(found > 0).tolist()
    plan.rename(folder / "plan")


def test_the_saved_detector_assays_a_corpus_as_the_adapted_one_did(case, tmp_path):
    corpus, known, assay, detector, _ = case
    again = package.assay(corpus, **known, sample=200, detector=load_scorer(detector))
    assert again.adaptation is None
    assert again.share == assay.share
    assert again.table["p_value"].equals(assay.table["p_value"])
    assert "trained-on" in {check.code for check in again.diagnostics}
    # Against people whom it has never seen nothing is approximate.
    people = written(np.random.default_rng(32), 90)
    new = package.assay(corpus, human=people, sample=200, detector=load_scorer(detector))
    assert "trained-on" not in {check.code for check in new.diagnostics}
    assert new.share.low <= MACHINE / (PEOPLE + MACHINE) <= new.share.high


def test_shards_scored_with_it_are_merged(case, wellhead, tmp_path):
    corpus, known, _, detector, _ = case
    scored = wellhead("score", corpus, "--detector", detector, "--out", tmp_path / "s", "--json")
    assert scored.returncode == 0, scored.stderr
    human = lines(tmp_path / "human.jsonl", known["human"])
    merged = wellhead(
        "assay", "--scores", tmp_path / "s", "--human", human, "--detector", detector, "--json"
    )
    assert merged.returncode == 0, merged.stderr
    share = json.loads(merged.stdout)["share"]
    assert share["low"] <= MACHINE / (PEOPLE + MACHINE) <= share["high"]
    shown = wellhead("detector", "show", detector)
    assert "Adapted from general" in shown.stdout


def test_texts_changed_under_the_ids_of_a_sample_are_told(case, tmp_path):
    _, _, assay, _, _ = case
    rng = np.random.default_rng(33)
    other = lines(tmp_path / "c.jsonl", written(rng, PEOPLE + MACHINE))
    with pytest.raises(BadInput, match="not those that were assayed, though their ids are"):
        package.curate(other, assay=assay)


def test_without_its_folder_the_error_says_where_the_detector_is_kept(case, tmp_path):
    corpus, _, _, detector, folder = case
    report = tmp_path / "report"
    report.mkdir()
    for name in ("assay.json", "documents.parquet"):
        (report / name).write_bytes((folder / "report" / name).read_bytes())
    with pytest.raises(BadInput, match="name its folder"):
        package.curate(corpus, assay=report)
    package.curate(corpus, assay=report, detector=str(detector))
