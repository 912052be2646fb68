"""Random histories replay to their text, and the origin of every character is the true one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tape import Tape

from wellhead.collect.derive.answer import derive
from wellhead.collect.schema import units

words = st.text(alphabet="ab \n.é😀中", min_size=0, max_size=12)
steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "typed",
                "paste_outside",
                "paste_task",
                "scripted",
                "autocorrect",
                "unobserved",
                "close",
            ]
        ),
        st.floats(0, 1),
        st.floats(0, 1),
        words,
    ),
    max_size=25,
)


def snap(tape: Tape, share: float) -> int:
    """A place in the text that does not cut a character in two."""
    return units(tape.text[: round(share * len(tape.text))])


def act(tape: Tape, origin: str, start: float, end: float, put: str) -> None:
    p, q = sorted((snap(tape, start), snap(tape, end)))
    if origin == "close":
        tape.close()
    elif origin == "typed":
        tape.type(put, p)
    elif origin.startswith("paste"):
        tape.paste(put, origin.removeprefix("paste_"), p, q - p)
    elif origin == "scripted":
        tape.splice(p, q - p, put, origin, it="insertText", tr=0)
    elif origin == "autocorrect":
        tape.splice(p, q - p, put, origin, it="insertReplacementText")
    else:
        tape.splice(p, q - p, put, origin, kind="desync", by="timer")


@given(steps)
@settings(max_examples=150, deadline=None)
def test_every_character_gets_the_origin_it_truly_has(history):
    tape = Tape()
    for step in history:
        act(tape, *step)
    answer = derive(tape.stored(), tape.text)
    spelled = [run.origin for run in answer.provenance for _ in range(run.length)]
    first_units = [origin for unit, origin in tape.truth if not 0xDC <= unit[1] <= 0xDF]
    assert spelled == first_units
    assert sum(run.length for run in answer.provenance) == len(tape.text)
    assert not answer.integrity.gaps


@given(steps, st.integers(0, 30))
@settings(max_examples=80, deadline=None)
def test_a_lost_batch_is_noticed_and_nothing_before_it_is_vouched_for(history, which):
    tape = Tape()
    for step in history:
        act(tape, *step)
        tape.close()
    tape.type("end")
    tape.close()
    batches = tape.stored()
    del batches[which % len(batches)]
    answer = derive(batches, tape.text)
    assert answer.outcome == "incomplete_log"
    assert sum(run.length for run in answer.provenance) == len(tape.text)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200)), max_size=20)
)
@settings(max_examples=80, deadline=None)
def test_impossible_splices_are_reported_and_never_raise(splices):
    tape = Tape()
    for p, d, n in splices:
        tape.log("edit", p=p, d=d, n=n, it="insertText")
    answer = derive(tape.stored(), "some text")
    assert answer.outcome == "incomplete_log"


def test_undo_and_redo_bring_a_paste_back_as_the_paste_it_was():
    tape = Tape()
    tape.type("My view: ")
    before = tape.next - 2
    pasted = tape.paste("foreign words here")
    tape.splice(9, 18, "", "typed", it="historyUndo", back=before)
    tape.splice(9, 0, "foreign words here", "paste_outside", it="historyRedo", back=pasted)
    answer = derive(tape.stored(), tape.text)
    assert answer.provenance[-1] == (18, "paste_outside", pasted)


def test_undo_of_backspaces_brings_typed_text_back_as_typed():
    tape = Tape()
    tape.type("abc")
    last = tape.next - 2
    for p in (2, 1):
        tape.splice(p, 1, "", "typed", it="deleteContentBackward")
    tape.splice(1, 0, "bc", "typed", it="historyUndo", back=last)
    assert derive(tape.stored(), "abc").shares == {"typed": 1.0}


def test_undo_to_a_state_that_never_was_is_not_believed():
    tape = Tape()
    tape.type("abc")
    tape.splice(3, 0, "xyz", "undo_restored", it="historyUndo", back=1)
    assert derive(tape.stored(), tape.text).shares == {"typed": 0.5, "undo_restored": 0.5}


def test_cut_and_paste_does_not_launder_foreign_text():
    tape = Tape()
    foreign = tape.paste("foreign")
    tape.type(" own")
    cut = tape.log("clip", a="cut", n=11, s0=0, s1=11, **{"from": "answer"})
    tape.splice(0, 11, "", "typed", it="deleteByCut", clip=cut)
    clip = tape.log("clip", a="paste", n=11, ref=cut, **{"from": "answer"})
    event = tape.log("edit", p=0, n=11, it="insertFromPaste", clip=clip)
    tape.truth = [(unit.encode("utf-16-le"), "") for unit in "foreign own"]
    answer = derive(tape.stored(), "foreign own")
    assert answer.provenance == ((7, "paste_outside", foreign), (4, "paste_self", event))


def test_a_drag_within_the_answer_keeps_what_was_typed_typed():
    tape = Tape()
    tape.type("one two ")
    clip = tape.log("clip", a="drop", n=4, s0=0, s1=4, **{"from": "answer"})
    tape.splice(0, 4, "", "typed", it="deleteByDrag")
    tape.splice(4, 0, "one ", "typed", it="insertFromDrop", clip=clip)
    assert derive(tape.stored(), "two one ").shares == {"typed": 1.0}


def test_a_draft_that_comes_back_keeps_its_history():
    tape = Tape()
    tape.type("half a sentence")
    tape.close()
    from wellhead.collect.schema import text_hash

    tape.log("restore", n=15, sha=text_hash("half a sentence"), by="server")
    tape.type(" and the rest")
    assert derive(tape.stored(), tape.text).shares == {"typed": 1.0}


def test_text_that_was_there_before_recording_is_a_restored_draft():
    from wellhead.collect.schema import text_hash

    tape = Tape()
    tape.truth = [(unit.encode("utf-16-le"), "restored_draft") for unit in "was here"]
    tape.log("restore", n=8, sha=text_hash("was here"), by="page")
    answer = derive(tape.stored(), "was here")
    assert answer.shares == {"restored_draft": 1.0}
    assert answer.outcome == "unobservable"


def test_an_answer_longer_than_its_log_is_unobserved_from_there():
    tape = Tape()
    tape.type("logged ")
    batches = tape.stored()
    answer = derive(batches, "logged and not", draft="logged ")
    assert [tuple(run[:2]) for run in answer.provenance] == [(7, "typed"), (7, "unobserved")]
    assert answer.outcome == "incomplete_log"


def test_a_log_made_for_another_text_does_not_fit():
    tape = Tape()
    for character in "abc def":
        key = tape.log("key", c="letter")
        space = character == " "
        counts = [0, 0, 1, 0, 0, 0] if space else [1, 0, 0, 0, 0, 0]
        tape.splice(len(tape.truth), 0, character, "typed", it="insertText", kd=key, cc=counts)
    tape.truth[0:1] = [(b"1\0", "typed")]
    answer = derive(tape.stored(), tape.text)
    assert not answer.integrity.replay_ok
    assert answer.integrity.content[0].event == 1


@pytest.mark.slow
def test_a_session_of_a_hundred_thousand_events_is_derived_within_seconds():
    import time

    tape = Tape()
    for round_ in range(1_760):
        tape.type("typing goes on and ", at=(round_ * 37) % (len(tape.truth) + 1))
        tape.splice(0, 1, "", "typed", it="deleteContentBackward")
        if round_ % 5 == 4:
            tape.close()
    batches = tape.stored()
    assert tape.next > 100_000
    began = time.process_time()
    answer = derive(batches, tape.text)
    assert time.process_time() - began < 10
    assert answer.shares == {"typed": 1.0}


INPUT_TYPES = (
    *("insertText", "insertFromPaste", "insertFromDrop", "insertFromYank", ""),
    *("historyUndo", "historyRedo", "deleteByDrag", "insertFromComposition"),
)
small = st.integers(0, 40)
maybe = st.one_of(st.none(), small)
anything = st.one_of(
    st.tuples(
        st.just("edit"),
        st.fixed_dictionaries(
            {"p": small, "d": small, "n": small},
            optional={
                "it": st.sampled_from(
                    [
                        "insertText",
                        "insertFromPaste",
                        "insertFromDrop",
                        "insertFromYank",
                        "historyUndo",
                        "historyRedo",
                        "deleteByDrag",
                        "insertFromComposition",
                        "",
                    ]
                ),
                "clip": small,
                "kd": small,
                "back": small,
                "tr": st.integers(0, 1),
                "bi": st.integers(0, 1),
                "cc": st.lists(small, min_size=6, max_size=6),
                "h": st.just("0" * 32),
                # A batch with NUL never gets here: the schema refuses it.
                "x": st.text(
                    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5
                ),
            },
        ),
    ),
    st.tuples(
        st.just("desync"), st.fixed_dictionaries({"p": small, "n": small, "by": st.just("timer")})
    ),
    st.tuples(
        st.just("clip"),
        st.fixed_dictionaries(
            {
                "a": st.sampled_from(["copy", "cut", "paste", "drop"]),
                "n": small,
                "from": st.sampled_from(["task", "answer", "page", "outside"]),
            },
            optional={"ref": small, "s0": small, "s1": small, "task_cov": st.just(900)},
        ),
    ),
    st.tuples(
        st.just("restore"),
        st.fixed_dictionaries({"n": small, "sha": st.just("0" * 64), "by": st.just("local")}),
    ),
    st.tuples(st.just("phase"), st.fixed_dictionaries({"name": st.just("answer"), "d": small})),
    st.tuples(st.just("gap"), st.fixed_dictionaries({"n": st.just(-1)})),
    st.tuples(
        st.just("key"),
        st.fixed_dictionaries(
            {"c": st.just("letter")}, optional={"of": small, "a": st.just("u"), "dw": small}
        ),
    ),
    st.tuples(st.sampled_from(["win", "vis"]), st.fixed_dictionaries({"on": st.integers(0, 1)})),
)


@given(st.lists(st.one_of(anything, st.just(None)), max_size=40), st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_whatever_a_hostile_browser_sends_the_derivation_ends_in_a_record(events, text):
    tape = Tape()
    for event in events:
        if event is None:
            tape.close()
        else:
            tape.log(event[0], **event[1])
    answer = derive(tape.stored(), text, key=b"k", draft=text[:9])
    assert sum(run.length for run in answer.provenance) == len(text)
    assert sum(answer.shares.values()) == pytest.approx(1.0 if text else 0.0)
    answer.to_dict()


@pytest.mark.parametrize(
    ("claim", "how"),
    [
        ({}, {"it": "insertFromPaste"}),
        ({"s0": 0, "s1": 4}, {"it": "insertFromPaste"}),
        ({"ref": 0}, {"it": "insertFromPaste"}),
        (None, {"it": "insertFromYank"}),
    ],
    ids=["from nowhere", "out of four letters", "of no copy", "out of nothing that was cut"],
)
def test_own_words_that_the_text_never_had_are_not_believed(claim, how):
    """A forged log that calls foreign words its own is no typing, and nobody is accused."""
    tape = Tape()
    tape.type("mine")
    foreign = " and a long text that was never written here"
    if claim is not None:
        how["clip"] = tape.log("clip", a="paste", n=len(foreign), **{"from": "answer"}, **claim)
    tape.splice(4, 0, foreign, "restored_draft", **how)
    answer = derive(tape.stored(), tape.text)
    assert [run.origin for run in answer.provenance] == ["typed", "restored_draft"]
    assert (answer.outcome, answer.flags) == ("unobservable", ())


def test_own_words_that_gain_white_space_on_their_way_stay_own():
    """Another program puts a line end or two behind what was copied."""
    tape = Tape()
    tape.type("ownwords")
    copied = tape.log("clip", a="copy", n=8, s0=0, s1=8, **{"from": "answer"})
    tape.paste("ownwords\n\n", "answer", ref=copied)
    answer = derive(tape.stored(), tape.text)
    assert answer.shares.keys() == {"typed", "paste_self"}
    assert answer.outcome == "typed"
