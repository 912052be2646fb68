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
_SLACK_MS = 5_000
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
        content: pastes and typed characters that the final text does not contain as claimed.
    """

    chain_ok: bool | None
    replay_ok: bool
    gaps: tuple[Problem, ...] = ()
    clock: tuple[Problem, ...] = ()
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
    clock = (*_running(batches), *_ahead(batches, started_ms), *_nonces(batches, first_receipt))
    found = tuple(content)
    return Integrity(chain_ok, accounted and not found, replayed.problems, clock, found)


def _running(batches: Sequence[Stored]) -> Iterator[Problem]:
    """Times never run backwards, and do not stand still while much happens."""
    times = [(event[0], event[1]) for stored in batches for event in stored.body.events]
    for (_, before), (i, now) in pairwise(times):
        if now < before:
            yield Problem(i, f"time runs backwards, from {before} to {now} ms")
            break
    crowd = Counter(time for _, time in times).most_common(1)
    if crowd and crowd[0][1] > max(50, len(times) // 10):
        first = next(i for i, time in times if time == crowd[0][0])
        yield Problem(first, f"{crowd[0][1]} events at the same millisecond")


def _ahead(batches: Sequence[Stored], started_ms: int | None) -> Iterator[Problem]:
    """The browser cannot have lived longer than the session has."""
    for stored in batches:
        if started_ms is None or stored.received_ms is None:
            continue
        lived = stored.received_ms - started_ms
        if stored.body.mono > lived * (1 + _DRIFT) + _SLACK_MS:
            at = stored.body.events[0][0] if stored.body.events else -1
            yield Problem(at, f"{stored.body.mono} ms in the browser within {lived} ms here")
            break


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
