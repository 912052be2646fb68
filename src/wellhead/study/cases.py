"""One document's evidence, written so that the person who submitted it can answer.

In: votes, probabilities, and the methods' own words and signs. Out: lists of evidence. They say
what was seen and what it cannot show, never who is guilty: methods err, and a probability near
one is still a statement about texts like this one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wellhead.consensus.result import Method
from wellhead.consensus.tables import MISSING
from wellhead.consensus.votes import Votes

__all__ = ["Case", "case_of", "cases"]

_MOST = 20
_SAYS = {1: "points to outside origin", 0: "points to the writer", MISSING: "could not observe"}


class Case(NamedTuple):
    """What is known about one document.

    Attributes:
        id: of the document.
        probability: that a machine wrote it; None where the data do not determine it.
        evidence: one sentence for each method.
        limits: what this evidence cannot show.
        appeal: what would change the picture, for the person concerned.
    """

    id: str
    probability: float | None
    evidence: tuple[str, ...]
    limits: tuple[str, ...]
    appeal: str


def cases(votes: Votes, posterior: np.ndarray, methods: tuple[Method, ...]) -> tuple[Case, ...]:
    """The documents that at least one method flags, the most probable first.

    Args:
        votes: of the methods.
        posterior: shape (n,), probability of machine; NaN where there is none.
        methods: with their error rates.
    """
    flagged = np.flatnonzero(votes.inside & (votes.votes == 1).any(axis=1))
    weight = np.where(np.isnan(posterior), (votes.votes == 1).mean(axis=1), posterior)
    order = sorted(flagged, key=lambda i: (-weight[i], votes.ids[i]))[:_MOST]
    return tuple(case_of(votes, posterior, methods, int(i)) for i in order)


def case_of(votes: Votes, posterior: np.ndarray, methods: tuple[Method, ...], row: int) -> Case:
    """The evidence about one document, by its row."""
    says = votes.votes[row]
    known = None if np.isnan(posterior[row]) else float(posterior[row])
    return Case(
        id=votes.ids[row],
        probability=known,
        evidence=tuple(
            _sentence(
                method, int(vote), float(value), votes.words.get((votes.ids[row], method.name), "")
            )
            for method, vote, value in zip(methods, says, votes.values[row], strict=True)
        ),
        limits=tuple(_limits(methods, says, known)),
        appeal=(
            "A statement of how the text came about, notes or drafts, or a supervised second text "
            "would count as new evidence. Decisions should wait for a person to look at it."
        ),
    )


def _sentence(method: Method, vote: int, value: float, said: str) -> str:
    told = [said] if said else []
    if vote != MISSING and not np.isnan(value):
        told.append(f"value {value:.2f}")
    return f"{method.name} {_SAYS[vote]}" + (f" ({', '.join(told)})" if told else "")


def _part(share: float) -> str:
    """A share in whole percents, never written as none or all."""
    return "less than 1 %" if share < 0.01 else f"{100 * min(share, 0.99):.0f} %"


def _limits(methods: tuple[Method, ...], says: Any, known: float | None) -> list[str]:
    limits = []
    for method, vote in zip(methods, says, strict=True):
        if vote == 1 and method.specificity is not None:
            wrong = _part(1 - method.specificity.low)
            limits.append(f"{method.name} wrongly flags up to {wrong} of texts that people wrote.")
    if (np.asarray(says) == 0).any() and (np.asarray(says) == 1).any():
        limits.append("The methods disagree about this text.")
    if known is not None and known < 1:
        limits.append(f"Of texts like this, {_part(1 - known)} are expected to be by people.")
    limits.append("Allowed help (translation, spelling) can look the same to these methods.")
    return limits
