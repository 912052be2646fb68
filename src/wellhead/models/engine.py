"""What every engine does: a prompt goes in, pieces of text come out as they are written.

An engine is asynchronous and answers several prompts at a time. Closing the stream early (leaving
``async for`` and closing the generator) stops the work behind it. `answer` waits for the whole of
one answer, `write` does so for many from code that is not asynchronous.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from wellhead._waiting import wait_for
from wellhead.errors import BadInput, BadSetting, WellheadError

__all__ = [
    "Answer",
    "Engine",
    "EngineFailed",
    "Finish",
    "Message",
    "Piece",
    "Prompt",
    "PromptTooLong",
    "Sampling",
    "TokenLog",
    "Usage",
    "answer",
    "write",
]

Finish = Literal["stop", "length"]


class EngineFailed(WellheadError):
    """The model stopped working while it wrote; what came before is no whole answer."""


class PromptTooLong(BadInput):
    """A prompt with the room for its answer is longer than what the model can look back on."""


class Message(NamedTuple):
    """One turn of a conversation; `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn.

    Args:
        length: tokens at the most.
        temperature: 0 takes the most probable token each time.
        top_p: only the fewest most probable tokens that hold this mass are drawn from.
        top_k: only so many most probable tokens are drawn from; 0 for all.
        seed: the same seed gives the same answer (up to rounding, where answers are written
            together); None draws anew each time.
        stop: the answer ends before the first of these.
        logprobs: log-probabilities come with each token, and so many likely others; None for none.
    """

    length: int = 256
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: int | None = None

    def __post_init__(self) -> None:
        ranges = {"length": (1, 1 << 20), "temperature": (0, 2), "top_p": (0, 1)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadSetting(f"{name}: expected {low} to {high}, got {value}.")
        if self.top_k < 0 or self.top_p == 0:
            raise BadSetting("top_k is 0 or more, and top_p above 0.")


@dataclass(frozen=True)
class Prompt:
    """Text to go on with, or a conversation to answer; one of the two.

    Args:
        text: the engine goes on where it ends.
        messages: put into the model's own template.
        sampling: how the answer is drawn.
    """

    text: str = ""
    messages: tuple[Message, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)

    @property
    def last(self) -> str:
        """The text, or the last message."""
        return self.messages[-1].content if self.messages else self.text


class TokenLog(NamedTuple):
    """A token, its log-probability in nats, and likely others with theirs.

    A token that nothing comes before has no probability: NaN.
    """

    token: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


class Usage(NamedTuple):
    """Tokens that went in and came out."""

    prompt: int
    answer: int


class Piece(NamedTuple):
    """The next stretch of an answer; the last one says how it ended and what it took."""

    text: str
    logs: tuple[TokenLog, ...] = ()
    finish: Finish | None = None
    usage: Usage | None = None


class Answer(NamedTuple):
    """A whole answer."""

    text: str
    finish: Finish
    usage: Usage
    logs: tuple[TokenLog, ...] = ()


class Engine(Protocol):
    """A model that answers.

    Attributes:
        name: the id of the model.
        chats: it has a template for conversations; otherwise it continues text only.
        context: tokens of prompt and answer together at the most; None where that is not known.
        places: answers that it writes at a time.
    """

    @property
    def name(self) -> str: ...
    @property
    def chats(self) -> bool: ...
    @property
    def context(self) -> int | None: ...
    @property
    def places(self) -> int: ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer piece by piece; the last piece has `finish` and `usage`.

        Raises:
            PromptTooLong: there is no room for it.
            BadSetting: a conversation for a model that continues text only.
            EngineFailed: the model stopped working.
        """
        ...

    async def surprise(self, prompt: Prompt, text: str) -> float | None:
        """How improbable it finds `text` as an answer, in nats; None where it cannot say."""
        ...

    async def echo(self, text: str, others: int = 0) -> tuple[TokenLog, ...] | None:
        """The tokens of a given text, each after those before it; None where it cannot say.

        Raises:
            PromptTooLong: the text is longer than what it looks back on.
        """
        ...

    async def close(self) -> None:
        """Free what it holds."""
        ...


async def answer(engine: Engine, prompt: Prompt) -> Answer:
    """The whole answer of an engine."""
    texts: list[str] = []
    logs: list[TokenLog] = []
    async with aclosing(engine.stream(prompt)) as pieces:
        async for piece in pieces:
            texts.append(piece.text)
            logs += piece.logs
            if piece.finish:
                usage = piece.usage or Usage(0, 0)
                return Answer("".join(texts), piece.finish, usage, tuple(logs))
    raise EngineFailed(f"{engine.name} ended its answer without saying so.")


def write(engine: Engine, prompts: Sequence[Prompt]) -> list[Answer]:
    """The answers to many prompts, as many at a time as the engine has places."""

    async def each(prompt: Prompt, free: asyncio.Semaphore) -> Answer:
        async with free:
            return await answer(engine, prompt)

    async def every() -> list[Answer]:
        free = asyncio.Semaphore(engine.places)
        return await asyncio.gather(*(each(prompt, free) for prompt in prompts))

    return wait_for(every())
