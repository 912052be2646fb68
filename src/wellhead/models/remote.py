"""Any OpenAI-compatible endpoint as an engine, through the official client.

The key comes from the environment variable WELLHEAD_API_KEY; the provider's own endpoint also
takes OPENAI_API_KEY, which is sent nowhere else. What an endpoint says is not trusted: lengths are
bounded by what was asked for.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlsplit

from openai import APIError, APIStatusError, AsyncOpenAI, BadRequestError, OpenAI

from wellhead.errors import BadInput, BadSetting
from wellhead.models.engine import EngineFailed, Finish, Piece, Prompt, TokenLog, Usage
from wellhead.models.resolve import Found

__all__ = ["RemoteEngine"]

PLACES = 8
SECONDS = 120.0  # that an endpoint may say nothing
MOST_PER_TOKEN = 64  # characters
OWN = "api.openai.com"


class RemoteEngine:
    """A model behind a URL; it is asked for completions and for conversations as one wishes."""

    context = None
    chats = True

    def __init__(self, found: Found, *, places: int = PLACES) -> None:
        self._url, _, model = found.path.partition("#")
        self.places = places
        self._key = _key(self._url)
        self.name = model or self._only_model()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        options = _options(prompt)
        most = prompt.sampling.length * MOST_PER_TOKEN
        finish: Finish | None = None
        usage = Usage(0, 0)
        # A client belongs to the event loop that it first runs in.
        async with AsyncOpenAI(
            base_url=self._url, api_key=self._key, timeout=SECONDS, max_retries=0
        ) as client:
            try:
                asked: Any = client.chat.completions if prompt.messages else client.completions
                async with await asked.create(model=self.name, stream=True, **options) as chunks:
                    async for chunk in chunks:
                        if chunk.usage:
                            usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                        for choice in chunk.choices:
                            text = _text(choice)
                            most -= len(text)
                            if most < 0:
                                raise EngineFailed(f"{self.name} says more than it was asked for.")
                            if choice.finish_reason:
                                finish = "length" if choice.finish_reason == "length" else "stop"
                            if text:
                                yield Piece(text, _logs(choice, chat=bool(prompt.messages)))
            except BadRequestError as error:
                raise BadSetting(f"{self.name} refused: {_words(error)}") from None
            except APIStatusError as error:
                raise EngineFailed(f"{self.name}: {error.status_code}, {_words(error)}") from None
            except APIError as error:
                raise EngineFailed(f"{self._url}: {_words(error)}") from None
        if finish is None:
            raise EngineFailed(f"{self.name} broke off in the middle of its answer.")
        yield Piece("", finish=finish, usage=usage)

    async def surprise(self, prompt: Prompt, text: str) -> float | None:
        """None: endpoints do not score a given text."""
        return None

    async def close(self) -> None:
        """Nothing is held between answers."""

    def _only_model(self) -> str:
        try:
            with OpenAI(
                base_url=self._url, api_key=self._key, timeout=10.0, max_retries=0
            ) as client:
                names = sorted(model.id for model in client.models.list().data)
        except APIError as error:
            raise BadInput(
                f"model {self._url}: expected an OpenAI-compatible endpoint: {_words(error)}. Is "
                "it running, and does the address end in /v1?"
            ) from None
        if len(names) != 1:
            shown = ", ".join(names[:12]) or "none"
            raise BadSetting(f"model {self._url}: name one with #MODEL. It has: {shown}.")
        return names[0]


def _key(url: str) -> str:
    own = os.environ.get("OPENAI_API_KEY") if urlsplit(url).hostname == OWN else None
    return os.environ.get("WELLHEAD_API_KEY") or own or "none"


def _options(prompt: Prompt) -> dict[str, Any]:
    sampling = prompt.sampling
    options: dict[str, Any] = {
        "max_tokens": sampling.length,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stream_options": {"include_usage": True},
    }
    if sampling.seed is not None:
        options["seed"] = sampling.seed
    if sampling.stop:
        options["stop"] = list(sampling.stop)
    if sampling.top_k:
        options["extra_body"] = {"top_k": sampling.top_k}
    if prompt.messages:
        options["messages"] = [message._asdict() for message in prompt.messages]
        if sampling.logprobs is not None:
            options["logprobs"], options["top_logprobs"] = True, sampling.logprobs
    else:
        options["prompt"] = prompt.text
        if sampling.logprobs is not None:
            options["logprobs"] = sampling.logprobs
    return options


def _text(choice: Any) -> str:
    delta = getattr(choice, "delta", None)
    return (getattr(choice, "text", None) if delta is None else delta.content) or ""


def _logs(choice: Any, *, chat: bool) -> tuple[TokenLog, ...]:
    told = getattr(choice, "logprobs", None)
    if told is None:
        return ()
    if chat:
        return tuple(
            TokenLog(
                each.token, each.logprob, tuple((o.token, o.logprob) for o in each.top_logprobs)
            )
            for each in told.content or ()
        )
    tokens, logs = told.tokens or (), told.token_logprobs or ()
    others = told.top_logprobs or [{}] * len(tokens)
    return tuple(
        TokenLog(token, log, tuple(other.items()))
        for token, log, other in zip(tokens, logs, others, strict=False)
        if log is not None
    )


def _words(error: APIError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)[:300]
