"""The ranges in which a formula holds: each check returns the value or says what is wrong.

Every closed form calls these before it computes, so that a value outside the range of validity
raises `BadSetting` and is never extrapolated.
"""

from __future__ import annotations

import math
import numbers

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadSetting

__all__ = [
    "check_ddof",
    "check_finite",
    "check_positive",
    "check_probabilities",
    "check_share",
    "check_whole",
    "counted",
]


def check_whole(name: str, value: object, *, least: int, most: int | None = None) -> int:
    """`value` as an int between `least` and `most`."""
    number = _whole(value)
    if number is None or number < least or (most is not None and number > most):
        ceiling = "" if most is None else f" and at most {most}"
        raise BadSetting(
            f"{name} must be a whole number of at least {least}{ceiling}; got {value!r}"
        )
    return number


def check_finite(name: str, value: float) -> float:
    """`value` as a finite float."""
    return _number(name, value)


def check_positive(name: str, value: float, *, zero: bool = False) -> float:
    """`value` as a finite float above zero, or from zero on."""
    number = _number(name, value)
    if number < 0 or (number == 0 and not zero):
        raise BadSetting(f"{name} must be {'at least 0' if zero else 'above 0'}; got {value!r}")
    return number


def check_share(name: str, value: float, *, zero: bool = True, one: bool = True) -> float:
    """`value` as a share between 0 and 1; the ends only where the formula allows them."""
    number = _number(name, value)
    low = number > 0 or (zero and number == 0)
    high = number < 1 or (one and number == 1)
    if not (low and high):
        interval = f"{'[' if zero else '('}0, 1{']' if one else ')'}"
        raise BadSetting(f"{name} must be a share in {interval}; got {value!r}")
    return number


def counted(real_share: float, samples: int) -> int:
    """How many of so many samples a share is: the whole number that the laboratory takes.

    Raises:
        BadSetting: a share above 0 that rounds to none.

    >>> counted(0.1, 25)
    2
    """
    count = round(check_share("real_share", real_share) * samples)
    if real_share > 0 and count == 0:
        raise BadSetting(
            f"a real share of {real_share:g} of {samples} samples rounds to none: ask for at "
            f"least {1 / samples:.3g}, for more samples, or for a share of 0"
        )
    return count


def check_ddof(ddof: int) -> int:
    """0 (divide by M: maximum likelihood) or 1 (divide by M - 1: unbiased)."""
    if ddof not in (0, 1) or isinstance(ddof, bool):
        raise BadSetting(f"ddof must be 0 (maximum likelihood) or 1 (unbiased); got {ddof!r}")
    return int(ddof)


def check_probabilities(probabilities: object) -> NDArray[np.float64]:
    """A one-dimensional array of probabilities that sum to 1."""
    try:
        array = np.asarray(probabilities, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadSetting("probabilities must be numbers") from None
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all() or array.min() < 0:
        raise BadSetting("probabilities must be a list of finite numbers, none below 0")
    if not math.isclose(array.sum(), 1.0, rel_tol=0, abs_tol=1e-9):
        raise BadSetting(
            f"probabilities must sum to 1; got {array.sum():.12g}. Divide counts by their total"
        )
    return array


def _number(name: str, value: object) -> float:
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise BadSetting(f"{name} must be a finite number; got {value!r}")


def _whole(value: object) -> int | None:
    if not isinstance(value, numbers.Real) or isinstance(value, bool) or not math.isfinite(value):
        return None
    number = float(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    return int(number) if number.is_integer() else None
