r"""Which symbols are still there after n generations of replacement: survival one by one.

In: true probabilities p_0 with M draws per generation, or the counts c of the symbols in a
corpus; generation n (n counts fits, so n draws from p_0 on) or k *further* generations from the
corpus. Out: the expected number of symbols left. `expected` is the branching approximation
(rare symbols leave Poisson copies), `exact` the binomial chain to M of 3,000, and `of_counts`
starts from a corpus and needs only how many symbols occur c times. Regimes beyond replacement
are generating functions in `lineages`. Derivation: docs/theory.md §7.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wellhead.errors import BadSetting
from wellhead.recursion.theory.ranges import (
    Floats,
    Generations,
    check_generations,
    check_probabilities,
    check_share,
    check_whole,
)

__all__ = ["exact", "expected", "of_counts", "survivor_rate"]

_MOST_EXACT = 3_000


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


def expected(
    n: Generations, *, probabilities: object, samples: int, real_share: float = 0.0
) -> Floats:
    r"""Expected symbols after n fits by branching, $\sum_i(1-e^{-Mp_ig_n})$.

    With a share a of fresh real draws, immigration joins: $s_{k+1}=e^{(1-a)(s_k-1)}$, $s_0=0$,
    and symbol i is lost with probability
    $\exp\big(Mp_i[a\sum_{k<n}(s_k-1)+(1-a)(s_{n-1}-1)]\big)$. Accurate while $p_i$ is small
    (few per cent); with few likely symbols use `exact`.

    Args:
        n: generation of at least 1, or an array of them.
        probabilities: p_0, summing to 1.
        samples: M, draws per generation.
        real_share: a in [0, 1].

    Raises:
        BadSetting: a value outside its range.

    Source: docs/theory.md §7.2 (branching), §7.3 (immigration).

    >>> from wellhead.recursion.theory.discrete import zipf_mandelbrot
    >>> round(float(expected(10, probabilities=zipf_mandelbrot(1000), samples=1000)), 1)
    115.2
    """
    p, size = check_probabilities(probabilities), check_whole("samples", samples, least=1)
    generation, a = check_generations(n, least=1), check_share("real_share", real_share)
    lost = _lost_copies(int(generation.max()), a) - 1
    fresh = np.concatenate([[0.0], np.cumsum(lost)])
    exponents = a * fresh[generation] + (1 - a) * lost[generation - 1]
    left = [np.sum(-np.expm1(size * p * e)) for e in exponents.ravel()]
    return np.reshape(left, generation.shape)[()]


def exact(n: Generations, *, probabilities: object, samples: int) -> Floats:
    r"""Expected symbols after n fits, from the binomial chain $X_{n+1}\sim B(M,X_n/M)$ itself.

    Solves the chain backwards (one matrix-vector product per generation), so that all symbols
    share the work. Replacement only; M at most 3,000, for the memory of an M × M matrix.

    Raises:
        BadSetting: a value outside its range.

    Source: docs/theory.md §7.2.

    >>> round(float(exact(20, probabilities=[0.1] * 10, samples=100)), 2)
    6.26
    """
    size = check_whole("samples", samples, least=1, most=_MOST_EXACT)
    values, repeats = np.unique(check_probabilities(probabilities), return_counts=True)
    generation = check_generations(n, least=1)
    step, first = _binomial_rows(np.arange(size + 1) / size, size), _binomial_rows(values, size)
    extinct = np.zeros(size + 1)
    extinct[0] = 1.0
    left = np.empty(int(generation.max()))
    for t in range(len(left)):
        left[t] = repeats @ (1 - first @ extinct)
        before, extinct = extinct, step @ extinct
        if np.array_equal(before, extinct):
            left[t:] = left[t]
            break
    return left[generation - 1]


def of_counts(k: Generations, *, counts: object, symbols: object = None) -> Floats:
    r"""Expected symbols of a corpus left after k further generations, $\sum(1-e^{-cg_k})$.

    Each generation draws as many tokens as the corpus holds and replaces the last.

    Args:
        k: further generations, at least 0, or an array of them.
        counts: how often each symbol occurs, or the distinct values of that.
        symbols: with distinct values, how many symbols occur that often.

    Raises:
        BadSetting: counts that are not positive, or arrays of different lengths.

    Source: docs/theory.md §7.2.

    >>> round(float(of_counts(1, counts=[1, 2, 50])), 3)
    2.497
    """
    values, repeats = _counts_of(counts, symbols)
    generation = check_generations(k)
    rate = survivor_rate(np.arange(1, max(int(generation.max()), 1) + 1))
    path = [repeats.sum(), *(repeats @ -np.expm1(-values * g) for g in rate)]
    return np.asarray(path)[generation]


def _counts_of(counts: object, symbols: object) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.asarray(counts, dtype=float)
    repeats = np.ones_like(values) if symbols is None else np.asarray(symbols, dtype=float)
    fine = values.ndim == 1 and values.size and values.shape == repeats.shape
    if not (fine and np.isfinite(values).all() and values.min() > 0 and repeats.min() >= 0):
        raise BadSetting("counts must be a list of numbers above 0, with as many symbols beside it")
    return values, repeats


def _lost_copies(last: int, a: float) -> NDArray[np.float64]:
    """s_0 … s_last: the chance that one copy has no synthetic heir after k rounds."""
    path = np.zeros(last + 1)
    for k in range(last):
        path[k + 1] = np.exp((1 - a) * (path[k] - 1))
    return path


def _binomial_rows(p: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Rows of binomial probabilities of 0 … size successes, one row for each p."""
    y = np.arange(size + 1)
    choose = special.gammaln(size + 1) - special.gammaln(y + 1) - special.gammaln(size - y + 1)
    chances = p[:, None]
    return np.exp(choose + special.xlogy(y, chances) + special.xlog1py(size - y, -chances))
