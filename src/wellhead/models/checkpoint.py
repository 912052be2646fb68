"""Checkpoints of our own, folders of transformers, and GGUF files dequantised, as an engine.

Only weights in safetensors (or GGUF) are read, and no code that comes with a model is run. The
tokenizer decides where text becomes tokens; a model whose tokenizer has a template for
conversations chats, and a generation of a run continues text, whatever template its base had.

torch is imported with this module.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import torch
import transformers
from tokenizers.decoders import DecodeStream

from wellhead.errors import BadInput, BadSetting
from wellhead.models.batching import Batch, Row, Written
from wellhead.models.engine import EngineFailed, Piece, Prompt, PromptTooLong, TokenLog, Usage
from wellhead.models.resolve import Found
from wellhead.models.stopping import Stopping
from wellhead.recursion.device import device

__all__ = ["CheckpointEngine"]

PLACES = 32
# Models whose attention slides have no end of their own; memory does.
LONGEST = 8192
# Tokens of the prompt that a tokenizer may need to see to space the first word after them.
SEEN = 16
# Tokens of a given text that are priced at a time.
STRETCH = 256

transformers.utils.logging.disable_progress_bar()
T = TypeVar("T")


class CheckpointEngine:
    """A causal language model that transformers reads."""

    def __init__(self, found: Found, *, places: int = PLACES) -> None:
        self.name, self.places = found.name, places
        self._tokenizer = _loaded(transformers.AutoTokenizer, found)
        if not self._tokenizer.is_fast:
            raise BadInput(f"{found.path}: expected a model with a fast tokenizer.")
        kind = torch.float32 if device().type == "cpu" else "auto"
        network = _loaded(transformers.AutoModelForCausalLM, found, dtype=kind).to(device())
        self.chats = found.origin is None and bool(self._tokenizer.chat_template)
        self.context = _context(network.config)
        self._ends = _ends(network, self._tokenizer)
        self._batch = Batch(network, places)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        ids = self._ids(prompt)
        room = (self.context or LONGEST) - len(ids)
        if room < 1:
            raise PromptTooLong(
                f"{self.name} looks back on {self.context} tokens; the prompt has {len(ids)}."
            )
        sampling = replace(prompt.sampling, length=min(prompt.sampling.length, room))
        loop, told = asyncio.get_running_loop(), asyncio.Queue[Written]()
        row = Row(
            ids,
            sampling,
            self._ends,
            lambda written: _pass_on(loop, told, written),
        )
        self._batch.submit(row)
        try:
            async for piece in self._pieces(row, told):
                yield piece
        finally:
            row.cancelled = True

    async def surprise(self, prompt: Prompt, text: str) -> float | None:
        before = self._ids(prompt)
        if prompt.messages:
            ids = self._encode(text)
        else:
            # A token may begin in the prompt and end in the text: it counts as one of the text.
            whole = self._tokenizer(
                prompt.text + text, add_special_tokens=False, return_offsets_mapping=True
            )
            ends = [end for _, end in whole["offset_mapping"]]
            first = sum(end <= len(prompt.text) for end in ends)
            before, ids = self._begun(whole["input_ids"][:first]), whole["input_ids"][first:]
        longest = self.context or LONGEST
        if not ids or len(ids) >= longest:
            return None
        return await self._between(lambda: self._nats(before[-(longest - len(ids)) :], ids))

    async def echo(self, text: str, others: int = 0) -> tuple[TokenLog, ...] | None:
        coded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        plain: list[int] = coded["input_ids"]
        ids = self._begun(plain) if plain else []
        longest = self.context or LONGEST
        if len(ids) > longest:
            raise PromptTooLong(
                f"{self.name} looks back on {longest} tokens; the text has {len(ids)}."
            )
        told = await self._between(lambda: self._priced(ids, others))
        ends = [0, *(end for _, end in coded["offset_mapping"])]
        texts = [text[start:end] for start, end in pairwise(ends)]
        priced = zip(texts, told[len(ids) - len(plain) :], strict=True)
        return tuple(self._log(written)._replace(token=shown) for shown, written in priced)

    async def close(self) -> None:
        await asyncio.to_thread(self._batch.close)

    def _ids(self, prompt: Prompt) -> list[int]:
        if not prompt.messages:
            return self._begun(self._encode(prompt.text))
        if not self.chats:
            raise BadSetting(
                f"{self.name} continues text and has no template for conversations: ask it for a "
                "completion."
            )
        turns = [message._asdict() for message in prompt.messages]
        found: list[int] = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=False
        )
        return found

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _begun(self, ids: list[int]) -> list[int]:
        """With the mark that begins a text, where the tokenizer sets one or nothing is there."""
        start = self._tokenizer.bos_token_id
        if ids and not getattr(self._tokenizer, "add_bos_token", False):
            return ids
        if start is None:
            start = self._tokenizer.eos_token_id
        return ids if start is None else [start, *ids]

    async def _pieces(self, row: Row, told: asyncio.Queue[Written]) -> AsyncGenerator[Piece, None]:
        decoder = DecodeStream(ids=list(row.prompt[-SEEN:]), skip_special_tokens=True)
        stopping, logs = Stopping(row.sampling.stop), list[TokenLog]()
        count = 0
        while True:
            written = await told.get()
            if written.error is not None:
                raise EngineFailed(f"{self.name} stopped working: {written.error}")
            if written.finish:
                usage = Usage(len(row.prompt), count)
                yield Piece(stopping.rest(), tuple(logs), written.finish, usage)
                return
            count += 1
            if row.sampling.logprobs is not None:
                logs.append(self._log(written))
            text = stopping.take(
                decoder.step(self._tokenizer.backend_tokenizer, written.token) or ""
            )
            if stopping.stopped:
                yield Piece(text, tuple(logs), "stop", Usage(len(row.prompt), count))
                return
            if text:
                yield Piece(text, tuple(logs))
                logs = []

    def _log(self, written: Written) -> TokenLog:
        others = tuple((self._tokenizer.decode([token]), log) for token, log in written.others)
        return TokenLog(self._tokenizer.decode([written.token]), written.logprob, others)

    def _nats(self, before: list[int], ids: list[int]) -> float:
        tokens = torch.tensor([[*before, *ids]], device=device())
        logits = self._batch.network(
            input_ids=tokens, use_cache=False, logits_to_keep=len(ids) + 1
        ).logits[0, :-1]
        logs = logits.float().log_softmax(-1)
        wanted = tokens[0, -len(ids) :]
        # Where nothing comes before the first token, it has no probability.
        logs, wanted = logs[-len(ids) :], wanted[len(ids) - len(logs[-len(ids) :]) :]
        return -float(logs.gather(1, wanted[:, None]).sum())

    def _priced(self, ids: list[int], others: int) -> list[Written]:
        """Every token after those before it, a stretch at a time: logits are large."""
        told, cache = [Written(ids[0], math.nan)] if ids else [], transformers.DynamicCache()
        for start in range(0, len(ids) - 1, STRETCH):
            part = torch.tensor([ids[start : min(start + STRETCH, len(ids) - 1)]], device=device())
            logits = self._batch.network(input_ids=part, past_key_values=cache, use_cache=True)
            logs = logits.logits[0].float().log_softmax(-1)
            best = logs.topk(others)
            for place, token in enumerate(ids[start + 1 : start + 1 + len(logs)]):
                likely = zip(best.indices[place].tolist(), best.values[place].tolist(), strict=True)
                told.append(Written(token, float(logs[place, token]), tuple(likely)))
        return told

    async def _between(self, work: Callable[[], T]) -> T:
        """The result of work that needs the network, done between two tokens."""
        future: Future[T] = Future()

        def done() -> None:
            try:
                future.set_result(work())
            # It belongs to whoever asked, not to the thread.
            except Exception as error:  # noqa: BLE001
                future.set_exception(EngineFailed(f"{self.name} stopped working: {error}"))

        self._batch.call(done)
        return await asyncio.wrap_future(future)


def _pass_on(
    loop: asyncio.AbstractEventLoop, told: asyncio.Queue[Written], written: Written
) -> None:
    loop.call_soon_threadsafe(told.put_nowait, written)


def _loaded(loader: Any, found: Found, **options: Any) -> Any:
    place = found.place()
    if place.gguf is not None:
        options["gguf_file"] = place.gguf
    elif "dtype" in options:
        options["use_safetensors"] = True
    try:
        return loader.from_pretrained(place.folder, **options)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, TypeError) as error:
        raise BadInput(
            f"model {found.path}: expected a causal language model with weights in safetensors "
            f"or GGUF, and its tokenizer: {error}"
        ) from None


def _context(config: Any) -> int:
    """How far prompt and answer may reach together."""
    if getattr(config, "sliding_window", None) and set(
        getattr(config, "layer_types", None) or ["sliding_attention"]
    ) == {"sliding_attention"}:
        return LONGEST
    return min(int(getattr(config, "max_position_embeddings", LONGEST)), LONGEST)


def _ends(network: Any, tokenizer: Any) -> frozenset[int]:
    found = network.generation_config.eos_token_id
    listed = found if isinstance(found, list) else [found]
    return frozenset(token for token in (*listed, tokenizer.eos_token_id) if isinstance(token, int))
