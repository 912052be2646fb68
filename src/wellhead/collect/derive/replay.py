"""Events → which character of the final text was born in which event.

Flows in: the batches of one session in order. Flows out: for each UTF-16 unit of the text at
the end, the identity it got when it was inserted. A unit keeps its identity when it is moved,
dragged, undone and redone, so that a paste that comes back by "redo" is still that paste.

Where the log has a hole, or its lengths do not fit, the text at that point is replaced by units
of origin `unobserved` and the place is reported: nothing is guessed. What an origin means for a
person is left to `outcome`; no text is needed here, lengths suffice.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from wellhead.collect.derive.origins import Origin, inherited, origin_of
from wellhead.collect.schema import Body, Clip, Event, text_hash

__all__ = ["Birth", "Change", "Problem", "Replayed", "changes", "replay"]

# Units of earlier states kept for undo; beyond that an undo is `undo_restored`.
_STATE_BUDGET = 8_000_000
# Units that a copy of one's own words may gain on a way through another program.
_WHITE_SPACE = 8


class Birth(NamedTuple):
    """`n` units, `first` being the identity of the first, inserted by `event`."""

    first: int
    n: int
    origin: Origin
    event: int


class Change(NamedTuple):
    """At `event`, `d` units at `p` gave way to units with these identities."""

    event: Event
    p: int
    d: int
    identities: Sequence[int]


class Problem(NamedTuple):
    """A place where the log contradicts itself or has a hole; `event` is the next event."""

    event: int
    what: str


@dataclass(frozen=True)
class Replayed:
    """The text's identities at the end, and how they came to be.

    Attributes:
        identities: one number per UTF-16 unit of the text after the last event.
        births: every insertion in order of identity, `unobserved` stand-ins included.
        clips: copies, cuts, pastes and drops by event index.
        problems: where the log does not fit together.
        sha: SHA-256 of the text after the last batch, as the recorder saw it.
    """

    identities: Sequence[int]
    births: tuple[Birth, ...]
    clips: dict[int, Clip]
    problems: tuple[Problem, ...]
    sha: str

    def birth(self, identity: int) -> Birth:
        """The insertion that a unit comes from."""
        return _birth_of(self.births, identity)


def _birth_of(births: Sequence[Birth], identity: int) -> Birth:
    return births[bisect_right(births, identity, key=lambda birth: birth.first) - 1]


def replay(batches: Iterable[Body], *, keyless: bool = False, assisted: bool = False) -> Replayed:
    """Replay a session from the empty text.

    Args:
        batches: in order of `seq`; a missing one is noticed.
        keyless: keys were not recorded (level `summary`), so their absence says nothing.
        assisted: the writer declared dictation or assistive technology.

    Returns:
        Identities of the final units. The sum of `n − d` over all splices equals their number
        wherever the log is whole.

    >>> replay([]).identities
    array('q')
    """
    bodies = list(batches)
    player = _Player(_undo_targets(bodies), keyless, assisted)
    for body in bodies:
        player.batch(body)
    return player.result()


def changes(batches: Iterable[Body]) -> Iterator[Change]:
    """Every change of the text in order, with the identities that `replay` gives its units."""
    bodies = list(batches)
    player = _Player(_undo_targets(bodies), keyless=False, assisted=False)
    for body in bodies:
        yield from player.changes(body)


def _undo_targets(bodies: list[Body]) -> set[int]:
    """The events whose text a later undo or redo went back to."""
    edits = (e[3] for body in bodies for e in body.events if e[2] == "edit")
    return {edit.back for edit in edits if edit.back is not None}


class _Player:
    def __init__(self, targets: set[int], keyless: bool, assisted: bool) -> None:
        self.text = array("q")
        self.births: list[Birth] = []
        self.clips: dict[int, Clip] = {}
        self.problems: list[Problem] = []
        self.sha = text_hash("")
        self._next_identity = 0
        self._keyless, self._assisted = keyless, assisted
        self._targets = targets
        self._states: dict[int, array[int]] = {}
        self._copied: dict[int, array[int]] = {}
        self._removed: array[int] = array("q")
        self._keys: dict[int, str] = {}
        self._kept = self._seq = self._index = self._gone = 0
        self._done: list[tuple[int, int, array[int]]] = []
        self._name = ""
        self._aside: dict[str, array[int]] = {}

    def result(self) -> Replayed:
        return Replayed(self.text, tuple(self.births), self.clips, tuple(self.problems), self.sha)

    def batch(self, body: Body) -> None:
        for _ in self.changes(body):
            pass

    def changes(self, body: Body) -> Iterator[Change]:
        """Play the batch and yield what each event does to the text."""
        events = body.read()
        self._done.clear()
        self._resume(body, events)
        for event in events:
            self._play(event)
            yield from (Change(event, *done) for done in self._done)
            self._done.clear()
        self._index = events[-1].i + 1 if events else self._index
        self._seq, self.sha = body.seq, body.sha

    def _resume(self, body: Body, events: list[Event]) -> None:
        """Make the text as long as the batch needs it to be, honestly."""
        at = events[0].i if events else self._index
        start = _length_before(events, body.len)
        if body.seq != self._seq + 1:
            what = f"batch {body.seq} follows batch {self._seq}"
        elif events and at != self._index:
            what = f"event {at} follows event {self._index - 1}"
        elif start is not None and start != len(self.text):
            what = f"the text was {len(self.text)} units long, the next batch needs {start}"
        else:
            return
        self.problems.append(Problem(at, what))
        self._replace(0, len(self.text), max(start or 0, 0), "unobserved", at)

    def _play(self, event: Event) -> None:
        kind, data = event.kind, event.data
        if kind in ("edit", "desync"):
            self._splice(event)
        elif kind == "key":
            if data.a == "d":
                self._keys[event.i] = data.c
        elif kind == "clip":
            self._clip(event.i, data)
        elif kind == "phase":
            self._phase(event)
        elif kind == "restore":
            self._restore(event)
        elif kind == "gap":
            self.problems.append(Problem(event.i, f"{data.n} events were dropped"))

    def _clip(self, i: int, clip: Clip) -> None:
        self.clips[i] = clip
        if clip.origin == "answer" and clip.s0 is not None and clip.s1 is not None:
            self._copied[i] = self.text[clip.s0 : clip.s1]

    def _phase(self, event: Event) -> None:
        """The text goes aside under its name; another comes back as it was left, or is new."""
        data, before = event.data, self.text[:]
        self._aside[self._name] = before
        self._name = data.name
        again = self._aside.pop(data.name, array("q"))
        if len(again) != data.n:
            what = f"{data.name} was left with {len(again)} units and comes back with {data.n}"
            self.problems.append(Problem(event.i, what))
            again = _numbers(self._bear(data.n, "unobserved", event.i))
        # Nothing was removed: what was cut out of one text may still be put into another.
        self.text[:] = again
        self._done.append((0, len(before), again))

    def _restore(self, event: Event) -> None:
        """The draft that comes back is the text we know, or else of unknown history."""
        known = event.data.n == len(self.text) and event.data.sha == self.sha
        if not known:
            self._replace(0, len(self.text), event.data.n, "restored_draft", event.i)
        self._keep(event.i)

    def _splice(self, event: Event) -> None:
        data, size = event.data, len(self.text)
        if data.p + data.d > size:
            self.problems.append(Problem(event.i, f"cuts at {data.p + data.d} of {size} units"))
        p = min(data.p, size)
        d = min(data.d, size - p)
        again = self._again(event, p, d)
        if again is not None:
            self._exchange(p, d, again)
        else:
            self._insert(event, p, d)
        self._keep(event.i)

    def _insert(self, event: Event, p: int, d: int) -> None:
        source = self._source(event.data)
        if source is not None and len(source) == event.data.n:
            self._exchange(p, d, self._copies(source, event.i))
            return
        origin = self._origin(event)
        if origin == "paste_self" and not self._had(source, event.data):
            origin = "restored_draft"
        self._replace(p, d, event.data.n, origin, event.i)

    def _had(self, source: array[int] | None, data: Any) -> bool:
        """Whether the text held, or had given up, as much as is said to come out of it.

        Another program may have changed the white space on the way.
        """
        size = self._gone if data.it == "insertFromYank" else len(source or ())
        return bool(data.n <= size + max(_WHITE_SPACE, size // 10))

    def _origin(self, event: Event) -> Origin:
        if event.kind == "desync":
            return "dictation_or_assistive" if self._assisted else "unobserved"
        clip = self.clips.get(event.data.clip) if event.data.clip is not None else None
        return origin_of(
            event.data,
            clip,
            self._keys.get(event.data.kd),
            keyless=self._keyless,
            assisted=self._assisted,
        )

    def _again(self, event: Event, p: int, d: int) -> array[int] | None:
        """Units that come back with the identity they had: undo, redo, drag within the text."""
        data = event.data
        if event.kind != "edit" or not data.n:
            return None
        if data.back is not None:
            return self._from_state(data.back, p, d, data.n)
        dragged = data.it == "insertFromDrop" and self._source(data) == self._removed
        yanked = data.it == "insertFromYank"
        return self._removed if (dragged or yanked) and len(self._removed) == data.n else None

    def _from_state(self, back: int, p: int, d: int, n: int) -> array[int] | None:
        """What an earlier state holds at `p`, if all around it is the same."""
        state = self._states.get(back)
        if state is None or len(state) != len(self.text) - d + n:
            return None
        same = state[:p] == self.text[:p] and state[p + n :] == self.text[p + d :]
        return state[p : p + n] if same else None

    def _source(self, data: Any) -> array[int] | None:
        """The units of the answer that a paste or drop repeats."""
        index = getattr(data, "clip", None)
        clip = self.clips.get(index) if index is not None else None
        if clip is None or clip.origin != "answer":
            return None
        return self._copied.get(clip.ref if clip.ref is not None else index)  # type: ignore[arg-type]

    def _copies(self, source: array[int], event: int) -> array[int]:
        """New units that remember what kind of text they repeat."""
        born = [_birth_of(self.births, identity) for identity in source]
        kept = [(inherited(birth.origin), birth.event) for birth in born]
        named = [(origin, event if origin == "paste_self" else old) for origin, old in kept]
        made: array[int] = array("q")
        for (origin, whose), group in groupby(named):
            made.extend(self._bear(sum(1 for _ in group), origin, whose))
        return made

    def _bear(self, n: int, origin: Origin, event: int) -> range:
        if n:
            self.births.append(Birth(self._next_identity, n, origin, event))
        first = self._next_identity
        self._next_identity += n
        return range(first, first + n)

    def _replace(self, p: int, d: int, n: int, origin: Origin, event: int) -> None:
        self._exchange(p, d, _numbers(self._bear(n, origin, event)))

    def _exchange(self, p: int, d: int, units_in: array[int]) -> None:
        if d:
            self._removed = self.text[p : p + d]
            self._gone += d
        self.text[p : p + d] = units_in
        self._done.append((p, d, units_in))

    def _keep(self, event: int) -> None:
        if event in self._targets and self._kept + len(self.text) <= _STATE_BUDGET:
            self._states[event] = self.text[:]
            self._kept += len(self.text)


def _length_before(events: list[Event], after: int) -> int | None:
    """How long the text was before these events, given its length after them."""
    for event in reversed(events):
        if event.kind in ("restore", "gap"):
            return None
        if event.kind in ("edit", "desync"):
            after += event.data.d - event.data.n
        elif event.kind == "phase":
            after = event.data.d
    return after


def _numbers(span: range) -> array[int]:
    """The span as an array, quickly for long ones."""
    return array("q", np.arange(span.start, span.stop, dtype=np.int64).tobytes())
