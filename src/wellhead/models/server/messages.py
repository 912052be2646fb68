"""What clients send, as OpenAI's API words it; what is not served is refused, not ignored.

Fields that change nothing here (`user`, `metadata`) are let through.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wellhead.models.engine import Message, Prompt, Sampling

__all__ = ["ChatRequest", "CompletionRequest", "Request"]

MOST_CHARACTERS = 200_000
MOST_PROMPTS = 32
DEFAULT_LENGTH = 256

Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]
Stops = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=4)]


class StreamOptions(BaseModel):
    """Whether the usage comes as a last chunk of a stream."""

    include_usage: bool = False


class Request(BaseModel):
    """What both kinds of request share."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(min_length=1, max_length=300)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    top_k: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    stop: Annotated[str, Field(min_length=1, max_length=200)] | Stops | None = None
    max_tokens: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    n: Annotated[int | None, Field(ge=1, le=1)] = None
    presence_penalty: Literal[0] | None = None
    frequency_penalty: Literal[0] | None = None
    logit_bias: Annotated[dict[str, float] | None, Field(max_length=0)] = None

    @model_validator(mode="after")
    def _options_of_a_stream(self) -> Request:
        if self.stream_options is not None and not self.stream:
            raise ValueError("stream_options is for streams: set stream to true")
        return self

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with its usage."""
        return self.stream_options is not None and self.stream_options.include_usage

    def sampling(self, most: int, *, length: int | None, logprobs: int | None) -> Sampling:
        """How answers are drawn, no longer than the server allows."""
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return Sampling(
            length=min(length or DEFAULT_LENGTH, most),
            temperature=1.0 if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            top_k=self.top_k or 0,
            seed=self.seed,
            stop=tuple(stops),
            logprobs=logprobs,
        )


class CompletionRequest(Request):
    """``POST /v1/completions``."""

    prompt: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_PROMPTS)]
    logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    max_tokens: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    echo: bool | None = None
    suffix: None = None
    best_of: Annotated[int | None, Field(ge=1, le=1)] = None

    @model_validator(mode="after")
    def _echo_comes_whole(self) -> CompletionRequest:
        if self.echo and self.stream:
            raise ValueError("echo gives the prompt back in a whole answer: set stream to false")
        if self.max_tokens == 0 and not self.echo:
            raise ValueError("max_tokens is 1 or more, or 0 with echo")
        return self

    def prompts(self, most: int) -> list[Prompt]:
        texts = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        sampling = self.sampling(most, length=self.max_tokens, logprobs=self.logprobs)
        return [Prompt(text, sampling=sampling) for text in texts]


class Part(BaseModel):
    """A part of a message; only text is served."""

    type: Literal["text"]
    text: Text


class Turn(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | Annotated[list[Part], Field(max_length=64)]

    def message(self) -> Message:
        content = self.content
        told = content if isinstance(content, str) else "".join(part.text for part in content)
        return Message("system" if self.role == "developer" else self.role, told)


class ChatRequest(Request):
    """``POST /v1/chat/completions``."""

    messages: Annotated[list[Turn], Field(min_length=1, max_length=200)]
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    tools: Annotated[list[Any] | None, Field(max_length=0)] = None
    functions: Annotated[list[Any] | None, Field(max_length=0)] = None
    response_format: dict[Literal["type"], Literal["text"]] | None = None

    def prompts(self, most: int) -> list[Prompt]:
        length = self.max_completion_tokens or self.max_tokens
        logs = (self.top_logprobs or 0) if self.logprobs else None
        sampling = self.sampling(most, length=length, logprobs=logs)
        messages = tuple(turn.message() for turn in self.messages)
        return [Prompt(messages=messages, sampling=sampling)]
