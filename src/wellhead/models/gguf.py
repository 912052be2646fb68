"""GGUF files as an engine, through xllamacpp: llama.cpp batches, caches and streams by itself.

llama.cpp also listens on a port of its own on the loopback address. Nothing here uses it; it is
locked with a key that nobody is told.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import secrets
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

from wellhead.errors import BadInput, BadSetting
from wellhead.models.engine import (
    Engine,
    EngineFailed,
    Finish,
    Piece,
    Prompt,
    PromptTooLong,
    TokenLog,
    Usage,
)
from wellhead.models.resolve import Found

__all__ = ["GgufEngine"]

PLACES = 4
CONTEXT = 2048  # tokens of each place
HEADER = 64 * 1024 * 1024  # bytes in which a template is looked for
DEQUANTISED = 1_000_000_000  # bytes of a file that may be opened a second time, eight times larger
END = object()


class GgufEngine:
    """A model in a GGUF file."""

    def __init__(self, found: Found, *, places: int = PLACES, context: int = CONTEXT) -> None:
        self.name, self.places, self.context = found.name, places, context
        self.chats = found.origin is None and _has_template(Path(found.path))
        self._found = found
        self._scorer: Engine | None = None
        self._server = _server(found.path, places, context)
        self._threads = ThreadPoolExecutor(places, "wellhead-gguf")

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        if prompt.messages and not self.chats:
            raise BadSetting(
                f"{self.name} continues text and has no template for conversations: ask it for a "
                "completion."
            )
        loop, told, leave = asyncio.get_running_loop(), asyncio.Queue[Any](), Event()

        def tell(chunk: Any) -> bool:
            # The loop may be gone, with whoever asked.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(told.put_nowait, chunk)
                return leave.is_set()
            return True

        def work() -> None:
            ask = (
                self._server.handle_chat_completions
                if prompt.messages
                else self._server.handle_completions
            )
            try:
                if not leave.is_set():
                    ask(_request(prompt), tell)
            # Whatever llama.cpp raises belongs to whoever asked.
            except Exception as error:  # noqa: BLE001
                tell({"error": {"message": str(error)}})
            tell(END)

        self._threads.submit(work)
        finish: Finish | None = None
        try:
            while (chunk := await told.get()) is not END:
                piece = self._piece(chunk, finish)
                finish = piece.finish or finish
                # How it ended comes before what it took; both are told together, at the end.
                if piece.usage is not None or piece.text:
                    yield piece
        finally:
            leave.set()

    async def surprise(self, prompt: Prompt, text: str) -> float | None:
        """From the same weights through transformers: llama.cpp does not score a given text."""
        scorer = await asyncio.to_thread(self._opened_scorer)
        return None if scorer is None else await scorer.surprise(prompt, text)

    async def echo(self, text: str, others: int = 0) -> tuple[TokenLog, ...] | None:
        scorer = await asyncio.to_thread(self._opened_scorer)
        return None if scorer is None else await scorer.echo(text, others)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self._server = None
        if self._scorer is not None:
            await self._scorer.close()

    def _opened_scorer(self) -> Engine | None:
        large = os.path.getsize(self._found.path) > DEQUANTISED
        if large or any(find_spec(name) is None for name in ("torch", "transformers", "gguf")):
            return None
        if self._scorer is None:
            from wellhead.models.checkpoint import CheckpointEngine

            self._scorer = CheckpointEngine(self._found)
        return self._scorer

    def _piece(self, chunk: Mapping[str, Any], finish: Finish | None) -> Piece:
        if "error" in chunk:
            error = chunk["error"]
            if error.get("type") == "exceed_context_size_error":
                raise PromptTooLong(
                    f"{self.name} looks back on {self.context} tokens; the prompt has "
                    f"{error.get('n_prompt_tokens')}."
                )
            raise EngineFailed(f"{self.name} stopped working: {error.get('message')}")
        used = chunk.get("usage")
        usage = Usage(used["prompt_tokens"], used["completion_tokens"]) if used else None
        if not chunk["choices"]:
            return Piece("", finish=finish, usage=usage)
        choice = chunk["choices"][0]
        text = choice.get("text") or choice.get("delta", {}).get("content") or ""
        ended = choice.get("finish_reason")
        told: Finish | None = None if ended is None else "length" if ended == "length" else "stop"
        return Piece(text, _logs(choice), told, usage)


def _request(prompt: Prompt) -> dict[str, Any]:
    sampling = prompt.sampling
    request: dict[str, Any] = {
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": sampling.length,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        # llama.cpp would narrow further by itself.
        "min_p": 0.0,
        "stop": list(sampling.stop),
        "seed": secrets.randbelow(2**31) if sampling.seed is None else sampling.seed % 2**32,
    }
    if prompt.messages:
        request["messages"] = [message._asdict() for message in prompt.messages]
    else:
        request["prompt"] = prompt.text
    if sampling.logprobs is not None:
        request["n_probs"] = request["logprobs"] = max(1, sampling.logprobs)
        if prompt.messages:
            request["logprobs"], request["top_logprobs"] = True, max(1, sampling.logprobs)
    return request


def _logs(choice: Mapping[str, Any]) -> tuple[TokenLog, ...]:
    content = (choice.get("logprobs") or {}).get("content") or ()
    return tuple(
        TokenLog(
            each["token"],
            each["logprob"],
            tuple((other["token"], other["logprob"]) for other in each.get("top_logprobs", ())),
        )
        for each in content
    )


def _server(path: str, places: int, context: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel = places * context, places
    params.cpuparams.n_threads = os.cpu_count() or 1
    params.api_keys = [secrets.token_urlsafe(32)]
    params.endpoint_slots = params.ui = False
    params.verbosity = 0
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, OSError, ValueError) as error:
        raise BadInput(
            f"model {path}: expected a GGUF file that llama.cpp reads: {error}"
        ) from None


def _has_template(path: Path) -> bool:
    """Whether the file brings a template; its keys stand before its weights."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as m:
            if m[:4] != b"GGUF":
                raise BadInput(
                    f"model {path}: expected a GGUF file; its first bytes are not those of one."
                )
            return m.find(b"tokenizer.chat_template", 0, HEADER) >= 0
    except (OSError, ValueError) as error:
        raise BadInput(f"model {path}: expected a GGUF file: {error}") from None
