"""A curated corpus in a lineage store names its parent and its human share."""

from __future__ import annotations

import json
import shutil

import pytest

import wellhead as package
from wellhead.lineage import Store

TOO_LARGE = {"low": 0, "point": 0.1, "high": 10**400, "level": 0.95}


@pytest.fixture(scope="module")
def curated(known, tmp_path_factory):
    out = tmp_path_factory.mktemp("curated") / "kept"
    plan = package.curate(
        known.corpus, assay=known.assay, policy="fdr", dial=0.1, apply=True, out=out
    )
    return out, plan


@pytest.fixture
def store(known, wellhead, tmp_path):
    folder = tmp_path / "store"
    assert wellhead("lineage", "init", folder).returncode == 0
    adding = ("--name", "all", "--writers", "unknown")
    assert wellhead("lineage", "add", folder, known.corpus, *adding).returncode == 0
    return folder


def test_a_curated_corpus_names_its_parent_and_its_human_share(curated, store, wellhead):
    out, plan = curated
    assert wellhead("lineage", "record", store, out, "--parent", "all").returncode == 0
    opened = Store(store)
    manifest = opened.read(opened.find("kept"))
    assert manifest.parents == (opened.find("all"),)
    machine, share = plan.chosen.machine, manifest.human_share
    assert (share.low, share.high) == pytest.approx((1 - machine.high, 1 - machine.low))
    assert manifest.step.name == "curate: fdr 0.1"
    assert wellhead("lineage", "verify", store).returncode == 0


def test_a_plan_that_was_not_applied_has_nothing_to_record(known, store, wellhead, tmp_path):
    out = tmp_path / "plan"
    package.curate(known.corpus, assay=known.assay, policy="fdr", dial=0.1).save(out)
    done = wellhead("lineage", "record", store, out, "--parent", "all")
    assert done.returncode == 3
    assert "--apply" in done.stderr


def test_a_broken_plan_is_refused_by_name(curated, store, wellhead, tmp_path):
    out, _ = curated
    broken = tmp_path / "broken"
    (broken / "corpus").mkdir(parents=True)
    (broken / "curation.json").write_bytes((out / "curation.json").read_bytes())
    (broken / "plan.json").write_text(json.dumps({"policy": "fdr"}))
    done = wellhead("lineage", "record", store, broken, "--parent", "all")
    assert done.returncode == 3
    assert "plan.json" in done.stderr


def test_a_parent_with_the_same_ids_and_other_texts_is_refused(
    curated, store, known, wellhead, tmp_path
):
    rows = [json.loads(line) for line in known.corpus.read_text(encoding="utf-8").splitlines()]
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps({**r, "text": f"Not {r['text']}"}) + "\n" for r in rows))
    assert wellhead("lineage", "add", store, other, "--writers", "unknown").returncode == 0
    done = wellhead("lineage", "record", store, curated[0], "--parent", "other")
    assert done.returncode == 3
    assert "texts are none of the parent's" in done.stderr


@pytest.mark.parametrize(("part", "value"), [("dial", "x"), ("chosen", {"machine": TOO_LARGE})])
def test_a_plan_with_figures_that_cannot_be_is_refused(
    curated, store, wellhead, tmp_path, part, value
):
    broken = tmp_path / "broken"
    shutil.copytree(curated[0], broken)
    plan = json.loads((broken / "plan.json").read_text())
    (broken / "plan.json").write_text(json.dumps({**plan, part: value}))
    done = wellhead("lineage", "record", store, broken, "--parent", "all")
    assert done.returncode == 3
    assert "expected the plan of a curation" in done.stderr
