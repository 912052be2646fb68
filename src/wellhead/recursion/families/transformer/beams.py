"""Beam search over blocks of a fixed length: the most probable continuation that it finds.

All continuations have the same length, so their log-probabilities compare as they are, without a
length penalty. A mark that ends a document is a token like any other: the next document follows.
With width 1 it is greedy search; with as many beams as there are prefixes it finds the most
probable block of all.
"""

from __future__ import annotations

from typing import Any

from wellhead.recursion.families.transformer.device import load_torch, load_transformers
from wellhead.recursion.families.transformer.sampling import penalise
from wellhead.recursion.samplers import Beam

__all__ = ["beam_search"]


def beam_search(network: Any, prompts: Any, length: int, how: Beam) -> Any:
    """The best continuation of each prompt, shape (rows, length).

    Args:
        network: a causal language model of transformers.
        prompts: token numbers (rows, tokens).
        length: new tokens.
        how: the width, and a repetition penalty on the logits.
    """
    torch = load_torch()
    rows = len(prompts)
    cache = load_transformers().DynamicCache(config=network.config)
    # A first pass over the prompts alone; beams differ only after it.
    logs = _logs(network, prompts, cache, prompts, how.penalty)
    beams = min(how.width, logs.shape[-1])
    score, token = logs.topk(beams, dim=-1)
    cache.batch_repeat_interleave(beams)
    seen = torch.cat([prompts.repeat_interleave(beams, 0), token.reshape(-1, 1)], dim=1)
    first = torch.arange(rows, device=prompts.device)[:, None] * beams
    for _ in range(length - 1):
        logs = _logs(network, seen[:, -1:], cache, seen, how.penalty)
        tokens = logs.shape[-1]
        total = (score.reshape(-1, 1) + logs).reshape(rows, beams * tokens)
        score, place = total.topk(min(how.width, total.shape[-1]), dim=-1)
        parent = (first + place // tokens).reshape(-1)
        cache.reorder_cache(parent)
        seen = torch.cat([seen[parent], (place % tokens).reshape(-1, 1)], dim=1)
        beams = score.shape[-1]
        first = torch.arange(rows, device=prompts.device)[:, None] * beams
    # topk sorts: the first beam of each prompt is the best.
    return seen.reshape(rows, beams, -1)[:, 0, prompts.shape[1] :]


def _logs(network: Any, tokens: Any, cache: Any, seen: Any, penalty: float) -> Any:
    """Log-probabilities of the next token, shape (rows, tokens)."""
    torch = load_torch()
    answer = network(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
    logits = penalise(answer.logits[:, -1].float(), seen, penalty)
    return torch.log_softmax(logits, -1)
