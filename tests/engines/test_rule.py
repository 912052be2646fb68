"""A plan carried to one text at a time decides as the plan did."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import wellhead as package
from tests.curation.conftest import Marked
from wellhead.corpus import open_corpus
from wellhead.curation.rule import Judge, read_rule
from wellhead.detect.scorer import SCORERS
from wellhead.engines.hf import judged
from wellhead.engines.ray import CurationActor
from wellhead.errors import BadInput


def texts_of(known) -> list[str]:
    return open_corpus(known.corpus).table()["text"].to_pylist()


def kept_by(folder, known) -> int:
    return int((Judge(folder, Marked())(texts_of(known)).weight > 0).sum())


def test_a_rule_gives_each_text_the_weight_and_the_probability_of_the_plan(planned):
    known, (folder, plan) = planned
    found = Judge(folder, Marked())(texts_of(known))
    table = known.result.table
    # All but the few texts whose words made the assay lower their scores.
    same = np.isclose(found.p, table["p_value"].to_numpy())
    assert same.mean() > 0.97
    assert found.posterior[same] == pytest.approx(table["posterior"].to_numpy()[same])
    assert abs((found.weight > 0).sum() - plan.chosen.kept) <= (~same).sum()
    # A few kilobytes, whatever the size of the corpus.
    assert (folder / "rule.json").stat().st_size < 20_000


def test_a_policy_that_looks_at_groups_leaves_no_rule(tmp_path):
    from tests.curation.conftest import made

    known = made(tmp_path, group_by="group")
    plan = package.curate(known.corpus, assay=known.assay, policy="groups", out=tmp_path / "p")
    assert plan.rule is None
    assert not (tmp_path / "p" / "rule.json").exists()


def test_a_function_for_hugging_face_datasets_adds_columns(planned):
    datasets = pytest.importorskip("datasets")
    known, (folder, _) = planned
    rows = datasets.Dataset.from_dict({"text": texts_of(known)})
    made = rows.map(judged(folder, detector=Marked()), batched=True, batch_size=64)
    kept = made.filter(lambda row: row["curation_weight"] > 0)
    assert len(kept) == kept_by(folder, known)
    with pytest.raises(BadInput, match="no column 'body'; there are: text"):
        judged(folder, text_column="body", detector=Marked())({"text": ["a s1"]})


def test_an_actor_for_ray_data_takes_and_gives_columns_of_arrays(planned, monkeypatch):
    known, (folder, _) = planned
    monkeypatch.setitem(SCORERS.registered, "marked", Marked)
    batch = {"text": np.array(texts_of(known), object), "n": np.arange(400)}
    actor = pickle.loads(pickle.dumps(CurationActor(folder, drop=True)))
    found = actor(batch)
    assert len(found["n"]) == len(found["text"]) == kept_by(folder, known)
    assert set(found) == {"text", "n", "wellhead_score", "wellhead_posterior", "curation_weight"}


def test_a_rule_of_another_detector_or_a_broken_one_is_refused(planned, tmp_path):
    _, (folder, _) = planned
    with pytest.raises(BadInput, match="with the detector marked 1, and here is general"):
        Judge(folder, "general")(["a text"])
    with pytest.raises(BadInput, match="has no name here"):
        Judge(folder)(["a text"])
    with pytest.raises(BadInput, match="cannot read the rule"):
        read_rule(tmp_path)
    told = json.loads((folder / "rule.json").read_text())
    steps = len(told["cuts"]) + 1
    wrong: list[dict[str, object]] = [
        {"cuts": []},
        {"cuts": told["cuts"][::-1]},
        {"weight": [float("nan")] * steps},
        {"weight": [-1] * steps},
        {"p": "a" * steps},
        {"p": [10**400] * steps},
    ]
    files = [json.dumps({**told, **each}) for each in wrong]
    for broken in ("[]", "{", "[" * 100_000, json.dumps({"cuts": 1}), *files):
        (tmp_path / "rule.json").write_text(broken)
        with pytest.raises(BadInput):
            read_rule(tmp_path)


def test_written_weights_are_read_by_datasets_and_a_pytorch_sampler(planned, tmp_path):
    datasets = pytest.importorskip("datasets")
    data = pytest.importorskip("torch.utils.data")
    known, _ = planned
    package.curate(known.corpus, assay=known.assay, apply=True, out=tmp_path / "new")
    rows = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / "new" / "corpus" / "corpus.jsonl"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    weights = rows["curation_weight"]
    sampler = data.WeightedRandomSampler(weights, 2000)
    drawn = np.bincount(list(sampler), minlength=len(weights))
    light = np.array(weights) < 0.1
    assert drawn[light].mean() < 0.5 * drawn[~light].mean()
