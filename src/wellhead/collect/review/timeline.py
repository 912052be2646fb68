"""A picture of one session: when text was typed, deleted, pasted, and when the page was left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wellhead.collect.schema import Event

__all__ = ["Bar", "Timeline", "timeline"]

_WIDTH = 720
_BINS = 90


class Bar(NamedTuple):
    """A rectangle: position, size and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    says: str


class Timeline(NamedTuple):
    """What to draw, in the units of a 720 wide picture, and the times along its axis."""

    typed: list[Bar]
    erased: list[Bar]
    pasted: list[Bar]
    copied: list[Bar]
    away: list[Bar]
    ticks: list[tuple[float, str]]


def timeline(events: Sequence[Event]) -> Timeline:
    """The picture of these events."""
    end = max((event.t for event in events), default=0) or 1
    scale = _WIDTH / end
    edits = [event for event in events if event.kind == "edit"]
    clips = [event for event in events if event.kind == "clip"]
    return Timeline(
        typed=_histogram([(e.t, e.data.n) for e in edits if e.data.clip is None], end, "typed"),
        erased=_histogram([(e.t, e.data.d) for e in edits], end, "deleted"),
        pasted=[
            _mark(e, scale, 3, f"{e.data.a} of {e.data.n} characters from {e.data.origin}")
            for e in clips
            if e.data.a in ("paste", "drop")
        ],
        copied=[
            _mark(e, scale, 25, f"{e.data.a} of {e.data.n} characters from {e.data.origin}")
            for e in clips
            if e.data.a in ("copy", "cut")
        ],
        away=list(_absences(events, scale, end)),
        ticks=[(_WIDTH * part / 6, _clock(end * part / 6)) for part in range(7)],
    )


def _histogram(amounts: Iterable[tuple[int, int]], end: int, verb: str) -> list[Bar]:
    bins: Counter[int] = Counter()
    for time, amount in amounts:
        bins[min(_BINS - 1, time * _BINS // end)] += amount
    most = max(bins.values(), default=0)
    wide = _WIDTH / _BINS
    return [
        Bar(
            round(at * wide, 1),
            round(40 - 40 * amount / most, 1),
            round(wide - 1, 1),
            round(40 * amount / most, 1),
            f"{amount} characters {verb} around {_clock((at + 0.5) * end / _BINS)}",
        )
        for at, amount in sorted(bins.items())
        if amount
    ]


def _mark(event: Event, scale: float, y: float, says: str) -> Bar:
    return Bar(round(event.t * scale, 1), y, 4, 16, f"{_clock(event.t)} {says}")


def _absences(events: Sequence[Event], scale: float, end: int) -> Iterable[Bar]:
    left: int | None = None
    for event in events:
        if event.kind not in ("win", "vis"):
            continue
        if not event.data.on:
            left = event.t if left is None else left
        elif left is not None:
            yield _absence(left, event.t, scale)
            left = None
    if left is not None:
        yield _absence(left, end, scale)


def _absence(left: int, back: int, scale: float) -> Bar:
    seconds = (back - left) / 1000
    wide = max(2.0, (back - left) * scale)
    return Bar(round(left * scale, 1), 5, round(wide, 1), 12, f"away for {seconds:.0f} s")


def _clock(milliseconds: float) -> str:
    seconds = round(milliseconds / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"
