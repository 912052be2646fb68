"""`wellhead evaluate URL`: a model behind an endpoint is measured as it is on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lm_eval", reason="needs wellhead[evaluate]")
pytest.importorskip("fastapi", reason="needs wellhead[chat]")
from running_server import running

import wellhead
from wellhead.errors import BadSetting
from wellhead.models.opening import open_engine
from wellhead.models.resolve import resolve
from wellhead.models.scripted import ScriptedEngine

TASKS = ["cloze", "rare", "agreement"]
OPEN = """
task: go_on
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["."], do_sample: false, max_gen_toks: 8}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
"""


def test_an_endpoint_gives_the_figures_of_the_model_behind_it(tiny: Path, tmp_path: Path):
    (tmp_path / "items.jsonl").write_text('{"question": "the state", "answer": "of the union"}\n')
    (tmp_path / "go_on.yaml").write_text(OPEN.format(file=tmp_path / "items.jsonl"))
    tasks = [*TASKS, str(tmp_path / "go_on.yaml")]
    here = wellhead.evaluate(str(tiny), tasks=tasks, limit=6)
    with running([open_engine(resolve(str(tiny)))]) as base:
        there = wellhead.evaluate(f"{base}/v1", tasks=tasks, limit=6, out=tmp_path / "kept")
        again = wellhead.evaluate(f"{base}/v1", tasks=tasks, limit=6, out=tmp_path / "kept")
    assert [each.accuracy for each in there.scores] == [each.accuracy for each in here.scores]
    for mine, theirs in zip(here.scores, there.scores, strict=True):
        assert theirs.bits_per_byte == pytest.approx(mine.bits_per_byte, rel=1e-4)
    assert again.scores == there.scores


def test_an_endpoint_that_tells_no_probabilities_is_refused_with_what_to_give_instead():
    with running([ScriptedEngine("parrot")]) as base, pytest.raises(BadSetting, match="checkpoint"):
        wellhead.evaluate(f"{base}/v1", tasks=TASKS)
