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
    """Groups of fewer than `SMALLEST` documents joined, since each group costs a parameter.

    Where they are still too few together, the next smallest group joins them. The new name tells
    the names of two or three groups, and says so of more.
    """
    names, counts = np.unique(votes.groups[votes.inside], return_counts=True)
    by_size = np.argsort(counts, kind="stable")
    enough = int(np.searchsorted(np.cumsum(counts[by_size]), SMALLEST)) + 1
    joined = names[by_size[: max(enough, int(np.sum(counts < SMALLEST)))]]
    if len(joined) == 1 or not np.any(counts < SMALLEST):
        return votes
    if len(joined) == len(names):
        name = "all"
    else:
        name = " and ".join(sorted(joined)) if len(joined) <= 3 else _OTHERS
    groups = np.where(np.isin(votes.groups, joined), name, votes.groups)
    return replace(votes, groups=groups.astype(str))
