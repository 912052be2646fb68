"""A picture of one session: what was written when and by which means, and when the page was left.

Flows in: events and the origin of what each inserted. Flows out: rows of bars. Text that was not
typed never stands in the row "typed"; each row has its name beside it, so that none rests on
colour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from wellhead.collect.derive.origins import Origin
from wellhead.collect.derive.replay import Birth
from wellhead.collect.derive.stages import of_last_text
from wellhead.collect.schema import Event

__all__ = ["Bar", "Row", "Timeline", "timeline"]

_WIDTH = 720
_BINS = 90
_TALL = 40
_GAP = 6
# Names of rows, and the origins that stand in them; each row is coloured as the text is.
_WRITTEN: dict[str, tuple[Origin, ...]] = {
    "typed": ("typed",),
    "assisted": ("autocorrect", "ime", "dictation_or_assistive"),
    "put back": ("undo_restored", "restored_draft"),
    "program": ("scripted", "autofill"),
    "unexplained": ("unexplained",),
    "unobserved": ("unobserved",),
}
# What was written into texts before or beside the answer, by whatever means.
_ELSEWHERE = "other texts"
_KIND = {
    _ELSEWHERE: "other",
    "put back": "unknown",
    "unexplained": "unknown",
    "unobserved": "unknown",
}
_FROM_TASK = ("task", "answer", "earlier", "paste_task", "paste_self", "restored_draft")
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_MOST_TICKS = 8


class Bar(NamedTuple):
    """A rectangle: its class, position in its row, size and what it says when pointed at."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    says: str
    event: int = -1


class Row(NamedTuple):
    """Bars under one name; `y` is where the row begins."""

    name: str
    y: int
    height: int
    bars: list[Bar]


class Timeline(NamedTuple):
    """What to draw, in the units of a 720 wide picture, and the times along its axis."""

    rows: list[Row]
    ticks: list[tuple[float, str]]
    height: int
    end: int


def timeline(
    events: Sequence[Event],
    births: Sequence[Birth],
    origins: Mapping[int, Origin],
    flagged: Iterable[int] = (),
) -> Timeline:
    """The picture of these events.

    Args:
        events: of one session, in order.
        births: every insertion, as the replay has them.
        origins: of what each event inserted.
        flagged: events that a flag names; each gets a mark to link to.
    """
    end = max((event.t for event in events), default=0) or 1
    clips = [event for event in events if event.kind == "clip"]
    erased = [(e.t, e.data.d) for e in events if e.kind in ("edit", "desync") and e.data.d]
    arrived = [clip for clip in clips if clip.data.a in ("paste", "drop")]
    left = [clip for clip in clips if clip.data.a in ("copy", "cut")]
    named = set(flagged)
    rows = [
        *_written(events, births, origins, end),
        ("deleted", 20, _histogram(erased, end, "deleted", 20)),
        ("pasted", 16, [_clip(e, end, _source(e, events, origins)) for e in arrived]),
        ("copied", 16, [_clip(e, end, "copied") for e in left]),
        ("away", 12, list(_absences(events, end))),
        ("flags", 12, [_flag(event, end) for event in events if event.i in named]),
    ]
    return _placed(rows, end)


def _placed(rows: Iterable[tuple[str, int, list[Bar]]], end: int) -> Timeline:
    y, placed = 2, []
    for name, height, bars in rows:
        if bars or name == "typed":
            placed.append(Row(name, y, height, bars))
            y += height + _GAP
    return Timeline(placed, _ticks(end), y + 14, end)


def _written(
    events: Sequence[Event],
    births: Sequence[Birth],
    origins: Mapping[int, Origin],
    end: int,
) -> list[tuple[str, int, list[Bar]]]:
    times = {event.i: event.t for event in events}
    mine = {event.i for event in of_last_text(events)}
    amounts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for birth in births:
        if birth.event in times and birth.n:
            origin = origins.get(birth.event, birth.origin)
            kept = amounts[origin if birth.event in mine else _ELSEWHERE]
            kept.append((times[birth.event], birth.n))
    grouped = {
        name: [one for origin in among for one in amounts[origin]]
        for name, among in _WRITTEN.items()
    }
    grouped[_ELSEWHERE] = amounts[_ELSEWHERE]
    most = max((max(_bins(some, end).values()) for some in grouped.values() if some), default=0)
    tall = {name: _TALL if name == "typed" else _TALL // 2 for name in grouped}
    return [
        (name, tall[name], _histogram(some, end, name, tall[name], most))
        for name, some in grouped.items()
    ]


def _bins(amounts: Iterable[tuple[int, int]], end: int) -> Counter[int]:
    bins: Counter[int] = Counter()
    for time, amount in amounts:
        bins[min(_BINS - 1, time * _BINS // end)] += amount
    return bins


def _histogram(
    amounts: Iterable[tuple[int, int]], end: int, name: str, tall: int, most: int = 0
) -> list[Bar]:
    """Bars that fill the height at `most` characters, or at the most there are."""
    bins = _bins(amounts, end)
    most = most or max(bins.values(), default=0)
    wide = _WIDTH / _BINS
    found = []
    for at, amount in sorted(bins.items()):
        height = max(1.5, tall * amount / most)
        says = f"{amount} characters {_verb(name)} around {_clock((at + 0.5) * end / _BINS)}"
        x, y = round(at * wide, 1), round(tall - height, 1)
        kind = _KIND.get(name, name)
        found.append(Bar(kind, x, y, round(wide - 1, 1), round(height, 1), says))
    return found


def _verb(name: str) -> str:
    verbs = {
        "program": "put in by a program",
        "assisted": "entered with assistance",
        _ELSEWHERE: "written into other texts",
    }
    return verbs.get(name, name)


def _source(clip: Event, events: Sequence[Event], origins: Mapping[int, Origin]) -> str:
    """The colour of a paste: what it counts as, or what the browser said of it."""
    led_to = next((e.i for e in events if e.kind == "edit" and e.data.clip == clip.i), None)
    origin = origins.get(led_to, clip.data.origin) if led_to is not None else clip.data.origin
    if origin == "unexplained":
        return "unknown"
    return "task" if origin in _FROM_TASK else "outside"


def _clip(event: Event, end: int, kind: str) -> Bar:
    says = f"{_clock(event.t)} {event.data.a} of {event.data.n} characters"
    if event.kind == "clip":
        says += f" from {event.data.origin}"
    return Bar(kind, _at(event.t, end), 0, 4, 16, says)


def _flag(event: Event, end: int) -> Bar:
    says = f"{_clock(event.t)} event {event.i}"
    return Bar("flag", _at(event.t, end), 0, 4, 12, says, event.i)


def _at(time: int, end: int) -> float:
    return round(min(time * _WIDTH / end, _WIDTH - 4), 1)


def _absences(events: Sequence[Event], end: int) -> Iterable[Bar]:
    left: int | None = None
    for event in events:
        if event.kind not in ("win", "vis"):
            continue
        if not event.data.on:
            left = event.t if left is None else left
        elif left is not None:
            yield _absence(left, event.t, end)
            left = None
    if left is not None:
        yield _absence(left, end, end)


def _absence(left: int, back: int, end: int) -> Bar:
    seconds, scale = (back - left) / 1000, _WIDTH / end
    wide = max(2.0, (back - left) * scale)
    x = round(left * scale, 1)
    return Bar("away", x, 0, round(wide, 1), 12, f"away for {seconds:.0f} s")


def _ticks(end: int) -> list[tuple[float, str]]:
    """Times that a clock shows, a handful along the axis whatever the session lasted."""
    fits = (step for step in _STEPS_S if end / 1000 / step < _MOST_TICKS)
    step = round(1000 * next(fits, max(_STEPS_S[-1], end / 1000 / _MOST_TICKS)))
    return [
        (round(at * _WIDTH / end, 1), f"{at / 1000:.1f} s" if step < 1000 else _clock(at))
        for at in range(0, end + 1, step)
    ]


def _clock(milliseconds: float) -> str:
    seconds = round(milliseconds / 1000)
    hours = f"{seconds // 3600}:{seconds // 60 % 60:02d}" if seconds >= 3600 else seconds // 60
    return f"{hours}:{seconds % 60:02d}"
