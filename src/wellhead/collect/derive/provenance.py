"""The origin of every character of the final text, as runs whose lengths sum to the text.

Flows in: the final text and its replay. Flows out: `Run`s in characters (code points), shares by
origin, and what became of each paste. A text that the log does not account for (the last batches
are missing) is matched against the last stored draft; what was added since is `unobserved`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from wellhead.collect.derive.origins import Origin
from wellhead.collect.derive.replay import Birth, Replayed
from wellhead.collect.schema import text_hash, units

__all__ = ["Paste", "Run", "line_up", "pastes", "runs", "shares"]

_MERGED = ("typed", "ime", "dictation_or_assistive", "autocorrect", "unexplained")
_COUNTED = {"paste_outside": "outside", "drop": "outside", "paste_task": "task"}
_SINCE = Birth(-1, 0, "unobserved", -1)


class Run(NamedTuple):
    """`length` characters of one origin; `event` inserted the first of them (-1: no event)."""

    length: int
    origin: Origin
    event: int


class Paste(NamedTuple):
    """What became of one paste or drop: `kept` of its `n` units are in the final text.

    `origin` is what it counts as; where nothing was kept, what the browser said.
    """

    event: int
    clip: int
    n: int
    kept: int
    origin: str
    flavour: str
    hash: str | None


def line_up(text: str, replayed: Replayed, draft: str | None) -> list[Birth] | None:
    """The birth of each UTF-16 unit of `text`; None where the log cannot account for it.

    Args:
        text: the final answer.
        replayed: the replay of the stored batches.
        draft: the text that belongs to the last stored batch, where it is still known.
    """
    size = len(replayed.identities)
    if text_hash(text) == replayed.sha and units(text) == size:
        return _births(replayed, replayed.identities)
    if draft is None or text_hash(draft) != replayed.sha or units(draft) != size:
        return None
    old, new = draft.encode("utf-16-le"), text.encode("utf-16-le")
    head = _shared(old, new)
    tail = _shared(old[2 * head :][::-1], new[2 * head :][::-1])
    known = replayed.identities
    end = known[size - tail :] if tail else known[:0]
    added = len(new) // 2 - head - tail
    return [*_births(replayed, known[:head]), *[_SINCE] * added, *_births(replayed, end)]


def _shared(a: bytes, b: bytes) -> int:
    """How many UTF-16 units two texts share at the start."""
    most = min(len(a), len(b)) // 2
    return next((i for i in range(most) if a[2 * i : 2 * i + 2] != b[2 * i : 2 * i + 2]), most)


def _births(replayed: Replayed, identities: Iterable[int]) -> list[Birth]:
    known: list[Birth] = []
    last = _SINCE
    for identity in identities:
        if not last.first <= identity < last.first + last.n:
            last = replayed.birth(identity)
        known.append(last)
    return known


def runs(text: str, births: Sequence[Birth] | None) -> list[Run]:
    """The provenance of `text`; the lengths sum to ``len(text)``."""
    if not text:
        return []
    if births is None:
        return [Run(len(text), "unobserved", -1)]
    grouped = groupby(_by_character(text, births), key=_group)
    found = []
    for _, group in grouped:
        members = list(group)
        found.append(Run(len(members), members[0].origin, members[0].event))
    return found


def _by_character(text: str, births: Sequence[Birth]) -> Iterator[Birth]:
    """One birth for each code point: that of its first unit."""
    at = 0
    for character in text:
        yield births[at]
        at += 2 if character > "\uffff" else 1


def _group(birth: Birth) -> tuple[str, int]:
    """Typing is one run whatever keys it took; each paste is its own."""
    return birth.origin, 0 if birth.origin in _MERGED else birth.event


def shares(found: Iterable[Run]) -> dict[str, float]:
    """Share of the final characters by origin; they sum to 1 for a text that is not empty.

    >>> shares([Run(3, "typed", 0), Run(1, "drop", 5)])
    {'typed': 0.75, 'drop': 0.25}
    """
    counts: Counter[str] = Counter()
    for run in found:
        counts[run.origin] += run.length
    total = sum(counts.values())
    return {origin: count / total for origin, count in counts.most_common()}


def pastes(
    replayed: Replayed, births: Sequence[Birth] | None, edits: Iterable[tuple[int, int, int]]
) -> list[Paste]:
    """What became of each paste and drop.

    Args:
        replayed: the replay.
        births: as `line_up` gives them.
        edits: (event, units inserted, clip event) of every edit that a clip event led to.
    """
    kept = Counter(birth.event for birth in births or ())
    counted = {b.event: _COUNTED[b.origin] for b in births or () if b.origin in _COUNTED}
    found = []
    for event, n, index in edits:
        clip = replayed.clips.get(index)
        if clip is not None and clip.a in ("paste", "drop") and n:
            origin = counted.get(event, clip.origin)
            found.append(Paste(event, index, n, min(kept[event], n), origin, clip.fl, clip.h))
    return found
