"""How many times as often the one of two sources hits, where a lot decides which one is asked.

In: hits, each with the probability with which the lot would have chosen the first source. Out: an
interval of the ratio of the two rates that holds after every hit at once, however the rates move
together and however the lot's odds are changed on the way. If the ratio is r, a hit is the first
source's with probability ``r s / (r s + 1 − s)``, where s is its share of the lot; the bet against
each r is on a mixture over all of them, and ever grows beyond 1/α with probability α at the most.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wellhead.errors import BadSetting

__all__ = ["MOST", "Ratio", "RatioInterval"]

MOST = 128.0  # ratios beyond it, or below 1/128, are not told apart
_RATIOS = np.geomspace(1 / MOST, MOST, 449)


class RatioInterval(NamedTuple):
    """A ratio between its ends; an end that is not known is 0 or infinite."""

    low: float
    point: float
    high: float


class Ratio:
    """The evidence on one ratio.

    >>> ratio = Ratio()
    >>> for first in [True] * 45 + [False] * 15:
    ...     ratio.hit(first, 0.5)
    >>> low, point, high = ratio.interval()
    >>> low > 1.1, round(point), high < 10
    (True, 3, True)
    """

    def __init__(self) -> None:
        self.hits = [0, 0]
        self._log = np.zeros_like(_RATIOS)

    def hit(self, first: bool, share: float) -> None:
        """A hit on the first source, which the lot would have chosen with probability `share`.

        Raises:
            BadSetting: the lot could not have chosen otherwise.
        """
        if not 0 < share < 1:
            raise BadSetting(f"expected a probability of the draw between 0 and 1, got {share}.")
        chance = _RATIOS * share / (_RATIOS * share + 1 - share)
        self._log += np.log(chance if first else 1 - chance)
        self.hits[not first] += 1

    def interval(self, *, level: float = 0.95) -> RatioInterval:
        """The ratio, in an interval that holds after every hit at once."""
        most = float(self._log.max())
        mixed = most + float(np.log(np.exp(self._log - most).mean()))
        kept = np.flatnonzero(mixed - self._log < np.log(1 / (1 - level)))
        # One step of the grid outward: an end lies between the kept and the refused ratio.
        low = 0.0 if kept[0] == 0 else float(_RATIOS[kept[0] - 1])
        high = np.inf if kept[-1] == _RATIOS.size - 1 else float(_RATIOS[kept[-1] + 1])
        return RatioInterval(low, float(_RATIOS[self._log.argmax()]), float(high))
