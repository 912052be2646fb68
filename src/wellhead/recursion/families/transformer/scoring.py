"""How likely a network finds blocks of tokens.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from wellhead.recursion.data import Array
from wellhead.recursion.device import device, inference

__all__ = ["log_probabilities", "mean_loss"]

ROWS = 64


def log_probabilities(network: Any, tokens: Array) -> Array:
    """The log-probability of each token given those before it in its block, in nats.

    Args:
        network: a causal language model.
        tokens: blocks (blocks, length).

    Returns:
        Shape (blocks, length - 1): nothing comes before the first token of a block.
    """
    network.eval()
    found = []
    with inference():
        for start in range(0, len(tokens), ROWS):
            part = torch.as_tensor(tokens[start : start + ROWS].astype(np.int64), device=device())
            logits = network(input_ids=part, use_cache=False).logits[:, :-1].float()
            logs = logits.gather(2, part[:, 1:, None])[..., 0] - logits.logsumexp(-1)
            found.append(logs.cpu().numpy().astype(np.float64))
    return np.concatenate(found) if found else np.empty((0, tokens.shape[1] - 1))


def mean_loss(network: Any, tokens: Array) -> float:
    """Mean loss per token in nats."""
    return -float(log_probabilities(network, tokens).mean())
