"""An OpenAI-compatible endpoint, through its official client.

The key comes from the environment and goes nowhere else. The client retries what may pass (429,
5xx, a dropped connection), waits as long as the server asks, and gives up after `RETRIES`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from wellhead.errors import BadSetting, MissingExtra
from wellhead.generate.cache import Answer

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["RETRIES", "CallFailed", "Chat", "Endpoint", "Sampling"]

RETRIES = 6
_KEY = "OPENAI_API_KEY"
_LONGEST = 200_000
# What some servers leave of a model's reasoning before its answer; without an end, all is that.
_THOUGHT = re.compile(r"\s*<think(?:ing)?>.*?(?:</think(?:ing)?>\s*|\Z)", re.DOTALL)

Messages = Sequence[Mapping[str, str]]
Sampling = Mapping[str, Any]


class CallFailed(Exception):
    """One call that got no answer; the next run asks again."""


class Chat(Protocol):
    """Something that answers messages."""

    @property
    def name(self) -> str:
        """What answers, for the cache and the report; no secret in it."""
        ...

    async def answer(self, model: str, messages: Messages, sampling: Sampling) -> Answer:
        """The answer to one call.

        Raises:
            CallFailed: this call got none; others may.
            BadSetting: no call can succeed, as with a wrong key or model.
        """
        ...

    async def close(self) -> None: ...


class Endpoint:
    """A server at `base_url`.

    Args:
        base_url: as in ``http://localhost:8000/v1``.
        key_from: the environment variable that holds the key.
        timeout: seconds that one call may take.
        retries: of one call.

    Raises:
        BadSetting: no address, or one that is not http.
        MissingExtra: the client is not installed.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        key_from: str = _KEY,
        timeout: float = 300.0,
        retries: int = RETRIES,
    ) -> None:
        address = base_url or os.environ.get("OPENAI_BASE_URL", "")
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadSetting(
                "expected the address of an OpenAI-compatible endpoint (--base-url, or "
                f"OPENAI_BASE_URL), as in http://localhost:8000/v1; got '{address}'"
            )
        if parts.username or parts.password or parts.query:
            raise BadSetting(f"a key belongs in the environment ({key_from}), not in the address")
        self.name = address.rstrip("/")
        self._key_from = key_from
        self._settings = {"timeout": timeout, "max_retries": retries}
        self._made: AsyncOpenAI | None = None

    def _client(self) -> AsyncOpenAI:
        if self._made is None:
            try:
                from openai import AsyncOpenAI
            except ImportError as error:
                raise MissingExtra("asking an endpoint", "generate") from error
            key = os.environ.get(self._key_from) or "none"
            settings: dict[str, Any] = self._settings
            self._made = AsyncOpenAI(base_url=self.name, api_key=key, **settings)
        return self._made

    async def answer(self, model: str, messages: Messages, sampling: Sampling) -> Answer:
        """The answer to one call; see `Chat.answer`."""
        client = self._client()
        import openai

        create: Any = client.chat.completions.create
        try:
            reply = await create(model=model, messages=list(messages), **sampling)
        except (
            openai.AuthenticationError,
            openai.PermissionDeniedError,
            openai.NotFoundError,
        ) as error:
            raise BadSetting(
                f"{self.name} refuses model '{model}' ({self._told(error)}). Check the model's "
                f"name and the key in {self._key_from}."
            ) from error
        except (openai.OpenAIError, ValueError) as error:
            # A reply that breaks off in the middle is no JSON.
            raise CallFailed(self._told(error)) from error
        return _read(reply)

    def _told(self, error: Exception) -> str:
        """A server's message on one line, not much of it, and the key not even if it says it."""
        message = " ".join(str(error).split())
        if key := os.environ.get(self._key_from):
            message = message.replace(key, "…")
        return f"{type(error).__name__}: {message[:200]}"

    async def close(self) -> None:
        """Let go of the connections."""
        if self._made is not None:
            await self._made.close()
            self._made = None


def _read(reply: Any) -> Answer:
    """A reply as an answer; a server may leave out anything, and write anything in its place."""
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise CallFailed("the reply holds no choice")
    message, usage = getattr(choices[0], "message", None), getattr(reply, "usage", None)
    refusal = _text(getattr(message, "refusal", None))
    text = _THOUGHT.sub("", _text(getattr(message, "content", None)) or refusal)[:_LONGEST]
    finish = "refusal" if refusal else str(getattr(choices[0], "finish_reason", None) or "stop")
    return Answer(
        text.encode("utf-8", "replace").decode(),
        finish,
        _tokens(getattr(usage, "prompt_tokens", None)),
        _tokens(getattr(usage, "completion_tokens", None)),
    )


def _text(content: Any) -> str:
    """What a message says: a text, or a list of parts of which some are texts."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise CallFailed(f"expected a text in the reply, got {type(content).__name__}")
    parts = (one.get("text") if isinstance(one, Mapping) else one for one in content)
    return "".join(part for part in parts if isinstance(part, str))


def _tokens(count: Any) -> int:
    return count if isinstance(count, int) and count > 0 else 0
