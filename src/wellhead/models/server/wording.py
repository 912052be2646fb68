"""Pieces of an answer in the words of OpenAI's API: whole answers and chunks of a stream."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wellhead.models.engine import Answer, TokenLog, Usage

__all__ = ["Wording"]


@dataclass(frozen=True)
class Wording:
    """One response; its chunks share an id and a time."""

    model: str
    chat: bool
    id: str = field(init=False)
    created: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        prefix = "chatcmpl" if self.chat else "cmpl"
        object.__setattr__(self, "id", f"{prefix}-{secrets.token_hex(12)}")

    def whole(self, answers: Sequence[Answer]) -> dict[str, Any]:
        """A response that is not streamed."""
        choices = []
        for index, answer in enumerate(answers):
            logs = self._logs(answer.logs)
            said: dict[str, Any] = {"text": answer.text}
            if self.chat:
                said = {"message": {"role": "assistant", "content": answer.text, "refusal": None}}
            choices.append(
                {"index": index, **said, "logprobs": logs, "finish_reason": answer.finish}
            )
        used = Usage(
            sum(answer.usage.prompt for answer in answers),
            sum(answer.usage.answer for answer in answers),
        )
        return self._framed(choices, _usage(used), chunk=False)

    def chunk(
        self, index: int, text: str, logs: Sequence[TokenLog] = (), finish: str | None = None
    ) -> dict[str, Any]:
        """One chunk of a stream."""
        said: dict[str, Any] = {"text": text}
        if self.chat:
            said = {"delta": {"content": text} if text else {}}
        choice = {"index": index, **said, "logprobs": self._logs(logs), "finish_reason": finish}
        return self._framed([choice], None, chunk=True)

    def opening(self) -> dict[str, Any]:
        """The first chunk of a conversation, which says who speaks."""
        delta = {"role": "assistant", "content": ""}
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        return self._framed([choice], None, chunk=True)

    def usage(self, used: Usage) -> dict[str, Any]:
        """The last chunk, where it was asked for."""
        return self._framed([], _usage(used), chunk=True)

    def _framed(
        self, choices: list[dict[str, Any]], usage: dict[str, int] | None, *, chunk: bool
    ) -> dict[str, Any]:
        kind = "text_completion"
        if self.chat:
            kind = "chat.completion.chunk" if chunk else "chat.completion"
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "usage": usage,
        }

    def _logs(self, logs: Sequence[TokenLog]) -> dict[str, Any] | None:
        if not logs:
            return None
        if self.chat:
            return {"content": [_log(log.token, log.logprob, log.others) for log in logs]}
        return {
            "tokens": [log.token for log in logs],
            "token_logprobs": [None if math.isnan(log.logprob) else log.logprob for log in logs],
            "top_logprobs": [None if math.isnan(log.logprob) else dict(log.others) for log in logs],
            "text_offset": [],
        }


def _log(token: str, logprob: float, others: Sequence[tuple[str, float]]) -> dict[str, Any]:
    told = {"token": token, "logprob": logprob, "bytes": list(token.encode())}
    listed = [{"token": t, "logprob": p, "bytes": list(t.encode())} for t, p in others]
    return {**told, "top_logprobs": listed}


def _usage(used: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.answer,
        "total_tokens": used.prompt + used.answer,
    }
