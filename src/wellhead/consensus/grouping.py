"""Documents that belong together: small groups joined, answers of one worker counted as such."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wellhead.consensus.votes import Votes

__all__ = ["SMALLEST", "inflation_of", "merged"]

SMALLEST = 20
_OTHERS = "(small groups)"


def inflation_of(votes: Votes, worker: str | None) -> float:
    """How much answers of the same worker resemble each other enlarges the variance.

    ``1 + (m - 1) r`` with m the mean answers beside which an answer stands and r the correlation
    within workers of the mean vote (analysis of variance); never below 1.
    Source: Kish (1965), Survey Sampling, §5.4; Donner (1986) for r.
    """
    if worker is None:
        return 1.0
    inside = np.flatnonzero(votes.inside)
    names = np.array([str(w) for w in votes.column(worker)[inside]])
    votes_ = votes.votes[inside].astype(float)
    heard = votes_ >= 0
    mean = np.where(heard, votes_, 0).sum(axis=1) / np.maximum(heard.sum(axis=1), 1)
    _, who, sizes = np.unique(names, return_inverse=True, return_counts=True)
    n, k = names.size, sizes.size
    if k in (1, n):
        return 1.0
    means = np.bincount(who, weights=mean) / sizes
    between = (sizes * (means - mean.mean()) ** 2).sum() / (k - 1)
    within = ((mean - means[who]) ** 2).sum() / (n - k)
    typical = (n - (sizes**2).sum() / n) / (k - 1)
    spread = between + (typical - 1) * within
    alike = (between - within) / spread if spread > 0 else 0.0
    return float(1 + ((sizes**2).sum() / n - 1) * max(alike, 0.0))


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
