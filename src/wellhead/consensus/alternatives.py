"""The same share in other ways: plain counts, an audit, a trusted method, priors, dependence.

In: votes and the joint estimate. Out: other estimates of the same share, each with what it rests
on, so that a reader sees how far the answer moves when the argument changes.
"""

from __future__ import annotations

import numpy as np

from wellhead.consensus.agreement import wilson
from wellhead.consensus.bayes import Posterior
from wellhead.consensus.bounds import trusted_share
from wellhead.consensus.estimate import Estimate, echoed
from wellhead.consensus.result import Also
from wellhead.consensus.tables import SILENT
from wellhead.consensus.votes import Votes
from wellhead.prevalence.audit import MINIMUM_LABELS, audited_share

__all__ = ["echo_name", "other_shares"]


def echo_name(part: float) -> str:
    """What the share under an echo in a part of the documents is called."""
    return f"echo in {100 * part:.0f} %"


def other_shares(
    votes: Votes,
    found: Estimate,
    trusted: str | None,
    prior: Posterior | None,
    by_prior: bool,
    level: float,
    inflation: float,
) -> list[Also]:
    """The share in other ways, each with what it rests on."""
    inside = votes.inside
    seen = votes.votes[inside]
    complete = (seen != SILENT).all(axis=1)
    n = int(complete.sum())
    also = [
        Also(
            "all say machine",
            wilson(int((seen[complete] == 1).all(axis=1).sum()), n, level=level),
            "a count, errors not corrected; too low where a method misses",
        ),
        Also(
            "any says machine",
            wilson(int((seen[complete] == 1).any(axis=1).sum()), n, level=level),
            "a count, errors not corrected; too high where a method is wrong about people",
        ),
    ]
    also += _audited(votes, found, level)
    if trusted is not None:
        others = np.delete(seen, votes.methods.index(trusted), axis=1)
        helper = np.where((others >= 0).any(axis=1), others.max(axis=1), SILENT)
        answer = trusted_share(
            seen[:, votes.methods.index(trusted)], helper, name=trusted, level=level
        )
        if answer is not None:
            also.append(
                Also(
                    f"{trusted} trusted",
                    answer.share,
                    f"{trusted} taken as the truth where it speaks, {answer.labels} documents; "
                    "holds if it speaks on a random part of them",
                )
            )
    if prior is not None and not by_prior:
        also.append(
            Also("priors stated", prior.share, "posterior with the stated priors, equal tails")
        )
    if by_prior:
        also.append(
            Also("no priors", found.share, "the whole range that is possible without the priors")
        )
    if not by_prior and len(votes.methods) == 2:
        for part, share in echoed(found.tables, level=level, inflation=inflation).items():
            also.append(
                Also(
                    echo_name(part),
                    share,
                    f"if {votes.methods[1]} repeated {votes.methods[0]}'s answer, right or wrong, "
                    f"in {100 * part:.0f} % of documents",
                )
            )
    return also


def _audited(votes: Votes, found: Estimate, level: float) -> list[Also]:
    inside = np.flatnonzero(votes.inside)
    labelled = np.flatnonzero(votes.truth[inside] != SILENT)
    if labelled.size < MINIMUM_LABELS:
        return []
    heard = votes.votes[inside] >= 0
    mean = np.where(heard, votes.votes[inside], 0).sum(axis=1) / np.maximum(heard.sum(axis=1), 1)
    share = audited_share(mean, labelled, votes.truth[inside][labelled], level=level, sampled=True)
    return [
        Also(
            "audited",
            share,
            f"{labelled.size} audited documents, helped by the methods; holds if they were drawn "
            "at random",
        )
    ]
