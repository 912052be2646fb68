"""The share in each group, with intervals that hold together.

With many groups some 95 % interval is wrong somewhere; here all intervals of one assay hold at the
same time with the stated level (Šidák 1967). What the whole corpus says about the generator is
shared: each group starts from a library weighted half by that.
"""

from __future__ import annotations

import numpy as np

from wellhead._progress import Progress, quiet
from wellhead._stats import Interval
from wellhead.errors import UnusableReference
from wellhead.prevalence.estimate import EFFECTIVE, Estimate
from wellhead.prevalence.lower_bound import at_least, one_sided
from wellhead.prevalence.mixture import anchored_posterior
from wellhead.prevalence.result import GroupShare
from wellhead.prevalence.withholding import Doubt

__all__ = ["LARGEST", "group_shares", "groups_method"]

LARGEST = 200


def groups_method(count: int, shown: int, level: float) -> str:
    """How the groups' intervals are to be read."""
    rest = f" The {shown} largest of {count} groups are shown." if shown < count else ""
    return (
        f"Simultaneous intervals: with {100 * level:.0f} % confidence all {shown} hold at once. "
        "Each group is compared with the same human reference; what the whole corpus says about "
        f"which known generator it resembles is shared between the groups.{rest}"
    )


def group_shares(
    scores: np.ndarray,
    groups: np.ndarray,
    flagged: np.ndarray,
    human: np.ndarray,
    whole: Estimate,
    *,
    against: Doubt | None = None,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress = quiet,
) -> tuple[GroupShare, ...]:
    """Shares of the largest groups, largest first.

    Args:
        scores: shape (n,), distinct documents.
        groups: shape (n,), the group of each.
        flagged: shape (n,), bool.
        human: shape (m,), the human reference, common to all groups.
        whole: the estimate of the whole corpus.
        against: the human reference; each group's lower end and bound hold even so, and each upper
            end leaves the room that the whole corpus needs, and that for a generator which the
            detector does not see, where there may be one.
        level: confidence that all intervals hold at once.
        seed: of the simulations.
        progress: told of every group.
    """
    names, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    chosen = sorted(range(names.size), key=lambda g: (-sizes[g], names[g]))[:LARGEST]
    each = level ** (1 / max(len(chosen), 1))
    if whole.prior is None or whole.posterior is None:
        raise UnusableReference("shares by group need known-human texts of the same kind (--human)")
    shared = whole.prior.reweighted((whole.prior.weights + whole.posterior.resembles) / 2)
    room = 0.0 if against is None else against.unseen(whole.posterior, scores)

    def interval(some: np.ndarray) -> Interval:
        posterior = anchored_posterior(
            some, human, shared, effective=EFFECTIVE, seed=seed, draws=600
        )
        return posterior.cautious(each)

    shares = []
    progress.stage("estimating groups", len(chosen))
    for g in chosen:
        inside = member == g
        mine = scores[inside]
        sure = mine if against is None else against.least(scores, inside)
        share = interval(mine)
        bound = at_least(sure, human, level=one_sided(each), seed=seed)
        if not np.array_equal(sure, mine):
            share = share._replace(low=min(share.low, interval(sure).low))
        share = share._replace(high=min(1.0, share.high + room))
        if whole.if_seen is not None:
            hidden = 1.0 if against is None else against.hidden(each, inside)
            share = share._replace(high=max(share.high, hidden))
        low, point, high, _ = share
        shares.append(
            GroupShare(
                name=str(names[g]),
                n=int(sizes[g]),
                share=Interval(max(low, bound), max(point, bound), max(high, bound), level),
                at_least=bound,
                flagged=int(flagged[inside].sum()),
            )
        )
        progress.advance()
    return tuple(shares)
