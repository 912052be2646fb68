"""Does the final text hold what the log says was put there?

Flows in: the final text, its replay, the edits. Flows out: every insertion that survives whole
and does not agree with the text by class of characters, by keyed hash, or (at the level `full`)
by its very characters. This ties the lengths, which are all that is kept of the process, to the
answer: a log made for another text does not fit.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from wellhead.collect.derive.replay import Problem, Replayed
from wellhead.collect.schema import CLASSES, Event, Splice

__all__ = ["class_counts", "disagreements", "keyed_hash"]

_MOST = 20  # problems reported; a log for another text disagrees everywhere


def disagreements(
    text: str, replayed: Replayed, events: Iterable[Event], key: bytes | None
) -> list[Problem]:
    """Insertions that survive whole and are not what the log says, at most twenty.

    Args:
        text: the final text, whose units are `replayed.identities`.
        replayed: the replay.
        events: all events of the session.
        key: the study's key for paste hashes; None leaves hashes unchecked.
    """
    whole = {(event, n): at for event, n, at in _survivors(replayed)}
    raw = text.encode("utf-16-le")
    found: list[Problem] = []
    for event in events:
        if event.kind not in ("edit", "desync") or len(found) >= _MOST:
            continue
        start = whole.get((event.i, event.data.n))
        if start is not None:
            piece = raw[2 * start : 2 * (start + event.data.n)].decode("utf-16-le", "replace")
            found.extend(_compare(event.i, event.data, piece, key))
    return found


def _survivors(replayed: Replayed) -> Iterator[tuple[int, int, int]]:
    """(event, length, position) of every insertion that is in the text unbroken."""
    known: Sequence[int] = replayed.identities
    at = 0
    while at < len(known):
        birth = replayed.birth(known[at])
        end = at + birth.n
        intact = known[at] == birth.first and end <= len(known)
        # Identities of one birth only ever stay in order or move as a block.
        if intact and list(known[at:end]) == list(range(birth.first, birth.first + birth.n)):
            yield birth.event, birth.n, at
            at = end
        else:
            at += 1


def _compare(event: int, data: Splice, piece: str, key: bytes | None) -> Iterator[Problem]:
    if data.x is not None and data.x != piece:
        yield Problem(event, "the inserted text is not the one in the answer")
    elif data.cc is not None and piece.isascii() and class_counts(piece) != data.cc:
        # Outside ASCII, browsers and Python may know different versions of Unicode.
        yield Problem(event, "the kinds of characters are not those in the answer")
    elif key is not None and data.h is not None and keyed_hash(key, piece) != data.h:
        yield Problem(event, "the keyed hash is not that of the text in the answer")


def keyed_hash(key: bytes, text: str) -> str:
    """The first 32 hex digits of HMAC-SHA-256, as the recorder computes it."""
    return hmac.new(key, text.encode("utf-8", "replace"), "sha256").hexdigest()[:32]


def class_counts(text: str) -> tuple[int, ...]:
    """ASCII characters by class, in the order of `schema.CLASSES`, as the recorder counts them.

    >>> dict(zip(CLASSES, class_counts("ab 1.")))
    {'letter': 2, 'digit': 1, 'space': 1, 'punct': 1, 'newline': 0, 'other': 0}
    """
    counts = Counter(map(_class_of, text))
    return tuple(counts[name] for name in CLASSES)


def _class_of(character: str) -> str:
    if character == "\n":
        return "newline"
    if character.isalpha():
        return "letter"
    if character.isdigit():
        return "digit"
    if character in " \t\v\f\r":
        return "space"
    return "punct" if character.isprintable() else "other"
