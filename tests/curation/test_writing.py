"""The new corpus: whole, resumable, in the old format, and never the old one."""

from __future__ import annotations

import csv
import gzip
import json
import os
import resource
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import wellhead as package
from wellhead.corpus import open_corpus
from wellhead.errors import BadInput, BadSetting, LimitExceeded, WellheadError
from wellhead.prevalence.result import AssayResult

Rows = list[dict[str, object]]


def applied(corpus, assay, out, **options):
    settings = {"policy": "fdr", "dial": 0.1, **options}
    return package.curate(corpus, assay=assay, apply=True, out=out, **settings)


def rows_of(path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def several(known, tmp_path_factory):
    """The same documents in files of three formats, and their assay."""
    import numpy as np

    from tests.curation.conftest import Marked, text_of

    folder = tmp_path_factory.mktemp("several")
    rows = rows_of(known.corpus)
    with gzip.open(folder / "a.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps({**row, "old": {"k": [1, None]}}) + "\n" for row in rows[:70])
    with (folder / "b.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["id", "text", "group"])
        writer.writeheader()
        writer.writerows(
            {**row, "text": row["text"].replace(" ", ', "\n', 1)} for row in rows[70:140]
        )
    pq.write_table(pa.Table.from_pylist(rows[140:]), folder / "c.parquet")
    rng = np.random.default_rng(3)
    people = [text_of(rng, score) for score in rng.normal(0, 1, 200)]
    program = [text_of(rng, score) for score in rng.normal(3, 1, 200)]
    assay = package.assay(
        folder, human=people, machine={"a": program}, detector=Marked(), adapt="off"
    )
    return folder, assay


def test_each_file_keeps_its_format_and_its_columns(several, tmp_path):
    folder, assay = several
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    plan = applied(folder, assay, tmp_path / "new")
    new = tmp_path / "new" / "corpus" / folder.name
    assert sorted(path.name for path in new.iterdir()) == ["a.jsonl.gz", "b.csv", "c.parquet"]
    with gzip.open(new / "a.jsonl.gz", "rt", encoding="utf-8") as stream:
        first = [json.loads(line) for line in stream]
    assert first[0]["old"] == {"k": [1, None]}
    assert first[0]["curation_weight"] == 1
    kept = open_corpus(new, text_column="text").table()
    old = {row["id"]: row["text"] for row in open_corpus(folder).table().to_pylist()}
    assert kept.num_rows == plan.written.kept == plan.chosen.kept
    assert all(old[row["id"]] == row["text"] for row in kept.to_pylist())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_every_document_has_a_decision_with_its_reason(several, tmp_path):
    folder, assay = several
    plan = applied(folder, assay, tmp_path / "new", reserve=0.1)
    decisions = pa.concat_tables(
        pq.read_table(path) for path in sorted((tmp_path / "new" / "decisions").rglob("*.parquet"))
    ).to_pylist()
    assert len(decisions) == plan.documents
    assert sum(row["kept"] for row in decisions) == plan.written.kept
    assert {row["reason"] for row in decisions} == {"kept", "machine-like"}
    assert sum(row["reserved"] for row in decisions) == plan.reserve.texts
    assert all(row["kept"] for row in decisions if row["reserved"])
    worst = max(decisions, key=lambda row: row["posterior"])
    assert not worst["kept"]


def test_draws_keep_as_much_as_the_weights_say_and_the_same_with_the_same_seed(known, tmp_path):
    def ids(name: str, seed: int) -> list[object]:
        applied(
            known.corpus,
            known.assay,
            tmp_path / name,
            policy="weight",
            dial=1,
            as_="draws",
            seed=seed,
        )
        return [row["id"] for row in rows_of(tmp_path / name / "corpus" / "corpus.jsonl")]

    one = ids("one", 0)
    weight = package.curate(known.corpus, assay=known.assay, dial=1).chosen.weight
    assert len(one) == pytest.approx(weight, abs=4 * weight**0.5 / 2)
    assert ids("two", 0) == one != ids("three", 1)
    assert "curation_weight" not in rows_of(tmp_path / "one" / "corpus" / "corpus.jsonl")[0]


def test_work_that_was_killed_goes_on_and_ends_with_the_same_files(several, tmp_path, monkeypatch):
    folder, assay = several
    whole = applied(folder, assay, tmp_path / "whole")
    import wellhead.curation.writing as writing

    written = writing.SINKS["csv"].write

    def killed(self, table):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing.SINKS["csv"], "write", killed)
    with pytest.raises(KeyboardInterrupt):
        applied(folder, assay, tmp_path / "part")
    left = sorted(path.name for path in (tmp_path / "part").rglob("*") if path.is_file())
    assert [name for name in left if not name.startswith(("plan.", "rule."))] == [
        "a.jsonl.gz",
        "a.jsonl.gz.parquet",
        "curation.json",
    ]
    monkeypatch.setattr(writing.SINKS["csv"], "write", written)
    rest = applied(folder, assay, tmp_path / "part")
    assert rest.written.reused == 1
    for path in (tmp_path / "whole").rglob("*"):
        if path.is_file() and not path.name.startswith("plan."):
            twin = tmp_path / "part" / path.relative_to(tmp_path / "whole")
            assert twin.read_bytes() == path.read_bytes()
    assert rest.chosen == whole.chosen


def test_a_full_disk_is_told_and_leaves_nothing_half_written(several, tmp_path, monkeypatch):
    folder, assay = several
    import wellhead.curation.writing as writing

    def full(self, table):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(writing.SINKS["parquet"], "write", full)
    with pytest.raises(WellheadError, match=r"No space left on device.*same command goes on"):
        applied(folder, assay, tmp_path / "new")
    names = {path.name for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert {"a.jsonl.gz", "b.csv"} <= names
    assert not any("c.parquet" in name or name.endswith(".tmp") for name in names)


def test_a_folder_with_another_curation_or_the_corpus_itself_is_refused(known, tmp_path):
    applied(known.corpus, known.assay, tmp_path / "new")
    with pytest.raises(BadSetting, match="holds another curation"):
        applied(known.corpus, known.assay, tmp_path / "new", dial=0.05)
    inside = tmp_path / "corpus"
    inside.mkdir()
    (inside / "corpus.jsonl").write_bytes(known.corpus.read_bytes())
    with pytest.raises(BadSetting, match="holds other data"):
        applied(inside / "corpus.jsonl", known.assay, tmp_path)


def test_a_new_corpus_inside_the_old_one_is_refused(several):
    folder, assay = several
    with pytest.raises(BadSetting, match="would be read as a part of it the next time"):
        applied(folder, assay, folder / "new")
    assert not (folder / "new").exists()


def test_limits_that_are_not_promised_write_no_corpus(known, tmp_path):
    with pytest.raises(LimitExceeded, match="Nothing was written but the plan"):
        applied(known.corpus, known.assay, tmp_path / "new", dial=None, max_machine=0.01)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "plan.html",
        "plan.json",
        "plan.md",
        "rule.json",
    ]


def test_the_assay_of_a_sample_is_spread_over_the_whole_corpus(known, tmp_path):
    import numpy as np

    from tests.curation.conftest import Marked, text_of

    rng = np.random.default_rng(8)
    people = [text_of(rng, score) for score in rng.normal(0, 1, 200)]
    program = [text_of(rng, score) for score in rng.normal(3, 1, 200)]
    assay: AssayResult = package.assay(
        known.corpus,
        human=people,
        machine={"a": program},
        detector=Marked(),
        adapt="off",
        sample=120,
    )
    with pytest.raises(BadInput, match="made with the detector marked 1, and here is general"):
        package.curate(known.corpus, assay=assay, detector="general")
    plan = package.curate(known.corpus, assay=assay, policy="fdr")
    assert plan.documents == 200
    assert plan.chosen.dropped > 20


def test_another_detector_than_the_assays_is_refused_even_where_none_is_needed(known):
    with pytest.raises(BadInput, match="made with the detector marked 1, and here is general"):
        package.curate(known.corpus, assay=known.assay, detector="general")


def test_a_disk_that_really_takes_no_more_is_told_and_the_same_command_ends_it(
    known, tmp_path, wellhead
):
    command = ("curate", known.corpus, "--assay", known.assay, "--policy", "fdr", "--apply")
    small = subprocess.run(
        [sys.executable, "-m", "wellhead", *map(str, command), "--out", str(tmp_path / "new")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
        capture_output=True,
        text=True,
    )
    assert small.returncode == 5
    assert "File too large" in small.stderr
    assert "nothing is half-written" in small.stderr
    names = {path.name for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert names == {"plan.html", "plan.md", "plan.json", "rule.json", "curation.json"}
    assert wellhead(*command, "--out", tmp_path / "new").returncode == 0
    assert rows_of(tmp_path / "new" / "corpus" / "corpus.jsonl")


def test_files_whose_names_become_equal_as_text_are_all_written(known, tmp_path):
    import numpy as np

    from tests.curation.conftest import Marked, text_of

    rows = known.corpus.read_text(encoding="utf-8").splitlines(True)
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.jsonl")).write_text("".join(rows[:100]), encoding="utf-8")
    (folder / os.fsdecode(b"\xfe.jsonl")).write_text("".join(rows[100:]), encoding="utf-8")
    people = [text_of(np.random.default_rng(n), n / 100 - 1) for n in range(200)]
    assay = package.assay(folder, human=people, detector=Marked(), adapt="off")
    plan = applied(folder, assay, tmp_path / "new")
    assert plan.written.reused == 0
    assert open_corpus(tmp_path / "new" / "corpus").table().num_rows == plan.written.kept
    decided = open_corpus(tmp_path / "new" / "decisions", text_column="reason").table()
    assert decided.num_rows == len(rows)
