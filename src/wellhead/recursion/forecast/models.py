"""Classes of language models, as ranges of the effective draws that their words are worth.

Raw counts write words as often as they read them: one draw per word, and the survival of words
is theory. Other classes are not; what theory can still say is a side. Without a calibration run
the range of a class is all of that side, so that it is wide and holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.forecast.share import Range

__all__ = ["MODELS", "ModelClass", "Variant", "classes_named", "joined"]


class Variant(NamedTuple):
    """Settings of the n-gram laboratory: of its family, and of its sampler."""

    family: dict[str, Any]
    sampler: dict[str, Any]


class ModelClass(NamedTuple):
    """A class of models.

    Attributes:
        told: what belongs to it, in words.
        ratio: effective draws per word, where nothing has been measured.
        variants: n-gram models that span the class; none where none stands for it.
    """

    told: str
    ratio: Range
    variants: tuple[Variant, ...] = ()


_LINEAR = {"smoothing": "linear"}
_DISCOUNTED = {"discount": 0.9}
_OWN = {"name": "unbiased"}
_NARROWEST = (
    {"name": "top-p", "p": 0.8},
    {"name": "top-k", "k": 20},
    {"name": "temperature", "temperature": 0.7},
)

MODELS = {
    "counts": ModelClass(
        "raw counts, or counts of several orders mixed: drawn as often as read",
        Range(1.0, 1.0, 1.0),
    ),
    "smoothed": ModelClass(
        "some probability is spread over all words alike: rare ones are drawn more than read",
        Range(1.0, 1.0, math.inf),
    ),
    "discounted": ModelClass(
        "counts less a discount of .4 to .9 (absolute discounting, Kneser-Ney): rare words are "
        "drawn less than read",
        Range(0.0, 1.0, 1.0),
        tuple(Variant({"order": n, "discount": d}, _OWN) for d in (0.4, 0.9) for n in (2, 4)),
    ),
    "truncated": ModelClass(
        "a sampler keeps the likely words, of counts discounted or not: top-p of .8 to .99, top-k "
        "of 20 or more, or a temperature of .7 to .95",
        Range(0.0, 1.0, 1.0),
        (
            *(Variant(_DISCOUNTED, narrow) for narrow in _NARROWEST),
            Variant(_LINEAR, {"name": "top-p", "p": 0.99}),
            Variant(_LINEAR, {"name": "temperature", "temperature": 0.95}),
        ),
    ),
    "neural": ModelClass(
        "a network, which smooths and is truncated by an unknown amount",
        Range(0.0, 1.0, math.inf),
    ),
}


def classes_named(models: str | Iterable[str] | None) -> tuple[str, ...]:
    """The classes asked for; every class where none was named.

    Raises:
        BadSetting: no class is called so.

    >>> classes_named("counts"), len(classes_named(None))
    (('counts',), 5)
    """
    if models is None:
        return tuple(MODELS)
    names = (models,) if isinstance(models, str) else tuple(dict.fromkeys(models))
    if not names:
        raise BadSetting(f"name at least one class of models: {', '.join(MODELS)}")
    for name in names:
        if name not in MODELS:
            raise unknown_name("class of models", name, MODELS)
    return names


def joined(ratios: Iterable[Range]) -> Range:
    """The range that holds all of them; one draw per word is its point where it lies inside."""
    every = list(ratios)
    if len(every) == 1:
        return every[0]
    low, high = min(one.low for one in every), max(one.high for one in every)
    if low <= 1 <= high:
        return Range(low, 1.0, high)
    return Range(low, math.sqrt(low * high) if low else high, high)
