"""The ways into the field in a real Firefox: concluded is what the table in the docs says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cases import CASES, Case, in_the_docs, row, trusted
from field import INSTRUCTIONS, KEY, SOURCE, serve_field
from tests.firefox import Firefox

from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.schema import Body, parse_body

pytestmark = pytest.mark.browser


class Field:
    """The text area of one page, with the hands that `field.Field` has in Chromium."""

    def __init__(self, fox: Firefox, address: str) -> None:
        self._fox = fox
        fox.goto(address)
        fox.wait("!!window.ready")
        fox.run("begin({ check: 100 }); area.focus()")

    @property
    def text(self) -> str:
        return str(self.run("area.value"))

    def type(self, text: str) -> None:
        self._fox.press(*("Enter" if one == "\n" else one for one in text))

    def press(self, *keys: str) -> None:
        self._fox.press(*keys)

    def select(self, element: str) -> None:
        self.run("area.blur()")
        self.run(f"getSelection().selectAllChildren(document.getElementById('{element}'))")

    def click(self) -> None:
        """Put the cursor back into the text area, at its end."""
        self.run("(area.focus(), area.setSelectionRange(1e6, 1e6))")

    def clipboard(self, text: str, html: str | None = None) -> None:
        self._fox.clipboard(text, html)

    def paste(self, text: str, html: str | None = None) -> None:
        self.clipboard(text, html)
        self.focus("area")
        self.press("Control+v")

    def focus(self, element: str) -> None:
        """As a click does, which puts the caret into what can be edited."""
        self.run(f"document.getElementById('{element}').focus()")
        self.run("getSelection().collapse(document.activeElement, 0)")

    def wait(self, condition: str) -> None:
        self._fox.wait(condition)

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of an expression, or what a function gives for the arguments."""
        given = json.dumps(list(arguments))
        return self._fox.run(
            f"const it = ({script}); return typeof it === 'function' ? it(...{given}) : it"
        )

    def bodies(self) -> list[Body]:
        self.run("handle.submit()")
        return [parse_body(body) for body in self.run("batches.map((batch) => batch.body)")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_field() as found:
        yield found


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.in_firefox], ids=lambda case: case.name
)
def test_firefox_concludes_what_chromium_does_of(case: Case, fox: Firefox, address: str) -> None:
    field: Any = Field(fox, address)
    case.act(field)
    bodies = field.bodies()
    if case.name == "spelling correction":
        bodies = [trusted(body) for body in bodies]
    answer = derive(
        [Stored(body) for body in bodies],
        field.text,
        key=bytes.fromhex(KEY),
        declared=case.declared,
        shown=f"{INSTRUCTIONS}\n{SOURCE}",
    )
    assert answer.integrity.complete, answer.integrity
    assert dict.fromkeys(run.origin for run in answer.provenance) == dict.fromkeys(case.origins)
    events = [event for body in bodies for event in body.read()]
    assert row(case.label, events, answer).split(" | ")[2:] == in_the_docs(case.label)
