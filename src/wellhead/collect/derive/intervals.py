"""Intervals between keys, told apart by where they stand (Conijn, Roeser & van Zaanen 2019).

Flows in: key presses, the answer and its replay. Flows out: times by name: within and around words
by the kinds of keys, before sentences and lines by the characters that stayed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from wellhead.collect.derive.actions import Key, mean, median, ratio
from wellhead.collect.derive.replay import Replayed
from wellhead.collect.schema import Event

__all__ = ["intervals"]

_SENTENCE_ENDS = ".!?…。！？؟।"
_QUOTES = "\"'”’»)]"


def intervals(
    events: Sequence[Event], keys: Mapping[int, Key], text: str, replayed: Replayed
) -> dict[str, Any]:
    """Every measure of keys.

    Args:
        events: of the answer.
        keys: its key presses by event.
        text: the answer.
        replayed: the replay, for where each character was born.
    """
    pressed = list(keys.values())
    pairs = list(pairwise(pressed))
    gaps = np.array([max(1, after.t - before.t) for before, after in pairs], dtype=float)
    kinds = [(before.kind, after.kind) for before, after in pairs]

    def between(first: str, second: str) -> np.ndarray:
        return gaps[[kind == (first, second) for kind in kinds]] if pairs else gaps

    before_word = between("space", "letter")
    sentence, line = _beginnings(events, keys, text, replayed)
    flights = [b.t - a.up for a, b in pairs if a.up is not None]
    logs = np.log(gaps)
    return {
        "keystrokes": len(pressed),
        "iki_median_ms": median(gaps),
        "iki_mean_log": mean(logs),
        "iki_sd_log": float(logs.std()) if len(logs) else None,
        "iki_within_word_median_ms": median(between("letter", "letter")),
        "iki_before_word_median_ms": median(before_word),
        "iki_before_word_mean_ms": mean(before_word),
        "iki_after_word_median_ms": median(between("letter", "space")),
        "iki_before_sentence_median_ms": median(sentence),
        "iki_before_sentence_mean_ms": mean(sentence),
        "iki_before_paragraph_median_ms": median(line),
        "key_hold_median_ms": median([k.up - k.t for k in pressed if k.up is not None]),
        "flight_median_ms": median(flights),
        "rollover_share": ratio(sum(flight < 0 for flight in flights), len(flights)),
    }


def _beginnings(
    events: Sequence[Event], keys: Mapping[int, Key], text: str, replayed: Replayed
) -> tuple[list[int], list[int]]:
    """Intervals before the letters that begin a sentence or a line in the answer."""
    if len(replayed.identities) != len(text.encode("utf-16-le", "replace")) // 2:
        return [], []
    pressed = sorted(key.t for key in keys.values())
    led_to = {e.i: e.data.kd for e in events if e.kind == "edit" and e.data.kd is not None}
    sentence, line = [], []
    for unit, broke in _starts(text):
        born = replayed.birth(replayed.identities[unit]).event
        key = keys.get(led_to.get(born, -1))
        place = bisect_right(pressed, key.t - 1) if key else 0
        if key is None or not place:
            continue
        gap = key.t - pressed[place - 1]
        sentence.append(gap)
        if broke:
            line.append(gap)
    return sentence, line


def _starts(text: str) -> Iterator[tuple[int, bool]]:
    """The UTF-16 units at which sentences begin, the first left out, and whether lines do."""
    unit, ended, broke, last = 0, False, False, ""
    for character in text:
        if character in _SENTENCE_ENDS:
            ended = True
        elif character == "\n":
            broke = True
        elif character.isalnum():
            # "3.5" is no end; scripts without spaces have none after their full stops.
            apart = last not in _SENTENCE_ENDS or last in "。！？"
            if unit and ((ended and apart) or broke):
                yield unit, broke
            ended = broke = False
        elif not character.isspace() and character not in _QUOTES:
            ended = False
        unit += 2 if character > "\uffff" else 1
        last = character
