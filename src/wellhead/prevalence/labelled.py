"""A rate from labels of a random sample, helped by a judge that errs, that may be looked at always.

In: counts of observations, by the judge's word and by the probability with which each was drawn for
a label: how many were drawn, and what the label says. Out: an interval for the rate so far that
holds after every observation and every label at once, and an e-value against "never above a limit".

For observation i let f be the judge's word, ξ whether it was drawn (with probability π, by a coin
of its own) and y its label. ``Z = g f + (ξ / π) (y − g f)`` has the mean of y whatever the judge
does and whatever g is, and ``Π (1 + w Z_i) / (1 + w p_i)`` is a bet that grows beyond 1/α with
probability α at the most. As log is concave, the p_i may be replaced by their average. The
bets are mixed over w and over g (the part of the judge's flags that people confirm). Labels that
are still out count as clean for the lower end and as violations for the upper one, so that the
order in which people label, and what they leave out, cannot move the interval past the truth.

Sources:
    Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting, JRSS B
    86; Angelopoulos et al. (2023), Prediction-powered inference, Science 382; Zrnic & Candès
    (2024), Active statistical inference (unequal probabilities); Howard, Ramdas, McAuliffe &
    Sekhon (2021), Ann. Stat. 49 (mixtures, averages of changing means).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from wellhead._stats import Interval, clamp, wilson
from wellhead.errors import BadSetting

__all__ = ["Least", "Sampled", "labelled_excess", "labelled_once", "labelled_rate"]

_CONFIRMED = np.array([0.3, 0.8])
_HALVINGS = 40


class Least(NamedTuple):
    """The smallest probabilities with which flagged and other observations may be drawn.

    They are fixed before the first observation: the bets depend on them.
    """

    flagged: float
    others: float


class Sampled(NamedTuple):
    """Observations of one kind.

    Attributes:
        flagged: what the judge said of them.
        probability: with which each was drawn; 0 for those that could not be.
        n: how many there are.
        good, bad: of them, labelled clean and labelled as violations.
        open: drawn, and without a label.
    """

    flagged: bool
    probability: float
    n: int
    good: int = 0
    bad: int = 0
    open: int = 0


class _Bets(NamedTuple):
    """What each bet has gained before the rate is named: shape (bets,)."""

    w: NDArray[np.float64]
    gained: NDArray[np.float64]
    n: int

    def log_value(self, rate: float) -> float:
        """The logarithm of the mixture against an average rate of `rate`."""
        grown = self.gained - self.n * np.log1p(self.w * rate)
        return float(logsumexp(grown)) - float(np.log(self.w.size))


def labelled_rate(sampled: Sequence[Sampled], least: Least, *, level: float = 0.95) -> Interval:
    """The average rate so far, at all times at once.

    Args:
        sampled: every observation so far, those that were not drawn included.
        least: what was fixed beforehand about the draw.
        level: probability that no interval of the whole sequence ever misses.

    Raises:
        BadSetting: a probability below `least`, or counts that do not fit.

    >>> cells = [Sampled(True, 1.0, 100, good=20, bad=80), Sampled(False, 0.05, 9900, 490, 5)]
    >>> low, point, high, _ = labelled_rate(cells, Least(1.0, 0.05))
    >>> round(low, 3), round(point, 3), round(high, 3)
    (0.008, 0.018, 0.043)
    """
    n = _checked(sampled, least)
    if not n:
        return Interval(0.0, 0.5, 1.0, level)
    allowed, point = np.log(2 / (1 - level)), _point(sampled, n)
    below, above = _from_below(sampled, least, n), _from_above(sampled, least, n)
    low = _end(below.log_value, allowed, 0.0, point)
    high = _end(above.log_value, allowed, 1.0, point)
    return clamp(low, point, high, level)


def labelled_excess(sampled: Sequence[Sampled], least: Least, limit: float) -> float:
    """The logarithm of the e-value against "the rate was never above `limit`"."""
    if not 0 < limit < 1:
        raise BadSetting(f"expected a limit between 0 and 1, got {limit}.")
    n = _checked(sampled, least)
    return _from_below(sampled, least, n).log_value(limit) if n else 0.0


def labelled_once(sampled: Sequence[Sampled], *, level: float = 0.95) -> Interval | None:
    """The rate in an interval for one look at a time that was fixed beforehand.

    Wilson's interval for what the judge flagged and for what it let pass, joined by the distances
    from their middle (MOVER), and the spread of how much it flags.

    Returns:
        None where it cannot be had: a label that is out, fewer than ten, none of one of the two
        kinds, or one kind that was drawn with several probabilities.

    Source:
        Zou & Donner (2008), Construction of confidence limits about effect measures, Statistics in
        Medicine 27; Wilson (1927).
    """
    kinds = [[each for each in sampled if each.flagged == word] for word in (False, True)]
    kinds = [kind for kind in kinds if sum(each.n for each in kind)]
    drawn = [each for kind in kinds for each in kind if each.good + each.bad + each.open]
    labels = sum(each.good + each.bad for each in drawn)
    once_each = len({each.flagged for each in drawn}) == len(drawn) == len(kinds)
    if labels < 10 or not once_each or any(each.open for each in drawn):
        return None
    n = sum(each.n for each in sampled)
    weights = np.array([sum(each.n for each in kind) / n for kind in kinds])
    found = [wilson(each.bad, each.good + each.bad, level=level) for each in drawn]
    parts = np.array([each.bad / (each.good + each.bad) for each in drawn])
    # In the order of the kinds: what is drawn is one cell of each.
    point = float(weights @ parts)
    spread = wilson(n / 2, n, level=level).width * float(np.sqrt(weights @ (parts - point) ** 2))
    low = np.append(weights * (parts - [each.low for each in found]), spread)
    high = np.append(weights * ([each.high for each in found] - parts), spread)
    return clamp(
        point - float(np.linalg.norm(low)), point, point + float(np.linalg.norm(high)), level
    )


def _checked(sampled: Sequence[Sampled], least: Least) -> int:
    if not all(0 < each <= 1 for each in least):
        raise BadSetting(f"expected probabilities above 0 and at most 1, got {tuple(least)}.")
    for each in sampled:
        drawn, lowest = each.good + each.bad + each.open, least[not each.flagged]
        if drawn > each.n or (drawn and not lowest - 1e-12 <= each.probability <= 1):
            raise BadSetting(
                f"expected at most {each.n} drawn, each with a probability from {lowest} to 1; "
                f"got {drawn} with {each.probability}."
            )
    return sum(each.n for each in sampled)


def _point(sampled: Sequence[Sampled], n: int) -> float:
    """The part of each kind that people call a violation, weighed by its number."""
    total = 0.0
    for flagged in (False, True):
        mine = [each for each in sampled if each.flagged == flagged]
        weighed = [
            (each.bad / each.probability, (each.good + each.bad) / each.probability)
            for each in mine
            if each.good + each.bad
        ]
        of = sum(all_ for _, all_ in weighed)
        part = sum(bad for bad, _ in weighed) / of if of else float(flagged)
        total += part * sum(each.n for each in mine)
    return total / n


def _from_below(sampled: Sequence[Sampled], least: Least, n: int) -> _Bets:
    """Bets that gain where violations are more than is claimed; open labels count as clean."""
    grids = []
    for g in _CONFIRMED:
        lowest = g * (1 - least.flagged) / least.flagged
        most = min(20.0, 0.95 / lowest) if lowest else 20.0
        grids.append(np.geomspace(0.03 * min(least), most, 16))
    return _bets(sampled, n, grids, lambda each: (each.good + each.open, each.bad))


def _from_above(sampled: Sequence[Sampled], least: Least, n: int) -> _Bets:
    """Bets that gain where violations are fewer; open labels count as violations."""
    # No Z is above 1 / min(least).
    grid = -min(least) * np.geomspace(0.02, 0.95, 8)
    grids = [grid] * _CONFIRMED.size
    return _bets(sampled, n, grids, lambda each: (each.good, each.bad + each.open))


def _bets(
    sampled: Sequence[Sampled],
    n: int,
    grids: Sequence[NDArray[np.float64]],
    split: Callable[[Sampled], tuple[int, int]],
) -> _Bets:
    w = np.concatenate(grids)
    g = np.repeat(_CONFIRMED, [grid.size for grid in grids])
    gained = np.zeros_like(w)
    for each in sampled:
        said = g * each.flagged
        good, bad = split(each)
        gained += (each.n - good - bad) * np.log1p(w * said)
        if good + bad:
            gained += good * np.log1p(w * said * (1 - 1 / each.probability))
            gained += bad * np.log1p(w * (said + (1 - said) / each.probability))
    return _Bets(w, gained, n)


def _end(log_value: Callable[[float], float], allowed: float, outer: float, inner: float) -> float:
    """Where the bet falls below what is allowed, between `outer` and the estimate."""
    if log_value(outer) < allowed:
        return outer
    for _ in range(_HALVINGS):
        middle = (outer + inner) / 2
        if log_value(middle) >= allowed:
            outer = middle
        else:
            inner = middle
    return outer
