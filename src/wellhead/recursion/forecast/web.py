"""Several models on one web, as a forecast takes them: like a share, with the ends of its interval.

In: how many models there are, and how much of what they read is by any of them. Out: the least,
the likeliest and the largest real text, as the webs that theory knows.
"""

from __future__ import annotations

from typing import NamedTuple

from wellhead.errors import BadSetting
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.theory.shared_web import SharedWeb

__all__ = ["REGIME", "Web", "web_of"]

REGIME = "shared-web"


class Web(NamedTuple):
    """The webs with the least, the likeliest and the most real text.

    Attributes:
        level: of the real share's interval.
        share: that interval; None where all is machine text.
    """

    low: SharedWeb
    point: SharedWeb
    high: SharedWeb
    level: float | None = None
    share: Range | None = None


def web_of(models: int | None, mixing: float | None, share: Range | None) -> Web | None:
    """The web that the user asked for; None without one.

    Raises:
        BadSetting: mixing without models, or numbers outside their range.
    """
    if models is None:
        if mixing is not None:
            raise BadSetting("web_mixing belongs to several models on one web: give web_models")
        return None
    real = share or Range(0.0, 0.0, 0.0)
    mixed = 1.0 if mixing is None else mixing
    low, point, high = (SharedWeb(models, mixed, a) for a in real[:3])
    return Web(low, point, high, real.level, share)
