"""datatrove pipelines: scored, filtered, killed, repeated, and merged to the same answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.curation.conftest import Marked
from wellhead.corpus import open_corpus, read_scores
from wellhead.curation.rule import Judge

pytest.importorskip("datatrove", reason="needs wellhead[engines]")

# Two tasks of one pipeline, each in a process of its own, as a cluster runs them. The second is
# killed in the middle the first time that it runs.
PIPELINE = """
    import os, signal, sys
    from pathlib import Path
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter
    from tests.curation.conftest import Marked
    from wellhead.engines.datatrove import CurationFilter, ScoreSidecars

    work, plan, rank = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

    class Accident(PipelineStep):
        type, name = "test", "accident"

        def run(self, data, rank=0, world_size=1):
            for number, document in enumerate(data):
                flag = work / "died"
                if rank == 1 and number == 100 and not flag.exists():
                    flag.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
                yield document

    dropped = JsonlWriter(str(work / "dropped"), compression=None)
    LocalPipelineExecutor(
        [
            JsonlReader(str(work / "in")),
            ScoreSidecars(work / "scores", Marked()),
            Accident(),
            CurationFilter(plan, detector=Marked(), exclusion_writer=dropped),
            JsonlWriter(str(work / "out"), compression=None),
        ],
        tasks=2,
        workers=1,
        local_tasks=1,
        local_rank_offset=rank,
        logging_dir=str(work / "logs"),
    ).run()
"""


def start(work: Path, plan: Path, rank: int) -> subprocess.Popen[bytes]:
    (work / "pipeline.py").write_text(textwrap.dedent(PIPELINE))
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, str(work / "pipeline.py"), str(work), str(plan), str(rank)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def rows_of(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for path in sorted(folder.iterdir())
        for line in path.open(encoding="utf-8")
    ]


@pytest.mark.slow
def test_two_workers_one_killed_end_with_what_one_machine_would_keep(planned, tmp_path):
    known, (plan_folder, _) = planned
    lines = known.corpus.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "in").mkdir()
    for part in (0, 1):
        (tmp_path / "in" / f"{part}.jsonl").write_text(
            "".join(lines[200 * part : 200 * part + 200])
        )
    both = [start(tmp_path, plan_folder, rank) for rank in (0, 1)]
    codes = [process.wait(timeout=240) for process in both]
    assert codes == [0, -signal.SIGKILL]
    scores = tmp_path / "scores" / "marked@1"
    assert [path.name for path in scores.glob("*.parquet")] == ["shard-00000.parquet"]

    again = [start(tmp_path, plan_folder, rank) for rank in (0, 1)]
    assert [process.wait(timeout=240) for process in again] == [0, 0]
    kept, dropped = rows_of(tmp_path / "out"), rows_of(tmp_path / "dropped")
    judged = Judge(plan_folder, Marked())(open_corpus(known.corpus).table()["text"].to_pylist())
    assert len(kept) == (judged.weight > 0).sum()
    assert len(kept) + len(dropped) == 400
    assert {row["metadata"]["filter_reason"] for row in dropped} == {"machine-like"}
    assert (
        read_scores(scores)["id"].to_pylist() == open_corpus(known.corpus).table()["id"].to_pylist()
    )


def test_draws_depend_on_the_text_alone_and_annotations_pass_on(planned):
    from datatrove.data import Document

    from wellhead.engines.datatrove import CurationAnnotator, CurationFilter

    known, (folder, _) = planned
    texts = open_corpus(known.corpus).table()["text"].to_pylist()

    def documents(order):
        return [Document(text=texts[at], id=str(at)) for at in order]

    def kept(order, seed):
        step = CurationFilter(folder, draws=True, seed=seed, detector=Marked())
        return {document.id for document in step.run(iter(documents(order)))}

    assert kept(range(400), 0) == kept(range(399, -1, -1), 0)
    marked = list(CurationAnnotator(folder, Marked()).run(iter(documents(range(10)))))
    assert set(marked[0].metadata) >= {"wellhead_score", "wellhead_posterior", "curation_weight"}


def test_written_weights_are_read_by_a_pipeline(planned, tmp_path):
    from datatrove.pipeline.readers import JsonlReader

    import wellhead as package

    known, _ = planned
    package.curate(known.corpus, assay=known.assay, apply=True, out=tmp_path / "new")
    documents = list(JsonlReader(str(tmp_path / "new" / "corpus")).run())
    weights = [document.metadata["curation_weight"] for document in documents]
    assert len(weights) == open_corpus(tmp_path / "new" / "corpus").table().num_rows
    assert min(weights) < 0.1 < 0.9 < max(weights) <= 1
