"""The same share in other ways: plain counts, an audit, a trusted method, priors, dependence.

In: votes and the joint estimate. Out: other estimates of the same share, each with what it rests
on, so that a reader sees how far the answer moves when the argument changes.
"""

from __future__ import annotations

import numpy as np

from wellhead._stats import wilson
from wellhead.consensus.bounds import trusted_share
from wellhead.consensus.estimate import echoed
from wellhead.consensus.join import Joined
from wellhead.consensus.result import Alternative
from wellhead.consensus.tables import MISSING
from wellhead.prevalence.audit import MINIMUM_LABELS, audited_share

__all__ = ["alternative_shares", "echo_code"]


def echo_code(part: float) -> str:
    """The code of the share under an echo in a part of the documents."""
    return f"echo-{100 * part:.0f}"


def alternative_shares(joined: Joined) -> list[Alternative]:
    """The share in other ways, each with what it rests on."""
    prior = joined.decisive_prior
    found = [*_counted(joined), *_audited(joined), *_trusted(joined)]
    if prior is not None:
        note = "the whole range that is possible without the priors"
        return [*found, Alternative("no priors", joined.estimate.share, note, "no-priors")]
    if joined.prior is not None:
        note = "posterior with the stated priors, equal tails"
        found.append(Alternative("priors stated", joined.prior.share, note, "priors"))
    return [*found, *_echoed(joined)]


def _counted(joined: Joined) -> list[Alternative]:
    seen = joined.votes.votes[joined.votes.inside]
    flags = seen[(seen != MISSING).all(axis=1)] == 1
    ways = (
        ("all", "all say machine", flags.all(axis=1), "low where a method misses"),
        ("any", "any says machine", flags.any(axis=1), "high where a method is wrong about people"),
    )
    return [
        Alternative(
            name,
            wilson(int(flagged.sum()), len(flags), level=joined.level),
            f"a count, errors not corrected; too {fault}",
            code,
        )
        for code, name, flagged, fault in ways
    ]


def _audited(joined: Joined) -> list[Alternative]:
    votes = joined.votes
    inside = np.flatnonzero(votes.inside)
    labelled = np.flatnonzero(votes.truth[inside] != MISSING)
    if labelled.size < MINIMUM_LABELS:
        return []
    share = audited_share(
        votes.only(votes.inside).mean_vote,
        labelled,
        votes.truth[inside][labelled],
        level=joined.level,
        sampled=True,
    )
    note = (
        f"{labelled.size} audited documents, helped by the methods; holds if they were drawn "
        "at random"
    )
    return [Alternative("audited", share, note, "audited")]


def _trusted(joined: Joined) -> list[Alternative]:
    votes, name = joined.votes, joined.trusted
    if name is None:
        return []
    seen, column = votes.votes[votes.inside], votes.methods.index(name)
    others = np.delete(seen, column, axis=1)
    helper = np.where((others >= 0).any(axis=1), others.max(axis=1), MISSING)
    answer = trusted_share(seen[:, column], helper, level=joined.level)
    if answer is None:
        return []
    note = (
        f"{name} taken as the truth where it speaks, {answer.labels} documents; holds if it speaks "
        "on a random part of them"
    )
    return [Alternative(f"{name} trusted", answer.share, note, "trusted")]


def _echoed(joined: Joined) -> list[Alternative]:
    if len(joined.votes.methods) != 2:
        return []
    first, second = joined.votes.methods
    shares = echoed(joined.estimate.tables, level=joined.level, inflation=joined.inflation)
    return [
        Alternative(
            f"echo in {100 * part:.0f} %",
            share,
            f"if {second} repeated {first}'s answer, right or wrong, in {100 * part:.0f} % of "
            "documents",
            echo_code(part),
        )
        for part, share in shares.items()
    ]
