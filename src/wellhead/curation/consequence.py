"""What a set of weights costs and gains: machine text that stays, human text that goes.

The human side needs no knowledge of any generator. The m human texts of the reference cut the
scores into m + 1 gaps, and the share of all people's texts in each is Dirichlet(1, …, 1), exactly,
if reference and corpus hold the same kind of people. The corpus's own people, (1 - s) n, are a
multinomial draw from it. What of them is kept follows; the rest of what is kept is machine text.
The share s runs over the assay's interval. Chance of reference and draw is given a fifth of the
error, so that both intervals hold together at the assay's level but for that fifth.

As in the assay, a higher score never speaks for people: machine text is no larger a part of what is
kept than of the whole.

Where the assay doubts the reference, only what no reference is needed for is claimed: all that is
dropped may be human, and all machine text may have stayed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellhead._stats import Interval, clamp, effective_size
from wellhead.curation.evidence import Evidence

__all__ = ["Consequence", "consequence"]

_DRAWS = 600
_SHARES = 9
_CELLS = 100
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What follows from a set of weights, over the distinct texts.

    Attributes:
        kept: texts with a weight above 0.
        dropped: the others.
        weight: sum of the weights, in texts.
        effective: equal weights that would inform as much (Kish).
        machine: machine share of what is kept, by weight.
        human_lost: part of the human texts that is given away, by weight.
        human_lost_texts: the same as a number of texts, (low, point, high).
    """

    kept: int
    dropped: int
    weight: float
    effective: float
    machine: Interval
    human_lost: Interval
    human_lost_texts: tuple[int, int, int]


def consequence(weights: np.ndarray, evidence: Evidence, *, seed: int = 0) -> Consequence:
    """What `weights` do.

    Args:
        weights: shape (documents,), in [0, 1].
        evidence: an assay.
        seed: of the draws.

    Source:
        Wilks (1962), Mathematical Statistics, §8.7, for the gaps; docs/curate.md.
    """
    rows = evidence.weighed
    mine, n = weights[rows], rows.size
    level = evidence.share.level
    cells = _cells(mine, evidence.p[rows], evidence.human)
    total = float(mine.sum())
    rng = np.random.default_rng(seed)
    masses = rng.dirichlet(cells.gaps, _DRAWS)
    tail = (1 - level) / 10
    lost, gone, machine = [], [], []
    for share in np.linspace(evidence.share.low, evidence.share.high, _SHARES):
        people = round((1 - share) * n)
        least, most = _human_weight(cells, masses, people, total, n, rng)
        if evidence.doubts:
            least, most = np.array([max(total - (n - people), 0.0)]), np.array([min(total, people)])
        low, high = np.quantile(least, tail), np.quantile(most, 1 - tail)
        lost += [_lost(high, people), _lost(low, people)]
        gone += [people - float(high), people - float(low)]
        machine += [1 - high / max(total, 1e-9), 1 - low / max(total, 1e-9)]
    people = round((1 - evidence.share.point) * n)
    typical = float(np.mean(_human_weight(cells, masses, people, total, n, rng)[0]))
    point = _lost(typical, people)
    found = clamp(float(min(lost)), point, float(max(lost)), level)
    highest = max(min(max(machine), evidence.share.high), min(machine))
    left = min(1 - typical / max(total, 1e-9), evidence.share.point)
    return Consequence(
        kept=int((mine > 0).sum()),
        dropped=int((mine == 0).sum()),
        weight=total,
        effective=effective_size(mine) if total else 0.0,
        machine=clamp(float(min(machine)), left, float(highest), level),
        human_lost=found,
        human_lost_texts=_texts(gone, people - typical),
    )


def _lost(stays: float, people: int) -> float:
    """The part of `people` human texts that goes; where there are none, none goes."""
    return 1 - float(stays) / people if people else 0.0


@dataclass(frozen=True)
class _Cells:
    """Gaps of like weight joined.

    Attributes:
        gaps: how many.
        least, most: mean weight of a human text in them: that of all texts there, as people score
            no higher than machines, and the highest.
    """

    gaps: np.ndarray
    least: np.ndarray
    most: np.ndarray


def _cells(weights: np.ndarray, p: np.ndarray, human: int) -> _Cells:
    """The gaps between reference texts with the documents in them, joined to `_CELLS` at most."""
    gap = np.clip(np.round(p * (human + 1)).astype(int) - 1, 0, human)
    width = human + 1
    documents = np.bincount(gap, minlength=width).astype(np.float64)
    sums = np.bincount(gap, weights=weights, minlength=width)
    seen = np.flatnonzero(documents)
    highest = np.zeros(width)
    np.maximum.at(highest, gap, weights)
    places = np.arange(width)
    mean = np.interp(places, seen, sums[seen] / documents[seen])
    most = np.interp(places, seen, highest[seen])
    # Gaps of like weight behave alike: the sum of Dirichlet shares is a Dirichlet share.
    cell = np.round(mean * _CELLS) * (_CELLS + 1) + np.round(most * _CELLS)
    used, place = np.unique(cell, return_inverse=True)
    gaps = np.bincount(place, minlength=used.size).astype(np.float64)
    least, most = (
        np.bincount(place, weights=each, minlength=used.size) / gaps for each in (mean, most)
    )
    return _Cells(gaps, least, most)


def _human_weight(
    cells: _Cells,
    masses: np.ndarray,
    people: int,
    total: float,
    n: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of the human texts that stays, at least and at most; each of shape (draws,).

    No more human weight stays than weight, no more machine weight than machines wrote.
    """
    drawn = rng.multinomial(people, masses)
    ends = max(total - (n - people), 0.0), min(total, people)
    return np.clip(drawn @ cells.least, *ends), np.clip(drawn @ cells.most, *ends)


def _texts(gone: list[float], point: float) -> tuple[int, int, int]:
    """The least, the likeliest and the most human texts that go, at any share."""
    typical = max(round(point), 0)
    return (
        min(max(int(np.floor(min(gone) + _ROUNDING)), 0), typical),
        typical,
        max(int(np.ceil(max(gone) - _ROUNDING)), typical),
    )
