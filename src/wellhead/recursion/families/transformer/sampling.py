"""The next token from logits, by inverting the cumulative law at a given uniform number.

In: logits (rows, tokens), the tokens that came before (rows, length), one uniform number per row.
Out: one token per row. `law` is the law that is drawn from, written as plainly as possible;
`draw` gives the same law faster. Inverting costs a seventh of `torch.multinomial`, and since
each row has uniforms of its own, what is drawn does not depend on how rows are batched or spread
over processes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wellhead.recursion.families.transformer.device import load_torch
from wellhead.recursion.samplers import Sampler

__all__ = ["Narrowing", "draw", "law", "penalise"]


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
        """What a sampler asks for; settings that it lacks narrow nothing."""
        asked = {name: getattr(sampler, name) for name in cls._fields if hasattr(sampler, name)}
        return cls(**asked)


def draw(logits: Any, seen: Any, uniform: Any, how: Narrowing) -> Any:
    """One token for each row, shape (rows,)."""
    torch = load_torch()
    logits = penalise(logits.float(), seen, how.penalty) / how.temperature
    probabilities = torch.softmax(logits, -1)
    if how.k or how.p < 1.0:
        probabilities = probabilities * _kept(probabilities, how)
    return _invert(probabilities, uniform)


def law(logits: Any, seen: Any, how: Narrowing) -> Any:
    """The law that `draw` draws from, shape (rows, tokens)."""
    torch = load_torch()
    logits = penalise(logits.float(), seen, how.penalty) / how.temperature
    ranked, token = torch.softmax(logits, -1).sort(dim=-1, descending=True, stable=True)
    kept = _nucleus(ranked, how)
    token = token[:, : kept.shape[1]]
    return torch.zeros_like(logits).scatter(1, token, kept / kept.sum(-1, keepdim=True))


def penalise(logits: Any, seen: Any, penalty: float) -> Any:
    """The logits with those of tokens in `seen` (rows, length) made less likely."""
    if penalty == 1.0:
        return logits
    torch = load_torch()
    old = logits.gather(1, seen)
    return logits.scatter(1, seen, torch.where(old > 0, old / penalty, old * penalty))


def _kept(probabilities: Any, how: Narrowing) -> Any:
    """Which tokens stay: those above the least probability that does, and of equals the first.

    Only probabilities are sorted, not which token has them: that is the cheaper by far.
    """
    ranked = _ranked(probabilities)
    stay = (_nucleus(ranked, how) > 0).sum(-1, keepdim=True)
    least = ranked.gather(1, stay - 1)
    above, equal = probabilities > least, probabilities == least
    spare = stay - above.sum(-1, keepdim=True)
    if bool((equal.sum(-1, keepdim=True) > spare).any()):
        equal &= equal.cumsum(-1) <= spare
    return above | equal


def _ranked(probabilities: Any) -> Any:
    """The probabilities of each row from the highest down."""
    if probabilities.device.type != "cpu":
        return probabilities.sort(dim=-1, descending=True).values
    # numpy sorts many numbers at once, torch on a CPU one by one: an eighth of the time or less.
    ascending = load_torch().from_numpy(np.sort(probabilities.numpy(), axis=-1))
    return ascending.flip(-1)


def _nucleus(ranked: Any, how: Narrowing) -> Any:
    """Ranked probabilities with those outside the k first and the nucleus set to zero."""
    if how.k:
        ranked = ranked[:, : how.k]
    if how.p == 1.0:
        return ranked
    before = ranked.cumsum(-1) - ranked
    return ranked * (before < how.p * (ranked.sum(-1, keepdim=True) if how.k else 1.0))


def _invert(probabilities: Any, uniform: Any) -> Any:
    """Where the cumulative sum of each row first exceeds its uniform number times the total."""
    torch = load_torch()
    total = probabilities.cumsum(-1)
    aim = uniform.to(total.dtype)[:, None] * total[:, -1:]
    # Not beyond the last one with mass, whatever rounding does.
    return torch.searchsorted(total, torch.minimum(aim, total[:, -1:] * (1 - 1e-7)), right=True)[
        :, 0
    ]
