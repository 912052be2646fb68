"""How numbers are written for people: the same in HTML, Markdown and the terminal.

Figures flow in, short strings flow out. A number that does not exist (None, NaN, infinite) is
written as an en dash, never as ``nan``.
"""

from __future__ import annotations

import math
from typing import SupportsFloat

__all__ = [
    "MISSING",
    "count",
    "counted",
    "interval",
    "number",
    "p_value",
    "percent",
    "probability",
    "superscript",
]

MISSING = "–"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count(value: SupportsFloat | None) -> str:
    """A whole number with thousands separated.

    >>> count(12345)
    '12,345'
    """
    known = _finite(value)
    return MISSING if known is None else f"{round(known):,}"


def counted(n: int, thing: str) -> str:
    """A count with its noun in the right number; irregular plurals stand behind a slash.

    >>> counted(1, "text"), counted(2000, "text"), counted(2, "person/people")
    ('1 text', '2,000 texts', '2 people')
    """
    one, _, many = thing.partition("/")
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def number(value: SupportsFloat | None, digits: int = 3) -> str:
    """A number with `digits` significant figures; powers of ten where zeros would hide it.

    >>> number(0.012345), number(1234567.0), number(0.0000123)
    ('0.0123', '1,230,000', '1.23×10⁻⁵')
    """
    known = _finite(value)
    if known is None:
        return MISSING
    if known == 0:
        return "0"
    mantissa, power = f"{known:.{digits - 1}e}".split("e")
    exponent = int(power)
    if not -4 <= exponent < 9:
        return f"{_trimmed(mantissa)}×10{superscript(exponent)}"
    return _trimmed(f"{float(f'{mantissa}e{power}'):,.{max(digits - 1 - exponent, 0)}f}")


def superscript(power: int) -> str:
    """A whole number as it stands above the line.

    >>> superscript(-12)
    '⁻¹²'
    """
    return str(power).translate(_SUPERSCRIPT)


def percent(
    value: SupportsFloat | None, digits: int | None = None, *, down: bool = False, up: bool = False
) -> str:
    """A proportion as a percentage.

    Without `digits`, whole percents, but one decimal below 10 % so that 0.4 % is not written 0 %.
    With `down`, rounded down, so that an "at least" does not claim more than was found; with `up`,
    rounded up, for an "at most".

    >>> percent(0.214), percent(0.0042), percent(1.0)
    ('21 %', '0.4 %', '100 %')
    >>> percent(0.02), percent(0.02, 1)
    ('2 %', '2.0 %')
    >>> percent(0.148), percent(0.148, down=True), percent(0.142, up=True)
    ('15 %', '14 %', '15 %')
    """
    known = _finite(value)
    if known is None:
        return MISSING
    places = digits if digits is not None else int(0 < abs(known) < 0.0995)
    scaled = 100 * known * 10**places
    if down:
        # A hair's breadth up first: 0.29 is 28.999999999999996 % in binary.
        scaled = math.floor(scaled + 1e-9)
    if up:
        scaled = math.ceil(scaled - 1e-9)
    text = f"{scaled / 10**places:.{places}f}"
    if known > 0 and float(text) == 0 and not down:
        return f"< {10.0**-places:.{places}f} %"
    return f"{_trimmed(text) if digits is None else text} %"


def probability(value: SupportsFloat | None) -> str:
    """A probability in whole percents that is never rounded to impossible or certain.

    >>> probability(0.9998), probability(0.75), probability(0.001)
    ('> 99 %', '75 %', '< 1 %')
    """
    known = _finite(value)
    if known is None:
        return MISSING
    if known < 0.005:
        return "< 1 %"
    return "> 99 %" if known > 0.995 else percent(known, 0)


def p_value(value: SupportsFloat | None) -> str:
    """A p-value with two significant figures, and a bound where more would pretend precision.

    >>> p_value(0.0312), p_value(0.00002)
    ('0.031', '< 0.0001')
    """
    known = _finite(value)
    if known is None:
        return MISSING
    if 0 <= known < 1e-4:
        return "< 0.0001"
    return number(known, 2)


def interval(low: SupportsFloat | None, high: SupportsFloat | None, *, share: bool = False) -> str:
    """Two ends of an interval; proportions as percentages, rounded outward, when `share` is set.

    >>> interval(0.12, 0.314, share=True), interval(1.5, 2.25)
    ('12–32 %', '1.5 to 2.25')
    """
    if share:
        return f"{percent(low, down=True).removesuffix(' %')}–{percent(high, up=True)}"
    return f"{number(low)} to {number(high)}"


def _finite(value: SupportsFloat | None) -> float | None:
    if value is None:
        return None
    known = float(value)
    return known if math.isfinite(known) else None


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
