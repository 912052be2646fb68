"""Several judges of different families joined: the rate that all of them together speak of.

In: how often each combination of votes came, by version, and among these the answers that people
labelled. Out: the rate with an interval and each judge's sensitivity and specificity, by the
estimators of `wellhead.consensus` (Hui & Walter 1980; Dawid & Skene 1979). Two judges need two
versions that differ, or labels, to be told apart; where the votes do not determine the rate the
interval is all that is possible. It holds for one look, unlike the confidence sequences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from wellhead.consensus.join import Joined, join
from wellhead.consensus.tables import MISSING
from wellhead.consensus.votes import Votes
from wellhead.errors import WellheadError
from wellhead.watch.result import Consensus, JudgeErrors

__all__ = ["Ballot", "consensus"]

Ballot = Counter[tuple[str, tuple[bool, ...], int]]
"""How often: (version, votes, what people said: 1, 0 or `MISSING`)."""


def consensus(
    names: Sequence[str], ballot: Mapping[tuple[str, tuple[bool, ...], int], int], *, seed: int = 0
) -> Consensus:
    """The judges joined; a reason in words where they cannot be."""
    try:
        joined = join(_votes(names, ballot), seed=seed)
    except WellheadError as error:
        return Consensus(None, "", False, (), (), str(error))
    return _told(joined)


def _votes(names: Sequence[str], ballot: Mapping[tuple[str, tuple[bool, ...], int], int]) -> Votes:
    keys = sorted(ballot)
    times = [ballot[key] for key in keys]
    n = sum(times)
    votes = np.repeat(np.array([key[1] for key in keys], dtype=np.int8), times, axis=0)
    unique = [f"{at} {name}" if names.count(name) > 1 else name for at, name in enumerate(names, 1)]
    return Votes(
        ids=("",) * n,
        methods=tuple(unique),
        votes=votes,
        values=np.full(votes.shape, np.nan),
        truth=np.repeat([key[2] for key in keys], times),
        outside=np.zeros(n, dtype=bool),
        groups=np.repeat([key[0] or "all" for key in keys], times),
        about=({},) * n,
    )


def _told(joined: Joined) -> Consensus:
    found, votes = joined.estimate, joined.votes
    labelled = bool((votes.truth != MISSING).any())
    test = found.independence
    errors = zip(votes.methods, votes.votes.T, strict=True)
    return Consensus(
        rate=found.share,
        model=found.name,
        identified=found.identifiability.identified,
        judges=tuple(
            JudgeErrors(
                name,
                int(mine.sum()),
                found.sensitivity[at] if found.sensitivity else None,
                found.specificity[at] if found.specificity else None,
            )
            for at, (name, mine) in enumerate(errors)
        ),
        rests_on=(
            "Given whether an answer violates, the judges err independently of each other"
            + (
                f" (tested: p = {test.p_value:.2f})."
                if test is not None and test.degrees_of_freedom > 0
                else ", which these votes cannot test."
            ),
            "Each judge errs as often in one version as in another.",
            *([] if labelled else ["No label by people says which side of the judges is right."]),
        ),
    )
