"""Scores lie beside the corpus, survive any stop, and are the same as from one run."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest

from wellhead.corpus import content_hash, read_scores
from wellhead.detect.scoring import score
from wellhead.errors import BadInput, WellheadError


class Vowels:
    """A real if humble scorer: the share of vowels. Counts what it is asked."""

    name, revision = "tests/vowels", "1"

    def __init__(self):
        self.asked = 0

    def score(self, texts):
        self.asked += len(texts)
        return np.array([sum(map(text.count, "aeiou")) / len(text) for text in texts])


def write(path, texts):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps({"id": f"n{i}", "text": t}) for i, t in enumerate(texts)))
    return path


TEXTS = [f"text number {i} of a river" for i in range(1500)]


def test_a_sidecar_holds_id_hash_and_score_of_every_document(tmp_path):
    result = score(write(tmp_path / "a.jsonl", [*TEXTS, TEXTS[0]]), detector=Vowels())
    path = tmp_path / "scores" / "tests-vowels@1" / "a.jsonl.parquet"
    assert result.sidecars == (path,)
    table = read_scores(path)
    assert table.schema.names == ["id", "sha256", "score", "held_out"]
    assert table["id"].to_pylist() == [f"n{i}" for i in range(1501)]
    assert table["sha256"][7].as_py() == content_hash(TEXTS[7])
    assert table["score"].to_numpy() == pytest.approx(Vowels().score([*TEXTS, TEXTS[0]]))
    assert result.scores().equals(table)
    assert (result.census.documents, result.census.duplicates) == (1501, 1)


def test_a_second_run_scores_nothing_and_writes_nothing(tmp_path):
    corpus = write(tmp_path / "a.jsonl", TEXTS)
    first = score(corpus, detector=Vowels())
    before = first.sidecars[0].stat()
    scorer = Vowels()
    again = score(corpus, detector=scorer)
    assert (scorer.asked, again.scored, again.reused) == (0, 0, 1500)
    assert again.sidecars[0].stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    "changed",
    [
        [*TEXTS, "one more text"],
        TEXTS[:700],
        [*TEXTS[:600], "another text", *TEXTS[601:]],
        TEXTS[::-1],
    ],
    ids=["longer", "shorter", "edited", "turned round"],
)
def test_a_corpus_that_changed_is_scored_where_it_changed(changed, tmp_path):
    corpus = write(tmp_path / "a.jsonl", TEXTS)
    score(corpus, detector=Vowels(), batch_size=100)
    write(corpus, changed)
    result = score(corpus, detector=Vowels(), batch_size=100)
    assert result.scores()["sha256"].to_pylist() == [content_hash(text) for text in changed]
    assert result.scores()["score"].to_numpy() == pytest.approx(Vowels().score(changed))
    assert not list(tmp_path.rglob("*.parts"))


def test_another_revision_has_scores_of_its_own(tmp_path):
    corpus = write(tmp_path / "a.jsonl", TEXTS[:10])
    score(corpus, detector=Vowels())
    newer = Vowels()
    newer.revision = "2"
    assert score(corpus, detector=newer).scored == 10
    assert len(list((tmp_path / "scores").iterdir())) == 2


def test_the_folders_of_a_corpus_are_kept_in_its_scores(tmp_path):
    write(tmp_path / "set" / "a.jsonl", TEXTS[:10])
    write(tmp_path / "set" / "deep" / "b.jsonl", TEXTS[10:30])
    result = score(tmp_path / "set", detector=Vowels())
    names = [path.relative_to(tmp_path).as_posix() for path in result.sidecars]
    assert names == [
        "scores/tests-vowels@1/set/a.jsonl.parquet",
        "scores/tests-vowels@1/set/deep/b.jsonl.parquet",
    ]
    assert read_scores(tmp_path / "scores" / "tests-vowels@1").num_rows == 30


def test_scores_inside_a_folder_are_not_read_as_documents(tmp_path):
    write(tmp_path / "set" / "a.jsonl", TEXTS[:10])
    first = score(tmp_path / "set", detector=Vowels(), out=tmp_path / "set" / "scores")
    again = score(tmp_path / "set", detector=Vowels(), out=tmp_path / "set" / "scores")
    assert again.sidecars == first.sidecars
    assert again.reused == 10


def test_texts_in_memory_leave_nothing_on_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = score(["a", "bcd"], detector=Vowels())
    assert result.scores()["score"].to_pylist() == [1.0, 0.0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", [[0.5], [0.5, float("nan")], [[0.1, 0.2], [0.3, 0.4]]])
def test_a_scorer_that_returns_no_scores_is_caught(answer):
    class Broken:
        name, revision = "broken", "1"

        def score(self, texts):
            return np.array(answer)

    with pytest.raises(BadInput, match="broken"):
        score(["a", "b"], detector=Broken())


def test_a_broken_sidecar_is_scored_again(tmp_path):
    corpus = write(tmp_path / "a.jsonl", TEXTS[:10])
    path = score(corpus, detector=Vowels()).sidecars[0]
    path.write_bytes(b"PAR1 and then nothing")
    assert score(corpus, detector=Vowels()).scored == 10
    assert read_scores(path).num_rows == 10


def test_the_files_of_a_glob_have_a_sidecar_each(tmp_path):
    write(tmp_path / "year1" / "a.jsonl", TEXTS[:10])
    write(tmp_path / "year2" / "a.jsonl", TEXTS[10:30])
    result = score(tmp_path / "year*" / "*.jsonl", detector=Vowels())
    names = [path.relative_to(tmp_path).as_posix() for path in result.sidecars]
    assert names == [
        "scores/tests-vowels@1/year1/a.jsonl.parquet",
        "scores/tests-vowels@1/year2/a.jsonl.parquet",
    ]
    assert score(tmp_path / "**" / "*.jsonl", detector=Vowels()).reused == 30


def test_scores_that_cannot_be_written_say_where_and_what_to_do(tmp_path):
    (tmp_path / "taken").write_text("a file where a folder should be")
    corpus = write(tmp_path / "a.jsonl", TEXTS[:10])
    with pytest.raises(WellheadError, match=r"cannot write scores to .*taken.*--out"):
        score(corpus, detector=Vowels(), out=tmp_path / "taken")


def test_a_text_that_stands_twice_in_a_batch_is_scored_once():
    scorer = Vowels()
    assert score(["a", "b", "a"], detector=scorer).scores()["score"].to_pylist() == [1.0, 0.0, 1.0]
    assert scorer.asked == 2


SLOW = """
import sys, time
import numpy as np
from wellhead import cli
from wellhead.detect import resuming
from wellhead.detect.scorer import SCORERS

class Slow:
    name, revision = "slow", "1"
    def score(self, texts):
        time.sleep(float(sys.argv[1]))
        return np.array([sum(map(text.count, "aeiou")) / len(text) for text in texts])

SCORERS.register("slow")(Slow)
resuming.KEEP_SECONDS = 0.05
cli.main(["score", *sys.argv[2:], "--detector", "slow", "--json"])
"""


def start(corpus, pause):
    command = [sys.executable, "-c", SLOW, str(pause), str(corpus)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_parts(folder, process):
    until = time.monotonic() + 60
    while len(list(folder.rglob("*.parts/*.parquet"))) < 3:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_a_stopped_run_goes_on_where_it_stopped_and_ends_the_same(stop, tmp_path):
    texts = [f"text number {i} of a river" for i in range(10_000)]
    corpus = write(tmp_path / "a.jsonl", texts)
    running = start(corpus, 0.1)
    wait_for_parts(tmp_path, running)
    os.kill(running.pid, stop)
    _, told = running.communicate()
    if stop == signal.SIGINT:
        assert running.returncode == 130
        assert "kept" in told
        assert "Traceback" not in told
    sidecar = tmp_path / "scores" / "slow@1" / "a.jsonl.parquet"
    assert not sidecar.exists()

    finished, _ = start(corpus, 0).communicate()
    result = json.loads(finished)
    assert result["reused"] > 0
    assert result["scored"] + result["reused"] == 10_000
    in_one_run = score(corpus, detector=Vowels(), out=tmp_path / "whole").scores()
    assert pq.read_table(sidecar).replace_schema_metadata(None).equals(in_one_run)
    assert [path.name for path in sidecar.parent.iterdir()] == ["a.jsonl.parquet"]
