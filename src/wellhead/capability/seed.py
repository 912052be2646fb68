"""The suite `seed`: the public benchmarks that model makers report, from files on this disk.

Each task names its file and the entry of the dataset catalogue that brings it:
``wellhead corpus fetch eval-arc --out DATA``, then ``wellhead evaluate MODEL --tasks seed --data
DATA``. Prompts and metrics are those of lm-eval's own tasks of the same names, restated here
because those load their data from a hub; what differs is named in `Task.settings`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from wellhead.capability.programs import HUMANEVAL
from wellhead.capability.suites import CHOICE, NEXT, Task, mean_of
from wellhead.errors import BadInput

__all__ = ["FILES", "seed_tasks"]

Row = dict[str, Any]

OPEN: dict[str, Any] = {
    "output_type": "generate_until",
    "doc_to_text": lambda item: item["context"],
    "doc_to_target": lambda item: item["answers"],
    "generation_kwargs": {"until": ["\n", ".", ","], "do_sample": False, "max_gen_toks": 32},
    "filter_list": [
        {
            "name": "remove_whitespace",
            "filter": [{"function": "remove_whitespace"}, {"function": "take_first"}],
        }
    ],
    "metric_list": mean_of("exact_match", ignore_case=True, ignore_punctuation=True),
}
NQ: dict[str, Any] = {
    **OPEN,
    "description": "Answer these questions:\n\n",
    "fewshot_delimiter": "\n",
    "metric_list": mean_of(
        "exact_match",
        ignore_case=True,
        ignore_punctuation=True,
        regexes_to_ignore=[r"\b(?:The |the |An |A |The |a |an )"],
    ),
}
GSM8K: dict[str, Any] = {
    **OPEN,
    "doc_to_target": lambda item: item["answers"][0],
    "generation_kwargs": {
        "until": ["Question:", "</s>", "<|im_end|>"],
        "do_sample": False,
        "max_gen_toks": 256,
    },
    "filter_list": [
        {
            "name": "strict-match",
            "filter": [
                {"function": "regex", "regex_pattern": r"#### (\-?[0-9\.\,]+)"},
                {"function": "take_first"},
            ],
        }
    ],
    "metric_list": mean_of(
        "exact_match",
        ignore_case=True,
        ignore_punctuation=False,
        regexes_to_ignore=[",", r"\$", "(?s).*#### ", r"\.$"],
    ),
}
# The two sentences differ before the blank; what stands after it is scored.
WINOGRANDE: dict[str, Any] = {
    "output_type": "multiple_choice",
    "doc_to_text": lambda item: item["gold"],
    "doc_to_target": lambda item: item["continuation"],
    "doc_to_choice": lambda item: item["context_options"],
    "metric_list": mean_of("acc"),
}


class File(NamedTuple):
    """Where the items of a task lie, and what makes one of a line.

    Args:
        name: of the file.
        dataset: of the catalogue, which brings it.
        item: a line as an item.
    """

    name: str
    dataset: str
    item: Callable[[Row], Row]


def _answered(row: Row) -> Row:
    """A question with ends to choose from."""
    context = str(row["query"]).strip() + "\nAnswer:"
    return {"context": context, "choices": row["choices"], "gold": row["gold"]}


def _passage(row: Row) -> Row:
    return {**_answered(row), "context": row["query"].removeprefix("Passage: ") + "\nAnswer:"}


def _ended(row: Row) -> Row:
    return {"context": row["query"], "choices": row["choices"], "gold": row["gold"]}


def _last_word(row: Row) -> Row:
    return {"context": row["context"], "answer": row["continuation"]}


def _two_sentences(row: Row) -> Row:
    return {name: row[name] for name in ("context_options", "continuation", "gold")}


def _trivia(row: Row) -> Row:
    return {"context": row["context"], "answers": [row["answer"], *row["aliases"]]}


def _natural(row: Row) -> Row:
    return {"context": f"Q: {row['question']}?\nA:", "answers": row["answer"]}


def _worked(row: Row) -> Row:
    return {"context": f"Question: {row['question']}\nAnswer:", "answers": [row["answer"]]}


FILES = {
    "triviaqa": File("triviaqa_sm_sub.jsonl", "eval-triviaqa", _trivia),
    "nq_open": File("NQ-open.dev.jsonl", "eval-nq-open", _natural),
    "hellaswag": File("hellaswag.jsonl", "eval-hellaswag", _ended),
    "piqa": File("piqa.jsonl", "eval-piqa", _answered),
    "boolq": File("boolq.jsonl", "eval-boolq", _passage),
    "winogrande": File("winogrande.jsonl", "eval-winogrande", _two_sentences),
    "arc_easy": File("arc_easy.jsonl", "eval-arc", _answered),
    "arc_challenge": File("arc_challenge.jsonl", "eval-arc", _answered),
    "lambada": File("lambada_openai.jsonl", "eval-lambada", _last_word),
    "gsm8k": File("gsm8k-test.jsonl", "eval-gsm8k", _worked),
    "mmlu": File("mmlu.jsonl", "eval-mmlu", _answered),
    "humaneval": File("HumanEval.jsonl.gz", "eval-humaneval", dict),
}
ANY_SUBJECT = "questions as LLM Foundry words them, solved examples of any subject"
SAME_FILE = "solved examples come from the test file itself (never the item that is asked)"
BOOLQ = {**CHOICE, "metric_list": mean_of("acc")}
MMLU = BOOLQ


def seed_tasks(folder: Path) -> tuple[Task, ...]:
    """The tasks, with their items in `folder`."""

    def task(name: str, title: str, form: Mapping[str, Any], row: str, **more: Any) -> Task:
        return Task(name, title, form, partial(_rows, folder, name), published=row, **more)

    return (
        task(
            *("triviaqa", "TriviaQA, closed book", OPEN, "TriviaQA EM"),
            settings=("3,000 of the questions, as chosen by the authors of LLM Foundry",),
        ),
        task("nq_open", "Natural Questions, closed book", NQ, "Natural Questions EM"),
        task("hellaswag", "HellaSwag", CHOICE, "HellaSwag"),
        task("piqa", "PIQA", CHOICE, "PIQA"),
        task("boolq", "BoolQ", BOOLQ, "BoolQ"),
        task("winogrande", "WinoGrande", WINOGRANDE, "WinoGrande"),
        task("arc_easy", "ARC, easy set", CHOICE, "ARC-E"),
        task("arc_challenge", "ARC, challenge set", CHOICE, "ARC-C"),
        task("lambada", "LAMBADA, OpenAI's version", NEXT, "LAMBADA"),
        task("gsm8k", "GSM8K", GSM8K, "GSM8K", shots=5, settings=(SAME_FILE,)),
        task("mmlu", "MMLU", MMLU, "MMLU", shots=5, settings=(SAME_FILE, ANY_SUBJECT)),
        task("humaneval", "HumanEval", HUMANEVAL, "HumanEval pass@1"),
    )


def _rows(folder: Path, name: str) -> list[Row]:
    file = FILES[name]
    path = folder / file.name
    if not path.is_file():
        raise BadInput(
            f"task {name}: expected {path}. Get it with: wellhead corpus fetch {file.dataset} "
            f"--out {folder}; or name another folder with --data."
        )
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as stream
        ):
            return [file.item(json.loads(line)) for line in stream if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path}: expected one JSON object a line, in the form that wellhead corpus fetch "
            f"{file.dataset} brings: {type(error).__name__} {error}"
        ) from None
