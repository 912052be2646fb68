"""A word that only copies of the task carry: found where it came back, silent where it did not."""

from __future__ import annotations

import pytest
from collect_helpers import Clock, Writer, edit
from fastapi.testclient import TestClient
from running import listening

from wellhead.collect.answers import load_records, settle
from wellhead.collect.canary import canary_flags, canary_word
from wellhead.collect.derive.provenance import Run
from wellhead.collect.keys import Keys
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.study import Study, load_study
from wellhead.errors import BadSetting

KEYS = Keys(bytes(range(32)), "demo")
SENTENCE = "Please use the word {word} once."


@pytest.fixture
def marked(study: Study, clock: Clock) -> Host:
    asked = edit(study, canary=f'"{SENTENCE}"')
    return open_host([asked], clock=clock, secure=False)


def flags(host: Host) -> list[str]:
    settle(host.store, host.studies["demo"], host.keys["demo"], now_ms=host.now_ms)
    (record,) = host.store.read(lambda c: list(load_records(c, "demo")))
    return [flag["name"] for flag in record.derived["flags"]]


def test_words_of_sessions_differ_and_stay() -> None:
    """Drawn with the study's key, so that nobody can guess another session's word."""
    words = [canary_word(KEYS, f"s{number}") for number in range(50)]
    assert len(set(words)) > 45
    assert words[7] == canary_word(KEYS, "s7") != canary_word(Keys(bytes(range(32)), "b"), "s7")


def test_a_quoted_task_carries_no_blame() -> None:
    """The sentence comes along when a writer quotes the task; that is quoting."""
    text = "As it says: velmo. Mine."
    runs = [Run(12, "typed", 0), Run(6, "paste_task", 9), Run(6, "typed", 20)]
    assert list(canary_flags(text, "velmo", runs)) == []
    (found,) = canary_flags("A Velmo, typed.", "velmo", [Run(15, "typed", 3)])
    assert (found.strength, found.evidence) == ("strong", (3,))
    assert list(canary_flags("velmonds and xvelmo", "velmo", [Run(19, "typed", 0)])) == []


def test_an_answer_retyped_from_a_second_screen_is_found_by_its_word(marked: Host) -> None:
    """Every key was pressed by hand, and still the copy is seen to have gone round."""
    alice = Writer(TestClient(create_app(marked)))
    started = alice.start()
    word = canary_word(marked.keys["demo"], alice.sid)
    assert started["recorder"]["canary"] == SENTENCE.replace("{word}", word)
    alice.pen.type(f"My street is a {word} street.")
    alice.send()
    alice.submit()
    assert flags(marked) == ["canary_word"]
    marked.store.close()


def test_without_the_setting_nothing_is_added_or_looked_for(host: Host) -> None:
    """It is off by default."""
    alice = Writer(TestClient(create_app(host)))
    assert alice.start()["recorder"]["canary"] == ""
    alice.pen.type(canary_word(host.keys["demo"], alice.sid))
    alice.send()
    alice.submit()
    assert flags(host) == []


@pytest.mark.parametrize("sentence", ["no word", "{word} {word}", "{word}" + "x" * 300])
def test_a_sentence_that_cannot_work_is_refused(study: Study, sentence: str) -> None:
    """With what was expected."""
    text = study.path.read_text().replace('# canary = ""', f'canary = "{sentence}"')
    study.path.write_text(text)
    with pytest.raises(BadSetting, match="short sentence"):
        load_study(study.path)


@pytest.mark.browser
def test_a_copy_carries_the_word_and_pasting_it_back_is_quoting(chromium, marked: Host) -> None:  # type: ignore[no-untyped-def]
    """The clipboard has the sentence, the page does not; a quotation of the task stays one."""
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    with listening(marked) as port:
        page.goto(f"http://127.0.0.1:{port}/s/demo")
        page.click("#agree")
        page.wait_for_function("() => !answer.readOnly")
        page.evaluate("() => getSelection().selectAllChildren(document.getElementById('source'))")
        page.keyboard.press("Control+c")
        copied = page.evaluate("() => navigator.clipboard.readText()")
        shown = page.inner_text("body")
        page.focus("#answer")
        page.keyboard.press("Control+v")
        page.click("#submit")
        page.wait_for_selector("#recorded:not([hidden])")
        found = flags(marked)
        (record,) = marked.store.read(lambda c: list(load_records(c, "demo")))
    context.close()
    assert "Please use the word" in copied
    assert "Please use the word" not in shown
    assert (found, record.outcome) == ([], "quotes_task")
    assert "Please use the word" in record.text
