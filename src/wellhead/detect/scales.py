"""How far each feature is trusted while a model learns: large scales ease its penalty.

In: the rows that a model is to be fitted on. Out: one factor a feature. The model is fitted on
features times their scales, as Wang and Manning do with one evidence of a feature (Baselines and
Bigrams, ACL 2012), and its weights are multiplied by the scales afterwards: a linear model of the
same features, penalised by ``|weight / scale|²``, so that nothing changes where texts are scored.

The evidence here is how far domains agree, which is our own: the mean of a feature's log-count
ratio over domains by its standard error. What machines use more in one domain and people in
another says nothing of a third.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["LEAST_OF_DOMAIN", "agreement_scales", "log_ratios"]

LEAST_OF_DOMAIN = 60
"""A domain has a say in what domains agree on with more texts than these on either side."""

_SMOOTHED = 1e-3  # of a side's weight: who uses a feature never uses it so often
_ERROR = 0.1  # added to a standard error: few domains may agree to a hair by chance


def agreement_scales(
    matrix: csr_matrix,
    machine: NDArray[np.bool_],
    weight: NDArray[np.float64],
    domain: NDArray[np.str_],
    *,
    power: float,
) -> NDArray[np.float32]:
    """One factor for each column, with a mean square of 1; all 1 where too few domains speak.

    Args:
        matrix: rows; a feature is in use where an entry is stored.
        machine: which rows machines wrote.
        weight: how much each row counts.
        domain: of each row.
        power: of how surely the log-count ratio has one sign over domains.
    """
    ratios = log_ratios(matrix, machine, weight, domain)
    if len(ratios) < 2:
        return np.ones(matrix.shape[1], np.float32)
    error = ratios.std(axis=0) / np.sqrt(len(ratios)) + _ERROR
    found = np.abs(ratios.mean(axis=0) / error) ** power
    return np.asarray(found / (np.sqrt(np.mean(found**2)) or 1.0), np.float32)


def log_ratios(
    matrix: csr_matrix,
    machine: NDArray[np.bool_],
    weight: NDArray[np.float64],
    domain: NDArray[np.str_],
) -> NDArray[np.float64]:
    """How much more often machines use each column than people: a row for each domain.

    Domains with `LEAST_OF_DOMAIN` texts or fewer on a side are left out. Arguments as above.

    Source: Wang and Manning (2012), equation 2; presence, with shares smoothed.
    """
    from wellhead.detect.solver import summed

    names, at = np.unique(domain, return_inverse=True)
    side, sides = (2 * at + machine).astype(np.int64), 2 * len(names)
    total = np.bincount(side, weight, minlength=sides)
    texts = np.bincount(side, minlength=sides)
    used = summed(matrix.indptr, matrix.indices, weight, side, sides, matrix.shape[1])
    heard = np.flatnonzero(np.minimum(texts[::2], texts[1::2]) > LEAST_OF_DOMAIN)
    people, machines = (
        used[2 * heard + which] / total[2 * heard + which, None] + _SMOOTHED for which in (0, 1)
    )
    return np.asarray(np.log(machines / people))
