"""The writing process in numbers: summary measures, named as the keystroke-logging literature does.

Flows in: the events of the answer, its text and its replay. Flows out: one value for each of
`MEASURES`, None where it cannot be known (no keys were recorded, nothing was revised). They
describe how one text was written and are not made to recognise a person; none of them is
evidence about machines, and no flag rests on one.

Names and thresholds follow what is common in that field: a pause is two seconds or more
(Wengelin 2006), bursts are told apart by what ends them (Baaijen, Galbraith & de Glopper 2012),
intervals by where in the text they stand (Conijn, Roeser & van Zaanen 2019), revisions by whether
they stand at the leading edge (Lindgren & Sullivan 2006), and sources by how the writer goes to
them (Leijten & Van Waes 2013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from wellhead.collect.derive.actions import (
    PAUSE_MS,
    Edit,
    Key,
    by_hand,
    edits_of,
    keys_of,
    mean,
    ratio,
)
from wellhead.collect.derive.bursts import bursts, revisions
from wellhead.collect.derive.intervals import intervals
from wellhead.collect.derive.origins import Origin
from wellhead.collect.derive.replay import Replayed
from wellhead.collect.derive.stages import of_last_text
from wellhead.collect.schema import Event
from wellhead.collect.words import count_words

__all__ = ["MEASURES", "Measure", "measures"]

_LONG_MS = 30_000
_MOST_MINUTES = 1_440
_PASTED: tuple[Origin, ...] = ("paste_task", "paste_outside", "drop")


class Measure(NamedTuple):
    """A measure: its unit and what it is."""

    unit: str
    says: str


MEASURES: dict[str, Measure] = {
    "keystrokes": Measure("count", "keys pressed, without auto-repeat, shortcuts and modifiers"),
    "process_time_s": Measure("s", "from the first event of the answer to the last"),
    "active_writing_time_s": Measure("s", "process time without pauses"),
    "initial_pause_s": Measure("s", "until the first character (initial planning)"),
    "final_pause_s": Measure("s", "from the last change of the text to the last event"),
    "characters_produced": Measure("count", "written by hand, deleted ones included"),
    "characters_final": Measure("count", "in the answer"),
    "words_final": Measure("count", "in the answer"),
    "product_process_ratio": Measure("ratio", "characters in the answer by characters produced"),
    "characters_per_minute": Measure("1/min", "produced, of process time (production fluency)"),
    "characters_per_active_minute": Measure("1/min", "produced, of active writing time"),
    "words_per_minute": Measure("1/min", "words in the answer, of process time"),
    "iki_median_ms": Measure("ms", "inter-key interval, median"),
    "iki_mean_log": Measure("log ms", "inter-key interval, mean of logarithms"),
    "iki_sd_log": Measure("log ms", "inter-key interval, standard deviation of logarithms"),
    "iki_within_word_median_ms": Measure("ms", "interval between two letters, median"),
    "iki_before_word_median_ms": Measure("ms", "interval from a space to a letter, median"),
    "iki_before_word_mean_ms": Measure("ms", "the same, mean"),
    "iki_after_word_median_ms": Measure("ms", "interval from a letter to a space, median"),
    "iki_before_sentence_median_ms": Measure(
        "ms", "interval before the first letter of a sentence that stayed, median"
    ),
    "iki_before_sentence_mean_ms": Measure("ms", "the same, mean"),
    "iki_before_paragraph_median_ms": Measure(
        "ms", "interval before the first letter of a line that stayed, median"
    ),
    "key_hold_median_ms": Measure("ms", "from press to release (dwell time), median"),
    "flight_median_ms": Measure("ms", "from release to the next press, median; below 0: overlap"),
    "rollover_share": Measure("share", "presses while the key before was still down"),
    "pauses": Measure("count", "of 2 s or more between actions"),
    "pause_time_s": Measure("s", "in pauses, all together"),
    "pause_time_share": Measure("share", "of process time in pauses"),
    "pause_mean_s": Measure("s", "a pause, mean"),
    "pause_longest_s": Measure("s", "the longest pause"),
    "pauses_over_30_s": Measure("count", "pauses of 30 s or more"),
    "p_bursts": Measure("count", "stretches of production that a pause, or the end, closed"),
    "p_burst_length_mean": Measure("characters", "produced in a P-burst, mean"),
    "r_bursts": Measure("count", "stretches that a revision or a move elsewhere closed"),
    "r_burst_length_mean": Measure("characters", "produced in an R-burst, mean"),
    "i_bursts": Measure("count", "stretches inserted within text that was there (insertions)"),
    "burst_length_longest": Measure("characters", "produced in the longest burst"),
    "characters_deleted": Measure("count", "by any means"),
    "deletion_rate": Measure("ratio", "characters deleted by characters produced"),
    "revisions": Measure("count", "deletions, each with all that follow it without a pause"),
    "revision_length_mean": Measure("characters", "deleted in a revision, mean"),
    "leading_edge_revisions": Measure("count", "revisions at the end of the text so far"),
    "in_text_revisions": Measure("count", "revisions elsewhere (contextual revisions)"),
    "linearity": Measure("share", "of production at the end of the text so far"),
    "cursor_moves": Measure("count", "moves of the caret other than by writing"),
    "speed_variation": Measure("ratio", "standard deviation by mean of characters a minute"),
    "production_first_third": Measure("share", "of production in the first third of the time"),
    "production_last_third": Measure("share", "of production in the last third of the time"),
    "source_visits": Measure("count", "times the page was left, by window or tab"),
    "source_time_s": Measure("s", "away from the page, all together"),
    "source_time_share": Measure("share", "of process time away from the page"),
    "source_time_first_third": Measure("share", "of time away that fell in the first third"),
    "task_copies": Measure("count", "copies out of the task"),
    "pastes_in": Measure("count", "pastes and drops from task or elsewhere"),
    "characters_pasted": Measure("count", "brought in by them, deleted ones included"),
}


def measures(
    events: Sequence[Event],
    text: str,
    replayed: Replayed,
    origins: Mapping[int, Origin],
    *,
    keyless: bool = False,
) -> dict[str, Any]:
    """Every one of `MEASURES`, and `characters_by_minute`, a list.

    Args:
        events: of the whole session; other texts than the answer are left out.
        text: the answer.
        replayed: the replay, for where each character was born.
        origins: of what each event inserted.
        keyless: keys were not recorded.
    """
    stage = of_last_text(events)
    if not stage:
        return {**dict.fromkeys(MEASURES), "characters_by_minute": []}
    keys, edits = keys_of(stage), list(edits_of(stage, origins))
    found = {
        **_overall(stage, text, edits),
        **_pauses(stage, keys, edits),
        **bursts(edits),
        **revisions(edits),
        **_course(stage, edits),
        **_sources(stage, edits),
        **(dict.fromkeys(_KEYED) if keyless else intervals(stage, keys, text, replayed)),
    }
    spent, paused = found["process_time_s"], found["pause_time_s"]
    active = max(0.0, spent - paused)
    found["active_writing_time_s"] = active
    found["characters_per_active_minute"] = ratio(60 * found["characters_produced"], active)
    found["pause_time_share"] = ratio(paused, spent)
    return {**{name: _round(found[name]) for name in MEASURES}, **_minutes(stage, edits)}


_KEYED = tuple(name for name in MEASURES if name.startswith(("iki_", "key", "flight", "rollover")))


def _round(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _overall(events: Sequence[Event], text: str, edits: Sequence[Edit]) -> dict[str, Any]:
    begun, ended = events[0].t, events[-1].t
    spent = max(0, ended - begun) / 1000
    produced = sum(map(by_hand, edits))
    first = next((edit.t for edit in edits if edit.n), None)
    words = count_words(text)
    return {
        "process_time_s": spent,
        "initial_pause_s": None if first is None else max(0, first - begun) / 1000,
        "final_pause_s": max(0, ended - edits[-1].t) / 1000 if edits else None,
        "characters_produced": produced,
        "characters_final": len(text),
        "words_final": words,
        "product_process_ratio": ratio(len(text), produced),
        "characters_per_minute": ratio(60 * produced, spent),
        "words_per_minute": ratio(60 * words, spent),
    }


def _pauses(
    events: Sequence[Event], keys: Mapping[int, Key], edits: Sequence[Edit]
) -> dict[str, Any]:
    times = sorted({*(key.t for key in keys.values()), *(edit.t for edit in edits)})
    gaps = [after - before for before, after in pairwise(times)]
    found = [gap / 1000 for gap in gaps if gap >= PAUSE_MS]
    return {
        "pauses": len(found),
        "pause_time_s": sum(found, 0.0),
        "pause_mean_s": mean(found),
        "pause_longest_s": max(found, default=None),
        "pauses_over_30_s": sum(gap >= _LONG_MS for gap in gaps),
    }


def _minutes(events: Sequence[Event], edits: Sequence[Edit]) -> dict[str, list[int]]:
    begun = events[0].t
    count = min(_MOST_MINUTES, 1 + max(0, events[-1].t - begun) // 60_000)
    found = [0] * count
    for edit in edits:
        found[min(count - 1, max(0, edit.t - begun) // 60_000)] += by_hand(edit)
    return {"characters_by_minute": found}


def _course(events: Sequence[Event], edits: Sequence[Edit]) -> dict[str, Any]:
    begun, spent = events[0].t, max(1, events[-1].t - events[0].t)
    speeds = _minutes(events, edits)["characters_by_minute"]
    # The last minute is seldom a whole one.
    whole = np.array(speeds[:-1], dtype=float)
    produced = sum(map(by_hand, edits))
    first = sum(by_hand(edit) for edit in edits if 3 * (edit.t - begun) < spent)
    last = sum(by_hand(edit) for edit in edits if 3 * (edit.t - begun) >= 2 * spent)
    varied = len(whole) >= 2 and whole.mean() > 0
    return {
        "cursor_moves": sum(event.kind == "car" for event in events),
        "speed_variation": float(whole.std() / whole.mean()) if varied else None,
        "production_first_third": ratio(first, produced),
        "production_last_third": ratio(last, produced),
    }


def _away(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Spans in which window or tab were left."""
    found, out = [], {"win": False, "vis": False}
    left: int | None = None
    for event in events:
        if event.kind not in out:
            continue
        out[event.kind] = not event.data.on
        if any(out.values()):
            left = event.t if left is None else left
        elif left is not None:
            found.append((left, event.t))
            left = None
    return [*found, *([(left, events[-1].t)] if left is not None else [])]


def _sources(events: Sequence[Event], edits: Sequence[Edit]) -> dict[str, Any]:
    spans = _away(events)
    begun, spent = events[0].t, max(0, events[-1].t - events[0].t)
    away = sum(back - left for left, back in spans)
    early = begun + spent / 3
    first = sum(max(0.0, min(back, early) - left) for left, back in spans if left < early)
    copies = [event.data for event in events if event.kind == "clip" and event.data.a == "copy"]
    pasted = [edit for edit in edits if edit.origin in _PASTED and edit.n]
    return {
        "source_visits": len(spans),
        "source_time_s": away / 1000,
        "source_time_share": ratio(away, spent),
        "source_time_first_third": ratio(first, away),
        "task_copies": sum(clip.origin == "task" for clip in copies),
        "pastes_in": len(pasted),
        "characters_pasted": sum(edit.n for edit in pasted),
    }
