"""The chat page in a real Firefox, by its keys: streams, stop, failure, reload."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="needs wellhead[chat]")
from running_server import running
from talkers import pages, two
from tests.firefox import Firefox

pytestmark = pytest.mark.browser
READY = "document.querySelector('#send')?.disabled === false"
WRITING = "[...document.querySelectorAll('.answer')].at(-1).textContent.split('word').length > 6"


def ask(tab: Firefox, prompt: str) -> None:
    tab.press(*prompt, "Enter")


def shown(tab: Firefox, what: str) -> list[str]:
    return tab.run(f"return [...document.querySelectorAll('{what}')].map(e => e.textContent)")


def test_in_firefox_answers_stream_stop_fail_and_outlive_a_reload(fox: Firefox):
    engines = two()
    with running(engines, pages=pages(engines)) as base:
        fox.goto(base)
        fox.wait(READY)
        ask(fox, "good day")
        fox.wait(f"document.querySelectorAll('dt').length === 6 && {READY}")
        assert shown(fox, ".answer") == ["one heard good day", "two heard good day"]

        ask(fox, "please fail")
        fox.wait(f"document.querySelectorAll('.note:not([hidden])').length === 1 && {READY}")
        assert shown(fox, ".answer")[2:] == ["one heard please fail", "two heard"]
        assert shown(fox, ".note:not([hidden])")[0].startswith("Broke off: two failed")

        ask(fox, "slow please")
        fox.wait(WRITING)
        fox.press("Escape")
        fox.wait(READY)
        assert shown(fox, ".note")[-2:] == ["Stopped.", "Stopped."]

        ask(fox, "slow again")
        fox.wait(WRITING)
        fox.reload()
        fox.wait(READY)
        assert shown(fox, ".answer")[:2] == ["one heard good day", "two heard good day"]
        assert shown(fox, ".note")[-2:] == ["Stopped.", "Stopped."]
        # Keys reach the buttons; a window without focus, as a headless one is, presses none.
        fox.press("Tab", "Tab")
        assert fox.run("return document.activeElement.id") == "again"
