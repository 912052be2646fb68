"""Two scripted models behind the chat page, for the tests of each browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wellhead.models.chat.pages import chat_pages
from wellhead.models.chat.panel import Card, Panel
from wellhead.models.engine import Prompt, Sampling
from wellhead.models.scripted import Line, Script, ScriptedEngine

SOME = "word word word word word word"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> <b>bold</b> \u202etxt"


def said(name: str) -> Script:
    """A model that is slow, fails or repeats the prompt, as the prompt asks."""

    def script(prompt: Prompt) -> Line:
        if "slow" in prompt.last:
            return Line("word " * 300, pace=0.03)
        if "markup" in prompt.last:
            return Line(HOSTILE)
        fails = "fail" in prompt.last and name == "two"
        return Line(f"{name} heard {prompt.last}", pace=0.01, fail_after=2 if fails else None)

    return script


def two() -> list[ScriptedEngine]:
    """One that chats and one that continues text."""
    one = ScriptedEngine("one", said("one"))
    return [one, ScriptedEngine("two", said("two"), chats=False)]


def pages(engines: list[ScriptedEngine]) -> Callable[[Any], Any]:
    def made(desk: Any) -> Any:
        cards = tuple(
            Card(e.name, e.name, e.chats, "Chats." if e.chats else "Continues your text.")
            for e in engines
        )
        panel = Panel(desk.engines, cards, ("one", "two"), "one")
        return [chat_pages(desk, panel, Sampling(400, 0.8, seed=1))]

    return made
