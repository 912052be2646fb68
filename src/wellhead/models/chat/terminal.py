"""The conversation in a terminal: two columns that fill up, or plain text and JSON in a pipe.

Lines come from standard input, one prompt each; answers go to standard output. On a terminal,
Ctrl-C stops the answers and, at the prompt, ends the conversation. What models say cannot steer
the terminal.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from wellhead._waiting import wait_for
from wellhead.errors import WellheadError
from wellhead.models.chat.facts import Fact
from wellhead.models.chat.panel import Answered, Panel
from wellhead.models.engine import Message, Prompt, Sampling
from wellhead.report.untrusted import clean

__all__ = ["talk"]

HELP = """\
Type a prompt and press Enter. /again asks once more with the next seed, /seed N sets the seed,
/new forgets the conversation, /quit ends. Ctrl-C stops an answer."""


@dataclass
class Side:
    """One answer, as far as it has come."""

    model: str
    text: str = ""
    end: str = ""
    error: str = ""
    facts: list[Fact] = field(default_factory=list)


@dataclass
class Conversation:
    """The turns so far, each a prompt and an answer of every model."""

    panel: Panel
    sampling: Sampling
    turns: list[tuple[str, list[Side]]] = field(default_factory=list)

    def messages(self, model: str, prompt: str) -> tuple[Message, ...]:
        """What a model is asked: its own turns before where it chats."""
        asked: list[Message] = []
        if self.panel.card(model).chats:
            for before, sides in self.turns:
                for side in sides:
                    if side.model == model and side.text and not side.error:
                        asked += [Message("user", before), Message("assistant", side.text)]
        return (*asked, Message("user", prompt))

    async def answer(self, prompt: str, sides: list[Side], changed: Callable[[], None]) -> None:
        """Let every model answer; `sides` fill up as they do."""
        await asyncio.gather(*(self._one(prompt, side, changed) for side in sides))

    async def look(self, prompt: str, sides: list[Side]) -> None:
        """Find the facts about the answers."""
        for side in sides:
            if not side.error:
                other = next((each.text for each in sides if each is not side), "")
                asked = self.messages(side.model, prompt)
                side.facts = await self.panel.facts(Answered(side.model, asked, side.text, other))

    async def _one(self, prompt: str, side: Side, changed: Callable[[], None]) -> None:
        engine = self.panel.engines[side.model]
        asked = Prompt(prompt, sampling=self.sampling)
        if engine.chats:
            asked = Prompt(messages=self.messages(side.model, prompt), sampling=self.sampling)
        try:
            async with aclosing(engine.stream(asked)) as pieces:
                async for piece in pieces:
                    side.text += piece.text
                    side.end = piece.finish or side.end
                    changed()
        except WellheadError as error:
            side.end, side.error = "failed", str(error)
            changed()


def talk(panel: Panel, sampling: Sampling, *, as_json: bool = False) -> None:
    """Answer the prompts of standard input until it ends.

    Args:
        panel: the models.
        sampling: how answers are drawn; the seed is that of the first.
        as_json: one line of JSON for each prompt.
    """
    conversation = Conversation(panel, sampling)
    asked_here = sys.stdin.isatty()
    screen = _plain if as_json or not sys.stdout.isatty() else _columns
    show = _as_json if as_json else screen
    if asked_here:
        _tell(HELP)
    try:
        while (line := _next_line(asked_here)) is not None:
            prompt = _command(conversation, line.rstrip("\r\n"))
            if prompt is None:
                return
            if prompt:
                _turn(conversation, prompt, show)
    except KeyboardInterrupt:
        if not asked_here:
            raise
    finally:
        for engine in panel.engines.values():
            wait_for(engine.close())


def _turn(conversation: Conversation, prompt: str, show: Any) -> None:
    sides = [Side(model) for model in conversation.panel.shown]
    interactive = sys.stdin.isatty()
    try:
        show(conversation, prompt, sides)
    except KeyboardInterrupt:
        if not interactive:
            raise
        for side in sides:
            side.end = side.end or "stopped"
        _tell("\nstopped")
    conversation.turns.append((prompt, sides))


def _next_line(asked_here: bool) -> str | None:
    if not asked_here:
        return sys.stdin.readline() or None
    try:
        return input("\n> ")
    except EOFError:
        return None


def _command(conversation: Conversation, line: str) -> str | None:
    """The prompt of a line; nothing for a command that asks nothing, None to end."""
    word, _, rest = line.strip().partition(" ")
    seed = conversation.sampling.seed or 0
    if word == "/quit":
        return None
    if word == "/again" and conversation.turns:
        conversation.sampling = replace(conversation.sampling, seed=seed + 1)
        return conversation.turns.pop()[0]
    if word == "/new":
        conversation.turns.clear()
    elif word == "/seed" and rest.isdecimal() and len(rest) < 16:
        conversation.sampling = replace(conversation.sampling, seed=int(rest))
    elif word in ("/again", "/seed", "/help"):
        _tell(HELP)
    else:
        return line
    return ""


def _plain(conversation: Conversation, prompt: str, sides: Sequence[Side]) -> None:
    _whole(conversation, prompt, sides)
    print_ = sys.stdout.write
    print_(f"# {clean(prompt)}\n")
    for side in sides:
        print_(f"\n## {_title(conversation, side)}\n\n{clean(side.text).strip()}\n")
        if note := _note(side):
            print_(f"\n({note})\n")
        print_("\n" if side.facts else "")
        for fact in side.facts:
            print_(f"- {_told(fact)}\n")
    print_("\n")
    sys.stdout.flush()


def _as_json(conversation: Conversation, prompt: str, sides: Sequence[Side]) -> None:
    _whole(conversation, prompt, sides)
    answers = [
        {
            "model": side.model,
            "text": side.text,
            "finish": side.end,
            "error": side.error or None,
            "facts": [fact._asdict() for fact in side.facts],
        }
        for side in sides
    ]
    record = {"prompt": prompt, "seed": conversation.sampling.seed, "answers": answers}
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _whole(conversation: Conversation, prompt: str, sides: Sequence[Side]) -> None:
    async def both() -> None:
        await conversation.answer(prompt, list(sides), lambda: None)
        await conversation.look(prompt, list(sides))

    wait_for(both())


def _columns(conversation: Conversation, prompt: str, sides: Sequence[Side]) -> None:
    """Two columns that fill up; facts under them at the end."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False, markup=False, emoji=False)
    try:
        with Live(console=console, refresh_per_second=12, transient=True) as live:
            wait_for(
                conversation.answer(
                    prompt, list(sides), lambda: live.update(_table(conversation, sides))
                )
            )
    finally:
        # What was said before a stop stays on the screen, with what can be told of it.
        wait_for(conversation.look(prompt, list(sides)))
        console.print(_table(conversation, sides))


def _table(conversation: Conversation, sides: Sequence[Side]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(expand=True, show_lines=True)
    for side in sides:
        table.add_column(clean(_title(conversation, side)), ratio=1, overflow="fold")
    table.add_row(*(Text(clean(side.text).strip()) for side in sides))
    if any(map(_note, sides)):
        table.add_row(*(Text(_note(side), style="bold") for side in sides))
    if any(side.facts for side in sides):
        told = ("\n".join(map(_told, side.facts)) for side in sides)
        table.add_row(*(Text(each, style="dim") for each in told))
    return table


def _title(conversation: Conversation, side: Side) -> str:
    card = conversation.panel.card(side.model)
    kind = "chats" if card.chats else "continues your text"
    return f"{clean(card.label)} ({kind}), seed {conversation.sampling.seed}"


def _note(side: Side) -> str:
    if side.error:
        return f"broke off: {clean(side.error)}"
    return {"length": "cut at the length asked for", "stopped": "stopped"}.get(side.end, "")


def _told(fact: Fact) -> str:
    return clean(f"{fact.name}: {fact.value}. {fact.note}".strip())


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
