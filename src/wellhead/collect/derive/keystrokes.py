"""Keystrokes → eight numbers about timing and revision.

Flows in: key presses with class, time and dwell, never letters. Flows out: features that tell
copying from composing apart: people who compose stop before words to think, people who copy stop
to look. They describe a stretch of typing and are not made to recognise a person. What they are
worth is in `transcription`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from wellhead.collect.schema import Event

__all__ = ["FEATURES", "Keystroke", "features", "keystrokes"]

FEATURES = (
    "pause before words / median interval",
    "spread of log intervals",
    "median log interval",
    "share of intervals over 1 s",
    "share of intervals over 2 s",
    "pause inside words / median interval",
    "share of corrections",
    "median log dwell",
)
_LONGEST_MS = 60_000  # a longer pause is a break, not a thought


class Keystroke(NamedTuple):
    """One key press: when, of which class, and held how long (ms; None where unknown)."""

    t: int
    kind: str
    dwell: int | None


def keystrokes(events: Iterable[Event], *, warm_up: bool = False) -> list[Keystroke]:
    """The key presses of the answer (or of the warm-up), without auto-repeat and shortcuts."""
    pressed: dict[int, Keystroke] = {}
    stages: dict[str, dict[int, Keystroke]] = {}
    stage = ""
    for event in events:
        if event.kind == "phase":
            stages[stage], stage = pressed, event.data.name
            pressed = stages.get(stage, {})
        if event.kind != "key":
            continue
        data = event.data
        if data.a == "d" and not data.r and not data.m & ~2 and data.tr:
            pressed[event.i] = Keystroke(event.t, data.c, None)
        elif data.a == "u" and data.of in pressed:
            pressed[data.of] = pressed[data.of]._replace(dwell=data.dw)
    # What comes before the first of several texts is the warm-up.
    before = {**stages.get("", {}), **stages.get("warmup", {})}
    return list((before if warm_up else pressed).values())


def features(keys: Sequence[Keystroke]) -> np.ndarray:
    """Eight numbers, in the order of `FEATURES`; needs a few dozen keys to mean anything."""
    typed = [key for key in keys if key.kind != "mod"]
    if len(typed) < 3:
        return np.zeros(len(FEATURES))
    times = np.array([key.t for key in typed], dtype=float)
    gaps = np.clip(np.diff(times), 1, _LONGEST_MS)
    kinds = [key.kind for key in typed]
    before = np.array([a == "space" and b == "letter" for a, b in itertools.pairwise(kinds)])
    inside = np.array([a == b == "letter" for a, b in itertools.pairwise(kinds)])
    middle = float(np.median(gaps))
    dwell = np.array([max(key.dwell, 1) for key in typed if key.dwell is not None] or [1])
    logs = np.log(gaps)
    return np.array(
        [
            _ratio(gaps[before], middle),
            float(logs.std()),
            float(np.median(logs)),
            float((gaps > 1000).mean()),
            float((gaps > 2000).mean()),
            _ratio(gaps[inside], middle),
            kinds.count("erase") / len(kinds),
            float(np.median(np.log(dwell))),
        ]
    )


def _ratio(gaps: np.ndarray, middle: float) -> float:
    """Log of the mean pause in units of the typical one; 0 where there is none."""
    return float(np.log(gaps.mean() / middle)) if gaps.size else 0.0
