"""Generation numbers, what each generation has, and sums over generations.

In: one generation number or an array of them. A sum or a path is computed once up to the last
generation asked for, and read at those numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wellhead.errors import BadSetting

__all__ = [
    "Array",
    "Floats",
    "Generations",
    "Times",
    "check_generations",
    "each_generation",
    "summed",
]

Array: TypeAlias = NDArray[np.float64]
#: One generation number, or an array of them.
Generations: TypeAlias = int | Sequence[int] | NDArray[np.integer[Any]]
#: A row of generation numbers.
Times: TypeAlias = NDArray[np.integer[Any]]
#: A float for a single generation, an array of the same shape for several: numpy has no type
#: for that.
Floats: TypeAlias = Any

MOST_GENERATIONS = 1_000_000


def check_generations(n: Generations, *, least: int = 0) -> NDArray[np.int64]:
    """Generation numbers as an integer array (of no dimension for a single one)."""
    try:
        array = np.asarray(n)
        with np.errstate(invalid="ignore"):
            whole = array.astype(np.int64)
    except (TypeError, ValueError, OverflowError):
        raise BadSetting(f"generations must be whole numbers; got {n!r}") from None
    if array.size == 0 or array.dtype == bool or not np.array_equal(whole, array):
        raise BadSetting(f"generations must be whole numbers; got {n!r}")
    if whole.min() < least or whole.max() > MOST_GENERATIONS:
        raise BadSetting(
            f"generations must lie between {least} and {MOST_GENERATIONS}; "
            f"got {whole.min()} to {whole.max()}"
        )
    return whole


def each_generation(name: str, value: Any, length: int, check: Callable[[Any], float]) -> Array:
    """The checked value of generations 1 to `length`: one for all, or one for each."""
    if not isinstance(value, Sequence | np.ndarray):
        return np.full(length, float(check(value)))
    if len(value) < length:
        raise BadSetting(
            f"{name} names {len(value)} generations but generation {length} is asked for; "
            "give one number, or one for each generation"
        )
    return np.array([check(one) for one in value[:length]], dtype=float)


def summed(n: Generations, terms: ArrayLike) -> Floats:
    """The sum of the first n terms, one of them for each generation from 1 on.

    >>> summed([0, 2], [1.0, 2.0, 3.0]).tolist()
    [0.0, 3.0]
    """
    return np.concatenate([[0.0], np.cumsum(terms)])[check_generations(n)]
