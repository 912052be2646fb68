"""A reserve of human originals: drawn at random from the surest texts, evenly over their kinds.

In: the evidence and a share. Out: which rows, and how much machine text is among them. Strata are
the groups and five ranks of the score, so that people who write unusually are in it, too.
The texts stay in the corpus; the reserve is what later mixes must not lose.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wellhead._stats import Interval
from wellhead.curation.consequence import consequence
from wellhead.curation.evidence import Evidence
from wellhead.errors import BadSetting

__all__ = ["Reserve", "draw_reserve"]

_RANKS = 5


class Reserve(NamedTuple):
    """What is set aside.

    Attributes:
        asked: part of the human originals.
        texts: how many.
        machine: machine share among them.
    """

    asked: float
    texts: int
    machine: Interval


def draw_reserve(
    evidence: Evidence, weights: np.ndarray, part: float, *, seed: int
) -> tuple[Reserve, np.ndarray]:
    """The reserve, and shape (documents,) whether a document is in it.

    Raises:
        BadSetting: fewer texts are likelier human than machine than the reserve asks for.
    """
    rows = evidence.weighed
    sure = rows[(evidence.posterior[rows] <= 0.5) & (weights[rows] > 0)]
    wanted = round(part * (1 - evidence.share.point) * rows.size)
    if not 0 < wanted <= sure.size:
        raise BadSetting(
            f"a reserve of {100 * part:g} % of the human originals is {wanted:,} texts; "
            f"{sure.size:,} are likelier human than machine and kept. Ask for less"
        )
    rng = np.random.default_rng([seed, 2])
    chosen = np.zeros(evidence.documents, bool)
    strata = _strata(evidence, sure)
    rate, owed = wanted / sure.size, 0.0
    for stratum in np.unique(strata):
        mine = sure[strata == stratum]
        owed += rate * mine.size
        take = min(int(np.floor(owed + 1e-9)), mine.size)
        chosen[rng.choice(mine, take, replace=False)] = True
        owed -= take
    spread = np.zeros(evidence.documents)
    spread[sure] = rate
    found = consequence(spread, evidence, seed=seed)
    return Reserve(part, int(chosen.sum()), found.machine), chosen


def _strata(evidence: Evidence, rows: np.ndarray) -> np.ndarray:
    order = np.argsort(np.argsort(evidence.scores[rows], kind="stable"), kind="stable")
    ranks = order * _RANKS // rows.size
    if evidence.groups is None:
        return np.asarray(ranks)
    _, groups = np.unique(evidence.groups[rows].astype(str), return_inverse=True)
    return np.asarray(groups * _RANKS + ranks)
