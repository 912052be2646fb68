"""What a recording claims of characters, held against what can be checked.

Flows in: the final text with the birth of each unit, the events, and the words that the writer's
page showed. Flows out: births whose origin can be believed. A browser says that a paste came from
the task; the server looks whether it stands there. A browser says that keys were pressed; where
the characters are of other kinds than their keys, they were not typed by them. What fails here
becomes `paste_outside` only where a browser without the claim would say the same, and
`unexplained` everywhere else: a page that was translated, a tool that transliterates and a
program that poses look alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from wellhead.collect.derive.origins import FOREIGN, Origin
from wellhead.collect.derive.overlap import overlap
from wellhead.collect.derive.replay import Birth
from wellhead.collect.schema import CLASSES, Clip, Event

__all__ = ["believed", "keys_differ"]

_IN_TASK = 0.9
_FEWEST_KEYS = 30
_DIFFER = 0.10
_PASTED = ("paste_task", "paste_outside", "drop")


def believed(
    text: str,
    births: Sequence[Birth],
    events: Sequence[Event],
    clips: Mapping[int, Clip],
    shown: str | None,
    *,
    assisted: bool = False,
) -> list[Birth]:
    """The births with every origin that does not hold replaced.

    Args:
        text: the final text.
        births: of each of its UTF-16 units.
        events: all events of the session.
        clips: copies, pastes and drops by event.
        shown: what the writer's page showed; None where it is no longer known.
        assisted: the writer declared dictation or assistive technology.
    """
    origins: dict[tuple[int, Origin], Origin] = {}
    if shown is not None:
        sources = {
            event.i: clips[event.data.clip].origin
            for event in events
            if event.kind == "edit" and event.data.clip in clips
        }
        for (event, origin), piece in _pieces(text, births).items():
            if event in sources:
                origins[event, origin] = _judged(origin, sources[event], overlap(piece, shown))
    differ = keys_differ(events)

    def judged(birth: Birth) -> Birth:
        if differ and birth.origin == "typed":
            return birth._replace(origin="dictation_or_assistive" if assisted else "unexplained")
        return birth._replace(origin=origins.get((birth.event, birth.origin), birth.origin))

    known = {birth: judged(birth) for birth in set(births)}
    return [known[birth] for birth in births]


def _pieces(text: str, births: Sequence[Birth]) -> dict[tuple[int, Origin], str]:
    """What is left of each paste and drop, its parts on lines of their own."""
    raw = text.encode("utf-16-le", "replace")
    found: dict[tuple[int, Origin], bytearray] = defaultdict(bytearray)
    last = None
    for at, birth in enumerate(births):
        name = (birth.event, birth.origin)
        if birth.origin in _PASTED:
            if name != last and found[name]:
                found[name] += "\n".encode("utf-16-le")
            found[name] += raw[2 * at : 2 * at + 2]
        last = name
    return {name: bytes(part).decode("utf-16-le", "replace") for name, part in found.items()}


def _judged(origin: Origin, source: str, share: float | None) -> Origin:
    if share is None:
        return origin
    if origin != "paste_task":
        return "paste_task" if share >= _IN_TASK else origin
    if share >= FOREIGN:
        return origin
    # Text from another field of the page is no more the task's than text from another window.
    return "paste_outside" if source == "page" else "unexplained"


def keys_differ(events: Sequence[Event]) -> bool:
    """Whether a tenth of the typed characters or more are of another kind than their keys."""
    pressed = {e.i: e.data.c for e in events if e.kind == "key" and e.data.a == "d"}
    pairs = [
        (pressed[e.data.kd], CLASSES[e.data.cc.index(1)])
        for e in events
        if e.kind == "edit" and e.data.kd in pressed and _is_one_character(e.data)
    ]
    known = [(key, put) for key, put in pairs if key in (*CLASSES[:4], "enter")]
    differing = sum((put if put != "newline" else "enter") != key for key, put in known)
    return len(known) >= _FEWEST_KEYS and differing >= _DIFFER * len(known)


def _is_one_character(edit: object) -> bool:
    counts = getattr(edit, "cc", None)
    plain = getattr(edit, "it", None) in ("insertText", "insertLineBreak")
    return bool(plain and not getattr(edit, "co", 0) and counts and sum(counts) == 1)
