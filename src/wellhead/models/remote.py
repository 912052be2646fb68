"""Any OpenAI-compatible endpoint as an engine, through the official client.

The key comes from the environment variable WELLHEAD_API_KEY; the provider's own endpoint also
takes OPENAI_API_KEY, which is sent nowhere else. What an endpoint says is not trusted: lengths are
bounded by what was asked for.
"""

from __future__ import annotations

import math
import os
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from openai import APIError, APIStatusError, AsyncOpenAI, BadRequestError, OpenAI

from wellhead.errors import BadInput, BadSetting, WellheadError
from wellhead.models.engine import EngineFailed, Finish, Piece, Prompt, TokenLog, Usage
from wellhead.models.resolve import Found

__all__ = ["RemoteEngine"]

PLACES = 8
SECONDS = 120.0  # that an endpoint may say nothing
MOST_PER_TOKEN = 64  # characters
MARKS = 8  # tokens that an endpoint may set before a text
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
            with self._told_apart():
                asked: Any = client.chat.completions if prompt.messages else client.completions
                async with await asked.create(model=self.name, stream=True, **options) as chunks:
                    async for chunk in chunks:
                        if chunk.usage:
                            usage = _usage(chunk.usage)
                        for choice in chunk.choices:
                            text = _text(choice)
                            most -= len(text)
                            if most < 0:
                                raise EngineFailed(f"{self.name} says more than it was asked for.")
                            if choice.finish_reason:
                                finish = "length" if choice.finish_reason == "length" else "stop"
                            if text:
                                yield Piece(text, _logs(choice, chat=bool(prompt.messages)))
        if finish is None:
            raise EngineFailed(f"{self.name} broke off in the middle of its answer.")
        yield Piece("", finish=finish, usage=usage)

    async def surprise(self, prompt: Prompt, text: str) -> float | None:
        """From what the endpoint echoes; None for conversations, and where it echoes nothing."""
        if prompt.messages or not prompt.text or not text:
            return None
        try:
            before, whole = await self.echo(prompt.text), await self.echo(prompt.text + text)
        except BadSetting:
            return None
        if before is None or whole is None:
            return None
        return -sum(log.logprob for log in whole[len(before) :])

    async def echo(self, text: str, others: int = 0) -> tuple[TokenLog, ...] | None:
        """The endpoint gives the text back (``echo``), with one token that is thrown away."""
        asked: Any = {"prompt": text, "echo": True, "logprobs": max(1, others), "max_tokens": 1}
        async with AsyncOpenAI(
            base_url=self._url, api_key=self._key, timeout=SECONDS, max_retries=0
        ) as client:
            with self._told_apart():
                found = await client.completions.create(model=self.name, temperature=0, **asked)
                count = _usage(found.usage).prompt if found.usage else 0
                logs = _logs(found.choices[0], chat=False) if found.choices else ()
        # No more tokens than bytes, with room for marks of beginning.
        most = len(text.encode()) + MARKS
        return logs[:count] if 0 < count <= min(len(logs), most) else None

    async def close(self) -> None:
        """Nothing is held between answers."""

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        """Whatever goes wrong while the endpoint is asked, as an error of ours."""
        try:
            yield
        except WellheadError:
            raise
        except APIError as error:
            raise self._wrong(error) from None
        # Its client checks no response for its form, and raises whatever follows from that.
        except Exception as error:
            why = str(error)[:200] or type(error).__name__
            raise EngineFailed(
                f"{self.name} sent what is no response of OpenAI's API, or nothing more: {why}"
            ) from error

    def _wrong(self, error: APIError) -> WellheadError:
        if isinstance(error, BadRequestError):
            return BadSetting(f"{self.name} refused: {_words(error)}")
        if isinstance(error, APIStatusError):
            return EngineFailed(f"{self.name}: {error.status_code}, {_words(error)}")
        return EngineFailed(f"{self._url}: {_words(error)}")

    def _only_model(self) -> str:
        try:
            with OpenAI(
                base_url=self._url, api_key=self._key, timeout=10.0, max_retries=0
            ) as client:
                names = sorted(str(model.id) for model in client.models.list().data)
        # As above: what is no list of models may raise anything.
        except Exception as error:  # noqa: BLE001
            why = _words(error) if isinstance(error, APIError) else "it does not list its models"
            raise BadInput(
                f"model {self._url}: expected an OpenAI-compatible endpoint: {why}. Is "
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
    text = (getattr(choice, "text", None) if delta is None else delta.content) or ""
    if not isinstance(text, str):
        raise TypeError(f"expected text, got {text!r}")
    return text


def _usage(told: Any) -> Usage:
    return Usage(int(told.prompt_tokens or 0), int(told.completion_tokens or 0))


def _logs(choice: Any, *, chat: bool) -> tuple[TokenLog, ...]:
    told = getattr(choice, "logprobs", None)
    if told is None:
        return ()
    if chat:
        return tuple(
            _log(each.token, each.logprob, [(o.token, o.logprob) for o in each.top_logprobs or ()])
            for each in told.content or ()
        )
    tokens, logs = told.tokens or (), told.token_logprobs or ()
    others = told.top_logprobs or [{}] * len(tokens)
    return tuple(
        _log(token, log, (other or {}).items())
        for token, log, other in zip(tokens, logs, others, strict=False)
    )


def _log(token: Any, log: Any, others: Iterable[tuple[Any, Any]]) -> TokenLog:
    listed = tuple((str(other), float(value)) for other, value in others)
    return TokenLog(str(token), math.nan if log is None else float(log), listed)


def _words(error: APIError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)[:300]
