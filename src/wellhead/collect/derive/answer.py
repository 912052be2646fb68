"""From a recording to one record: text, provenance, flags, integrity, outcome, score.

Flows in: stored batches and the final text. Flows out: an `Answer`, ready for the store, the
review page and the exports. Pure: no clock, no database, no network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from wellhead.collect.derive.claims import believed
from wellhead.collect.derive.content import disagreements
from wellhead.collect.derive.flags import Flag, find_flags
from wellhead.collect.derive.insertions import origins_by_event
from wellhead.collect.derive.integrity import Integrity, Stored, check
from wellhead.collect.derive.measures import measures
from wellhead.collect.derive.origins import ASSISTING
from wellhead.collect.derive.outcome import Outcome, outcome_of
from wellhead.collect.derive.provenance import Paste, Run, line_up, pastes, runs, shares
from wellhead.collect.derive.replay import replay
from wellhead.collect.derive.stages import of_last_text
from wellhead.collect.derive.transcription import Transcription, transcription
from wellhead.collect.schema import Event, Recording, parse_body, text_hash

__all__ = ["Answer", "derive", "derive_recording"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one answer came about.

    Attributes:
        text: the final text.
        provenance: runs whose lengths sum to ``len(text)``.
        shares: of the final characters by origin; they sum to 1.
        outcome: one word; `unobservable` and `incomplete_log` say that nothing can be said.
        flags: what to look at, strongest first, with event ids.
        pastes: every paste and drop with its keyed hash and how much of it stayed.
        integrity: whether the recording fits together.
        transcription: how much the typing looks like copying, or None where no keys were kept.
        counts: events by kind.
        minutes: from the first event to the last.
        active_minutes: the same without pauses longer than half a minute.
        measures: the writing process in numbers, by name (see `measures`).
    """

    text: str
    provenance: tuple[Run, ...]
    shares: dict[str, float]
    outcome: Outcome
    flags: tuple[Flag, ...]
    pastes: tuple[Paste, ...]
    integrity: Integrity
    transcription: Transcription | None
    counts: dict[str, int]
    minutes: float
    active_minutes: float
    measures: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the exports write them."""
        return {
            **asdict(self),
            "provenance": [list(run) for run in self.provenance],
            "flags": [flag._asdict() for flag in self.flags],
            "pastes": [paste._asdict() for paste in self.pastes],
            "transcription": self.transcription and self.transcription._asdict(),
        }


def derive(
    batches: Sequence[Stored],
    text: str,
    *,
    level: str = "process",
    declared: Sequence[str] = (),
    key: bytes | None = None,
    draft: str | None = None,
    shown: str | None = None,
    started_ms: int | None = None,
    first_receipt: str | None = None,
    chain_ok: bool | None = None,
) -> Answer:
    """How `text` came about, according to its recording.

    Args:
        batches: as they were kept; put in order of `seq` here.
        text: the final answer.
        level: privacy level it was recorded at.
        declared: input methods the writer named (dictation, assistive, …).
        key: the study's key for paste hashes, to compare them with the text.
        draft: the text of the last stored batch, where the last batches are missing.
        shown: what the writer's page showed (task, instructions), to find quotations in it.
        started_ms: start of the session by the server's clock, since 1970.
        first_receipt: the receipt given at the start.
        chain_ok: the verdict of the receipt chain, made elsewhere.

    Returns:
        The record. A recording that does not account for the text gives runs of `unobserved`
        and the outcome `incomplete_log`; it never raises.

    >>> derive([], "").outcome
    'incomplete_log'
    """
    kept = sorted(batches, key=lambda stored: stored.body.seq)
    assisted = not ASSISTING.isdisjoint(declared)
    bodies, keyless = [stored.body for stored in kept], level == "summary"
    replayed = replay(bodies, keyless=keyless, assisted=assisted)
    events = [event for stored in kept for event in stored.body.read()]
    births = line_up(text, replayed, draft)
    if births is not None:
        births = believed(text, births, events, replayed.clips, shown, assisted=assisted)
    accounted = bool(kept) and births is not None and text_hash(text) == replayed.sha
    provenance = runs(text, births)
    pasted = pastes(replayed, births, _arrivals(of_last_text(events)))
    integrity = check(
        kept,
        replayed,
        accounted=accounted,
        started_ms=started_ms,
        chain_ok=chain_ok,
        first_receipt=first_receipt,
        content=disagreements(text, replayed, events, key) if accounted else (),
    )
    share = shares(provenance)
    origins = origins_by_event(replayed, births, events, assisted=assisted)
    return Answer(
        text=text,
        provenance=tuple(provenance),
        shares=share,
        outcome=outcome_of(
            share,
            complete=integrity.complete,
            clock_ok=integrity.clock_ok,
            declared=declared,
        ),
        flags=tuple(find_flags(events, pasted, provenance, complete=integrity.complete)),
        pastes=tuple(pasted),
        integrity=integrity,
        transcription=transcription(events),
        counts=dict(Counter(event.kind for event in events)),
        minutes=_minutes(events),
        active_minutes=_minutes(events, longest=30_000),
        measures=measures(events, text, replayed, origins, keyless=keyless),
    )


def derive_recording(recording: Recording) -> Answer:
    """The record of a recording in one piece, from a form or an export.

    Raises:
        BadInput: a batch in it is not of this version.
    """
    batches = [Stored(parse_body(body)) for body in recording.bodies]
    return derive(batches, recording.text, level=recording.level)


def _arrivals(events: Sequence[Event]) -> list[tuple[int, int, int]]:
    """Edits that a copy, cut, paste or drop led to: event, units inserted, clip event."""
    edits = (event for event in events if event.kind == "edit")
    return [(e.i, e.data.n, e.data.clip) for e in edits if e.data.clip is not None]


def _minutes(events: Sequence[Event], *, longest: int | None = None) -> float:
    """Time covered by the events, each pause counted up to `longest` milliseconds."""
    times = [event.t for event in events]
    gaps = (max(0, after - before) for before, after in pairwise(times))
    return sum(gap if longest is None else min(gap, longest) for gap in gaps) / 60_000
