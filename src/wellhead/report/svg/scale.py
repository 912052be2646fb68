"""From values to positions, and where to put ticks.

Numbers flow in; a `Scale` maps them to units of the drawing and names its ticks. It knows nothing
about what is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead.report.numbers import number, superscript

__all__ = ["Numbers", "Scale", "floats", "span_of"]

Numbers = Sequence[float] | NDArray[Any]


def floats(values: Numbers) -> NDArray[np.float64]:
    """`values` as a flat array of floats."""
    return np.asarray(values, dtype=np.float64).ravel()


@dataclass(frozen=True)
class Scale:
    """Maps `low … high` to `start … end`, evenly or by decades.

    >>> Scale(0.0, 0.3, 0.0, 300.0, percent=True).ticks(4)
    [(0.0, '0'), (0.1, '10'), (0.2, '20'), (0.3, '30')]
    >>> Scale(0.01, 100.0, 0.0, 400.0, log=True)([1.0])
    array([200.])
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    percent: bool = False
    whole: bool = False

    def __call__(self, values: Numbers) -> NDArray[np.float64]:
        """Positions of `values`; NaN where a value has none (non-finite, or not above 0 on log)."""
        given = floats(values)
        low, high = self.low, self.high
        if self.log:
            low, high = math.log10(low), math.log10(high)
            with np.errstate(divide="ignore", invalid="ignore"):
                given = np.where(given > 0, np.log10(given), np.nan)
        part = np.where(np.isfinite(given), (given - low) / (high - low), np.nan)
        # Far outside the plot a position would only make the file longer.
        return self.start + np.clip(part, -5.0, 6.0) * (self.end - self.start)

    def at(self, value: float) -> float:
        """The position of one value."""
        return float(self([value])[0])

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """At most about `most` round values inside the scale, each with its label."""
        places = self._decades(most) if self.log else _round_steps(self.low, self.high, most)
        if self.whole:
            places = [place for place in places if place == round(place)]
        factor = 100.0 if self.percent else 1.0
        labels = [number(place * factor, 6) for place in places]
        if self.log and any("×" in label for label in labels):
            labels = [_as_power(place * factor) for place in places]
        return list(zip(places, labels, strict=True))

    def _decades(self, most: int) -> list[float]:
        first, last = math.log10(self.low), math.log10(self.high)
        powers = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
        if len(powers) >= 3:
            step = math.ceil(len(powers) / most)
            return [10.0**power for power in powers if power % step == 0]
        fine = [
            m * 10.0**p for p in range(math.floor(first), math.ceil(last) + 1) for m in (1, 2, 5)
        ]
        inside = [place for place in fine if self.low * 0.999 <= place <= self.high * 1.001]
        return inside if len(inside) >= 2 else _round_steps(self.low, self.high, most)


def span_of(
    values: Iterable[Numbers],
    *,
    log: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> tuple[float, float]:
    """The range that shows all `values`, or the given ends; never empty.

    On a linear scale it begins at 0 when all values are positive and 0 is not far away.
    """
    parts = [floats(part) for part in values]
    every = np.concatenate(parts) if parts else np.empty(0)
    every = every[np.isfinite(every) & ((every > 0) | (not log))]
    least, most = (float(every.min()), float(every.max())) if every.size else (0.1, 1.0)
    if not log and 0 < least < 0.5 * most:
        least = 0.0
    least, most = least if low is None else low, most if high is None else high
    if log:
        least = least if least > 0 else most / 1e3 if most > 0 else 0.1
        return (least, most) if most > least * 1.01 else (least / 2, least * 2)
    room = abs(least) * 0.1 or 0.5
    return (
        (least, most)
        if most - least > 1e-9 * max(abs(most), 1e-300)
        else ((least - room, least + room))
    )


def _as_power(value: float) -> str:
    """A tick of a scale on which some are powers of ten; those from 0.01 to 100 need no power.

    >>> _as_power(1e-4), _as_power(5e-5), _as_power(0.5)
    ('10⁻⁴', '5×10⁻⁵', '0.5')
    """
    if 0.0099 < value < 101:
        return number(value, 6)
    mantissa, power = f"{value:.5e}".split("e")
    lead = "" if float(mantissa) == 1 else f"{float(mantissa):g}×"
    return f"{lead}10{superscript(int(power))}"


def _round_steps(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]
