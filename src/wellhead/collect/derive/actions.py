"""Actions of a writer: key presses, and changes of the text with how long it was before.

Flows in: the events of one text. Flows out: what `measures`, `bursts` and `intervals` count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wellhead.collect.derive.origins import Origin
from wellhead.collect.schema import Event

__all__ = ["PAUSE_MS", "Edit", "Key", "by_hand", "edits_of", "keys_of", "mean", "median", "ratio"]

PAUSE_MS = 2_000
_BY_HAND: tuple[Origin, ...] = ("typed", "autocorrect", "ime", "dictation_or_assistive")


class Key(NamedTuple):
    """A key press: when, of which class, and when it was released."""

    t: int
    kind: str
    up: int | None


class Edit(NamedTuple):
    """A change at `t`: `d` units at `p` gave way to `n`, in a text of `size` units."""

    t: int
    p: int
    d: int
    n: int
    size: int
    origin: Origin | None


def keys_of(events: Sequence[Event]) -> dict[int, Key]:
    """Presses by event, with the time of release."""
    found: dict[int, Key] = {}
    for event in events:
        if event.kind != "key":
            continue
        data = event.data
        if data.a == "d" and not data.r and not data.m & ~2 and data.tr and data.c != "mod":
            found[event.i] = Key(event.t, data.c, None)
        elif data.a == "u" and data.of in found:
            found[data.of] = found[data.of]._replace(up=event.t)
    return found


def edits_of(events: Sequence[Event], origins: Mapping[int, Origin]) -> Iterator[Edit]:
    """Changes of the text, each with how long the text was before."""
    size = 0
    for event in events:
        data = event.data
        if event.kind == "restore":
            size = data.n
        elif event.kind in ("edit", "desync"):
            yield Edit(event.t, data.p, data.d, data.n, size, origins.get(event.i))
            size = max(0, size + data.n - data.d)


def by_hand(edit: Edit) -> int:
    """How many characters the change produced: typed, completed, composed or dictated."""
    return edit.n if edit.origin in _BY_HAND else 0


def ratio(part: float, whole: float) -> float | None:
    """`part` of `whole`; None of nothing."""
    return part / whole if whole else None


def median(values: Any) -> float | None:
    """The median; None of nothing."""
    return float(np.median(values)) if len(values) else None


def mean(values: Any) -> float | None:
    """The mean; None of nothing."""
    return float(np.mean(values)) if len(values) else None
