"""Who is served when: so many answers at a time, so many waiting in order of arrival, no more.

Each engine has places of its own. Whoever waits is served in turn, whatever others ask for. Of a
request with many prompts one stands in line at a time, so that it does not hold up those who ask
for one thing. Whoever comes when the queue is full is told to come again, so that nobody waits for
ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from wellhead.models.engine import Engine, EngineFailed, Piece, Prompt, TokenLog
from wellhead.models.server.refusals import Refused

__all__ = ["Desk", "Limits"]


@dataclass(frozen=True)
class Limits:
    """What one server gives.

    Args:
        length: tokens of an answer at the most.
        waiting: requests that may wait for a place of an engine.
        seconds: for which a request waits at the most, and for which an engine may say nothing.
    """

    length: int = 2048
    waiting: int = 256
    seconds: float = 300.0


class Desk:
    """The engines of a server by name, and who waits for them."""

    def __init__(self, engines: Mapping[str, Engine], limits: Limits | None = None) -> None:
        self.engines = dict(engines)
        self.limits = limits or Limits()
        self.waiting = dict.fromkeys(self.engines, 0)
        self._free = {name: asyncio.Semaphore(e.places) for name, e in self.engines.items()}

    def engine(self, name: str) -> Engine:
        """The engine called `name`.

        Raises:
            Refused: 404.
        """
        if name not in self.engines:
            known = ", ".join(self.engines)
            words = f"The model '{name[:100]}' is not served here. There are: {known}."
            raise Refused(404, "model_not_found", words, param="model")
        return self.engines[name]

    async def stream(
        self, name: str, prompt: Prompt, line: asyncio.Lock
    ) -> AsyncGenerator[Piece, None]:
        """The answer of an engine, once it is its turn.

        Args:
            name: of the engine.
            prompt: what is asked.
            line: shared by the prompts of one request.

        Raises:
            Refused: the queue is full, or it took too long.
        """
        engine = self.engine(name)
        async with self._place(name, line), aclosing(engine.stream(prompt)) as pieces:
            while True:
                try:
                    async with asyncio.timeout(self.limits.seconds):
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise EngineFailed(f"{name} has said nothing for too long.") from None
                yield piece

    async def echo(
        self, name: str, text: str, others: int, line: asyncio.Lock
    ) -> tuple[TokenLog, ...]:
        """The tokens of a given text with their log-probabilities, once it is its turn.

        Raises:
            Refused: as for `stream`, or the engine cannot say.
        """
        engine = self.engine(name)
        async with self._place(name, line):
            try:
                async with asyncio.timeout(self.limits.seconds):
                    told = await engine.echo(text, others)
            except TimeoutError:
                raise EngineFailed(f"{name} has said nothing for too long.") from None
        if told is None:
            words = f"{name} does not tell how probable a given text is."
            raise Refused(400, "unsupported_value", words, param="echo")
        return told

    async def close(self) -> None:
        """Close every engine."""
        for engine in self.engines.values():
            await engine.close()

    @asynccontextmanager
    async def _place(self, name: str, line: asyncio.Lock) -> AsyncIterator[None]:
        free = self._free[name]
        if free.locked() and self.waiting[name] >= self.limits.waiting:
            words = "Too many requests wait for this model already; try again shortly."
            raise Refused(429, "queue_full", words, wait=5)
        self.waiting[name] += 1
        try:
            async with asyncio.timeout(self.limits.seconds), line:
                await free.acquire()
        except TimeoutError:
            words = "No place became free in time; try again."
            raise Refused(503, "queue_timeout", words, wait=5) from None
        finally:
            self.waiting[name] -= 1
        try:
            yield
        finally:
            free.release()
