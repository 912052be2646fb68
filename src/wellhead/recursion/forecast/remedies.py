"""What would keep inflation below a limit: more real text, or a better detector.

In: the limit on kappa, the generations to survive (None: for ever), the real share with its
interval, a detector. Out: answers as intervals, each with the sentence that says it. All are
inversions of `wellhead.recursion.theory.inflation`, which falls as the real share grows. Sentences
round up, so that who follows one stays below the limit; rates of a given detector are not rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from scipy import optimize

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.theory.detector import Detector, needed_true_positive_rate
from wellhead.recursion.theory.inflation import Accumulate, AccumulateSubsample
from wellhead.recursion.theory.ranges import check_positive
from wellhead.recursion.theory.regimes import inflation_under
from wellhead.recursion.theory.shared_web import SharedWeb
from wellhead.report.numbers import number

__all__ = ["Remedy", "needed_share", "remedies"]

FALLING = ("fresh-real", "fixed-original")
TYPICAL_FALSE_POSITIVES = 0.05


class Remedy(NamedTuple):
    """One way to stay below the limit.

    Attributes:
        name: a fixed key.
        answer: how much of it; None where it cannot help.
        sentence: the answer in words.
    """

    name: str
    answer: Range | None
    sentence: str


def needed_share(
    limit: float, *, regime: str, generations: int | None, web: SharedWeb | None = None
) -> float:
    """The least real share from which on inflation stays at or below `limit`.

    Args:
        limit: on kappa, at least 1.
        regime: ``fresh-real`` or ``fixed-original``, where more real text never inflates.
        generations: at that generation, or for ever (None).
        web: instead of one model with fresh real text, several on one web, each with its own.

    Raises:
        BadSetting: a limit below 1, which no amount of real data reaches, or another regime.

    >>> round(needed_share(5.26, regime="fresh-real", generations=None), 3)
    0.1
    """
    check_limit(limit)
    if regime not in FALLING:
        raise unknown_name("regime in which inflation falls with the real share", regime, FALLING)

    def above(share: float) -> float:
        constant = replace(web, real_share=share) if web else inflation_under(regime, share)
        return float(constant.limit if generations is None else constant.after(generations)) - limit

    if above(0.0) <= 0:
        return 0.0
    lowest = 1e-9
    if above(lowest) <= 0:
        return lowest
    if above(1.0) >= 0:
        return 1.0
    found = float(optimize.brentq(above, lowest, 1.0, xtol=1e-12))
    while above(found) > 0:
        found = math.nextafter(found + 1e-12, 1.0)
    return found


def check_limit(limit: float) -> float:
    """The checked limit on inflation."""
    if check_positive("max_inflation", limit) < 1:
        raise BadSetting(
            f"max_inflation must be at least 1, the error of one round on real data; got {limit:g}"
        )
    return limit


def remedies(
    limit: float,
    *,
    generations: int,
    share: Range | None,
    detector: Detector | None,
    web: SharedWeb | None = None,
) -> tuple[Remedy, ...]:
    """Every remedy that the given numbers allow to work out; of several models on one web, those
    that each of them can take."""
    check_limit(limit)
    fresh, for_ever = (
        needed_share(limit, regime="fresh-real", generations=last, web=web)
        for last in (generations, None)
    )
    found = [_fresh(limit, generations, fresh, for_ever)]
    if web is None:
        found += [_fixed(limit, generations), _keeping(limit, generations)]
    if share is not None:
        found.append(_adding(fresh, share, detector))
        found.append(_detecting(fresh, share, detector))
    return tuple(found)


def _fresh(limit: float, generations: int, fresh: float, for_ever: float) -> Remedy:
    return Remedy(
        "fresh_real_share",
        Range(fresh, fresh, fresh),
        f"Fresh real text as {percent_up(fresh)} of every generation's training data keeps "
        f"inflation below {number(limit)} up to generation {generations}; {percent_up(for_ever)} "
        "does so for ever.",
    )


def _fixed(limit: float, generations: int) -> Remedy:
    fixed = needed_share(limit, regime="fixed-original", generations=generations)
    for_ever = needed_share(limit, regime="fixed-original", generations=None)
    return Remedy(
        "fixed_original_share",
        Range(fixed, fixed, fixed),
        f"The same original text kept as {percent_up(fixed)} of every generation's training data "
        f"does it up to generation {generations}; {percent_up(for_ever)} does so for ever.",
    )


def _keeping(limit: float, generations: int) -> Remedy:
    everything = float(Accumulate().after(generations))
    part = float(AccumulateSubsample().after(generations))
    enough = [value for value in (everything, part) if value <= limit]
    told = f"{number(everything)} with all of it, {number(part)} with a fixed number drawn from it"
    verdict = ("Neither stays", "Only the first stays", "Both stay")[len(enough)]
    best = enough[-1] if enough else None
    return Remedy(
        "accumulate",
        None if best is None else Range(best, best, best),
        "Keeping all text ever used, old and new, bounds inflation without knowing what is real: "
        f"{told}, at generation {generations}. {verdict} below {number(limit)}.",
    )


def _adding(fresh: float, share: Range, detector: Detector | None) -> Remedy:
    """Real text to add to each generation, per unit of the corpus, after any filtering."""
    target = fresh if detector is None else detector.needed_share(fresh)

    def to_add(a: float) -> float:
        if a >= target:
            return 0.0
        return math.inf if target >= 1 else (target - a) / (1 - target)

    answer = share.through(to_add)
    filtered = " (the detector given is then part of it)" if detector else ""
    amount = f"{number_up(answer.point)} units{_span(answer, number_up)}"
    return Remedy(
        "real_text_to_add",
        answer,
        f"To reach the share needed{filtered}, add to every 1 unit of this corpus {amount} of "
        "text known to be real, in every generation."
        if answer.high > 0
        else f"This corpus already holds enough real text{filtered}.",
    )


def _detecting(fresh: float, share: Range, detector: Detector | None) -> Remedy:
    rate = detector.false_positive_rate if detector else TYPICAL_FALSE_POSITIVES
    if share.point == 0 or rate == 1:
        return Remedy("true_positive_rate", None, "Without real text no detector can help.")

    def needed(a: float) -> float:
        # Where there may be no real text at all, the detector would have to be perfect.
        if a == 0:
            return 1.0
        return needed_true_positive_rate(a, wanted_share=fresh, false_positive_rate=rate)

    answer = share.through(needed)
    return Remedy(
        "true_positive_rate",
        answer,
        "No detector is needed."
        if answer.high == 0
        else f"A detector that removes {percent_up(answer.point)}{_span(answer, percent_up)} of "
        f"the machine text and {percent_exact(rate)} of the human text does it without new real "
        "text.",
    )


def percent_up(value: float) -> str:
    """A share in tenths of a per cent, rounded up.

    >>> percent_up(0.2901), percent_up(0.3)
    ('29.1 %', '30 %')
    """
    return percent_exact(math.ceil(1000 * value - 1e-9) / 1000)


def percent_exact(value: float) -> str:
    """A share in per cent with all its digits."""
    return f"{100 * value:.10g} %"


def number_up(value: float) -> str:
    """A number with three significant figures, rounded up.

    >>> number_up(0.28701), number_up(2.0)
    ('0.288', '2')
    """
    if not value or math.isinf(value):
        return number(value)
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return number(math.ceil(value / step - 1e-9) * step)


def _span(answer: Range, written: Callable[[float], str]) -> str:
    return "" if answer.sure else f" ({written(answer.low)} to {written(answer.high)})"
