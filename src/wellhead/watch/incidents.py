"""Incidents: stretches of time in which something was stopped or raised an alarm.

In: the log of actions, and counts of verdicts by ten seconds. Out: each incident with what was done
in it, in order, and how the rate went meanwhile, so that it can be replayed on one time line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["BIN", "Incident", "Moment", "incidents_of"]

BIN = 10  # seconds
INF = float("inf")
_QUIET = 600.0  # seconds without an action that end an incident
_AROUND = 60.0
_BEGIN = ("alarm", "open", "kill", "kill seen")
_PART = (*_BEGIN, "resume", "kill over", "closed", "half-open", "rollback", "rollback over")


class Moment(NamedTuple):
    """Ten seconds, counted from the incident's first action: exchanges judged, and violations."""

    second: float
    judged: int
    flagged: int


class Incident(NamedTuple):
    """One incident.

    Attributes:
        start, end: times of its first and its last action.
        steps: (seconds since the start, what, version, who, why).
        moments: how the rate went, from a minute before to a minute after.
    """

    start: float
    end: float
    steps: tuple[tuple[float, str, str, str, str], ...]
    moments: tuple[Moment, ...]


def incidents_of(
    actions: Sequence[Mapping[str, Any]], counts: Mapping[int, Sequence[int]]
) -> tuple[Incident, ...]:
    """The incidents in a log of actions.

    Args:
        actions: its entries, in order.
        counts: by number of ten seconds: (judged, flagged).
    """
    drills = [entry for entry in actions if entry.get("kind") == "drill"]
    groups: list[list[Mapping[str, Any]]] = []
    for entry in actions:
        if entry.get("kind") not in _PART or _of_a_drill(entry, drills):
            continue
        at = float(entry.get("at", 0))
        if groups and at - float(groups[-1][-1].get("at", 0)) < _QUIET:
            groups[-1].append(entry)
        elif entry["kind"] in _BEGIN:
            groups.append([entry])
    return tuple(_incident(group, counts) for group in groups)


def _of_a_drill(entry: Mapping[str, Any], drills: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a drill did it, or the gateway did because of one that was being held."""
    why, kind = str(entry.get("why", "")), entry.get("kind")
    if why in ("a drill", "the drill is over"):
        return True
    at = float(entry.get("at", 0))
    held = {d.get("drill") for d in drills if d.get("began", INF) <= at <= d.get("at", 0)}
    seen = kind in ("kill seen", "kill over") or (kind == "kill" and entry.get("by") == "signal")
    silent = kind in ("open", "closed") and why.startswith(("no verdict", "verdicts come"))
    return ("kill" in held and seen) or ("silence" in held and silent)


def _incident(
    entries: Sequence[Mapping[str, Any]], counts: Mapping[int, Sequence[int]]
) -> Incident:
    start, end = (float(entries[at].get("at", 0)) for at in (0, -1))
    steps = tuple(
        (
            round(float(entry.get("at", 0)) - start, 1),
            *(str(entry.get(name) or "")[:200] for name in ("kind", "version", "by", "why")),
        )
        for entry in entries
    )
    first, last = int((start - _AROUND) // BIN), int((end + _AROUND) // BIN)
    moments = tuple(
        Moment(place * BIN - start, counts[place][0], counts[place][1])
        for place in range(first, min(last, first + 4000) + 1)
        if place in counts
    )
    return Incident(start, end, steps, moments)  # type: ignore[arg-type]
