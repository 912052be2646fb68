"""Methods joined: the votes, the estimate from them, and what follows for each document.

In: evidence. Out: `Joined`, from which a joint result, a study's report, its ablations and its
policies are all read, so that nothing is estimated twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wellhead.consensus.bayes import Posterior, Priors, posterior
from wellhead.consensus.estimate import Estimate, estimate
from wellhead.consensus.from_assay import RATE
from wellhead.consensus.grouping import inflation_of, merged
from wellhead.consensus.sources import read_documents, read_sources
from wellhead.consensus.tables import MISSING
from wellhead.consensus.votes import Votes, gather
from wellhead.errors import BadInput, BadSetting, UnusableReference

__all__ = ["Joined", "Read", "join", "read_votes"]


class Read(NamedTuple):
    """Votes as they were read.

    Attributes:
        votes: of the methods.
        unseen: documents that are known of and of which no method says anything.
        hashes: SHA-256 by file name.
    """

    votes: Votes
    unseen: int
    hashes: Mapping[str, str]


def read_votes(
    sources: Any,
    *,
    documents: Any = None,
    group: str | None = None,
    methods: tuple[str, ...] = (),
    cuts: Mapping[str, float] | None = None,
    false_positive_rate: float | None = RATE,
) -> Read:
    """The votes in evidence, with what else is known about the documents; see `joint`."""
    found = read_sources(sources, rate=false_positive_rate)
    about = dict(found.documents)
    if documents is not None:
        for identity, row in read_documents(documents).items():
            about[identity] = {**about.get(identity, {}), **row}
    votes = gather(found.evidence, about=about, group=group, cuts=cuts, methods=methods)
    return Read(votes, len(about.keys() - set(votes.ids)), found.hashes)


@dataclass(frozen=True)
class Joined:
    """Everything that was estimated.

    Attributes:
        votes: of the methods, with the groups as given.
        grouped: the same with small groups joined; what the estimate rests on.
        estimate: the share and the error rates.
        prior: the posterior where priors were stated.
        inflation: of the variance, for answers of the same worker.
        worker, trusted, level, seed: as given.
    """

    votes: Votes
    grouped: Votes
    estimate: Estimate
    prior: Posterior | None
    inflation: float
    worker: str | None
    trusted: str | None
    level: float
    seed: int

    @property
    def decisive_prior(self) -> Posterior | None:
        """The posterior where the data alone do not determine the share."""
        return None if self.estimate.identifiability.identified else self.prior

    @property
    def posterior(self) -> np.ndarray:
        """Shape (n,), probability of machine for each document; NaN where nothing can be said."""
        found, prior = self.estimate, self.decisive_prior
        if prior is None:
            return found.posterior
        drawn = prior.documents[found.tables.group, found.tables.row]
        return np.where(np.isnan(found.posterior), drawn, found.posterior)


def join(
    votes: Votes,
    *,
    worker: str | None = None,
    priors: Priors | None = None,
    trusted: str | None = None,
    dependent: tuple[str, ...] = (),
    level: float = 0.95,
    seed: int = 0,
    repeats: int = 199,
) -> Joined:
    """The methods joined; the options are those of `joint`.

    Args:
        repeats: simulated tables of the test of independence; 0 for no test.
    """
    _check(votes, trusted, dependent, level)
    grouped = merged(votes)
    inflation = inflation_of(grouped, worker)
    found = estimate(
        grouped, level=level, seed=seed, dependent=dependent, inflation=inflation, repeats=repeats
    )
    prior = None
    if priors is not None:
        prior = posterior(found.tables, votes.methods, priors, level=level, seed=seed)
    return Joined(votes, grouped, found, prior, inflation, worker, trusted, level, seed)


def _check(votes: Votes, trusted: str | None, dependent: tuple[str, ...], level: float) -> None:
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    if len(votes.methods) < 2:
        raise BadInput(
            f"joining needs at least two methods, got {', '.join(votes.methods) or 'none'}. "
            "Give the evidence of a second one; for a text detector alone use `wellhead assay`."
        )
    for name in (*dependent, *([trusted] if trusted else [])):
        if name not in votes.methods:
            raise BadSetting(
                f"no method '{name}' in the evidence; it has {', '.join(votes.methods)}."
            )
    if dependent and (len(set(dependent)) < 2 or len(votes.methods) < 3):
        raise BadSetting(
            "methods that err together are two or more of at least three; got "
            f"{', '.join(dependent)} of {', '.join(votes.methods)}."
        )
    if not votes.inside.any():
        raise BadInput(
            "every document is 'known' beforehand, so that nothing is left to estimate: add the "
            "documents in question."
        )
    _each_speaks(votes)


def _each_speaks(votes: Votes) -> None:
    """Every method judged something, and something that another method judged, too."""
    rows = np.flatnonzero(votes.inside)
    heard = votes.votes[rows] != MISSING
    if not heard.any():
        raise UnusableReference("no method could observe any document of the collection.")
    for name, mine in zip(votes.methods, heard.T, strict=True):
        if not mine.any():
            raise UnusableReference(
                f"'{name}' could observe no document of the collection; leave it out "
                "(--method names those to use) or check its evidence."
            )
    for i, name in enumerate(votes.methods):
        mine, others = heard[:, i], np.delete(heard, i, axis=1).any(axis=1)
        if not (mine & others).any():
            own, other = (votes.ids[rows[part.argmax()]] for part in (mine, others))
            raise BadInput(
                f"no document was judged by '{name}' and another method as well: do the ids "
                f"match? '{name}' has {own!r}, another has {other!r}."
            )
