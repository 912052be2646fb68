r"""How long until one symbol is left: Kingman's coalescent, read backwards.

In: probabilities p of the symbols, M draws per generation, replacing regime. Out: the expected
number of generations until every draw is the same symbol. The coalescent holds for large M and
falls about one generation short. Derivation: docs/theory.md §7.4.
"""

from __future__ import annotations

import numpy as np

from wellhead.recursion.theory.ranges import check_probabilities, check_whole

__all__ = ["collapse_time", "collapse_time_limit"]


def collapse_time(*, probabilities: object, samples: int) -> float:
    r"""$M\sum_{k=2}^M\frac2{k(k-1)}\big(1-\sum_ip_i^k\big)$ generations.

    While k ancestors of the present sample remain, which lasts $2M/(k(k-1))$ generations, not
    all of them carry the same symbol with probability $1-\sum p_i^k$. For K equally likely
    symbols that is $1-K^{1-k}$. About one generation short at any M: negligible when the time
    is long, not for a law with one symbol near 1. M below 10 raises.

    Args:
        probabilities: p, summing to 1.
        samples: M, from 10 to 10,000,000.

    Raises:
        BadSetting: a value outside its range.

    Source: Kingman 1982; docs/theory.md §7.4.

    >>> round(collapse_time(probabilities=[0.1] * 10, samples=100), 1)
    187.6
    """
    p = check_probabilities(probabilities)
    size = check_whole("samples", samples, least=10, most=10_000_000)
    # sum over k of 2/(k(k-1)) is 2(1-1/M); what all-the-same takes away dies off geometrically.
    same, power = 0.0, p.copy()
    for k in range(2, size + 1):
        power = power * p
        term = 2 / (k * (k - 1)) * float(power.sum())
        same += term
        if term < 1e-16:
            break
    return size * (2 * (1 - 1 / size) - same)


def collapse_time_limit(*, probabilities: object) -> float:
    r"""The time in units of M for large M, $-2\sum_i(1-p_i)\log(1-p_i)$.

    The diffusion limit of `collapse_time`; 1.386 for two equal symbols. Source: Watterson 1962;
    docs/theory.md §7.4.

    >>> round(collapse_time_limit(probabilities=[0.5, 0.5]), 3)
    1.386
    """
    rest = 1 - check_probabilities(probabilities)
    rest = rest[rest > 0]
    return float(-2 * np.sum(rest * np.log(rest)))
