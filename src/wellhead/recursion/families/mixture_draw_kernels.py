"""Drawing from Gaussian mixtures, compiled by numba: `mixture_draws.draw`, several items at once.

The numbers are the same, to rounding; logarithms and the circular functions are polynomials.

This module imports numba; import it only where the extra is known to be there.
"""

# Array types are numba's business here.
from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from wellhead.recursion.families.mixture_draws import BLOCK, GOLDEN, MIX, pairs
from wellhead.recursion.families.mixture_kernels import logarithm

__all__ = ["draw_all"]

SINE = tuple((-1) ** j / math.factorial(2 * j + 1) for j in range(8))  # up to an eighth of a turn
COSINE = tuple((-1) ** j / math.factorial(2 * j) for j in range(9))
S12, S27, S30, S31 = (np.uint64(places) for places in (12, 27, 30, 31))
BIT_0, BIT_1, BITS_OF_ONE = np.uint64(1), np.uint64(2), np.uint64(1023 << 52)
MIX_1, MIX_2 = MIX

pairs_of = njit(cache=True)(pairs)


@njit(cache=True, nogil=True, error_model="numpy")
def draw_all(values: Any, keys: Any, edges: Any, means: Any, factors: Any) -> None:
    """Writes draws of the mixtures into `values` (chains, items, d).

    Args:
        values: written.
        keys, edges, means, factors: as in `mixture_draws.draw`.
    """
    chains, items, dimension = values.shape
    components, half = edges.shape[1], pairs_of(dimension)
    uniform, own = np.empty(BLOCK), np.empty(BLOCK)
    normal, placed = np.empty(2 * half), np.empty((dimension, BLOCK))
    noise = normal[: dimension * BLOCK].reshape(dimension, BLOCK)
    for row in range(chains):
        whole, start = edges[row, components - 1], 0
        for low in range(0, items, BLOCK):
            _choose(keys[row], start, uniform)
            _noise(keys[row], start + BLOCK, normal[:half], normal[half:])
            start += BLOCK + 2 * half
            # Every component is worked out for every item: processors guess wrong which comes next.
            for c in range(components):
                edge = edges[row, c - 1] if c > 0 else -1.0
                for i in range(dimension):
                    own[:] = means[row, c, i]
                    for j in range(i + 1):
                        _accumulate(own, noise[j], factors[row, c, i, j])
                    _replace(placed[i], own, uniform, whole, edge)
            count = min(BLOCK, items - low)
            for i in range(dimension):
                coordinate = placed[i]
                for m in range(count):
                    values[row, low + m, i] = coordinate[m]


@njit(cache=True, inline="always")
def _word(key: Any, place: Any) -> Any:
    state = key + place * GOLDEN
    state = (state ^ (state >> S30)) * MIX_1
    state = (state ^ (state >> S27)) * MIX_2
    return state ^ (state >> S31)


@njit(cache=True, inline="always")
def _unit(word: Any) -> Any:
    # The upper bits as those of a number from 1 to 2: no conversion, which few processors do fast.
    return np.uint64((word >> S12) | BITS_OF_ONE).view(np.float64) - 1.0


@njit(cache=True, error_model="numpy")
def _choose(key: Any, start: Any, uniform: Any) -> None:
    for m in range(len(uniform)):
        uniform[m] = _unit(_word(key, np.uint64(start + m)))


@njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _noise(key: Any, start: Any, first: Any, second: Any) -> None:
    """Writes standard normal numbers."""
    for p in range(len(first)):
        place = np.uint64(start + 2 * p)
        one, two = _word(key, place), _word(key, place + BIT_0)
        radius = math.sqrt(-2.0 * logarithm(1.0 - _unit(one)))
        radius = radius if two & BIT_0 else -radius
        angle = (_unit(two) - 0.5) * (0.5 * math.pi)
        square = angle * angle
        sine, cosine = SINE[7], COSINE[8]
        for j in range(6, -1, -1):
            sine = sine * square + SINE[j]
        for j in range(7, -1, -1):
            cosine = cosine * square + COSINE[j]
        across, along = radius * (sine * angle), radius * cosine
        turned = (two & BIT_1) != 0
        first[p] = along if turned else across
        second[p] = across if turned else along


@njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _accumulate(total: Any, values: Any, factor: float) -> None:
    for m in range(len(total)):
        total[m] += factor * values[m]


@njit(cache=True, error_model="numpy")
def _replace(placed: Any, values: Any, uniform: Any, whole: float, edge: float) -> None:
    """Puts in the values of those items whose component does not come before this edge."""
    for m in range(len(placed)):
        # Both are read in any case: a branch that depends on chance stops the processor.
        new, old = values[m], placed[m]
        placed[m] = new if uniform[m] * whole > edge else old
