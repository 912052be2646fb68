"""What a researcher should look at, each with the events that show it.

Flows in: events, what became of each paste, the final runs. Flows out: `Flag`s. A flag points
at evidence; it is not a verdict, and none rests on the way somebody types, on assistive
technology, or on text that did not stay in the answer (that is a `note`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median, pstdev
from typing import Literal, NamedTuple, get_args

from wellhead.collect.derive.provenance import Paste, Run, shares
from wellhead.collect.schema import Event

__all__ = ["SIGNIFICANT", "Flag", "find_flags", "strongest_first"]

Strength = Literal["note", "weak", "medium", "strong"]

SIGNIFICANT = 0.10  # of the final characters: below that, an origin is an aside
_AWAY_MS = 10_000
_SOON_MS = 5_000
_COPIED = 200  # per mille of the task
_FOREIGN = 500  # per mille of the paste found in the task: beyond that it is the task
_LONG = 50  # units
_MECHANICAL_KEYS = 50


class Flag(NamedTuple):
    """One thing to look at; `evidence` are event indices."""

    name: str
    strength: Strength
    evidence: tuple[int, ...]
    says: str


def find_flags(
    events: Sequence[Event], pasted: Sequence[Paste], final: Sequence[Run], *, complete: bool
) -> list[Flag]:
    """Every flag of one answer, strongest first.

    Args:
        events: all events of the session.
        pasted: what became of each paste.
        final: provenance of the final text.
        complete: the log accounts for the text; where it does not, characters without an origin
            are the log's failing and no flag.
    """
    share = shares(final)
    unseen = ("unobserved", "autofill") if complete else ()
    found = [
        *_kept(share, final, ("paste_outside", "drop"), "outside_text", "came from outside"),
        *_kept(share, final, ("scripted",), "scripted_text", "was put there by a program"),
        *_kept(share, final, unseen, "unobserved_text", "came without an event"),
        *_unexplained(share, final),
        *_round_trip(events, pasted, sum(run.length for run in final)),
        *_from_chat(pasted),
        *_after_absence(events, pasted),
        *_mechanical(events),
        *_deleted(pasted),
    ]
    return strongest_first(found)


def strongest_first(flags: Iterable[Flag]) -> list[Flag]:
    """The flags in order of their strength."""
    order = get_args(Strength)
    return sorted(flags, key=lambda flag: order.index(flag.strength), reverse=True)


def _grade(share: float) -> Strength:
    return "strong" if share >= 0.5 else "medium" if share >= 0.25 else "weak"


def _kept(
    share: dict[str, float], final: Sequence[Run], origins: tuple[str, ...], name: str, verb: str
) -> Iterator[Flag]:
    part = sum(share.get(origin, 0.0) for origin in origins)
    if part >= SIGNIFICANT:
        evidence = {run.event for run in final if run.origin in origins and run.event >= 0}
        says = f"{part:.0%} of the final characters {verb}"
        yield Flag(name, _grade(part), tuple(sorted(evidence)), says)


def _unexplained(share: dict[str, float], final: Sequence[Run]) -> Iterator[Flag]:
    """A note: honest tools do the same."""
    says = (
        "came with keys that carry other characters, or as a quotation that is not in the task; "
        "tools that transliterate and translated pages do so, too"
    )
    for flag in _kept(share, final, ("unexplained",), "unexplained_text", says):
        yield flag._replace(strength="note")


def _outside(pasted: Sequence[Paste]) -> list[Paste]:
    return [paste for paste in pasted if paste.origin == "outside"]


def _round_trip(
    events: Sequence[Event], pasted: Sequence[Paste], characters: int
) -> Iterator[Flag]:
    """The task went out by copying, foreign text came back by pasting."""
    clips = {event.i: event.data for event in events if event.kind == "clip"}
    copies = [i for i, clip in clips.items() if clip.a == "copy" and _takes_task(clip)]
    if not copies:
        return
    back = [
        paste
        for paste in _outside(pasted)
        if paste.event > copies[0] and clips[paste.clip].src_cov < _FOREIGN and paste.n >= _LONG
    ]
    if not back:
        return
    kept = sum(paste.kept for paste in back) / max(characters, 1)
    away = [e.i for e in events if _leaves(e) and copies[0] < e.i < back[-1].event]
    strength: Strength = "note"
    if kept >= SIGNIFICANT:
        strength = "strong" if away else "medium"
    evidence = (*copies, *away[:2], *(paste.event for paste in back))
    says = f"the task was copied out and foreign text pasted back; {kept:.0%} of the answer is it"
    yield Flag("round_trip", strength, tuple(sorted(set(evidence))), says)


def _takes_task(clip: object) -> bool:
    return getattr(clip, "origin", "") in ("task", "page") and (
        getattr(clip, "task_cov", 0) >= _COPIED or bool(getattr(clip, "instr", 0))
    )


def _leaves(event: Event) -> bool:
    return event.kind in ("win", "vis") and not event.data.on


def _from_chat(pasted: Sequence[Paste]) -> Iterator[Flag]:
    chat = [p for p in _outside(pasted) if p.flavour == "html-chat" and p.kept >= _LONG]
    if chat:
        says = "pasted text carries the markup of a chat assistant's page"
        yield Flag("chat_markup", "strong", tuple(p.event for p in chat), says)


def _after_absence(events: Sequence[Event], pasted: Sequence[Paste]) -> Iterator[Flag]:
    """Away for a while, then at once a long foreign insertion that stays."""
    stays = {p.event for p in _outside(pasted) if p.kept >= _LONG}
    left: Event | None = None
    back: tuple[Event, Event] | None = None
    found: list[int] = []
    for event in events:
        if _leaves(event):
            left = left or event
        elif event.kind in ("win", "vis"):
            if left is not None and event.t - left.t >= _AWAY_MS:
                back = (left, event)
            left = None
        elif event.i in stays and back is not None and event.t - back[1].t <= _SOON_MS:
            found += [back[0].i, back[1].i, event.i]
    if found:
        says = f"foreign text right after {_AWAY_MS // 1000} s or more away from the page"
        yield Flag("away_then_insert", "medium", tuple(found), says)


def _mechanical(events: Sequence[Event]) -> Iterator[Flag]:
    """Keys that fingers on keys do not press: all held equally long, or for no time at all.

    Auto-typers press so, and so do on-screen keyboards, dictation programs and switches: a note.
    """
    lifted = [e for e in events if e.kind == "key" and e.data.a == "u" and e.data.dw is not None]
    lifted = [event for event in lifted if event.data.c not in ("unident", "process", "mod")]
    held = [event.data.dw for event in lifted]
    if len(held) >= _MECHANICAL_KEYS and (median(held) <= 2 or pstdev(held) < 1.0):
        evidence = tuple(event.i for event in lifted[:5])
        says = "keys too even for fingers: an on-screen keyboard, assistive software or a program"
        yield Flag("mechanical_keys", "note", evidence, says)


def _deleted(pasted: Sequence[Paste]) -> Iterator[Flag]:
    gone = [p for p in _outside(pasted) if p.n >= _LONG and p.kept < p.n // 10]
    if gone:
        says = "foreign text was pasted and removed again; it is not part of the answer"
        yield Flag("pasted_then_removed", "note", tuple(p.event for p in gone), says)
