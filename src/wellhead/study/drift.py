"""Change over time: does the share of machine text move while a study runs?

In: a probability for each document and when it came. Out: the share in stretches of equally many
documents, and a permutation test of a trend. A trend can mean that the writers changed, the
programs did, or that the methods see later texts differently; the test cannot tell.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from wellhead._stats import Interval, wilson
from wellhead.errors import BadSetting

__all__ = ["Drift", "Stretch", "drift", "moments"]

_LEAST = 12


class Stretch(NamedTuple):
    """Documents of one stretch of time."""

    start: float
    end: float
    n: int
    share: Interval


class Drift(NamedTuple):
    """The share over time and the p-value that nothing changes.

    Attributes:
        stretches: in order of time.
        trend: rank correlation of the probability with time.
        p_value: by permutation.
        dated: times are seconds since 1970; otherwise they are as they were given.
    """

    stretches: tuple[Stretch, ...]
    trend: float
    p_value: float
    dated: bool = False


def drift(
    posterior: np.ndarray,
    times: np.ndarray,
    *,
    stretches: int = 5,
    level: float = 0.95,
    repeats: int = 1999,
    seed: int = 0,
    dated: bool = False,
) -> Drift | None:
    """The share over time; None with fewer than 12 documents or one moment.

    Args:
        posterior: shape (n,), probability of machine; NaN is left out.
        times: shape (n,), numbers that grow with time; NaN is left out.
        stretches: of equally many documents, fewer when there are few.
        level: of the intervals.
        repeats: permutations.
        seed: of the permutations.
        dated: `times` are seconds since 1970; only noted in the result.

    Returns:
        Stretches, the rank correlation with time, and its permutation p-value.

    >>> found = drift(np.repeat([0.0, 1.0], 20), np.arange(40.0))
    >>> round(found.trend, 2), found.p_value < 0.01
    (0.87, True)
    """
    known = ~(np.isnan(posterior) | np.isnan(times))
    p, t = posterior[known], times[known]
    if p.size < _LEAST or np.unique(t).size < 2:
        return None
    order = np.argsort(t, kind="stable")
    p, t = p[order], t[order]
    parts = np.array_split(np.arange(p.size), min(stretches, p.size // (_LEAST // 2)))
    rows = tuple(
        Stretch(
            float(t[i[0]]), float(t[i[-1]]), i.size, wilson(float(p[i].sum()), i.size, level=level)
        )
        for i in parts
    )
    rank = np.arange(p.size) - (p.size - 1) / 2
    centred = p - p.mean()
    if not centred.any():
        return Drift(rows, 0.0, 1.0, dated)
    scale = np.sqrt((rank**2).sum() * (centred**2).sum())
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.permutation(centred) for _ in range(repeats)]) @ rank / scale
    trend = float(rank @ centred / scale)
    p_value = float((1 + (np.abs(drawn) >= abs(trend) - 1e-12).sum()) / (repeats + 1))
    return Drift(rows, trend, p_value, dated)


def moments(values: np.ndarray) -> np.ndarray:
    """Times as numbers: numbers stay, dates and ISO texts become seconds since 1970.

    Raises:
        BadSetting: a value that is neither.
    """
    return np.array([_moment(value) for value in values], dtype=float)


def _moment(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise BadSetting(
                f"expected times as numbers, dates or ISO texts (2024-05-31T12:00), got {value!r}."
            ) from error
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    raise BadSetting(f"expected times as numbers, dates or ISO texts, got {value!r}.")
