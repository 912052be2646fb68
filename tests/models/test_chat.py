"""A conversation without a browser: which models answer, what is told of them, the terminal."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import wellhead as front
from wellhead._waiting import wait_for
from wellhead.models.chat import choose, open_panel
from wellhead.models.chat.facts import copied, lost_words, repeated, surprise
from wellhead.models.chat.panel import Answered
from wellhead.models.chat.training import TrainingText, read_training_text
from wellhead.models.engine import Message, Prompt
from wellhead.models.resolve import Origin
from wellhead.recursion.families.words import WORD

SETTINGS = [
    {"label": "replace", "regime": "replace"},
    {"label": "accumulate", "regime": "accumulate"},
]
TEXT = "\n".join(
    f"The {noun} of the union is {word} and the people are {word} in the year {year}."
    for year in range(1800, 1990)
    for noun, word in [("state", "strong"), ("condition", "prosperous")]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two regimes that kept its models."""
    pytest.importorskip("torch", reason="needs wellhead[lm]")
    folder = tmp_path_factory.mktemp("chat")
    (folder / "text.txt").write_text(TEXT)
    family = {
        "name": "transformer",
        "parameters": 0.01,
        "vocabulary": 300,
        "epochs": 1,
        "output_blocks": 8,
        "validation": 0.1,
        "keep_models": True,
        "corpus": str(folder / "text.txt"),
    }
    experiment = {"seed": 3, "seeds": 1, "generations": 2, "family": family, "settings": SETTINGS}
    front.collapse(experiment, out=folder / "run")
    return folder / "run"


def origin(run: Path, cell: str, number: int) -> Origin:
    return Origin(run, run / "generations" / cell, number)


def test_a_run_answers_as_its_generation_0_and_its_last(run: Path):
    choice = choose(str(run))
    assert [found.origin.number for found in choice.models if found.origin] == [0, 2]
    assert (choice.shown, choice.reference) == (2, choice.models[0])


def test_one_generation_stands_beside_generation_0_and_two_are_judged_by_it(run: Path):
    assert [m.origin.number for m in choose(f"{run}@1").models if m.origin] == [0, 1]
    two = choose(f"{run}@1", f"{run}@2")
    assert [m.origin.number for m in two.models if m.origin] == [1, 2, 0]
    assert (two.shown, two.reference) == (2, two.models[2])


def test_any_two_models_stand_side_by_side_and_the_first_judges():
    choice = choose("scripted:echo", "http://127.0.0.1:1/v1#far")
    assert [found.name for found in choice.models] == ["scripted:echo", "far"]
    assert (choice.shown, choice.reference.name) == (2, "scripted:echo")
    assert choose("scripted:echo").shown == 1


def test_replacement_learned_from_the_newest_machine_text_alone(run: Path):
    """The lost words against a literal count over what the run kept."""
    found = read_training_text(origin(run, "000-replace-00", 2))
    table = pq.read_table(run / "generations" / "000-replace-00" / "0003" / "data.parquet")
    kept = {
        word.lower()
        for text in table["text"].to_pylist()
        for word in WORD.findall(text)[1:-1]
        if word[0].isalnum()
    }
    assert set(found.lost) == found.real - kept
    assert {"1805", "1950"} & set(found.lost)


def test_generation_0_and_accumulation_lost_no_word(run: Path):
    assert read_training_text(origin(run, "000-replace-00", 0)).lost == ()
    assert read_training_text(origin(run, "001-accumulate-00", 2)).lost == ()


def test_the_share_of_words_left_is_that_which_the_run_measured(run: Path):
    """Words alone, in one case: marks and case are what the run's own measure counts as well."""
    found = read_training_text(origin(run, "000-replace-00", 2))
    measured = pq.read_table(run / "cells" / "000-replace-00.parquet")["vocabulary"][2].as_py()
    assert 1 - len(found.lost) / len(found.real) == pytest.approx(measured, abs=0.03)


def test_the_longest_copy_is_quoted_from_the_answer(run: Path):
    training = read_training_text(origin(run, "000-replace-00", 0))
    fact = copied("Zounds! the people are strong in the year zounds.", training)
    assert fact.value == "7 words and marks"
    assert fact.note == "“the people are strong in the year”"
    assert copied("Zounds", training).value == "none"


def test_lost_words_of_the_prompt_and_the_other_answer_come_first():
    training = TrainingText(
        {}, np.array([], dtype=np.int64), frozenset("abc"), ("a", "b"), True, True, None
    )
    assert lost_words(training, "B and A").note == "Of your prompt and the other answer: b, a."
    assert lost_words(training, "nothing").note == "Most frequent in the real text: a, b."
    assert lost_words(training, "").value == "2 of 3"


def test_repeated_phrases_and_surprise_are_those_of_their_definitions():
    assert repeated("a b c d a b c d").value == "20%"
    assert repeated("a b c").value == "too short to say"
    assert repeated("a b c d").note == "Of 1 phrase in this answer."
    told = surprise(8 * math.log(2), "ab", "generation 0", 2.5)
    assert told.value == "4.00 bits per byte"
    assert "2.50" in told.note
    assert surprise(None, "ab", "x", None).value == "not known"


def test_generation_0_judges_both_answers_as_its_engine_does(run: Path):
    panel = open_panel(choose(str(run)))
    asked, text = "The state of", " the union is strong"
    zero = panel.engines[panel.reference]
    nats = wait_for(zero.surprise(Prompt(asked), text))
    assert nats is not None
    bits = nats / math.log(2) / len(text)
    for name in panel.shown:
        facts = wait_for(panel.facts(Answered(name, (Message("user", asked),), text)))
        assert facts[0].value == f"{bits:.2f} bits per byte"
        assert [fact.name for fact in facts][1:] == [
            "Repeated 4-word phrases",
            "Longest copy from its training text",
            "Words it can no longer say",
        ]
    for engine in panel.engines.values():
        wait_for(engine.close())


def test_a_training_text_that_is_gone_is_said_to_be(run: Path, tmp_path: Path):
    import shutil

    moved = tmp_path / "moved"
    shutil.copytree(run, moved)
    (moved / "generations" / "000-replace-00" / "0002" / "data.parquet").unlink()
    panel = open_panel(choose(str(moved)))
    told = wait_for(panel.facts(Answered(panel.shown[1], (Message("user", "x"),), "y")))
    assert told[-1].value == "not known"
    assert "not there any more" in told[-1].note
    for engine in panel.engines.values():
        wait_for(engine.close())


def scripted(tmp_path: Path) -> list[str]:
    lines = [
        {"when": "crash", "say": "one two three", "fail_after": 2},
        {"when": "steer", "say": "\x1b[2Jgone"},
        {"when": "slow", "say": "word " * 500, "pace": 0.02},
        {"say": "Anything."},
    ]
    (tmp_path / "two.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return ["chat", "scripted:echo", f"scripted:{tmp_path / 'two.jsonl'}", "--terminal"]


def test_a_pipe_of_prompts_gives_a_line_of_json_each(wellhead, tmp_path: Path):
    done = wellhead(*scripted(tmp_path), "--json", stdin="good day\ncrash\n/again\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [[a["text"] for a in row["answers"]] for row in rows] == [
        ["good day", "Anything."],
        ["crash", "one two"],
        ["crash", "one two"],
    ]
    assert [row["seed"] for row in rows] == [1, 1, 2]
    assert rows[1]["answers"][0]["error"] is None
    assert "failed" in rows[1]["answers"][1]["error"]


def test_what_a_model_says_cannot_steer_the_terminal(wellhead, tmp_path: Path):
    done = wellhead(*scripted(tmp_path), stdin="steer\n")
    assert "\x1b" not in done.stdout
    assert "[2Jgone" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_ctrl_c_stops_the_answer_and_the_conversation_goes_on(tmp_path: Path):
    import pty
    import select
    import time

    pid, end = pty.fork()
    if pid == 0:
        os.environ.update(COLUMNS="100", TERM="xterm", NO_COLOR="1")
        os.execv(sys.executable, [sys.executable, "-m", "wellhead", *scripted(tmp_path)])
    shown = ""

    def until(words: str) -> None:
        nonlocal shown
        limit = time.monotonic() + 60
        while words not in shown and time.monotonic() < limit:
            if select.select([end], [], [], 0.2)[0]:
                shown += os.read(end, 65536).decode(errors="replace")
        assert words in shown, shown[-2000:]

    try:
        until("> ")
        os.write(end, b"slow\n")
        until("word word word")
        os.write(end, b"\x03")
        until("stopped")
        shown = ""
        os.write(end, b"good day\n")
        until("Anything.")
        until("> ")
        os.write(end, b"/quit\n")
        assert os.waitpid(pid, 0)[1] == 0
    finally:
        os.close(end)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_json_without_the_terminal_is_refused(wellhead):
    done = wellhead("chat", "scripted:echo", "--json")
    assert done.returncode == 2
    assert "--terminal" in done.stderr
