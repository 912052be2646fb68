"""Whether a recording fits together, and what it cannot vouch for.

Flows in: stored batches with the times the server received them, the replay, the final text.
Flows out: an `Integrity`, every failed check a sentence with its event. A failure is a finding
for a person to look at, never a rejection: networks lose things, clocks jump.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wellhead.collect.derive.replay import Problem, Replayed
from wellhead.collect.schema import Body

__all__ = ["Integrity", "Stored", "check"]

# A browser's clock may run this much ahead of ours before it is worth a line.
_SLACK_MS = 2_000
_DRIFT = 0.01


@dataclass(frozen=True)
class Stored:
    """One batch as it was kept.

    Attributes:
        body: the parsed batch.
        received_ms: when the server received it, since 1970; None where there was no server.
        receipt: the receipt given for it.
    """

    body: Body
    received_ms: int | None = None
    receipt: str | None = None


@dataclass(frozen=True)
class Integrity:
    """The result of every check.

    Attributes:
        chain_ok: the receipt chain verifies; None where it was not checked.
        replay_ok: the splices give a text of the right length at every batch, and the final
            text has the hash the recorder saw.
        gaps: where batches or events are missing, or do not fit.
        clock: what is wrong with the times.
        clock_ok: nothing in them is impossible.
        content: pastes and typed characters that the final text does not contain as claimed.
    """

    chain_ok: bool | None
    replay_ok: bool
    gaps: tuple[Problem, ...] = ()
    clock: tuple[Problem, ...] = ()
    clock_ok: bool = True
    content: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """The log accounts for the whole text."""
        return self.replay_ok and not self.gaps


def check(
    batches: Sequence[Stored],
    replayed: Replayed,
    *,
    accounted: bool,
    started_ms: int | None = None,
    chain_ok: bool | None = None,
    first_receipt: str | None = None,
    content: Iterable[Problem] = (),
) -> Integrity:
    """Check a recording.

    Args:
        batches: in order of `seq`.
        replayed: their replay.
        accounted: the final text is the one the recorder saw last.
        started_ms: when the session began by the server's clock.
        chain_ok: the verdict of the receipt chain, made elsewhere.
        first_receipt: the receipt given at the start.
        content: what the comparison with the final text found.
    """
    impossible = (
        *_backwards(batches),
        *_ahead(batches, started_ms, first_receipt),
        *_nonces(batches, first_receipt),
    )
    clock = (*impossible, *_crowds(batches))
    found = tuple(content)
    whole = accounted and not found
    return Integrity(chain_ok, whole, replayed.problems, clock, not impossible, found)


def _backwards(batches: Sequence[Stored]) -> Iterator[Problem]:
    """Times never run backwards, and no event comes after its batch was closed."""
    times = [(event[0], event[1]) for stored in batches for event in stored.body.events]
    for (_, before), (i, now) in pairwise(times):
        if now < before - _SLACK_MS:
            yield Problem(i, f"time runs backwards, from {before} to {now} ms")
            break
    for body in (stored.body for stored in batches if stored.body.events):
        i, last = body.events[-1][:2]
        if last > body.mono + _SLACK_MS:
            yield Problem(i, f"an event at {last} ms in a batch that was closed at {body.mono} ms")
            break


def _crowds(batches: Sequence[Stored]) -> Iterator[Problem]:
    """Time does not stand still while much happens; software that sends keys may do so."""
    times = [(event[0], event[1]) for stored in batches for event in stored.body.events]
    crowd = Counter(time for _, time in times).most_common(1)
    if crowd and crowd[0][1] > max(50, len(times) // 10):
        first = next(i for i, time in times if time == crowd[0][0])
        yield Problem(first, f"{crowd[0][1]} events at the same millisecond")


def _ahead(
    batches: Sequence[Stored], started_ms: int | None, first_receipt: str | None
) -> Iterator[Problem]:
    """Nothing in the browser takes longer than it took here.

    A batch that names a receipt was closed after that was given and before it was received. So
    the browser's clock began no earlier than any such receipt allows; a computer that slept makes
    it begin later, a page that was loaded anew takes the server's time again.
    """
    if started_ms is None:
        return
    given = {first_receipt: started_ms}
    began = started_ms
    for stored in batches:
        body = stored.body
        if stored.received_ms is None:
            continue
        if any(event[2] == "restore" for event in body.events):
            began = started_ms
        here = stored.received_ms - began
        if body.mono > here + _DRIFT * (stored.received_ms - started_ms) + _SLACK_MS:
            at = body.events[0][0] if body.events else -1
            yield Problem(at, f"{body.mono} ms in the browser within {here} ms here")
            return
        began = max(began, given.get(body.nonce, started_ms) - body.mono)
        if stored.receipt is not None:
            given[stored.receipt] = stored.received_ms


def _nonces(batches: Sequence[Stored], first_receipt: str | None) -> Iterator[Problem]:
    """Each batch names a receipt given before it, and none older than the last batch named."""
    if first_receipt is None:
        return
    given = {first_receipt: 0}
    newest = 0
    for stored in batches:
        at = stored.body.events[0][0] if stored.body.events else -1
        place = given.get(stored.body.nonce, -1)
        if place < newest:
            yield Problem(at, f"batch {stored.body.seq} names a receipt it cannot have had")
        newest = max(newest, place)
        if stored.receipt is not None:
            given[stored.receipt] = len(given)
