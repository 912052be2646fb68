"""Scored shards of any number give the answer of one piece."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import wellhead as package
from wellhead.corpus.sidecars import SCHEMA, Sidecar
from wellhead.detect import load_scorer
from wellhead.errors import BadInput
from wellhead.prevalence import shards
from wellhead.prevalence.conformal import benjamini_hochberg, p_values
from wellhead.prevalence.estimate import Evidence, estimate
from wellhead.prevalence.library import known_clusters
from wellhead.prevalence.run import assay_shards
from wellhead.prevalence.shards import assay_scores

DETECTOR = ("marked", "1")


@pytest.fixture(scope="module")
def whole():
    """Scores of a corpus and of a reference, and the estimate in one piece."""
    rng = np.random.default_rng(3)
    scores = np.concatenate([rng.normal(0, 1, 7000), rng.normal(2, 1, 3000)])
    human = rng.normal(0, 1, 150)
    scores[:20] = human[:20]  # ties
    library, trained = known_clusters(load_scorer("general"))
    evidence = Evidence(scores=scores, human=human, library=library, trained=trained)
    return scores, human, estimate(evidence)


def write(folder, scores, parts: int, *, start: int = 0, detector=DETECTOR) -> None:
    """`parts` sidecars in the order of the corpus."""
    folder.mkdir(exist_ok=True)
    known = {"wellhead.scorer": detector[0], "wellhead.revision": detector[1]}
    for number, rows in enumerate(np.array_split(np.arange(scores.size), parts)):
        hashes = [row * 0x9E3779B97F4A7C15 % 2**64 for row in rows.tolist()]
        columns = [
            pa.array([f"d{row}" for row in rows]),
            pa.array([f"{one:016x}" + "0" * 48 for one in hashes]),
            pa.array(scores[rows]),
            pa.nulls(len(rows), pa.float64()),
        ]
        table = pa.Table.from_arrays(columns, schema=SCHEMA).replace_schema_metadata(known)
        pq.write_table(table, folder / f"shard-{start + number:05}.parquet")


def merged(folder, whole, **options):
    _, human, found = whole
    return assay_scores(folder, human, found.prior, detector=DETECTOR, **options)


def test_a_thousand_shards_give_what_one_piece_gives(whole, tmp_path, monkeypatch):
    scores, human, found = whole
    write(tmp_path / "one", scores, 1)
    write(tmp_path / "many", scores, 1000)
    one, many = merged(tmp_path / "one", whole), merged(tmp_path / "many", whole)
    assert one.to_dict() == {**many.to_dict(), "shards": 1}
    assert many.share[:3] == pytest.approx(found.share[:3], abs=1e-12)
    assert many.at_least == found.at_least
    flags = benjamini_hochberg(p_values(scores, human), 0.1)
    assert many.flagged == flags.sum()
    assert (scores > many.flag_above).sum() == flags.sum()
    assert [one.score for one in many.top] == sorted(scores.tolist(), reverse=True)[:200]
    # More texts than are held at once are taken in several passes.
    monkeypatch.setattr(shards, "_HELD", 3000)
    assert merged(tmp_path / "many", whole).to_dict() == many.to_dict()


def test_a_shard_that_is_there_twice_changes_nothing(whole, tmp_path):
    scores, _, _ = whole
    write(tmp_path, scores, 10)
    before = merged(tmp_path, whole)
    write(tmp_path, scores[:1000], 1, start=900)
    after = merged(tmp_path, whole)
    assert (after.share, after.distinct) == (before.share, before.distinct)
    assert after.documents == before.documents + 1000


def test_shards_rule_out_no_generator_that_scores_like_people(whole, tmp_path):
    rng = np.random.default_rng(4)
    write(tmp_path, rng.normal(0, 1, 2000), 4)
    result = merged(tmp_path, whole)
    assert result.if_seen.high < 0.3
    assert result.share.high == 1
    lead = result.page().lead
    assert "if the detector can recognise the program" in lead
    assert "any number up to 100 %" in lead


def test_shards_of_killed_workers_are_not_read_and_those_of_another_detector_refused(
    whole, tmp_path
):
    scores, _, _ = whole
    write(tmp_path, scores, 4)
    before = merged(tmp_path, whole)
    killed = Sidecar(tmp_path, "shard-00009", scorer="marked", revision="1")
    columns = [pa.array(["x"]), pa.array(["f" * 64]), pa.array([9.0]), pa.nulls(1, pa.float64())]
    killed.write_part(0, pa.Table.from_arrays(columns, schema=SCHEMA))
    assert merged(tmp_path, whole).to_dict() == before.to_dict()
    write(tmp_path, scores[:10], 1, start=50, detector=("marked", "2"))
    with pytest.raises(BadInput, match=r"expected scores by marked 1, got those of marked 2"):
        merged(tmp_path, whole)
    (tmp_path / "shard-00050.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(BadInput, match="cannot read it"):
        merged(tmp_path, whole)
    with pytest.raises(BadInput, match="found none; run `wellhead score` first"):
        merged(tmp_path / "nothing", whole)


def test_the_verb_merges_what_score_wrote(tmp_path, wellhead, data):
    import pyarrow.compute as pc

    table = pq.read_table(data / "detection" / "dev.parquet", columns=["text", "label", "domain"])
    table = table.filter(pc.equal(table["domain"], table["domain"][0]))
    human = table.filter(pc.equal(table["label"], "human")).slice(0, 260)
    pq.write_table(human.slice(0, 100).select(["text"]), tmp_path / "human.parquet")
    (tmp_path / "in").mkdir()
    for part in range(4):
        rows = human.slice(100 + 40 * part, 40).select(["text"])
        pq.write_table(rows, tmp_path / "in" / f"{part}.parquet")
    package.score(tmp_path / "in", out=tmp_path / "scores")
    result = assay_shards(tmp_path / "scores", human=tmp_path / "human.parquet")
    assert result.shards == 4
    assert result.share.low == 0
    done = wellhead("assay", "--scores", "scores", "--human", "human.parquet", "--out", "r")
    assert done.returncode == 0, done.stderr
    assert "4 shards" in done.stdout
    assert (tmp_path / "r" / "assay.html").exists()
    assert wellhead("assay", "--human", "human.parquet").returncode == 2
