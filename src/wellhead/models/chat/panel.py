"""The models of a conversation, and the facts about what they answer.

What a generation learned from is read when it is first asked about, once, in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from wellhead.errors import BadInput, WellheadError
from wellhead.models.chat.choice import Choice
from wellhead.models.chat.facts import Fact, copied, lost_words, repeated, surprise
from wellhead.models.chat.training import TrainingText, read_training_text
from wellhead.models.engine import Engine, EngineFailed, Message, Prompt, PromptTooLong
from wellhead.models.resolve import Found, Origin
from wellhead.models.serving import open_engines

__all__ = ["Answered", "Card", "Panel", "open_panel"]


class Card(NamedTuple):
    """A model as it is introduced to people."""

    name: str
    label: str
    chats: bool
    about: str


class Answered(NamedTuple):
    """An answer that facts are wanted about.

    Args:
        model: who gave it.
        messages: what it was asked, the last message newest.
        text: the answer.
        other: the answer beside it.
    """

    model: str
    messages: tuple[Message, ...]
    text: str
    other: str = ""


@dataclass
class Panel:
    """Engines by name, in the order of `cards`.

    Args:
        engines: what runs.
        cards: how each is introduced.
        shown: the names that answer side by side at first.
        reference: the engine that tells how surprising an answer is.
        origins: which generation of a run an engine is.
    """

    engines: Mapping[str, Engine]
    cards: tuple[Card, ...]
    shown: tuple[str, ...]
    reference: str
    origins: Mapping[str, Origin] = field(default_factory=dict)
    _texts: dict[str, TrainingText | str] = field(default_factory=dict)
    _reading: Lock = field(default_factory=Lock)

    def card(self, name: str) -> Card:
        """The card of a model."""
        return next(card for card in self.cards if card.name == name)

    async def facts(self, answered: Answered) -> list[Fact]:
        """What a person wants to know of an answer."""
        training = await asyncio.to_thread(self._training, answered.model)
        base = await asyncio.to_thread(self._training, self.reference)
        real_bits = base.real_bits if isinstance(base, TrainingText) else None
        label = self.card(self.reference).label
        nats = await self._nats(answered)
        told = [surprise(nats, answered.text, label, real_bits), repeated(answered.text)]
        if isinstance(training, str):
            return [*told, Fact("Training text", "not known", training)]
        near = f"{answered.messages[-1].content} {answered.other}"
        found = await asyncio.to_thread(copied, answered.text, training)
        return [*told, found, lost_words(training, near)]

    async def _nats(self, answered: Answered) -> float | None:
        if not answered.text:
            return None
        engine, asked = self.engines[self.reference], answered.messages[-1].content
        if engine.chats:
            prompt = Prompt(messages=answered.messages)
        else:
            # What a conversation sets apart by turns, text sets apart by a paragraph.
            prompt = Prompt(f"{asked}\n\n" if self.engines[answered.model].chats else asked)
        try:
            return await engine.surprise(prompt, answered.text)
        except (EngineFailed, PromptTooLong):
            return None

    def _training(self, name: str) -> TrainingText | str:
        """What a model learned from, or why that is not known."""
        origin = self.origins.get(name)
        if origin is None:
            return "Only a run of wellhead keeps what its models learned from."
        with self._reading:
            if name not in self._texts:
                try:
                    self._texts[name] = read_training_text(origin)
                except WellheadError as error:
                    self._texts[name] = str(error)
            return self._texts[name]


def open_panel(choice: Choice) -> Panel:
    """Load the models of a choice.

    Raises:
        BadInput: a model cannot be loaded.
        MissingExtra: what runs it is not installed.
    """
    engines = open_engines(choice.models)
    if len(engines) < len(choice.models):
        raise BadInput(f"two of the models have the same name: {', '.join(engines)}.")
    pairs = list(zip(choice.models, engines.values(), strict=True))
    names = tuple(engine.name for _, engine in pairs)
    labels = _labels(choice.models)
    cards = tuple(
        Card(engine.name, label, engine.chats, _about(engine))
        for (_, engine), label in zip(pairs, labels, strict=True)
    )
    return Panel(
        engines,
        cards,
        names[: choice.shown],
        names[choice.models.index(choice.reference)],
        {engine.name: found.origin for found, engine in pairs if found.origin},
    )


def _labels(models: tuple[Found, ...]) -> list[str]:
    """Generations by their number, with the run where there are two."""
    cells = {found.origin.cell for found in models if found.origin}
    return [
        found.name
        if found.origin is None or len(cells) > 1
        else f"generation {found.origin.number}"
        for found in models
    ]


def _about(engine: Engine) -> str:
    if engine.chats:
        return "Chats in its own template, and knows the turns before."
    return "Continues your text, and knows no turn before."
