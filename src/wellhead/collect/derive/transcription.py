"""How much a stretch of typing looks like copying rather than composing: a score, no verdict.

Flows in: events with key classes. Flows out: a `Transcription`: a score in [0, 1], the number of
keys it rests on, and where the score lies among people who copied and people who composed in one
published study (Villani's data as prepared by Monaco: one laboratory, English, desktop
keyboards). `benchmarks/keystrokes.py` fits the eight weights and prints how well they separate
people they were not fitted on: an AUC near 0.74 at 100 keys and 0.87 at 400. That is far from
proof about one person, and people who copy from a second screen in their own rhythm, auto-typers
with human timing, slow typists, second-language writers and screen readers all shift it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from wellhead.collect.derive.keystrokes import Keystroke, features, keystrokes
from wellhead.collect.schema import Event

__all__ = ["ENOUGH_KEYS", "Transcription", "transcription"]

ENOUGH_KEYS = 300
_FEWEST_KEYS = 50


class Transcription(NamedTuple):
    """A graded look at the rhythm of typing.

    Attributes:
        score: 0 like composing, 1 like copying, as the reference knows them.
        keys: how many key presses it rests on.
        enough: at least 300 keys; below that the score is mostly noise.
        among_copying: share of reference copying stretches with a lower score.
        among_composing: share of reference composing stretches with a lower score.
        reference_keys: length of the reference stretches compared with.
        warm_up: the score of the same person's warm-up, which was copied; None without one. An
            answer that scores like it was typed like it.
    """

    score: float
    keys: int
    enough: bool
    among_copying: float
    among_composing: float
    reference_keys: int
    warm_up: float | None = None


def transcription(events: Sequence[Event]) -> Transcription | None:
    """The score of one answer; None where fewer than fifty keys were recorded."""
    keys = keystrokes(events)
    if len(keys) < _FEWEST_KEYS:
        return None
    logit = _logit(keys)
    before = keystrokes(events, warm_up=True)
    size = 400 if len(keys) >= ENOUGH_KEYS else 100
    reference = _model()["reference"][str(size)]
    return Transcription(
        score=_share(logit),
        keys=len(keys),
        enough=len(keys) >= ENOUGH_KEYS,
        among_copying=_rank(logit, reference["copying"]),
        among_composing=_rank(logit, reference["composing"]),
        reference_keys=size,
        warm_up=_share(_logit(before)) if len(before) >= _FEWEST_KEYS else None,
    )


def _logit(keys: Sequence[Keystroke]) -> float:
    model = _model()
    scaled = (features(keys) - model["centre"]) / model["scale"]
    return float(scaled @ model["weights"]) + float(model["offset"])


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _rank(logit: float, percentiles: list[float]) -> float:
    """Share of the reference below `logit`, from its 0th, 5th, … 100th percentiles."""
    import numpy as np

    return float(np.interp(logit, percentiles, np.linspace(0, 1, len(percentiles))))


@cache
def _model() -> dict[str, Any]:
    path = files("wellhead.collect.derive").joinpath("transcription.json")
    model: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return model
