"""The picture of a session and its replay say what the coloured text says."""

from __future__ import annotations

from typing import Any

import pytest
from tape import Tape

from wellhead.collect.derive.insertions import origins_by_event
from wellhead.collect.derive.provenance import line_up
from wellhead.collect.derive.replay import replay
from wellhead.collect.playback import COVER, playback
from wellhead.collect.review.timeline import Timeline, timeline


def drawn(tape: Tape, *, assisted: bool = False) -> tuple[Timeline, list[list[Any]]]:
    """Timeline and replay of a tape, as the page of an answer shows them."""
    stored = tape.stored()
    bodies = [one.body for one in stored]
    events = [event for body in bodies for event in body.read()]
    replayed = replay(bodies, assisted=assisted)
    births = line_up(tape.text, replayed, None)
    origins = origins_by_event(replayed, births, events, assisted=assisted)
    return timeline(events, replayed.births, origins), playback(stored, tape.text, origins)


def characters(line: Timeline) -> dict[str, int]:
    """How many characters the bars of each row speak of."""
    return {
        row.name: sum(int(bar.says.split()[0]) for bar in row.bars)
        for row in line.rows
        if row.bars and row.name not in ("pasted", "copied", "away", "flags")
    }


def test_other_texts_stand_in_a_row_of_their_own_and_are_not_replayed() -> None:
    """A field beside the answer, left and taken up again, is neither typing of it nor its text."""
    tape = Tape()
    tape.log("phase", name="title")
    tape.type("Sheep")
    tape.close()
    title, tape.truth = tape.truth, []
    tape.log("phase", name="answer", d=5)
    tape.type("One")
    tape.close()
    answer, tape.truth = tape.truth, title
    tape.log("phase", name="title", d=3, n=5)
    tape.type("!")
    tape.close()
    tape.truth = answer
    tape.log("phase", name="answer", d=6, n=3)
    tape.type(" two")
    line, steps = drawn(tape)
    assert characters(line) == {"typed": 7, "other texts": 6}
    assert "".join(step[3] for step in steps) == "One two"
    assert all(step[4] == "typed" for step in steps)


def test_the_row_typed_holds_nothing_but_typing() -> None:
    """Scripted, dictated, completed and unnoticed text each stand in a row of their own."""
    tape = Tape()
    tape.type("typed")
    words = [7, 0, 1, 0, 0, 0]
    tape.splice(5, 0, "by tool!", "scripted", it="insertText", bi=0, cc=words)
    tape.splice(13, 0, "by voice", "dictation_or_assistive", it="insertText", cc=words)
    tape.splice(21, 0, "unseen", "unobserved", kind="desync", by="timer")
    tape.paste("from elsewhere")
    line, _ = drawn(tape)
    assert characters(line) == {"typed": 5, "assisted": 8, "program": 8, "unobserved": 6}
    [pasted] = next(row.bars for row in line.rows if row.name == "pasted")
    assert (pasted.kind, "paste of 14 characters from outside" in pasted.says) == ("outside", True)


def test_declared_dictation_is_drawn_as_dictation() -> None:
    """What a declared tool inserts by script stands in the row of assistance, also unnoticed."""
    tape = Tape()
    tape.splice(0, 0, "by voice", "x", it="insertText", bi=0, cc=[7, 0, 1, 0, 0, 0])
    tape.splice(8, 0, "more", "x", kind="desync", by="timer")
    line, _ = drawn(tape, assisted=True)
    assert characters(line) == {"assisted": 12}


def test_the_replay_ends_with_the_answer_in_the_colours_of_the_answer() -> None:
    """Each step has one origin, and what an undo brings back is shown as what it was."""
    tape = Tape()
    tape.type("Mine. ")
    pasted = tape.paste("Theirs.")
    tape.splice(6, 7, "", "", it="deleteContentBackward")
    tape.truth += [(bytes(unit, "utf-16-le"), "paste_outside") for unit in "Theirs."]
    tape.log("edit", p=6, n=7, it="historyUndo", back=pasted)
    tape.type("x")
    tape.splice(13, 1, "", "", it="deleteContentBackward")
    _, steps = drawn(tape)
    text: list[tuple[str, str]] = []
    for _, p, d, put, origin in steps:
        text[p : p + d] = [(unit, origin) for unit in put]
    assert "".join(unit for unit, _ in text) == tape.text == "Mine. Theirs."
    assert [origin for _, origin in text] == ["typed"] * 6 + ["paste_outside"] * 7
    assert [step[3] for step in steps if COVER in step[3]] == [COVER]


@pytest.mark.parametrize("end_ms", [300, 4_000, 59_000, 600_000, 3 * 3_600_000])
def test_the_axis_of_a_session_has_a_handful_of_times(end_ms: int) -> None:
    """Whether it lasted a moment or hours, ticks differ from each other and are round."""
    tape = Tape()
    tape.type("a")
    tape.t = end_ms - 10
    tape.type("b")
    labels = [label for _, label in drawn(tape)[0].ticks]
    assert 3 <= len(labels) <= 9
    assert len(set(labels)) == len(labels)
