"""Which models answer, and by which one their answers are judged."""

from __future__ import annotations

from typing import NamedTuple

from wellhead.errors import BadInput
from wellhead.models.resolve import Found, default_models, resolve

__all__ = ["Choice", "choose"]


class Choice(NamedTuple):
    """Models for a conversation.

    Args:
        models: all that are opened; those beyond the shown ones can be chosen on the page.
        shown: how many of them, from the first on, answer side by side.
        reference: the one that tells how surprising an answer is: generation 0 where there is one.
    """

    models: tuple[Found, ...]
    shown: int
    reference: Found


def choose(model: str | None = None, other: str | None = None) -> Choice:
    """The models that the arguments of ``wellhead chat`` name.

    A run, or one generation of it, stands beside its generation 0. Without any model: those of
    `default_models`.

    Raises:
        BadInput: nothing is there.
    """
    if model is None:
        found = default_models()
        # The small model alone, or generation 0 and the last one before it.
        return Choice(tuple(found), min(2, max(1, len(found) - 1)), found[0])
    named = [resolve(each) for each in (model, other) if each is not None]
    first = next((zero for each in named if (zero := _generation_0(each))), None)
    if len(named) == 1 and first and first != named[0]:
        return Choice((first, named[0]), 2, first)
    reference = first or named[0]
    more = [] if reference in named else [reference]
    return Choice((*named, *more), len(named), reference)


def _generation_0(found: Found) -> Found | None:
    """The first model of the same cell, if it was kept."""
    if found.origin is None or found.origin.number == 0:
        return found if found.origin else None
    try:
        return resolve(f"{found.origin.cell}@0")
    except BadInput:
        return None
