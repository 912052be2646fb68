"""Many answers from one network at a time: rows join and leave a batch between two tokens.

A thread of its own owns the network. Each round it reads at most one new prompt, then writes one
token of every row with one pass over a key-value cache that all rows share, padded on the left.
So a new prompt waits for one token, a long answer holds nobody up, and no row is behind another
by more than a prompt. What is drawn for a row depends on its own seed alone; its probabilities may
differ in the last digits with the rows beside it.

The continuous batching of transformers draws every row from one seed, so that an answer could not
be asked for again; and it needs a paged cache, which costs more than it gives on a CPU.

torch is imported with this module.
"""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import DynamicCache

from wellhead.models.engine import Finish, Sampling
from wellhead.recursion.device import device
from wellhead.recursion.families.transformer.sampling import Narrowing, draw

__all__ = ["Batch", "Row", "Written"]


class Written(NamedTuple):
    """One token of a row, or how the row ended (then there is no token)."""

    token: int = -1
    logprob: float = 0.0
    others: tuple[tuple[int, float], ...] = ()
    finish: Finish | None = None
    error: Exception | None = None


@dataclass
class Row:
    """One answer in work.

    Args:
        prompt: token numbers, at least one.
        sampling: how it is drawn; `length` fits into the context.
        ends: tokens that end the answer and are not part of it.
        tell: called from the thread of the batch with every token.
    """

    prompt: Sequence[int]
    sampling: Sampling
    ends: frozenset[int]
    tell: Callable[[Written], None]
    cancelled: bool = False
    count: int = 0
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.sampling.seed)

    @property
    def narrowing(self) -> Narrowing:
        sampling = self.sampling
        return Narrowing(1.0, sampling.temperature, sampling.top_k, sampling.top_p)


class Batch:
    """The thread that writes, `places` rows at a time; further ones wait in order of arrival."""

    def __init__(self, network: Any, places: int) -> None:
        self.network, self.places = network.eval(), places
        self._positions = "position_ids" in inspect.signature(network.forward).parameters
        self._inbox: queue.SimpleQueue[Row | Callable[[], None] | None] = queue.SimpleQueue()
        self._rows: list[Row] = []
        self._cache: Any = None
        self._mask = torch.empty((0, 0), dtype=torch.long, device=device())
        self._newest = torch.empty((0, 1), dtype=torch.long, device=device())
        self._thread = threading.Thread(target=self._run, name="wellhead-batch", daemon=True)
        self._thread.start()

    def submit(self, row: Row) -> None:
        """Begin an answer as soon as there is a place."""
        self._inbox.put(row)

    def call(self, work: Callable[[], None]) -> None:
        """Do something else with the network between two tokens."""
        self._inbox.put(work)

    def close(self) -> None:
        """Stop; what is being written ends unfinished."""
        self._inbox.put(None)
        self._thread.join(timeout=60)

    def _run(self) -> None:
        with torch.inference_mode():
            while True:
                if len(self._rows) < self.places:
                    try:
                        item = self._inbox.get(block=not self._rows)
                    except queue.Empty:
                        pass
                    else:
                        if item is None:
                            return
                        self._begin(item)
                if self._rows:
                    self._guarded(self._step, self._rows)

    def _begin(self, item: Row | Callable[[], None]) -> None:
        if not isinstance(item, Row):
            item()
        elif not item.cancelled:
            self._guarded(lambda: self._join(item), [item])

    def _guarded(self, work: Callable[[], None], concerned: list[Row]) -> None:
        try:
            work()
        # Whatever the network raises ends the answers that it was about, and not the thread.
        except Exception as error:  # noqa: BLE001
            for row in list(concerned):
                _tell(row, Written(error=error))
            self._leave({id(row) for row in concerned})

    def _join(self, row: Row) -> None:
        """Read a prompt, write its first token, and put it beside the rows in work."""
        prompt = torch.tensor([list(row.prompt)], device=device())
        cache = DynamicCache()
        logits = self.network(
            input_ids=prompt, past_key_values=cache, use_cache=True, logits_to_keep=1
        ).logits[:, -1]
        token = _drawn(logits, [row])
        if self._finished(row, int(token[0]), logits[0]):
            return
        mask = torch.ones_like(prompt)
        if not self._rows:
            self._rows, self._cache, self._mask, self._newest = [row], cache, mask, token[:, None]
            return
        length = max(self._mask.shape[1], mask.shape[1])
        for ours, new in zip(self._cache.layers, cache.layers, strict=True):
            ours.keys = torch.cat([_padded(ours.keys, length), _padded(new.keys, length)])
            ours.values = torch.cat([_padded(ours.values, length), _padded(new.values, length)])
        masks = [torch.nn.functional.pad(m, (length - m.shape[1], 0)) for m in (self._mask, mask)]
        self._mask, self._newest = torch.cat(masks), torch.cat([self._newest, token[:, None]])
        self._rows = [*self._rows, row]

    def _step(self) -> None:
        """One token of every row."""
        gone = {id(row) for row in self._rows if row.cancelled}
        self._leave(gone)
        if not self._rows:
            return
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        places: dict[str, Any] = {}
        if self._positions:
            places["position_ids"] = self._mask.sum(1, keepdim=True) - 1
        logits = self.network(
            input_ids=self._newest,
            attention_mask=self._mask,
            past_key_values=self._cache,
            use_cache=True,
            **places,
        ).logits[:, -1]
        tokens = _drawn(logits, self._rows)
        self._newest = tokens[:, None]
        written = zip(self._rows, tokens.tolist(), logits, strict=True)
        self._leave({id(row) for row, token, log in written if self._finished(row, token, log)})

    def _finished(self, row: Row, token: int, logits: torch.Tensor) -> bool:
        """Tell a row its token; whether that was its last."""
        if token in row.ends:
            _tell(row, Written(finish="stop"))
            return True
        row.count += 1
        _tell(row, _logged(row, token, logits))
        if row.count == row.sampling.length:
            _tell(row, Written(finish="length"))
            return True
        return False

    def _leave(self, gone: set[int]) -> None:
        stay = [place for place, row in enumerate(self._rows) if id(row) not in gone]
        if len(stay) == len(self._rows):
            return
        self._rows = [self._rows[place] for place in stay]
        if not stay:
            self._cache = None
            return
        index = torch.tensor(stay, device=device())
        mask = self._mask[index]
        # Columns that only those who left had filled.
        empty = int(mask.any(0).int().argmax())
        for layer in self._cache.layers:
            layer.keys, layer.values = layer.keys[index, :, empty:], layer.values[index, :, empty:]
        self._mask, self._newest = mask[:, empty:], self._newest[index]


def _padded(part: torch.Tensor, length: int) -> torch.Tensor:
    """Keys or values (rows, heads, tokens, width) with zeros before them."""
    return torch.nn.functional.pad(part, (0, 0, length - part.shape[2], 0))


def _drawn(logits: torch.Tensor, rows: list[Row]) -> torch.Tensor:
    """A token for each row; those with equal settings are drawn together."""
    tokens = torch.empty(len(rows), dtype=torch.long, device=logits.device)
    groups: dict[Narrowing, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(row.narrowing, []).append(place)
    for narrowing, places in groups.items():
        index = torch.tensor(places, device=logits.device)
        if narrowing.temperature == 0:
            tokens[index] = logits[index].argmax(-1)
            continue
        chances = [rows[place].rng.random(dtype=np.float32) for place in places]
        uniform = torch.tensor(chances, device=logits.device)
        tokens[index] = draw(logits[index], index[:, None], uniform, narrowing)
    return tokens


def _logged(row: Row, token: int, logits: torch.Tensor) -> Written:
    if row.sampling.logprobs is None:
        return Written(token)
    logs = logits.float().log_softmax(-1)
    best = logs.topk(row.sampling.logprobs)
    others = tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True))
    return Written(token, float(logs[token]), others)


def _tell(row: Row, written: Written) -> None:
    # Whoever asked may be gone, and the loop in which they waited.
    with suppress(RuntimeError):
        row.tell(written)
