"""The writing of an answer as a series of splices, with deleted text covered.

Flows in: the stored batches and the final text. Flows out: steps `[t, p, d, s, origin]`: at `t`
milliseconds, `d` units at `p` give way to `s`, which has one origin. A character that is in the
final answer is shown as soon as it appears; one that was taken back is shown as a grey block,
because only its existence is recorded (at the level `full` the text itself was kept, and is shown).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from wellhead.collect.derive.integrity import Stored
from wellhead.collect.derive.origins import Origin
from wellhead.collect.derive.replay import Birth, Change, Replayed, changes, replay
from wellhead.collect.derive.stages import of_last_text
from wellhead.collect.schema import Event, units

__all__ = ["COVER", "playback", "splices"]

COVER = "▒"
# Typing without a pause is one step; beyond this many steps the pauses that matter grow.
_MOST_STEPS = 4_000
_PAUSE_MS = 250


def playback(
    batches: Sequence[Stored], text: str, origins: Mapping[int, Origin]
) -> list[list[Any]]:
    """The steps from the empty page to `text`.

    Args:
        batches: as they were kept.
        text: the final answer.
        origins: of what each event inserted (see `insertions`).
    """
    bodies = [stored.body for stored in batches]
    replayed = replay(bodies)
    shown = _shown(replayed, text)
    mine = {event.i for event in of_last_text([e for body in bodies for e in body.read()])}
    steps: list[list[Any]] = []
    for event, p, d, identities in changes(bodies):
        if event.i not in mine:  # texts before or beside the answer
            continue
        steps += _steps(event, p, d, _named(identities, replayed, origins), shown)
    pause = _PAUSE_MS
    while len(merged := _merge(steps, pause)) > _MOST_STEPS and pause < 3_600_000:
        pause *= 4
    return merged[:_MOST_STEPS]


def _named(
    identities: Sequence[int], replayed: Replayed, origins: Mapping[int, Origin]
) -> Iterator[tuple[str, list[int]]]:
    """The units in runs of one origin."""
    known: Birth | None = None

    def origin(identity: int) -> str:
        nonlocal known
        if known is None or not known.first <= identity < known.first + known.n:
            known = replayed.birth(identity)
        return origins.get(known.event, known.origin)

    for name, group in groupby(identities, key=origin):
        yield name, list(group)


def _steps(
    event: Event,
    p: int,
    d: int,
    named: Iterable[tuple[str, list[int]]],
    shown: Mapping[int, str],
) -> Iterator[list[Any]]:
    """One step for each origin; only the first of them takes something away."""
    typed = getattr(event.data, "x", None)
    groups = list(named) or [("", [])]
    whole = typed is not None and len(groups) == 1 and units(typed) == len(groups[0][1])
    for origin, identities in groups:
        put = typed if whole else _spelled(shown.get(one, COVER) for one in identities)
        yield [event.t, p, d, put, origin]
        p, d = p + len(identities), 0


def splices(batches: Sequence[Stored], text: str) -> Iterator[tuple[Change, str]]:
    """Every change of the answer with what it put there, covered where that did not stay."""
    bodies = [stored.body for stored in batches]
    shown = _shown(replay(bodies), text)
    mine = {event.i for event in of_last_text([e for body in bodies for e in body.read()])}
    for change in changes(bodies):
        if change.event.i in mine:
            yield change, _inserted(change, shown)


def _inserted(change: Change, shown: Mapping[int, str]) -> str:
    typed = getattr(change.event.data, "x", None)
    if typed is not None and units(typed) == len(change.identities):
        return str(typed)
    return _spelled(shown.get(identity, COVER) for identity in change.identities)


def _shown(replayed: Replayed, text: str) -> dict[int, str]:
    """The UTF-16 units of the final text by identity."""
    raw = text.encode("utf-16-le", "replace")
    return {
        identity: raw[2 * at : 2 * at + 2].decode("utf-16-le", "surrogatepass")
        for at, identity in enumerate(replayed.identities)
        if 2 * at < len(raw)
    }


def _spelled(pieces: Iterable[str]) -> str:
    joined = "".join(pieces).encode("utf-16-le", "surrogatepass")
    return joined.decode("utf-16-le", "replace")


def _merge(steps: list[list[Any]], pause: int) -> list[list[Any]]:
    """Join insertions of one origin that go on where the last one ended, within `pause` ms."""
    joined: list[list[Any]] = []
    for step in steps:
        last = joined[-1] if joined else None
        follows = (
            last is not None
            and not step[2]
            and step[4] == last[4]
            and step[1] == last[1] + units(last[3])
            and step[0] - last[0] <= pause
        )
        if follows and last is not None:
            last[3] += step[3]
        else:
            joined.append(list(step))
    return joined
