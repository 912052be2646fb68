"""Before anybody is rejected: how many innocents a policy would hit.

In: votes and an estimate. Out: for each rule ("reject what the text method flags", "… what both
flag") how many answers it would reject here, how many of them are expected to be by people, and
how many of a thousand honest answers it would reject. Origins are drawn from the model, and the
model's own rates from their uncertainty (a parametric bootstrap), so the counts are ranges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wellhead.consensus.em import fit
from wellhead.consensus.estimate import Estimate
from wellhead.consensus.independence import simulate
from wellhead.consensus.likelihood import densities
from wellhead.consensus.tables import SILENT
from wellhead.consensus.votes import Votes

__all__ = ["Policy", "policies"]


class Policy(NamedTuple):
    """A rule and whom it would hit.

    Attributes:
        rule: in words.
        rejected: answers of this collection.
        innocent: of these, by people: (low, expected, high).
        of_thousand: of 1,000 answers by people on which every method speaks: (low, expected, high).
        missed: machine-written answers that it would let pass: (low, expected, high).
    """

    rule: str
    rejected: int
    innocent: tuple[float, float, float]
    of_thousand: tuple[float, float, float]
    missed: tuple[float, float, float]


Rule = Callable[[np.ndarray], np.ndarray]


def policies(
    votes: Votes, found: Estimate, *, level: float = 0.95, repeats: int = 200, seed: int = 0
) -> tuple[Policy, ...]:
    """What each simple rule would do; empty where the data do not determine the share.

    Args:
        votes, found: what was estimated from what.
        level: of the ranges.
        repeats: draws of rates and origins.
        seed: of the draws.
    """
    if not found.identified.settled:
        return ()
    tables, model = found.tables, found.model
    drawn = fit(
        simulate(tables, model, found.best, repeats=repeats, seed=seed),
        model,
        tolerance=1e-6,
        iterations=1500,
    )
    inside = np.flatnonzero(votes.inside)
    p = drawn.posterior[:, tables.group[inside], tables.row[inside]]
    truth = votes.truth[inside]
    p = np.where(truth == SILENT, p, truth)
    machine = np.random.default_rng(seed).random(p.shape) < p
    human = densities(model, drawn.rates)[:, 0]
    heard = np.asarray((tables.patterns >= 0).all(axis=1))
    return tuple(
        _judged(words, rule, votes.votes[inside], machine, human, tables.patterns, heard, level)
        for words, rule in _rules(votes.methods)
    )


def _rules(methods: tuple[str, ...]) -> list[tuple[str, Rule]]:
    def one(column: int) -> Rule:
        return lambda votes: votes[:, column] == 1

    rules: list[tuple[str, Rule]] = [
        (f"what {name} flags", one(column)) for column, name in enumerate(methods)
    ]
    rules.append(("what any method flags", lambda votes: (votes == 1).any(axis=1)))
    rules.append(("what all methods flag", lambda votes: (votes == 1).all(axis=1)))
    return rules


def _judged(
    words: str,
    rule: Rule,
    votes: np.ndarray,
    machine: np.ndarray,
    human: np.ndarray,
    patterns: np.ndarray,
    heard: np.ndarray,
    level: float,
) -> Policy:
    hit = rule(votes)
    wrong = human[:, heard] @ rule(patterns[heard]).astype(float)
    return Policy(
        rule=words,
        rejected=int(hit.sum()),
        innocent=_range((~machine[:, hit]).sum(axis=1), level),
        of_thousand=_range(1000 * wrong, level),
        missed=_range(machine[:, ~hit].sum(axis=1), level),
    )


def _range(draws: np.ndarray, level: float) -> tuple[float, float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(np.mean(draws)), float(high)
