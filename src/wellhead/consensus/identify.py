"""Can these data tell the share at all?

In: tables and a model. Out: one of three verdicts. ``no``: the probabilities of the patterns do
not determine the parameters, whatever the number of documents. ``weak``: they would, but only
through a difference between groups that these documents do not show. ``yes``: neither.

The first is decided by the rank of the derivative of all pattern probabilities at a generic point
(Goodman 1974, Biometrika 61, 215-231; Jones, Johnson, Hanson & Christensen 2010, Biometrics 66,
855-863), the second by whether the groups' tables differ (a likelihood-ratio test, p > 0.05).
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from scipy.stats import chi2

from wellhead.consensus.likelihood import Model, likelihoods, model_of
from wellhead.consensus.tables import Tables

__all__ = ["Identifiability", "homogeneity", "identify"]

_STEP = 1e-5


class Identifiability(NamedTuple):
    """Whether the share is determined.

    Attributes:
        verdict: ``yes``, ``weak`` or ``no``.
        equations: independent things that the tables show.
        unknowns: parameters of the model.
        rank: of the derivative; `unknowns` when everything is determined.
        groups_differ: p-value that the groups' tables are alike; None with one group.
        testable: whether dependence between two methods could show in these tables at all. With
            two methods it cannot, however many groups there are: tables that mix two kinds of
            documents lie on a line, and a line meets the surface of independence in two points.
    """

    verdict: Literal["yes", "weak", "no"]
    equations: int
    unknowns: int
    rank: int
    groups_differ: float | None
    testable: bool

    @property
    def identified(self) -> bool:
        """Whether the share may be called an estimate; if not, there is a range and no more."""
        return self.verdict == "yes"

    @property
    def degrees_of_freedom(self) -> int:
        """Equations left over, on which some assumption can be tested."""
        return self.equations - self.rank


def identify(tables: Tables, model: Model) -> Identifiability:
    """The verdict for these tables.

    >>> from wellhead.consensus.likelihood import model_of
    >>> from wellhead.consensus.tables import tabulate
    >>> votes = np.array([[1, 1], [0, 0], [1, 0], [0, 1]])
    >>> one = tabulate(votes)
    >>> identify(one, model_of(one)).verdict
    'no'
    """
    rank, equations, unknowns = _rank(tables, model)
    differ = homogeneity(tables)
    if rank < unknowns:
        verdict: Literal["yes", "weak", "no"] = "no"
    elif differ is not None and differ > 0.05 and not _alone(tables, model):
        verdict = "weak"
    else:
        verdict = "yes"
    return Identifiability(
        verdict, equations, unknowns, rank, differ, _testable(tables, model, rank)
    )


def _testable(tables: Tables, model: Model, rank: int) -> bool:
    """Whether letting some pair err together allows tables that the model does not."""
    if any(len(block) > 1 for block in model.blocks):
        return False
    pairs = combinations(range(tables.methods), 2)
    return any(_rank(tables, model_of(tables, [pair]))[0] > rank for pair in pairs)


def _alone(tables: Tables, model: Model) -> bool:
    """Whether the groups poured together would still determine everything."""
    inside = tables.weights > 0
    poured = np.stack([tables.counts[inside].sum(axis=0), tables.counts[~inside].sum(axis=0)])
    known = np.stack(
        [tables.known[:, inside].sum(axis=1), tables.known[:, ~inside].sum(axis=1)], axis=1
    )
    single = Tables(
        patterns=tables.patterns,
        counts=poured,
        known=known,
        weights=np.array([1.0, 0.0]),
        groups=("all", "outside"),
        row=tables.row,
        group=tables.group,
    )
    rank, _, unknowns = _rank(single, model)
    return rank == unknowns


def _rank(tables: Tables, model: Model) -> tuple[int, int, int]:
    """Rank of the derivative, free cells, and parameters."""
    cells, equations = _cells(tables)
    groups = np.flatnonzero(cells[2].any(axis=1))
    sizes = [table.shape[1] for table in model.allowed]
    rng = np.random.default_rng(7)
    rates = [rng.dirichlet(np.full(size, 3.0), size=2)[:, 1:].ravel() for size in sizes]
    point = np.concatenate([rng.uniform(0.2, 0.8, groups.size), *rates])
    columns = []
    for i in range(point.size):
        step = np.zeros(point.size)
        step[i] = _STEP
        up, down = (_shown(point + s * step, groups, sizes, model, cells) for s in (1, -1))
        columns.append((up - down) / (2 * _STEP))
    values = np.linalg.svd(np.stack(columns, axis=1), compute_uv=False)
    rank = int((values > 1e-6 * values.max()).sum()) if values.size else 0
    return rank, equations, point.size


def _cells(tables: Tables) -> tuple[np.ndarray, int]:
    """Shape (3, g, p): cells that documents of people, machines and unknown origin could fill."""
    masks = tables.masks
    filled = np.stack([*tables.known, tables.counts])
    cells = np.zeros(filled.shape, dtype=bool)
    equations = 0
    for mask in np.unique(masks):
        mine = masks == mask
        some = filled[:, :, mine].sum(axis=2) > 0
        cells[:, :, mine] = some[:, :, None]
        equations += int(some[2].sum() + some[:2].any(axis=1).sum()) * (int(mine.sum()) - 1)
    return cells, equations


def _shown(
    point: np.ndarray, groups: np.ndarray, sizes: list[int], model: Model, cells: np.ndarray
) -> np.ndarray:
    """Probabilities of all cells at one parameter point."""
    shares, rest = point[: groups.size], point[groups.size :]
    rates = []
    for size in sizes:
        part, rest = rest[: 2 * (size - 1)].reshape(2, size - 1), rest[2 * (size - 1) :]
        rates.append(np.concatenate([1 - part.sum(axis=1, keepdims=True), part], axis=1)[None])
    likelihood = likelihoods(model, rates)[0]
    mixed = shares[:, None] * likelihood[1] + (1 - shares)[:, None] * likelihood[0]
    alone = [likelihood[origin][cells[origin].any(axis=0)] for origin in (0, 1)]
    return np.concatenate([mixed[cells[2][groups]], *alone])


def homogeneity(tables: Tables) -> float | None:
    """p-value that all groups of the collection show the same table."""
    counts = tables.counts[tables.weights > 0]
    counts = counts[counts.sum(axis=1) > 0]
    if counts.shape[0] < 2:
        return None
    lost, freedom = 0.0, 0
    for mask in np.unique(tables.masks):
        part = counts[:, tables.masks == mask]
        part = part[part.sum(axis=1) > 0][:, part.sum(axis=0) > 0]
        if part.shape[0] < 2 or part.shape[1] < 2:
            continue
        expected = part.sum(axis=1, keepdims=True) * part.sum(axis=0) / part.sum()
        lost += 2 * float((part * np.log(np.maximum(part, 1e-300) / expected)).sum())
        freedom += (part.shape[0] - 1) * (part.shape[1] - 1)
    return float(chi2.sf(lost, freedom)) if freedom else 1.0
