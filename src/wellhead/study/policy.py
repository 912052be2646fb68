"""Before anybody is rejected: how many innocents a policy would hit.

In: what was joined. Out: for each rule ("reject what the text method flags", "… what both
flag") how many answers it would reject here, how many of them are expected to be by people, and
how many of a thousand honest answers it would reject. Origins are drawn from the model, and the
model's own rates from their uncertainty (a parametric bootstrap), so the counts are ranges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wellhead.consensus.em import fit
from wellhead.consensus.independence import simulate
from wellhead.consensus.join import Joined
from wellhead.consensus.likelihood import likelihoods
from wellhead.consensus.tables import MISSING

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


def policies(joined: Joined, *, repeats: int = 200) -> tuple[Policy, ...]:
    """What each simple rule would do; empty where the data do not determine the share.

    Args:
        joined: what was estimated, with the level of the ranges and the seed of the draws.
        repeats: draws of rates and origins.
    """
    found, votes = joined.estimate, joined.grouped
    if not found.identifiability.identified:
        return ()
    tables, model = found.tables, found.model
    drawn = fit(
        simulate(tables, model, found.best, repeats=repeats, seed=joined.seed),
        model,
        tolerance=1e-6,
        iterations=1500,
    )
    inside = np.flatnonzero(votes.inside)
    truth, said = votes.truth[inside], votes.votes[inside]
    p = drawn.posterior[:, tables.group[inside], tables.row[inside]]
    p = np.where(truth == MISSING, p, truth)
    machine = np.random.default_rng(joined.seed).random(p.shape) < p
    heard = np.asarray((tables.patterns >= 0).all(axis=1))
    human = likelihoods(model, drawn.rates)[:, 0, heard]
    made = []
    for name, rule in _rules(votes.methods):
        hit, wrong = rule(said), human @ rule(tables.patterns[heard]).astype(float)
        made.append(
            Policy(
                rule=name,
                rejected=int(hit.sum()),
                innocent=_range((~machine[:, hit]).sum(axis=1), joined.level),
                of_thousand=_range(1000 * wrong, joined.level),
                missed=_range(machine[:, ~hit].sum(axis=1), joined.level),
            )
        )
    return tuple(made)


def _rules(methods: tuple[str, ...]) -> list[tuple[str, Rule]]:
    def flagged(column: int) -> Rule:
        return lambda votes: votes[:, column] == 1

    return [
        *((f"what {name} flags", flagged(column)) for column, name in enumerate(methods)),
        ("what any method flags", lambda votes: (votes == 1).any(axis=1)),
        ("what all methods flag", lambda votes: (votes == 1).all(axis=1)),
    ]


def _range(draws: np.ndarray, level: float) -> tuple[float, float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(np.mean(draws)), float(high)
