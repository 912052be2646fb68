"""Documents that belong together: small groups joined, answers of one worker counted as such."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wellhead._stats import design_effect
from wellhead.consensus.votes import Votes

__all__ = ["SMALLEST", "inflation_of", "merged"]

SMALLEST = 20
_OTHERS = "(small groups)"


def inflation_of(votes: Votes, worker: str | None) -> float:
    """How much answers of the same worker resemble each other enlarges the variance.

    The design effect of the mean vote.
    """
    if worker is None:
        return 1.0
    inside = votes.only(votes.inside)
    return design_effect(inside.mean_vote, inside.column(worker).astype(str))


def merged(votes: Votes) -> Votes:
    """Groups of fewer than `SMALLEST` documents as one, since each group costs a parameter."""
    names, counts = np.unique(votes.groups[votes.inside], return_counts=True)
    small = set(names[counts < SMALLEST])
    if len(small) < 2 and len(names) > 1 and not small:
        return votes
    groups = np.array([_OTHERS if name in small else name for name in votes.groups], dtype=object)
    if len(small) == len(names):
        groups[:] = "all"
    return replace(votes, groups=groups.astype(str))
