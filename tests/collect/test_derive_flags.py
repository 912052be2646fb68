"""Flags rest on evidence, and honest oddities are not held against anybody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tape import Tape

from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.content import keyed_hash
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.derive.origins import ORIGINS, origin_of
from wellhead.collect.derive.outcome import OUTCOMES, outcome_of
from wellhead.collect.schema import Clip, Edit

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = "A foreign passage that is long enough to count as a real insertion, and then some."


def flags(tape: Tape) -> dict[str, tuple[str, tuple[int, ...]]]:
    answer = derive(tape.stored(), tape.text)
    return {flag.name: (flag.strength, flag.evidence) for flag in answer.flags}


def copy_task(tape: Tape, cover: int = 1000) -> int:
    return tape.log("clip", a="copy", n=400, task_cov=cover, **{"from": "task"})


def test_a_round_trip_names_the_copy_the_absence_and_the_paste():
    tape = Tape()
    copied = copy_task(tape)
    left = tape.log("win", on=0)
    tape.log("win", on=1)
    pasted = tape.paste(FOREIGN)
    assert flags(tape)["round_trip"] == ("strong", (copied, left, pasted))


def test_copying_the_task_and_writing_oneself_is_no_round_trip():
    tape = Tape()
    copy_task(tape)
    tape.log("win", on=0)
    tape.log("win", on=1)
    tape.type("My own words about it, typed here.")
    assert flags(tape) == {}


def test_quoting_the_task_is_no_round_trip():
    tape = Tape()
    copied = copy_task(tape)
    tape.paste(FOREIGN, "task", src_cov=1000, ref=copied)
    assert "round_trip" not in flags(tape)


def test_a_foreign_paste_before_the_task_was_copied_is_no_round_trip():
    tape = Tape()
    tape.paste(FOREIGN)
    copy_task(tape)
    assert "round_trip" not in flags(tape)


def test_a_round_trip_that_did_not_stay_is_a_note():
    tape = Tape()
    copy_task(tape)
    tape.paste(FOREIGN)
    tape.splice(0, len(FOREIGN), "", "typed", it="deleteContentBackward")
    tape.type("My own words about it, typed here.")
    assert {strength for strength, _ in flags(tape).values()} == {"note"}


def test_a_long_absence_before_a_foreign_paste_is_noticed_and_a_short_one_is_not():
    for away, expected in ((60_000, True), (2_000, False)):
        tape = Tape()
        tape.type("Beginning ")
        tape.log("vis", on=0)
        tape.t += away
        tape.log("vis", on=1)
        tape.paste(FOREIGN)
        assert ("away_then_insert" in flags(tape)) is expected


def test_an_absence_before_typing_is_no_flag():
    tape = Tape()
    tape.log("vis", on=0)
    tape.t += 600_000
    tape.log("vis", on=1)
    tape.type("Back from lunch.")
    assert flags(tape) == {}


def test_keys_without_any_dwell_are_a_note_and_never_more():
    tape = Tape()
    for _ in range(80):
        key = tape.log("key", c="letter")
        tape.log("key", a="u", c="letter", of=key, dw=0)
        tape.splice(len(tape.truth), 0, "a", "typed", it="insertText", kd=key)
    assert flags(tape)["mechanical_keys"][0] == "note"
    assert derive(tape.stored(), tape.text).outcome == "typed"


def test_a_little_foreign_text_is_an_aside():
    tape = Tape()
    tape.type("w" * 95)
    tape.paste("12345")
    answer = derive(tape.stored(), tape.text)
    assert (answer.outcome, answer.flags) == ("typed", ())


def test_flag_evidence_are_events_of_the_log():
    tape = Tape()
    copy_task(tape)
    tape.paste(FOREIGN)
    known = {event.i for stored in tape.stored() for event in stored.body.read()}
    for _, evidence in flags(tape).values():
        assert set(evidence) <= known
        assert evidence


def test_a_clock_that_runs_ahead_of_the_server_cannot_be_right():
    tape = Tape()
    tape.type("text")
    (stored,) = tape.stored()
    late = stored.body.model_copy(update={"mono": 3_600_000})
    answer = derive([Stored(late, received_ms=1_000_000)], "text", started_ms=990_000)
    assert "3600000 ms in the browser" in answer.integrity.clock[0].what
    assert (answer.outcome, answer.integrity.complete) == ("clock_cannot_be_right", True)


def test_a_batch_that_names_a_receipt_it_cannot_have_had_is_reported():
    tape = Tape()
    tape.type("text")
    (stored,) = tape.stored()
    answer = derive([stored], "text", first_receipt="f" * 64)
    assert "receipt" in answer.integrity.clock[0].what


def test_a_paste_whose_hash_is_not_that_of_the_text_is_reported():
    tape = Tape()
    clip = tape.log("clip", a="paste", n=20, **{"from": "outside"})
    tape.splice(0, 0, "t" * 20, "paste_outside", it="insertFromPaste", clip=clip, h="0" * 32)
    batches = tape.stored()
    assert derive(batches, "t" * 20).integrity.replay_ok
    assert not derive(batches, "t" * 20, key=b"k").integrity.replay_ok
    right = keyed_hash(b"k", "t" * 20)
    batches[0].body.events[1][3].__dict__["h"] = right
    assert derive(batches, "t" * 20, key=b"k").integrity.replay_ok


@pytest.mark.parametrize(
    ("edit", "clip", "key", "expected"),
    [
        ({"it": "insertText", "n": 1}, None, "letter", "typed"),
        ({"it": "insertLineBreak", "n": 1}, None, "enter", "typed"),
        ({"it": "insertText", "n": 2, "cc": (0, 0, 0, 1, 0, 0)}, None, "other", "typed"),
        ({"it": "insertText", "n": 1}, None, None, "dictation_or_assistive"),
        ({"it": "insertText", "n": 300}, None, "letter", "dictation_or_assistive"),
        ({"it": "insertText", "n": 6, "cc": (5, 0, 1, 0, 0, 0)}, None, "unident", "autocorrect"),
        ({"it": "insertText", "n": 9, "bi": 0}, None, None, "scripted"),
        ({"it": "insertText", "n": 9, "tr": 0}, None, "letter", "scripted"),
        ({"it": "insertReplacementText", "n": 4}, None, None, "autocorrect"),
        ({"it": "insertReplacementText", "n": 400}, None, None, "dictation_or_assistive"),
        ({"it": "insertCompositionText", "n": 90, "co": 1}, None, None, "dictation_or_assistive"),
        ({"it": "insertCompositionText", "n": 1, "co": 1}, None, "process", "ime"),
        ({"it": "insertFromPaste", "n": 9}, "outside", None, "paste_outside"),
        ({"it": "insertFromPaste", "n": 9}, "task", None, "paste_task"),
        ({"it": "insertFromPaste", "n": 9}, "page", None, "paste_outside"),
        ({"it": "insertText", "n": 1, "bi": 0}, None, "letter", "unexplained"),
        ({"it": "insertText", "n": 1, "pd": 1}, None, "letter", "unexplained"),
        ({"it": "insertText", "n": 9, "bi": 0, "co": 1}, None, None, "unexplained"),
        ({"it": "insertFromPaste", "n": 9}, None, None, "unobserved"),
        ({"it": "insertFromDrop", "n": 9}, "outside", None, "drop"),
        ({"it": "insertFromYank", "n": 9}, None, "letter", "paste_self"),
        ({"it": "historyUndo", "n": 9}, None, "letter", "undo_restored"),
        ({"n": 9}, None, None, "autofill"),
        ({"it": "insertFromTheFuture", "n": 9}, None, None, "dictation_or_assistive"),
    ],
)
def test_origin_of_one_edit(edit, clip, key, expected):
    moved = Clip.model_validate({"a": "paste", "n": 9, "from": clip}) if clip else None
    assert origin_of(Edit(p=0, **edit), moved, key) == expected


def test_every_share_of_every_origin_has_an_outcome_and_holes_come_first():
    for origin in ORIGINS:
        assert outcome_of({origin: 1.0}, complete=True) in OUTCOMES
        assert outcome_of({origin: 1.0}, complete=False) == "incomplete_log"


def test_what_nobody_saw_is_never_called_pasted_or_scripted():
    for origin in ("unobserved", "restored_draft", "undo_restored", "autofill", "unexplained"):
        assert outcome_of({origin: 1.0}, complete=True) == "unobservable"


def test_the_score_needs_fifty_keys_and_counts_them():
    tape = Tape()
    tape.type("w" * 49)
    assert derive(tape.stored(), tape.text).transcription is None
    tape = Tape()
    tape.type("word and " * 40)
    score = derive(tape.stored(), tape.text).transcription
    assert (score.keys, score.enough, score.warm_up) == (360, True, None)


def test_a_warm_up_gives_the_same_persons_baseline():
    tape = Tape()
    tape.log("phase", name="warmup")
    tape.type("word and " * 8)
    tape.log("phase", name="answer", d=72)
    tape.truth = []
    tape.type("other words " * 8)
    score = derive(tape.stored(), tape.text).transcription
    assert score.keys == 96
    assert score.warm_up is not None


@pytest.mark.slow
def test_copying_and_composing_separate_as_well_as_the_docs_say(data, tmp_path):
    script = ROOT / "benchmarks" / "keystrokes.py"
    out = tmp_path / "numbers.json"
    subprocess.run(
        [sys.executable, script, "--json", out],
        check=True,
        capture_output=True,
        env={**os.environ, "WELLHEAD_DATA": str(data)},
    )
    numbers = json.loads(out.read_text())
    assert 0.70 < numbers["100"]["auc"] < 0.80
    assert 0.83 < numbers["400"]["auc"] < 0.93


def test_the_docs_define_every_outcome_and_every_flag():
    source = (ROOT / "src" / "wellhead" / "collect" / "derive" / "flags.py").read_text()
    named = set(re.findall(r'(?:Flag\(|\), |\",\), |unseen, )"([a-z_]+)"', source))
    named |= {"identical_paste", "identical_answer", "canary_word"}
    assert {"outside_text", "round_trip", "mechanical_keys"} <= named
    defined = (ROOT / "docs" / "collect-what-is-recorded.md").read_text()
    for name in named | set(OUTCOMES):
        assert f"`{name}`" in defined, name
