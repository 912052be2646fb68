"""The writing of an answer as a series of splices, with deleted text covered.

Flows in: the stored batches and the final text. Flows out: steps `[t, p, d, s]`: at `t`
milliseconds, `d` units at `p` give way to `s`. A character that is in the final answer is shown
as soon as it appears; one that was taken back is shown as a grey block, because only its
existence is recorded (at the level `full` the text itself was kept, and is shown).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wellhead.collect.derive.integrity import Stored
from wellhead.collect.derive.replay import Birth, replay
from wellhead.collect.schema import Event, units

__all__ = ["COVER", "playback", "splices"]

COVER = "▒"
# Typing without a pause is one step; beyond this many steps the pauses that matter grow.
_MOST_STEPS = 4_000
_PAUSE_MS = 250


def playback(batches: Sequence[Stored], text: str) -> list[list[Any]]:
    """The steps from the empty page to `text`."""
    shown = {event.i: inserted for event, inserted in splices(batches, text)}
    steps = []
    for stored in batches:
        for event in stored.body.read():
            if event.i in shown:
                steps.append([event.t, event.data.p, event.data.d, shown[event.i]])
            elif event.kind == "phase" and event.data.d:
                steps.append([event.t, 0, event.data.d, ""])
    pause = _PAUSE_MS
    while len(merged := _merge(steps, pause)) > _MOST_STEPS and pause < 3_600_000:
        pause *= 4
    return merged[:_MOST_STEPS]


def splices(batches: Sequence[Stored], text: str) -> Iterator[tuple[Event, str]]:
    """Every change of the text with what it inserted, covered where that did not stay."""
    replayed = replay(stored.body for stored in batches)
    raw = text.encode("utf-16-le", "replace")
    shown = {
        identity: raw[2 * at : 2 * at + 2].decode("utf-16-le", "surrogatepass")
        for at, identity in enumerate(replayed.identities)
        if 2 * at < len(raw)
    }
    born = {birth.event: birth for birth in replayed.births}
    for stored in batches:
        for event in stored.body.read():
            if event.kind in ("edit", "desync"):
                yield event, _inserted(event, shown, born.get(event.i))


def _inserted(event: Event, shown: dict[int, str], birth: Birth | None) -> str:
    data = event.data
    if data.x is not None:
        return str(data.x)
    if birth is None or birth.n != data.n:
        return COVER * int(data.n)
    covered = [shown.get(birth.first + at, COVER) for at in range(data.n)]
    joined = "".join(covered).encode("utf-16-le", "surrogatepass")
    return joined.decode("utf-16-le", "replace")


def _merge(steps: list[list[Any]], pause: int) -> list[list[Any]]:
    """Join insertions that go on where the last one ended, within `pause` milliseconds."""
    joined: list[list[Any]] = []
    for step in steps:
        last = joined[-1] if joined else None
        follows = (
            last is not None
            and not step[2]
            and step[1] == last[1] + units(last[3])
            and step[0] - last[0] <= pause
        )
        if follows and last is not None:
            last[3] += step[3]
        else:
            joined.append(list(step))
    return joined
