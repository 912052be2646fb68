"""New blocks from a network: prompts go in, what the network writes after them comes out.

Prompts of one length (rows, tokens) are continued in batches with a key-value cache, so that a
token costs one pass over the newest position. Under ``torchrun`` each process continues its part
of the prompts and all get everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wellhead.recursion.data import Array, Rng
from wellhead.recursion.families.transformer.beams import beam_search
from wellhead.recursion.families.transformer.device import (
    autocast,
    device,
    load_torch,
    load_transformers,
    one_thread,
    world,
)
from wellhead.recursion.families.transformer.sampling import Narrowing, draw
from wellhead.recursion.samplers import Beam, Sampler

__all__ = ["continued"]

ROWS = 256  # continued together on a CPU
ROWS_GPU = 2048


def continued(network: Any, prompts: Array, length: int, sampler: Sampler, rng: Rng) -> Array:
    """`length` new tokens after each prompt, shape (rows, length).

    The randomness of a row belongs to the row, so that batches and processes do not matter.
    """
    torch = load_torch()
    uniform = rng.random((len(prompts), length), dtype=np.float32)
    here = world()
    mine = np.array_split(np.arange(len(prompts)), here.size)[here.rank]
    network.eval()
    with (
        one_thread(),
        torch.inference_mode(),
        autocast("auto" if device().type == "cuda" else "fp32"),
    ):
        rows = _rows(sampler)
        written = [
            _batch(network, prompts[part], uniform[part], sampler)
            for part in (mine[start : start + rows] for start in range(0, len(mine), rows))
        ]
    own = np.concatenate(written) if written else np.empty((0, length), dtype=np.int32)
    return own if here.size == 1 else _from_all(own)


def _rows(sampler: Sampler) -> int:
    rows = ROWS if device().type == "cpu" else ROWS_GPU
    return rows // 4 if isinstance(sampler, Beam) else rows


def _batch(network: Any, prompts: Array, uniform: Array, sampler: Sampler) -> Array:
    torch = load_torch()
    tokens = torch.as_tensor(prompts.astype(np.int64), device=device())
    if isinstance(sampler, Beam):
        found = beam_search(network, tokens, uniform.shape[1], sampler)
    else:
        chances = torch.as_tensor(uniform, device=device())
        found = _sampled(network, tokens, chances, Narrowing.of(sampler))
    written: Array = found.cpu().numpy().astype(np.int32)
    return written


def _sampled(network: Any, prompts: Any, chances: Any, how: Narrowing) -> Any:
    torch = load_torch()
    rows, length = chances.shape
    prompt = prompts.shape[1]
    seen = torch.empty((rows, prompt + length), dtype=torch.long, device=prompts.device)
    seen[:, :prompt] = prompts
    cache, newest = load_transformers().DynamicCache(config=network.config), prompts
    for step in range(length):
        answer = network(input_ids=newest, past_key_values=cache, use_cache=True, logits_to_keep=1)
        token = draw(answer.logits[:, -1], seen[:, : prompt + step], chances[:, step], how)
        newest = token[:, None]
        seen[:, prompt + step] = token
    return seen[:, prompt:]


def _from_all(own: Array) -> Array:
    together = load_torch().distributed
    parts: list[Any] = [None] * world().size
    together.all_gather_object(parts, own)
    return np.concatenate(parts)
