"""The share of real text, as a number, an interval, or what an assay leaves for it.

An assay says how much of a corpus machines wrote, s; what is left, a = 1 - s, is real. Its
interval turns around: the most machine text is the least real text. `Range.through` carries
an interval through any monotone function to an interval at the same level.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wellhead._result import Result
from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.theory.ranges import check_share

__all__ = ["Range", "read_assay", "real_share_of"]

_MOST_BYTES = 1 << 28


class Range(NamedTuple):
    """A value with its interval; `level` is None for a value that was simply given."""

    low: float
    point: float
    high: float
    level: float | None = None

    def through(self, function: Callable[[float], float]) -> Range:
        """The interval of a monotone function of this value.

        >>> Range(0.1, 0.2, 0.5, 0.95).through(lambda a: 1 - a)
        Range(low=0.5, point=0.8, high=0.9, level=0.95)
        """
        ends = sorted((float(function(self.low)), float(function(self.high))))
        return Range(ends[0], float(function(self.point)), ends[1], self.level)

    @property
    def sure(self) -> bool:
        """Whether there is no uncertainty in it."""
        return self.low == self.high


def real_share_of(real_share: Any, assay: Any) -> Range | None:
    """The share of real text from what the user gave; None when nothing was given.

    Args:
        real_share: a in [0, 1], or (low, point, high).
        assay: an assay's result, its dictionary, or the path of its JSON file.

    Raises:
        BadSetting: both are given, or a share is outside [0, 1].
        BadInput: the assay has no usable share.

    >>> real_share_of(None, {"share": {"low": 0.8, "point": 0.9, "high": 0.95, "level": 0.95}})
    Range(low=0.05, point=0.1, high=0.2, level=0.95)
    """
    if real_share is not None and assay is not None:
        raise BadSetting("give real_share or assay, not both: the assay says what is real")
    if assay is not None:
        return _round(_of_assay(assay).through(lambda share: 1 - share))
    if real_share is None:
        return None
    if isinstance(real_share, tuple | list):
        return _ordered(real_share, None)
    return Range(*[check_share("real_share", real_share)] * 3)


def read_assay(assay: Any) -> Mapping[str, Any]:
    """An assay as its dictionary, whether it came as one, as a result or as a JSON file.

    Raises:
        BadInput: it is none of the three, or the file cannot be read.
    """
    if isinstance(assay, str | os.PathLike):
        assay = _read(Path(assay))
    elif isinstance(assay, Result):
        assay = assay.to_dict(rows=0)
    if not isinstance(assay, Mapping):
        raise BadInput(
            "expected an assay: its result, its dictionary or the path of its JSON file, got "
            f"{type(assay).__name__}"
        )
    return assay


def _of_assay(assay: Any) -> Range:
    assay = read_assay(assay)
    if assay.get("withheld") is not None:
        reason = _part(assay, "withheld").get("reason")
        raise BadInput(
            f"this assay says that the share cannot be said: {reason}. Mend that first, or give a "
            "real share"
        )
    share = _part(assay, "share")
    values = {name: share.get(name) for name in ("low", "point", "high", "level")}
    missing = [name for name in ("low", "point", "high") if values[name] is None]
    if missing:
        raise BadInput(
            f"this assay has no share.{missing[0]}: expected the JSON of `wellhead assay --json`, "
            'with "share": {"low", "point", "high", "level"}'
        )
    level = values.pop("level")
    try:
        known = None if level is None else check_share("level", level, zero=False, one=False)
        return _ordered(list(values.values()), known)
    except BadSetting as error:
        raise BadInput(f"the assay's share cannot be used: {error}") from None


def _part(assay: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = assay.get(name)
    return part if isinstance(part, Mapping) else {}


def _ordered(values: Any, level: float | None) -> Range:
    if len(values) != 3:
        raise BadSetting(f"an interval of a share is (low, point, high); got {len(values)} numbers")
    low, point, high = (check_share("share", value) for value in values)
    if not low <= point <= high:
        raise BadSetting(f"expected low <= point <= high; got {low:g}, {point:g}, {high:g}")
    return Range(low, point, high, level)


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{path} is too large for the JSON of an assay")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read the assay {path}: {error.strerror}") from None
    except ValueError:
        raise BadInput(
            f"{path} is not JSON; save the assay with: wellhead assay … --json"
        ) from None


def _round(interval: Range) -> Range:
    """1 - 0.9 is 0.1 to any reader; drop the last digits that say otherwise."""
    low, point, high = (
        round(value, 15 - max(0, math.ceil(-math.log10(value or 1)))) for value in interval[:3]
    )
    return Range(low, point, high, interval.level)
