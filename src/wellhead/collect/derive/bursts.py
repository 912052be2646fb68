"""Bursts and revisions: stretches of production told apart by what ends them.

Flows in: the changes of one text. Flows out: counts and lengths, by name. A P-burst ends in a
pause, an R-burst in a revision or a move elsewhere, an I-burst stands within text that was there
(Baaijen, Galbraith & de Glopper 2012); revisions stand at the leading edge or elsewhere (Lindgren
& Sullivan 2006).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from wellhead.collect.derive.actions import PAUSE_MS, Edit, by_hand, mean, ratio

__all__ = ["bursts", "revisions"]


class _Burst(NamedTuple):
    length: int
    ended: str
    inside: bool


def _split(edits: Sequence[Edit]) -> Iterator[_Burst]:
    """Stretches of production by hand, and what ended each."""
    length, inside, at, last = 0, False, -1, -PAUSE_MS
    for edit in edits:
        put = by_hand(edit)
        paused = edit.t - last >= PAUSE_MS
        elsewhere = bool(put) and edit.p != at
        if length and (paused or edit.d or elsewhere or not put):
            yield _Burst(length, "pause" if paused else "revision", inside)
            length = 0
        if put:
            inside = inside if length else edit.p + edit.d < edit.size
            length += put
            at = edit.p + edit.n
        last = edit.t
    if length:
        yield _Burst(length, "pause", inside)


def bursts(edits: Sequence[Edit]) -> dict[str, Any]:
    """How many bursts of each kind, and how long."""
    found = list(_split(edits))
    paused = [one.length for one in found if one.ended == "pause"]
    revised = [one.length for one in found if one.ended == "revision"]
    return {
        "p_bursts": len(paused),
        "p_burst_length_mean": mean(paused),
        "r_bursts": len(revised),
        "r_burst_length_mean": mean(revised),
        "i_bursts": sum(one.inside for one in found),
        "burst_length_longest": max((one.length for one in found), default=0),
    }


def revisions(edits: Sequence[Edit]) -> dict[str, Any]:
    """What was taken back, where, and how much of the text came in order."""
    found: list[list[Edit]] = []
    before: Edit | None = None
    for edit in edits:
        goes_on = before is not None and before.d and edit.t - before.t < PAUSE_MS
        if edit.d and goes_on and not (before and before.n):
            found[-1].append(edit)
        elif edit.d:
            found.append([edit])
        before = edit
    deleted = sum(edit.d for edit in edits)
    produced = sum(map(by_hand, edits))
    edge = sum(one[0].p + one[0].d == one[0].size for one in found)
    linear = sum(by_hand(edit) for edit in edits if edit.p + edit.d == edit.size)
    return {
        "characters_deleted": deleted,
        "deletion_rate": ratio(deleted, produced),
        "revisions": len(found),
        "revision_length_mean": mean([sum(edit.d for edit in one) for one in found]),
        "leading_edge_revisions": edge,
        "in_text_revisions": len(found) - edge,
        "linearity": ratio(linear, produced),
    }
