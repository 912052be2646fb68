"""The next token from logits, by inverting the cumulative law at a given uniform number.

In: logits (rows, tokens), the tokens that came before (rows, length), one uniform number per row.
Out: one token per row. Inverting costs a seventh of `torch.multinomial`, and since each row has
uniforms of its own, what is drawn does not depend on narrowing rows are batched or spread over
processes.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from transformers import RepetitionPenaltyLogitsProcessor

from wellhead.recursion.samplers import Sampler

__all__ = ["Narrowing", "draw"]


class Narrowing(NamedTuple):
    """How a law is changed before it is drawn from: in this order, each step optional.

    Args:
        penalty: logits of tokens that came before are divided by it when positive, multiplied
            when negative (Keskar et al. 2019, CTRL).
        temperature: logits are divided by it.
        k: only so many most probable tokens stay; 0 keeps all.
        p: only the fewest most probable tokens that hold this mass stay; 1 keeps all.
    """

    penalty: float = 1.0
    temperature: float = 1.0
    k: int = 0
    p: float = 1.0

    @classmethod
    def of(cls, sampler: Sampler) -> Narrowing:
        """What a sampler asks for: its settings, which have these names."""
        return cls(**vars(sampler))


def draw(
    logits: torch.Tensor, seen: torch.Tensor, uniform: torch.Tensor, narrowing: Narrowing
) -> torch.Tensor:
    """One token for each row, shape (rows,)."""
    logits = logits.float()
    if narrowing.penalty != 1.0:
        logits = RepetitionPenaltyLogitsProcessor(narrowing.penalty)(seen, logits)
    probabilities = torch.softmax(logits / narrowing.temperature, -1)
    if narrowing.k or narrowing.p < 1.0:
        probabilities = probabilities * _kept(probabilities, narrowing)
    return _invert(probabilities, uniform)


def _kept(probabilities: torch.Tensor, narrowing: Narrowing) -> torch.Tensor:
    """Which tokens stay: those above the least probability that does, and of equals the first.

    Only probabilities are sorted, not which token has them: that is the cheaper by far.
    """
    ranked = _ranked(probabilities)
    stay = (_nucleus(ranked, narrowing) > 0).sum(-1, keepdim=True)
    least = ranked.gather(1, stay - 1)
    above, equal = probabilities > least, probabilities == least
    spare = stay - above.sum(-1, keepdim=True)
    if bool((equal.sum(-1, keepdim=True) > spare).any()):
        equal &= equal.cumsum(-1) <= spare
    return above | equal


def _ranked(probabilities: torch.Tensor) -> torch.Tensor:
    """The probabilities of each row from the highest down."""
    if probabilities.device.type != "cpu":
        return probabilities.sort(dim=-1, descending=True).values
    # numpy sorts many numbers at once, torch on a CPU one by one: an eighth of the time or less.
    ascending = torch.from_numpy(np.sort(probabilities.numpy(), axis=-1))
    return ascending.flip(-1)


def _nucleus(ranked: torch.Tensor, narrowing: Narrowing) -> torch.Tensor:
    """Ranked probabilities with those outside the k first and the nucleus set to zero."""
    if narrowing.k:
        ranked = ranked[:, : narrowing.k]
    if narrowing.p == 1.0:
        return ranked
    before = ranked.cumsum(-1) - ranked
    return ranked * (before < narrowing.p * (ranked.sum(-1, keepdim=True) if narrowing.k else 1.0))


def _invert(probabilities: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Where the cumulative sum of each row first exceeds its uniform number times the total."""
    total = probabilities.cumsum(-1)
    aim = uniform.to(total.dtype)[:, None] * total[:, -1:]
    # Not beyond the last one with mass, whatever rounding does.
    return torch.searchsorted(total, torch.minimum(aim, total[:, -1:] * (1 - 1e-7)), right=True)[
        :, 0
    ]
