"""What a type checker sees of the front page: `make check` reads this file as a user's program."""

from __future__ import annotations

import wellhead


def share_of(corpus: str, human: str) -> tuple[float, float]:
    """The ends of the interval: both are known to be numbers."""
    result = wellhead.assay(corpus, human=human, group_by="worker")
    return result.share.low, result.share.high


def last_generation(preset: str) -> int:
    """A run's curve knows its generations."""
    return wellhead.collapse(preset).curve("variance", "replace")[-1].generation


def foretold(share: float) -> bool:
    """Whether a forecast exceeds the limit."""
    return wellhead.forecast(real_share=share, max_inflation=2).exceeds
