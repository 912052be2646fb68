"""Texts from packages: what is cut, how Brown is set as print, and which outputs are not used."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))
from make_more_texts import CHATS, SMOLLM2, Job, fault_of, prompt_of
from more_people import stretches, without_tags

PERSON = (
    "The committee met on Tuesday to hear what the farmers of the valley thought about a new road. "
    "Most of them wanted it before winter, since the old track floods each autumn and lorries "
    "cannot pass. Two asked who would pay, and nobody from the county had an answer ready."
)


def job(model: str = SMOLLM2, kind: str = "plain") -> Job:
    return Job(model, kind, "brown", "brown-press", "news", "ca01", PERSON)


def test_stretches_are_whole_paragraphs_of_300_to_2000_characters() -> None:
    paragraphs = [("word " * size).strip() for size in (20, 90, 500, 70, 10, 300)]
    found = list(stretches(paragraphs, seed=1))
    assert found
    assert all(300 <= len(one) <= 2000 for one in found)
    assert all(part in paragraphs for one in found for part in one.split("\n"))
    assert found == list(stretches(paragraphs, seed=1))


def test_a_file_of_brown_reads_as_print() -> None:
    tagged = "``/`` Is/bez it/pps ''/'' ?/. ?/.\n\n\tHe/pps left/vbd ,/, ``/`` alone/rb ''/'' ./."
    assert without_tags(tagged) == ['"Is it?"', 'He left, "alone."']


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("I'm sorry, but I cannot help with that.", "refusals"),
        ("Too short.", "short or empty"),
        ("the road is long and " * 30, "loops"),
        (PERSON, "copies"),
    ],
)
def test_refusals_loops_copies_and_empty_outputs_are_dropped(text: str, fault: str) -> None:
    assert fault_of(job(), text) == fault


def test_only_a_chat_is_given_a_task() -> None:
    start = " ".join(PERSON.split()[:24])
    assert prompt_of(job("gemma-3-270m-base", "continue"), 100) == start
    assert all(prompt_of(job(kind=kind), 100) != start for kind in CHATS)
