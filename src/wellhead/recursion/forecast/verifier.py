"""What a verifier with faults makes of the texts that it lets through, generation by generation.

In: how it judges, and the share of real text among what it sees. Out: of a trait by which it judges
(length, difficulty, a score) that is about normal in real text, the variance that is left and how
far the mean has moved; or the share of the part of the text that it favours. Without sampling
noise. Theory: `wellhead.recursion.theory.selection`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.theory.ranges import check_share
from wellhead.recursion.theory.selection import GaussianNearest, GaussianSelected
from wellhead.report.numbers import number, percent

__all__ = ["Verified", "VerifiedAt", "verified"]

_TRAIT = ("variance", "mean")
_REGIMES = ("replace", "fresh-real")


class VerifiedAt(NamedTuple):
    """One generation of what a verifier lets through.

    Attributes:
        variance: of the trait, as a share of its variance in real text; None for a favoured part.
        mean: of the trait, in standard deviations from that of real text; likewise.
        favoured: the share of the favoured part; None for a trait.
    """

    generation: int
    variance: Range | None
    mean: Range | None
    favoured: Range | None


class Verified(NamedTuple):
    """What a verifier makes of the loop.

    Attributes:
        settings: how it judges.
        sentence: the answer in words.
        generations: each, from the first on.
    """

    settings: dict[str, float]
    sentence: str
    generations: tuple[VerifiedAt, ...]


def verified(
    settings: Mapping[str, Any] | None, regime: str, last: int, share: Range | None
) -> Verified | None:
    """The outlook under a verifier; None without one.

    Args:
        settings: ``quantile`` (the share of real text that it drops), with ``bias`` (how far its
            truth is off, in standard deviations) and ``checked`` (the share that it looks at);
            ``nearest`` (the share that it keeps, nearest to a target) with ``bias``; or ``part``
            (the true share of a favoured part) with ``strength`` (the share of the rest that it
            drops).
        regime: of the forecast.
        last: the last generation.
        share: of real text among what the verifier sees.

    Raises:
        BadSetting: settings that do not belong together, or a regime without theory.
    """
    if settings is None:
        return None
    kind = next((name for name in _KINDS if name in settings), None)
    if kind is None or settings.keys() - {kind, *_KINDS[kind]}:
        known = "; ".join(", ".join((name, *rest)) for name, rest in _KINDS.items())
        raise BadSetting(f"a verifier has one of these: {known}. Got {', '.join(settings)}")
    if regime not in _REGIMES or (kind == "nearest" and regime != "replace"):
        where = "replace" if kind == "nearest" else " and ".join(_REGIMES)
        raise BadSetting(f"a verifier by {kind} has a closed form under {where}, not {regime}")
    given = {name: float(value) for name, value in settings.items()}
    ends = [0.0] * 3 if share is None else list(share[:3])
    courses = [_course(kind, given, last, a) for a in ends]
    level = None if share is None else share.level

    def at(name: str, i: int) -> Range | None:
        if name not in courses[0]:
            return None
        values = [float(course[name][i]) for course in courses]
        return Range(min(values), values[1], max(values), level)

    rows = tuple(
        VerifiedAt(i + 1, *(at(name, i) for name in (*_TRAIT, "favoured"))) for i in range(last)
    )
    return Verified(given, _sentence(kind, given, rows[-1]), rows)


_KINDS = {"quantile": ("bias", "checked"), "nearest": ("bias",), "part": ("strength",)}


def _course(
    kind: str, given: Mapping[str, float], last: int, share: float
) -> Mapping[str, np.ndarray[Any, Any]]:
    times = np.arange(1, last + 1)
    if kind == "part":
        return {"favoured": _favoured(given["part"], given.get("strength", 0.5), last, share)}
    if kind == "nearest":
        chain: Any = GaussianNearest(bias=given.get("bias", 0.0), nearest_share=given["nearest"])
    else:
        chain = GaussianSelected.verifier(**given, real_share=share)
    columns = chain.columns(times)
    return {name: columns[name] for name in _TRAIT}


def _favoured(part: float, strength: float, last: int, share: float) -> np.ndarray[Any, Any]:
    """The favoured part's share of the training set of each model; the first is not selected."""
    check_share("part", part, zero=False, one=False)
    dropped = check_share("strength", strength, one=False)
    path = [part]
    while len(path) < last:
        seen = share * part + (1 - share) * path[-1]
        path.append(seen / (seen + (1 - seen) * (1 - dropped)))
    return np.array(path)


def _sentence(kind: str, given: Mapping[str, float], last: VerifiedAt) -> str:
    after = f"after {last.generation} generation{'s' * (last.generation > 1)}"
    if last.favoured is not None:
        rest = last.favoured.through(lambda share: 1 - share)
        return (
            f"A verifier that drops {percent(given.get('strength', 0.5))} of all but a favoured "
            f"part, {percent(given['part'])} of real text, leaves of the rest "
            f"{_told(rest, percent)} of the text {after}, where real text has "
            f"{percent(1 - given['part'])}."
        )
    if last.variance is None or last.mean is None:
        return ""
    return (
        f"{_WHO[kind](given)} leaves a trait by which it judges with "
        f"{_told(last.variance, percent)} of its variance in real text {after}, and its mean "
        f"off by {_told(last.mean, number)} of its standard deviation there."
    )


def _told(interval: Range, how: Callable[[float], str]) -> str:
    if interval.sure:
        return how(interval.point)
    return f"{how(interval.point)} ({how(interval.low)} to {how(interval.high)})"


def _off(given: Mapping[str, float]) -> str:
    off = given.get("bias", 0.0)
    return f", off by {number(off)} standard deviation{'s' * (off != 1)}," if off else ""


def _dropping(given: Mapping[str, float]) -> str:
    checked = given.get("checked", 1.0)
    looks = "" if checked == 1 else f" and looks at {percent(checked)}"
    return f"A verifier that drops {percent(given['quantile'])} of real text{looks}{_off(given)}"


def _keeping(given: Mapping[str, float]) -> str:
    return (
        f"A verifier that keeps the {percent(given['nearest'])} nearest to its target{_off(given)}"
    )


_WHO = {"quantile": _dropping, "nearest": _keeping}
