"""The loss of a causal language model on weighted blocks, its head and the loss computed together.

In: a network of transformers. Out: a module that maps tokens (rows, length) and the share of each
row to one number, the sum over rows of share × mean loss per token. Where logits are the last
hidden state times a matrix, as they are in most decoders, they are made, turned into their
gradient and forgotten a few hundred positions at a time: a table of all logits would be written
and read five times over, which at small widths costs more than the layers do. Whether that holds
is tried on a block rather than looked up by name; otherwise the network's own logits are taken.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Objective"]

POSITIONS = 256  # whose logits exist at a time on a CPU: about as much as its cache holds
POSITIONS_GPU = 8192


class Objective(nn.Module):
    """The weighted loss of a network.

    Args:
        network: a causal language model of transformers.
        trial: a few blocks (rows, length) on which it is tried how its logits come about.
    """

    def __init__(self, network: Any, trial: torch.Tensor) -> None:
        super().__init__()
        self.network = network
        self.plain_head = _has_plain_head(network, trial)

    def forward(self, tokens: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        """Σ shares × mean loss per token, as one number."""
        loss = _in_pieces if self.plain_head else _whole
        return loss(self.network, tokens, shares)


def _has_plain_head(network: Any, trial: torch.Tensor) -> bool:
    """Whether logits are the last hidden state times the matrix of the head, on these blocks."""
    head = network.get_output_embeddings()
    if not isinstance(head, nn.Linear) or head.bias is not None:
        return False
    with torch.no_grad():
        hidden = network.base_model(input_ids=trial, use_cache=False).last_hidden_state
        if hidden.shape[-1] != head.in_features:
            return False
        wanted = network(input_ids=trial, use_cache=False).logits
        return torch.allclose(head(hidden), wanted, rtol=1e-3, atol=1e-3)


def _whole(network: Any, tokens: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    logits = network(input_ids=tokens, use_cache=False).logits.float()
    # Nothing follows the last position; leaving it out would copy all logits.
    targets = functional.pad(tokens[:, 1:], (0, 1), value=-100)
    each = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return (each.view(tokens.shape).sum(1) / (tokens.shape[1] - 1)) @ shares


def _in_pieces(network: Any, tokens: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    hidden = network.base_model(input_ids=tokens, use_cache=False).last_hidden_state[:, :-1]
    each = (shares / hidden.shape[1])[:, None].expand(hidden.shape[:2])
    loss_of: Callable[..., torch.Tensor] = _HeadLoss.apply
    return loss_of(
        hidden.reshape(-1, hidden.shape[-1]),
        network.get_output_embeddings().weight,
        tokens[:, 1:].reshape(-1),
        each.reshape(-1),
    )


class _HeadLoss(torch.autograd.Function):
    """Σ share × cross-entropy over positions, with both gradients found on the way."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        matrix: torch.Tensor,
        targets: torch.Tensor,
        shares: torch.Tensor,
    ) -> torch.Tensor:
        kind = hidden.device.type
        narrow = torch.is_autocast_enabled(kind)
        with torch.autocast(kind, enabled=False):
            dtype = torch.get_autocast_dtype(kind) if narrow else matrix.dtype
            loss, *gradients = _head_loss(hidden.to(dtype), matrix, targets, shares)
        ctx.save_for_backward(gradients[0].to(hidden.dtype), gradients[1])
        return loss

    @staticmethod
    def backward(ctx: Any, *gradient: torch.Tensor) -> Any:
        hidden, matrix = ctx.saved_tensors
        return hidden * gradient[0], matrix * gradient[0], None, None


def _head_loss(
    hidden: torch.Tensor, matrix: torch.Tensor, targets: torch.Tensor, shares: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss, its gradient by the hidden states, and that by the matrix."""
    size = POSITIONS if hidden.device.type == "cpu" else POSITIONS_GPU
    narrow = matrix.to(hidden.dtype)
    by_hidden = torch.empty_like(hidden)
    by_matrix = torch.zeros_like(matrix)
    loss = torch.zeros((), dtype=torch.float32, device=hidden.device)
    for start in range(0, len(hidden), size):
        part = slice(start, start + size)
        logits = (hidden[part] @ narrow.T).float()
        target, share = targets[part, None], shares[part, None]
        top, aim = logits.amax(-1, keepdim=True), logits.gather(1, target)
        odds = logits.sub_(top).exp_()
        total = odds.sum(-1, keepdim=True)
        loss += ((total.log() + top - aim) * share).sum()
        # The gradient by the logits, in their place: share × (probability - 1 at the target).
        slope = odds.mul_(share / total).scatter_add_(1, target, -share)
        slope = slope.to(hidden.dtype)
        torch.mm(slope, narrow, out=by_hidden[part])
        if matrix.dtype == hidden.dtype:
            by_matrix.addmm_(slope.T, hidden[part])
        else:
            by_matrix += slope.T @ hidden[part]
    return loss, by_hidden, by_matrix
