"""The suite `seed` on files of each benchmark's own format: what is asked, and that it is scored.

The items are made up. Two engines of the test answer: one knows every right answer, one none, so
each task must give the first full marks and the second none.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

pytest.importorskip("lm_eval", reason="needs wellhead[evaluate]")
pytest.importorskip("fastapi", reason="needs wellhead[chat]")
from running_server import running

import wellhead
from wellhead.errors import BadInput
from wellhead.models.engine import Piece, Prompt, TokenLog, Usage

# Of each file, its lines as published, and the right answer after the end of its prompt.
QUESTION = {"query": "Question: What falls from clouds?", "choices": ["rain", "bread"], "gold": 0}
FILES = {
    "triviaqa_sm_sub.jsonl": {
        "context": "Question: Which well is deep?\nAnswer:",
        "answer": "Old Well",
        "aliases": ["The Old Well", "Old Well"],
    },
    "NQ-open.dev.jsonl": {"question": "who dug the well", "answer": ["Ann Wells", "Ann"]},
    "hellaswag.jsonl": {
        "query": "Drawing water: A woman stands by a well. She",
        "choices": ["eats the rope.", "lets the bucket down.", "sings a stone.", ", a cloud."],
        "gold": 1,
    },
    "piqa.jsonl": {
        "query": "Question: How do I keep a bucket dry?\n",
        "choices": ["Fill it.", "Turn it over."],
        "gold": 1,
    },
    "boolq.jsonl": {
        "query": "Passage: A well is a hole.\nQuestion: is a well a hole?",
        "choices": ["no", "yes"],
        "gold": 1,
    },
    "winogrande.jsonl": {
        "context_options": ["The cup broke, not the jug: the jug", "The cup broke: the cup"],
        "continuation": "was made of glass.",
        "gold": 1,
    },
    "arc_easy.jsonl": QUESTION,
    "arc_challenge.jsonl": QUESTION | {"query": "Question: What rises from the sea?"},
    "lambada_openai.jsonl": {"context": "He drank and said that it was", "continuation": "water"},
}
SUMS = [
    {
        "question": f"A well has {n} buckets and gets 2 more. How many are there?",
        "answer": f"It has {n} + 2 = <<{n}+2={n + 2}>>{n + 2}.\n#### {n + 2}",
    }
    for n in range(7)
]
SUBJECTS = [
    {
        "query": f"Question: Which is {n}?\n(A) {n} (B) none (C) all (D) some\n",
        "gold": 0,
        "choices": ["A", "B", "C", "D"],
        "category": "numbers",
    }
    for n in range(7)
]
PROGRAM = {
    "task_id": "Wells/0",
    "prompt": 'def deeper(a, b):\n    """The deeper of two."""\n',
    "entry_point": "deeper",
    "canonical_solution": "    return max(a, b)\n",
    "test": "def check(candidate):\n    assert candidate(2, 3) == 3\n",
}
RIGHT = {
    "Question: Which well is deep?\nAnswer:": " Old Well",
    "Q: who dug the well?\nA:": " Ann Wells",
    "Drawing water: A woman stands by a well. She": " lets the bucket down.",
    "Question: How do I keep a bucket dry?\nAnswer:": " Turn it over.",
    "A well is a hole.\nQuestion: is a well a hole?\nAnswer:": " yes",
    "The cup broke: the cup": " was made of glass.",
    "Question: What falls from clouds?\nAnswer:": " rain",
    "Question: What rises from the sea?\nAnswer:": " rain",
    "He drank and said that it was": " water",
    PROGRAM["prompt"]: PROGRAM["canonical_solution"],
    **{f"Question: {each['question']}\nAnswer:": f" {each['answer']}" for each in SUMS},
    **{f"{each['query'].strip()}\nAnswer:": " A" for each in SUBJECTS},
}
WORD = re.compile(r"\s*\S+")


class Knowing:
    """Finds right answers likely and writes them, or does neither; a token is a word."""

    chats, context, places = False, None, 4

    def __init__(self, name: str, *, knows: bool) -> None:
        self.name, self.knows = name, knows
        self.asked: list[str] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        self.asked.append(prompt.text)
        known = (answer for end, answer in RIGHT.items() if prompt.text.endswith(end))
        told = next(known, " ?") if self.knows else " 0"
        yield Piece(told, finish="stop", usage=Usage(1, 1))

    async def surprise(self, prompt: Prompt, text: str) -> float | None:
        return None

    async def echo(self, text: str, others: int = 0) -> tuple[TokenLog, ...]:
        self.asked.append(text)
        right = any(text.endswith(end + answer) for end, answer in RIGHT.items())
        likely = right == self.knows
        logprob = -0.1 if likely else -3.0
        return tuple(TokenLog(word, logprob, (("?", -1.0),)) for word in WORD.findall(text))

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, row in FILES.items():
        (tmp_path / name).write_text(json.dumps(row) + "\n", encoding="utf-8")
    for name, rows in (("gsm8k-test.jsonl", SUMS), ("mmlu.jsonl", SUBJECTS)):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with gzip.open(tmp_path / "HumanEval.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write(json.dumps(PROGRAM) + "\n")
    return tmp_path


def test_every_public_benchmark_loads_from_its_file_and_scores_right_and_wrong(files: Path):
    engines = [Knowing("sage", knows=True), Knowing("fool", knows=False)]
    with running(engines) as base:
        found = wellhead.evaluate(
            *(f"{base}/v1#{engine.name}" for engine in engines),
            tasks=["seed", "humaneval"],
            data=files,
            confirm_run_unsafe_code=True,
        )
    shares = {(score.model, score.task): score.accuracy for score in found.scores}
    assert len(shares) == 2 * 12
    assert [each for each, share in shares.items() if share != (each[0] == "sage")] == []
    assert all(score.bits_per_byte is not None for score in found.scores)
    chances = {score.task: score.chance for score in found.scores}
    assert (chances["hellaswag"], chances["mmlu"], chances["piqa"]) == (0.25, 0.25, 0.5)
    assert chances["gsm8k"] == chances["humaneval"] == chances["lambada"] == 0


def test_solved_examples_come_before_a_question_and_are_never_the_question_itself(files: Path):
    sage = Knowing("sage", knows=True)
    with running([sage]) as base:
        wellhead.evaluate(f"{base}/v1", tasks=["gsm8k", "mmlu"], data=files)
    written = [text for text in sage.asked if "buckets" in text and text.endswith("Answer:")]
    assert len(set(written)) == 7
    for text in written:
        *solved, last = [part for part in text.split("\n\n") if part]
        assert len(solved) == 5
        assert all("####" in each for each in solved)
        assert last.removesuffix("Answer:") not in "".join(solved)
    (files / "mmlu.jsonl").write_text(json.dumps(SUBJECTS[0]), encoding="utf-8")
    with running([sage]) as base, pytest.raises(BadInput, match="--shots"):
        wellhead.evaluate(f"{base}/v1", tasks=["mmlu"], data=files)
    letters = {text for text in sage.asked if "(A)" in text and text.endswith("Answer: A")}
    assert {text.count("Answer: A") for text in letters} == {6}
