"""New blocks from a network: prompts go in, what the network writes after them comes out.

Prompts of one length (rows, tokens) are continued in batches with a key-value cache, so that a
token costs one pass over the newest position. All continuations have one length: a mark that ends
a document is a token like any other, and the next document follows. Under ``torchrun`` each
process continues its part of the prompts and all get everything.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from transformers import DynamicCache, GenerationConfig

from wellhead.recursion.data import Array, Rng
from wellhead.recursion.device import device, inference
from wellhead.recursion.distributed import connect
from wellhead.recursion.families.transformer.sampling import Narrowing, draw
from wellhead.recursion.samplers import Beam, Sampler

__all__ = ["continued"]

ROWS = 256  # continued together on a CPU
ROWS_GPU = 2048


def continued(network: Any, prompts: Array, length: int, sampler: Sampler, rng: Rng) -> Array:
    """`length` new tokens after each prompt, shape (rows, length).

    The randomness of a row belongs to the row, so that batches and processes do not matter.
    """
    uniform = rng.random((len(prompts), length), dtype=np.float32)
    here = connect()
    mine = np.array_split(np.arange(len(prompts)), here.size)[here.rank]
    rows = ROWS if device().type == "cpu" else ROWS_GPU
    if isinstance(sampler, Beam):
        rows //= 4
    network.eval()
    with inference():
        written = [
            _batch(network, prompts[part], uniform[part], sampler)
            for part in (mine[start : start + rows] for start in range(0, len(mine), rows))
        ]
    own = np.concatenate(written) if written else np.empty((0, length), dtype=np.int32)
    if here.size == 1:
        return own
    parts: list[Any] = [None] * here.size
    torch.distributed.all_gather_object(parts, own)
    return np.concatenate(parts)


def _batch(network: Any, prompts: Array, uniform: Array, sampler: Sampler) -> Array:
    tokens = torch.as_tensor(prompts.astype(np.int64), device=device())
    if isinstance(sampler, Beam):
        found = _most_probable(network, tokens, uniform.shape[1], sampler)
    else:
        chances = torch.as_tensor(uniform, device=device())
        found = _sampled(network, tokens, chances, Narrowing.of(sampler))
    written: Array = found.cpu().numpy().astype(np.int32)
    return written


def _most_probable(network: Any, prompts: torch.Tensor, length: int, beam: Beam) -> torch.Tensor:
    """The best continuation that beam search of transformers finds."""
    config = GenerationConfig(
        num_beams=beam.width,
        repetition_penalty=beam.penalty,
        do_sample=False,
        max_new_tokens=length,
        # No token, so that none ends a block; None would stand for that of the network.
        eos_token_id=network.config.vocab_size,
        pad_token_id=0,
    )
    found: torch.Tensor = network.generate(
        prompts, attention_mask=torch.ones_like(prompts), generation_config=config
    )
    return found[:, prompts.shape[1] :]


def _sampled(
    network: Any, prompts: torch.Tensor, chances: torch.Tensor, narrowing: Narrowing
) -> torch.Tensor:
    rows, length = chances.shape
    prompt = prompts.shape[1]
    seen = torch.empty((rows, prompt + length), dtype=torch.long, device=prompts.device)
    seen[:, :prompt] = prompts
    cache, newest = DynamicCache(config=network.config), prompts
    for step in range(length):
        answer = network(input_ids=newest, past_key_values=cache, use_cache=True, logits_to_keep=1)
        before = seen[:, : prompt + step]
        token = draw(answer.logits[:, -1], before, chances[:, step], narrowing)
        newest = token[:, None]
        seen[:, prompt + step] = token
    return seen[:, prompt:]
