"""The recorder in a real Firefox: the same events, the same conclusions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from field import FOREIGN, INSTRUCTIONS, KEY, OTHER_LETTERS, SOURCE, serve_field
from firefox import Firefox

from wellhead.collect.derive.answer import Answer, derive
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.schema import parse_body

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(fox: Firefox) -> Iterator[tuple[Firefox, str]]:
    with serve_field() as address:
        yield fox, address


def paste_from_task(tab: Firefox) -> None:
    tab.run("getSelection().selectAllChildren(source); area.blur()")
    tab.press("Control+c")
    tab.run("area.focus()")
    tab.press("Control+v")


def move_own_words(tab: Firefox) -> None:
    tab.press(*"one two", "Control+a", "Control+x", "Control+v")


def undo_and_redo(tab: Firefox) -> None:
    move_own_words(tab)
    tab.press("Control+v", "Control+z", "Control+Shift+z")


def insert_by_command(tab: Firefox) -> None:
    tab.run(f"document.execCommand('insertText', false, {json.dumps(FOREIGN)})")


def set_value(tab: Firefox) -> None:
    tab.run(f"area.value = {json.dumps(FOREIGN)}")


def through_another_field(tab: Firefox) -> None:
    """Foreign text put into a field of one's own making, copied there, pasted here."""
    tab.run(
        "const other = document.createElement('textarea'); document.body.append(other);"
        f"other.value = {json.dumps(FOREIGN)}; other.focus(); other.select()"
    )
    tab.press("Control+c")
    tab.run("area.focus()")
    tab.press("Control+v")


def through_an_editable_part(tab: Firefox) -> None:
    tab.run(
        "const other = document.createElement('div'); other.contentEditable = true;"
        f"other.textContent = {json.dumps(FOREIGN)}; document.body.append(other); other.focus();"
        "getSelection().selectAllChildren(other)"
    )
    tab.press("Control+c")
    tab.run("area.focus()")
    tab.press("Control+v")


def other_letters(tab: Firefox) -> None:
    tab.run(OTHER_LETTERS)
    tab.press(*"fj dkslafjdkslafj")


CASES: dict[str, tuple[Callable[[Firefox], None], tuple[str, ...], str]] = {
    "typing": (lambda tab: tab.press(*"teh", "Backspace", *"e cat"), ("typed",), "typed"),
    "paste from the task": (paste_from_task, ("paste_task",), "quotes_task"),
    "own words moved": (move_own_words, ("paste_self",), "typed"),
    "undo and redo of a paste": (undo_and_redo, ("paste_self", "paste_self"), "typed"),
    "execCommand insert": (insert_by_command, ("scripted",), "scripted"),
    "copied in another field": (through_another_field, ("paste_outside",), "pasted_outside"),
    "copied in an editable part": (through_an_editable_part, ("paste_outside",), "pasted_outside"),
    "keys that carry other letters": (other_letters, ("unexplained",), "unobservable"),
    "value set by a script": (set_value, ("unobserved",), "unobservable"),
}


@pytest.mark.parametrize("name", CASES)
def test_origins_and_outcome_in_firefox_of(name, browser):
    act, origins, outcome = CASES[name]
    tab, address = browser
    tab.goto(address)
    tab.wait("!!window.ready")
    tab.run("begin({ check: 100 }); area.focus()")
    act(tab)
    answer = finished(tab)
    assert tuple(dict.fromkeys(run.origin for run in answer.provenance)) == tuple(
        dict.fromkeys(origins)
    )
    assert (answer.outcome, answer.integrity.complete) == (outcome, True)


def finished(tab: Firefox) -> Answer:
    text = tab.run("return handle.submit()")
    bodies = tab.run("return batches.map((batch) => batch.body)")
    stored = [Stored(parse_body(body)) for body in bodies]
    return derive(stored, text, key=bytes.fromhex(KEY), shown=f"{INSTRUCTIONS}\n{SOURCE}")
