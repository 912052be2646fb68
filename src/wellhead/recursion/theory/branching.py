r"""The branching process of a symbol's copies: is it in the training set k generations later?

Every copy leaves a Poisson number of copies in the next training set, independently, so that the
chance of loss is a generating function raised to the power c, the symbol's count in the corpus.
One class a regime: `losses(last)` are the `Loss` of generations 0 to `last`. Right for symbols
that are rare in a large corpus; a model that memorises or smooths departs from it. Generation 0
is the corpus itself; generation k's training set holds what the first k models wrote, as the
regime mixes it. docs/theory.md §7.2, §7.5.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory.generations import (
    Array,
    Floats,
    Generations,
    check_generations,
    each_generation,
)
from wellhead.recursion.theory.ranges import check_positive, check_share, check_whole
from wellhead.recursion.theory.shared_web import SharedWeb as Web
from wellhead.recursion.theory.shares import Shares

__all__ = [
    "REGIMES",
    "Accumulate",
    "AccumulateSubsample",
    "Branching",
    "ChangingShare",
    "FixedOriginal",
    "FreshReal",
    "Growing",
    "Loss",
    "Replace",
    "SharedWeb",
    "SyntheticAdded",
    "branching_under",
    "survivor_rate",
]


def survivor_rate(k: Generations) -> Floats:
    r"""g_k with $g_1=1$, $g_{k+1}=1-e^{-g_k}$: the chance of heirs after k - 1 rounds.

    Of one copy that leaves Poisson(1) copies. About 2/k for large k.

    Raises `BadSetting` outside its range. Source: docs/theory.md §7.2.

    >>> [round(float(k * survivor_rate(k)), 3) for k in (2, 10, 50, 1000)]
    [1.264, 1.723, 1.919, 1.994]
    """
    generation = check_generations(k, least=1)
    path = np.ones(int(generation.max()))
    for j in range(1, len(path)):
        path[j] = -np.expm1(-path[j - 1])
    return path[generation - 1]


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


@dataclass(frozen=True, kw_only=True)
class Branching(ABC):
    r"""The survival of symbols under one regime.

    Args:
        size_ratio: effective draws per generation over the corpus's tokens, $M_{eff}/N$.
    """

    size_ratio: float = 1.0

    def __post_init__(self) -> None:
        check_positive("size_ratio", self.size_ratio)

    @abstractmethod
    def losses(self, last: int) -> list[Loss]:
        """The losses at generations 0, 1, …, `last`."""


@dataclass(frozen=True, kw_only=True)
class FreshReal(Branching):
    """New real text is the share a of every training set.

    Args:
        real_share: a in [0, 1].
    """

    real_share: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("real_share", self.real_share)

    def losses(self, last: int) -> list[Loss]:
        r"""$f_k^c\exp\big(ca\sum_{j<k}(f_j-1)\big)$. Source: docs/theory.md §7.3, §7.5.

        >>> round(float(FreshReal(real_share=0.1).losses(1)[1].of(1)), 4)
        0.3679
        """
        return _with_fresh(_heirless(last, 1 - self.real_share, self.size_ratio), self.real_share)


@dataclass(frozen=True, kw_only=True)
class ChangingShare(Branching):
    """New real text is another share of every training set, whose size may change with it.

    Args:
        shares: the course.
    """

    shares: Shares

    def losses(self, last: int) -> list[Loss]:
        r"""$f_{1,k}^c\exp\big(c\sum_{j\le k}a_jm_j(f_{j+1,k}-1)\big)$, sizes $m_j$ relative.

        $f_{j,k}$: a copy in training set j - 1 has no heir by way of machine text in set k; it
        leaves Poisson$((1-a_j)m_j/m_{j-1})$ copies in set j. Source: docs/theory.md §7.5.

        >>> found = ChangingShare(shares=Shares((0.1,))).losses(5)[5].of(2)
        >>> bool(abs(found - FreshReal(real_share=0.1).losses(5)[5].of(2)) < 1e-12)
        True
        """
        check_whole("generations", last, least=0, most=2_000)
        return [self._loss(k) for k in range(last + 1)]

    def _loss(self, k: int) -> Loss:
        token = clump = log_fresh = 0.0
        for j in range(k, 0, -1):
            a, size = self.shares.at(j), self.shares.size_at(j)
            log_fresh += a * size * (token - 1)
            mean = (1 - a) * size / self.shares.size_at(j - 1)
            token, clump = np.exp(mean * self.size_ratio * (clump - 1)), np.exp(mean * (clump - 1))
        return Loss(float(token), fresh=float(log_fresh))


@dataclass(frozen=True, kw_only=True)
class Replace(Branching):
    """Every training set is what the last model wrote."""

    def losses(self, last: int) -> list[Loss]:
        r"""$f_k^c$ with $f_k=1-g_{k+1}$ at equal size. Source: docs/theory.md §7.2, §7.5.

        >>> round(float(Replace().losses(1)[1].of(1)), 4)
        0.3679
        """
        return FreshReal(size_ratio=self.size_ratio, real_share=0.0).losses(last)


@dataclass(frozen=True, kw_only=True)
class SharedWeb(FreshReal):
    """Several models that share a corpus out and learn from one web: is a symbol left in any?

    Args:
        models: K.
        mixing: m, the probability that an item is by any model, not by one's own last generation.
    """

    models: int
    mixing: float = 1.0

    def losses(self, last: int) -> list[Loss]:
        r"""As with fresh real text, but what a model writes is read by none, one or several.

        An item is read by its own model with probability $o=1-m+m/K$ and by each other one with
        $t=m/K$, so that f goes on as $e^{(1-a)(R(f)-1)}$, $R(z)=(1-o+oz)(1-t+tz)^{K-1}$: one
        heir in the mean, scattered more widely. Source: docs/theory.md §10.

        >>> web, alone = (one.losses(5)[5].of(3) for one in (SharedWeb(real_share=0, models=4),
        ...                                                  Replace()))
        >>> round(float(web), 3), round(float(alone), 3)
        (0.562, 0.392)
        """
        other = self.mixing / self.models
        own, rest = 1 - self.mixing + other, self.models - 1

        def read(z: float) -> float:
            return (1 - own + own * z) * (1 - other + other * z) ** rest

        heirless = _heirless(last, 1 - self.real_share, self.size_ratio, read)
        return _with_fresh(heirless, self.real_share)


@dataclass(frozen=True, kw_only=True)
class FixedOriginal(FreshReal):
    """The same original text is the share a of every training set."""

    def losses(self, last: int) -> list[Loss]:
        r"""$\big((1-a)f_k\big)^c$. Source: docs/theory.md §7.5.

        >>> round(float(FixedOriginal(real_share=0.5).losses(1)[1].of(1)), 4)
        0.3033
        """
        tokens = _heirless(last, 1 - self.real_share, self.size_ratio)
        return [Loss(0.0), *(Loss(float(t), kept=1 - self.real_share) for t in tokens[1:])]


@dataclass(frozen=True, kw_only=True)
class Growing(Branching):
    """Every training set is what the last model wrote, and larger than the last.

    Args:
        sizes: of each training set from generation 0 on, relative to the first; None means 1, 2, 3…
    """

    sizes: Sequence[float] | None = None

    def losses(self, last: int) -> list[Loss]:
        """Poisson($N_{j+1}/N_j$) heirs from one size to the next. Source: docs/theory.md §7.5.

        >>> round(float(Growing().losses(1)[1].of(1)), 4)
        0.1353
        """
        sizes = range(1, last + 2) if self.sizes is None else self.sizes
        path = each_generation("sizes", sizes, last + 1, lambda s: check_positive("sizes", s))
        means = path[1:] / path[:-1]
        means[:1] *= self.size_ratio
        return [Loss(_composed(means[:k])) for k in range(last + 1)]


@dataclass(frozen=True, kw_only=True)
class AccumulateSubsample(Branching):
    """Every training set is a fixed number of texts drawn from everything so far."""

    def losses(self, last: int) -> list[Loss]:
        r"""Loss from the subsample of 1/(k+1) of the pool, in which nothing dies.

        A line has the generating function $z[1-\frac1t+\frac1te^{z-1}]$ in round t.
        Source: docs/theory.md §7.5.

        >>> round(float(AccumulateSubsample().losses(1)[1].of(1)), 4)
        0.3033
        """
        return [Loss(self._token(k)) for k in range(last + 1)]

    def _token(self, k: int) -> float:
        ratio, out = self.size_ratio, 1 - 1 / (k + 1)
        token, clump = out, out ** (1 / ratio)
        for t in range(k, 0, -1):
            heirless = 1 - 1 / t + np.exp(ratio * (clump - 1)) / t
            token, clump = token * heirless, clump * heirless ** (1 / ratio)
        return float(token)


@dataclass(frozen=True, kw_only=True)
class Accumulate(Branching):
    """Every training set holds everything so far."""

    def losses(self, last: int) -> list[Loss]:
        """Originals are never lost. Source: docs/theory.md §7.5.

        >>> float(Accumulate().losses(9)[9].of(1))
        0.0
        """
        return [Loss(0.0)] * (last + 1)


@dataclass(frozen=True, kw_only=True)
class SyntheticAdded(FreshReal):
    """Every training set holds all originals, as the share a of it."""

    def losses(self, last: int) -> list[Loss]:
        """Originals are never lost. Source: docs/theory.md §7.5.

        >>> float(SyntheticAdded(real_share=0.1).losses(9)[9].of(1))
        0.0
        """
        return [Loss(0.0)] * (last + 1)


#: By the name that the laboratory and the command line give them.
REGIMES: dict[str, type[Branching]] = {
    "replace": Replace,
    "growing": Growing,
    "fresh-real": FreshReal,
    "fixed-original": FixedOriginal,
    "accumulate": Accumulate,
    "accumulate-subsample": AccumulateSubsample,
    "synthetic-added": SyntheticAdded,
}


def branching_under(
    regime: str, real_share: float | Shares | Web | None = None, size_ratio: float = 1.0
) -> Branching:
    """The process of a regime by name, with a real share (or its course, or a web) where it
    depends on one.

    Raises:
        BadSetting: an unknown regime, or a share that is missing or does not belong.

    >>> branching_under("replace").losses(0)
    [Loss(copy=0.0, fresh=0.0, kept=1.0)]
    """
    if regime == "changing-share" and isinstance(real_share, Shares):
        return ChangingShare(size_ratio=size_ratio, shares=real_share)
    if isinstance(real_share, Web):
        web = {"models": real_share.models, "mixing": real_share.mixing}
        return SharedWeb(size_ratio=size_ratio, real_share=real_share.real_share, **web)  # type: ignore[arg-type]
    if regime not in REGIMES:
        raise unknown_name("regime for the survival of symbols", regime, REGIMES)
    found = REGIMES[regime]
    if issubclass(found, FreshReal) == (real_share is None):
        verb = "takes no" if real_share is not None else "needs"
        raise BadSetting(f"the regime {regime} {verb} real_share")
    share = {} if real_share is None else {"real_share": real_share}
    return found(size_ratio=size_ratio, **share)


def _with_fresh(tokens: Array, real_share: float) -> list[Loss]:
    """Losses where new real text, too, may have left heirs."""
    fresh = np.concatenate([[0.0], np.cumsum(real_share * (tokens[:-1] - 1))])
    return [Loss(float(t), fresh=float(f)) for t, f in zip(tokens, fresh, strict=True)]


def _heirless(
    last: int, mean: float, ratio: float, read: Callable[[float], float] = float
) -> Array:
    """The chance that one token of the corpus has no synthetic heir after 0, 1, … rounds.

    A model that writes N tokens worth only ratio × N independent draws writes clumps of
    1/ratio tokens: a token has Poisson(mean × ratio) clumps as heirs, a clump Poisson(mean). What
    is written has the generating function `read` of readers; one, unless told.
    """
    check_whole("generations", last, least=0, most=100_000)
    clump, token = np.zeros(last + 1), np.zeros(last + 1)
    for k in range(last):
        missed = read(clump[k]) - 1
        token[k + 1] = np.exp(mean * ratio * missed)
        clump[k + 1] = np.exp(mean * missed)
    return token


def _composed(means: Array) -> float:
    """The chance that a copy has no heirs after rounds with these mean numbers of them."""
    lost = 0.0
    for mean in reversed(means.tolist()):
        lost = float(np.exp(mean * (lost - 1)))
    return lost
