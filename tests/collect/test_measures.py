"""The measures of the writing process say what their definitions say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tape import Tape

from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.measures import MEASURES

DOCS = Path(__file__).parents[2] / "docs" / "collect-measures.md"


class Hand(Tape):
    """Presses real keys at times of one's choosing."""

    def press(self, text: str, *, after: int = 100, p: int | None = None) -> None:
        """Each key `after` ms after the last, held for 60."""
        for character in text:
            self.t += after - 10 - (60 if self.next else 0)
            key = self.log("key", c={" ": "space"}.get(character, "letter"))
            place = len(self.truth) if p is None else p
            self.t -= 10
            self.splice(
                place, 0, character, "typed", it="insertText", kd=key, cc=[1, 0, 0, 0, 0, 0]
            )
            self.t += 50
            self.log("key", a="u", c="letter", of=key, dw=60)
            p = None if p is None else p + 1

    def wait(self, ms: int) -> None:
        self.t += ms

    def rub(self, count: int) -> None:
        for _ in range(count):
            self.t += 90
            self.splice(len(self.truth) - 1, 1, "", "", it="deleteContentBackward")

    def measured(self, **options: Any) -> dict[str, Any]:
        stored = self.stored()
        return derive(stored, self.text, **options).measures


def test_intervals_holds_and_flights_are_those_of_the_keys() -> None:
    """A hundred ms between presses, sixty held; a word begins after three hundred."""
    hand = Hand()
    hand.press("abc")
    hand.press(" ")
    hand.press("d", after=300)
    hand.press("ef")
    found = hand.measured()
    assert found["keystrokes"] == 7
    assert found["iki_median_ms"] == found["iki_within_word_median_ms"] == 100
    assert found["iki_before_word_median_ms"] == 300
    assert found["key_hold_median_ms"] == 60
    assert found["flight_median_ms"] == 40
    assert found["rollover_share"] == 0


def test_pauses_and_bursts_are_split_at_two_seconds_and_by_revisions() -> None:
    """Ten characters, a pause, five of which two are taken back, then three more."""
    hand = Hand()
    hand.press("abcdefghij")
    hand.press("k", after=5_000)
    hand.press("lmno")
    hand.rub(2)
    hand.press("pqr")
    found = hand.measured()
    assert (found["pauses"], found["pause_longest_s"]) == (1, 5.0)
    assert (found["p_bursts"], found["p_burst_length_mean"]) == (2, 6.5)
    assert (found["r_bursts"], found["r_burst_length_mean"]) == (1, 5.0)
    assert (found["characters_produced"], found["characters_deleted"]) == (18, 2)
    assert found["deletion_rate"] == pytest.approx(2 / 18, abs=1e-4)
    assert (found["revisions"], found["leading_edge_revisions"]) == (1, 1)
    assert found["product_process_ratio"] == pytest.approx(16 / 18, abs=1e-4)


def test_writing_within_the_text_is_an_insertion() -> None:
    """It lowers linearity, and what is deleted there is a revision in the text."""
    hand = Hand()
    hand.press("abcdefgh")
    hand.press("xy", p=2)
    hand.splice(0, 3, "", "", it="deleteContentForward")
    found = hand.measured()
    assert (found["i_bursts"], found["linearity"]) == (1, 0.8)
    assert (found["in_text_revisions"], found["revision_length_mean"]) == (1, 3.0)


def test_sentences_are_found_in_the_text_that_stayed() -> None:
    """The interval before a sentence's first letter; "3.5" is no end of one."""
    hand = Hand()
    hand.press("It is 3.5. ")
    hand.press("N", after=900)
    hand.press("ow. ")
    hand.press("T", after=700)
    hand.press("hen")
    assert hand.measured()["iki_before_sentence_mean_ms"] == 800


def test_sources_are_time_away_and_pastes_are_no_production() -> None:
    """Window and tab left together are one visit."""
    hand = Hand()
    hand.press("ab")
    hand.log("win", on=0)
    hand.log("vis", on=0)
    hand.wait(7_970)
    hand.log("vis", on=1)
    hand.log("win", on=1)
    hand.paste("from elsewhere")
    found = hand.measured()
    assert (found["source_visits"], found["source_time_s"]) == (1, 8.0)
    assert (found["pastes_in"], found["characters_pasted"]) == (1, 14)
    assert found["characters_produced"] == 2


def test_speed_is_told_by_the_minute() -> None:
    """And what came before the answer is not counted."""
    hand = Hand()
    hand.press("warm up")
    hand.truth = []
    hand.log("phase", name="answer", d=7)
    hand.press("abc")
    hand.wait(60_000)
    hand.press("de")
    found = hand.measured()
    assert found["characters_by_minute"] == [3, 2]
    assert (found["characters_produced"], found["characters_final"]) == (5, 5)


def test_without_keys_or_events_nothing_is_made_up() -> None:
    """At the level of summaries intervals are empty, and the rest still counts."""
    hand = Hand()
    hand.splice(0, 0, "word", "x", it="insertText", cc=[4, 0, 0, 0, 0, 0])
    found = hand.measured(level="summary")
    assert (found["keystrokes"], found["iki_median_ms"]) == (None, None)
    assert found["characters_final"] == 4
    nothing = derive([], "").measures
    assert set(nothing) == {*MEASURES, "characters_by_minute"}
    assert not any(nothing.values())


def test_every_measure_is_defined_in_the_docs() -> None:
    """Name, unit and words are those of the code, in its order; about forty or more."""
    rows = re.findall(r"(?m)^\| `(\w+)` \| (.+?) \| (.+?) \|$", DOCS.read_text())
    assert rows == [(name, one.unit, one.says) for name, one in MEASURES.items()]
    assert len(MEASURES) >= 40
