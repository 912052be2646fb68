"""Models that run here, as something that `wellhead.generate` can ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wellhead.errors import BadSetting
from wellhead.generate.cache import Answer
from wellhead.generate.endpoint import CallFailed
from wellhead.models.engine import Engine, EngineFailed, Message, Prompt, PromptTooLong, Sampling
from wellhead.models.engine import answer as whole_answer
from wellhead.models.opening import open_engine
from wellhead.models.resolve import resolve

__all__ = ["LocalModels"]


class LocalModels:
    """Engines by the names of their models; each is loaded when it is first asked.

    A model that only continues text is given the messages as text, and what it adds is the
    answer.
    """

    name = "this machine"

    def __init__(self) -> None:
        self._open: dict[str, Engine] = {}

    async def answer(
        self, model: str, messages: Sequence[Mapping[str, str]], sampling: Mapping[str, Any]
    ) -> Answer:
        """The answer to one call; see `wellhead.generate.endpoint.Chat`."""
        if model not in self._open:
            self._open[model] = open_engine(resolve(model))
        engine = self._open[model]
        drawn = Sampling(
            length=sampling["max_tokens"],
            temperature=sampling["temperature"],
            seed=sampling["seed"],
        )
        try:
            found = await whole_answer(engine, _prompt(engine, messages, drawn))
        except PromptTooLong as error:
            raise BadSetting(
                f"{model} cannot look back that far ({error}). Ask for shorter answers "
                "(--most-tokens), or for another style."
            ) from error
        except EngineFailed as error:
            raise CallFailed(str(error)) from error
        return Answer(found.text, found.finish, found.usage.prompt, found.usage.answer)

    async def close(self) -> None:
        """Free the models."""
        while self._open:
            await self._open.popitem()[1].close()


def _prompt(engine: Engine, messages: Sequence[Mapping[str, str]], drawn: Sampling) -> Prompt:
    if engine.chats:
        turns = tuple(Message(each["role"], each["content"]) for each in messages)
        return Prompt(messages=turns, sampling=drawn)
    text = "\n\n".join(each["content"] for each in messages)
    return Prompt(text=f"{text}\n\n", sampling=drawn)
