"""What the answer hangs on: the share with a method, a group or the length of texts taken away.

In: what was joined. Out: other estimates of the same share, and whether the methods still agree
among texts of like length. Length is the usual confounder: programs write shorter summaries than
people who were asked for a thousand characters, and a text method can learn just that.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wellhead._stats import Interval, wilson
from wellhead.consensus.estimate import estimate
from wellhead.consensus.join import Joined
from wellhead.consensus.tables import MISSING
from wellhead.consensus.votes import Votes

__all__ = ["Ablation", "LengthMatch", "ablations", "length_matched"]

_LEAST = 5
# Groups left out at most, the largest first.
_MOST = 20
# Matched texts differ in length by no more than this part.
_CALIPER = 0.05


class Ablation(NamedTuple):
    """The share with something taken away; `share` is a mere range where not `determined`."""

    name: str
    share: Interval
    n: int
    determined: bool


class LengthMatch(NamedTuple):
    """Agreement of two methods among texts of like length.

    Attributes:
        judge: the method whose answers part the texts into two kinds.
        tested: the method that is held against them.
        pairs: texts of either kind matched in length.
        before: tested method's flags among (flagged, not flagged) by the judge, all texts.
        after: the same among the matched texts.
        lengths: median characters of (flagged, not flagged) by the judge.
    """

    judge: str
    tested: str
    pairs: int
    before: tuple[Interval, Interval]
    after: tuple[Interval, Interval]
    lengths: tuple[float, float]


def ablations(joined: Joined) -> tuple[Ablation, ...]:
    """The share without each group, and by each method alone or without it.

    A method alone is corrected for its errors where documents known beforehand show them, and a
    plain count of flags where not.

    Args:
        joined: what was estimated; its level and inflation hold here, too.
    """
    votes, level, inflation = joined.grouped, joined.level, joined.inflation
    made = [_alone(votes, name, level, inflation) for name in votes.methods]
    if len(votes.methods) > 2:
        for name in votes.methods:
            others = tuple(method for method in votes.methods if method != name)
            made.append(_estimated(f"without {name}", votes.of(others), level, inflation))
    groups, sizes = np.unique(votes.groups[votes.inside], return_counts=True)
    if groups.size > 1:
        for group in groups[np.argsort(-sizes, kind="stable")][:_MOST]:
            kept = votes.only(votes.outside | (votes.groups != group))
            made.append(_estimated(f"without {group}", kept, level, inflation))
    return tuple(made)


def _alone(votes: Votes, name: str, level: float, inflation: float) -> Ablation:
    one = votes.of((name,))
    heard = one.votes[:, 0] != MISSING
    if _shown(one, heard):
        return _estimated(f"{name}, corrected", one.only(heard), level, inflation)
    inside = one.votes[heard & one.inside, 0]
    share = wilson(int((inside == 1).sum()), inside.size, level=level)
    return Ablation(f"{name}, counted", share, inside.size, True)


def _shown(one: Votes, heard: np.ndarray) -> bool:
    """Whether documents of known origin show both kinds of error of the method."""
    truth = one.truth[heard]
    return bool(min((truth == 0).sum(), (truth == 1).sum()) >= _LEAST)


def _estimated(name: str, votes: Votes, level: float, inflation: float) -> Ablation:
    found = estimate(votes, level=level, inflation=inflation, rates=False, repeats=0)
    return Ablation(name, found.share, int(votes.inside.sum()), found.identifiability.identified)


def length_matched(votes: Votes, lengths: np.ndarray, *, level: float) -> LengthMatch | None:
    """Whether the first method still tells what the second does among texts of like length.

    Each text that the second method flags gets one that it does not, at most a twentieth longer or
    shorter, each used once; the rest is left out.

    Args:
        votes: at least two methods; the last of the first two is the judge.
        lengths: shape (n,), characters; NaN where the text is not known.

    Returns:
        The agreement before and after, or None with fewer than five pairs.
    """
    heard = votes.inside & (votes.votes[:, :2] != MISSING).all(axis=1) & ~np.isnan(lengths)
    tested, judge = votes.votes[heard, 0], votes.votes[heard, 1]
    size = lengths[heard]
    flagged, others = np.flatnonzero(judge == 1), np.flatnonzero(judge == 0)
    pairs = _matched(size, flagged, others)
    if len(pairs) < _LEAST:
        return None
    left, right = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    return LengthMatch(
        judge=votes.methods[1],
        tested=votes.methods[0],
        pairs=len(pairs),
        before=(_flags(tested[flagged], level), _flags(tested[others], level)),
        after=(_flags(tested[left], level), _flags(tested[right], level)),
        lengths=(float(np.median(size[flagged])), float(np.median(size[others]))),
    )


def _matched(size: np.ndarray, flagged: np.ndarray, others: np.ndarray) -> list[tuple[int, int]]:
    """Nearest neighbours in length, the hardest to match first."""
    free = set(others.tolist())
    choices = {
        int(i): [int(j) for j in others if abs(size[i] - size[j]) <= _CALIPER * size[i]]
        for i in flagged
    }
    pairs = []
    for i in sorted(choices, key=lambda i: len(choices[i])):
        open_ = [j for j in choices[i] if j in free]
        if open_:
            j = min(open_, key=lambda j: (abs(size[i] - size[j]), j))
            free.remove(j)
            pairs.append((i, j))
    return pairs


def _flags(says: np.ndarray, level: float) -> Interval:
    return wilson(int((says == 1).sum()), says.size, level=level)
