r"""The chance that a symbol seen c times in a corpus is in the training set k generations later.

Every copy leaves a Poisson number of copies in the next training set, independently: a branching
process, so the chance of loss is a generating function raised to the power c. Each regime is
one such function. In: the further generations, the regime and its numbers. Out: `Loss`, the
chance of loss as a function of c. Right for symbols that are rare in a large corpus; a model
that memorises or smooths departs from it. Generation 0 is the corpus itself; generation k's
training set holds what the first k models wrote, as the regime mixes it. docs/theory.md §7.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory.ranges import Floats, check_positive, check_share, check_whole

__all__ = ["LINEAGE_REGIMES", "Loss", "loss_path"]

LINEAGE_REGIMES = (
    "replace",
    "growing",
    "fresh-real",
    "fixed-original",
    "accumulate",
    "accumulate-subsample",
    "synthetic-added",
)


class Loss(NamedTuple):
    r"""The chance of loss $P(c)=(\text{kept}\cdot\text{copy})^c\,e^{c\,\text{fresh}}$.

    Attributes:
        copy: the chance that one copy has no heir in the training set.
        fresh: the log chance, per copy in the corpus, that no fresh real copy has an heir.
        kept: the chance that one copy is not among the originals that stay.
    """

    copy: float
    fresh: float = 0.0
    kept: float = 1.0

    def of(self, counts: Floats) -> Floats:
        """The chance of loss of symbols seen `counts` times."""
        with np.errstate(divide="ignore"):
            per_copy = np.log(self.copy) + np.log(self.kept) + self.fresh
        return np.exp(np.asarray(counts, dtype=float) * per_copy)


def loss_path(
    generations: int,
    *,
    regime: str = "replace",
    real_share: float | None = None,
    size_ratio: float = 1.0,
    sizes: Sequence[float] | None = None,
) -> list[Loss]:
    r"""The losses at generations 0, 1, …, `generations`.

    Args:
        generations: the last generation, at least 0.
        regime: one of `LINEAGE_REGIMES`.
        real_share: a, for the regimes that mix real data in.
        size_ratio: effective draws per generation over the corpus's tokens, $M_{eff}/N$.
        sizes: for ``growing``, size of each training set from generation 0 on relative to the
            first; None means 1, 2, 3…

    Raises:
        BadSetting: an unknown regime, or a share that is missing or does not belong.

    Source: docs/theory.md §7.5.

    >>> round(float(loss_path(1)[1].of(1)), 4)
    0.3679
    """
    last = check_whole("generations", generations, least=0, most=100_000)
    ratio = check_positive("size_ratio", size_ratio)
    a = _real_share(regime, real_share)
    if regime in ("accumulate", "synthetic-added"):
        return [Loss(0.0)] * (last + 1)
    if regime == "accumulate-subsample":
        return [Loss(_subsample_loss(k, ratio)) for k in range(last + 1)]
    if regime == "growing":
        path = np.arange(1.0, last + 2) if sizes is None else _sizes(sizes, last)
        return [Loss(_growing_loss(k, path, ratio)) for k in range(last + 1)]
    tokens = _token_losses(last, 1 - a, ratio)
    if regime == "fixed-original":
        return [Loss(0.0), *(Loss(float(t), kept=1 - a) for t in tokens[1:])]
    fresh = np.concatenate([[0.0], np.cumsum(a * (tokens[:-1] - 1))])
    return [Loss(float(t), fresh=float(f)) for t, f in zip(tokens, fresh, strict=True)]


def _real_share(regime: str, real_share: float | None) -> float:
    if regime not in LINEAGE_REGIMES:
        raise unknown_name("regime for the survival of symbols", regime, LINEAGE_REGIMES)
    mixes = regime in ("fresh-real", "fixed-original", "synthetic-added")
    if mixes == (real_share is None):
        verb = "needs" if mixes else "takes no"
        raise BadSetting(f"the regime {regime} {verb} real_share")
    return 0.0 if real_share is None else check_share("real_share", real_share)


def _token_losses(last: int, mean: float, ratio: float) -> NDArray[np.float64]:
    """The chance that one token of the corpus has no synthetic heir after 0, 1, … rounds.

    A model that writes N tokens worth only ratio × N independent draws writes clumps of
    1/ratio tokens: a token has Poisson(mean × ratio) clumps as heirs, a clump Poisson(mean).
    """
    clump, token = np.zeros(last + 1), np.zeros(last + 1)
    for k in range(last):
        token[k + 1] = np.exp(mean * ratio * (clump[k] - 1))
        clump[k + 1] = np.exp(mean * (clump[k] - 1))
    return token


def _growing_loss(k: int, sizes: NDArray[np.float64], ratio: float) -> float:
    lost = 0.0
    for j in range(k, 0, -1):
        mean = sizes[j] / sizes[j - 1] * (ratio if j == 1 else 1.0)
        lost = float(np.exp(mean * (lost - 1)))
    return lost


def _subsample_loss(k: int, ratio: float) -> float:
    """Loss from the subsample of 1/(k+1) of the pool, in which nothing dies."""
    out = 1 - 1 / (k + 1)
    token, clump = out, out ** (1 / ratio)
    for t in range(k, 0, -1):
        heirless = 1 - 1 / t + np.exp(ratio * (clump - 1)) / t
        token, clump = token * heirless, clump * heirless ** (1 / ratio)
    return float(token)


def _sizes(sizes: Sequence[float], last: int) -> NDArray[np.float64]:
    path = np.array([check_positive("sizes", size) for size in sizes])
    if len(path) <= last:
        raise BadSetting(
            f"sizes names {len(path)} training sets; generation {last} needs {last + 1}, the "
            "corpus itself included"
        )
    return path
