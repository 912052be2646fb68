"""How a watch stands: the first thing that somebody on call reads."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from wellhead._result import Result
from wellhead._stats import Interval
from wellhead._version import __version__
from wellhead.prevalence.misjudged import corrected_rate
from wellhead.watch.heads import LOGS
from wellhead.watch.ledger import check
from wellhead.watch.monitor import Conserved, Monitor
from wellhead.watch.settings import Settings
from wellhead.watch.switch import Breaker, Switch
from wellhead.watch.tally import Tally

__all__ = ["Action", "Status", "VersionStatus", "status_of"]

_SHOWN = 200


class Action(NamedTuple):
    """Something that was done: when, what, by whom, why."""

    at: float
    kind: str
    version: str
    by: str
    why: str


class VersionStatus(NamedTuple):
    """One version.

    Attributes:
        judged, flagged: exchanges with a verdict, and violations among them.
        reported: the rate as the meter reports it.
        corrected: the rate without the meter's errors, from canaries; None before there are any.
        breaker: closed, open or half-open, and why.
        course: (judged, low, point, high) on the way.
    """

    name: str
    hash: str
    judged: int
    flagged: int
    reported: Interval
    corrected: Interval | None
    breaker: str
    why: str
    course: tuple[tuple[int, float, float, float], ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class Status(Result):
    """A whole watch at one moment.

    Attributes:
        stopped: why nothing is answered now; "" where something is.
        versions: rates, breakers.
        differs: e-value against "the version does not predict the rate", from traffic by lot.
        recall, false_alarms: of the meter on canaries, with how many there were.
        conserved: the counts that must add up.
        unfinished: exchanges of which no whole answer is logged.
        silent: seconds for which the oldest answer has waited for its verdict.
        faults: what is wrong with the chains of the logs.
        actions: the latest ones.
    """

    schema_version: ClassVar[int | None] = 1
    stem: ClassVar[str] = "watch-status"

    at: float
    limit: float
    stopped: str
    versions: tuple[VersionStatus, ...]
    differs: float
    recall: Interval | None
    bad_canaries: int
    false_alarms: Interval | None
    good_canaries: int
    conserved: Conserved
    unfinished: tuple[str, ...]
    silent: float
    silence: float
    faults: tuple[Any, ...]
    actions: tuple[Action, ...]
    version: str = __version__

    @property
    def well(self) -> bool:
        """Whether nothing asks for somebody's eyes."""
        return not (
            self.stopped
            or self.faults
            or self.silent > self.silence
            or self.conserved.unknown
            or self.conserved.falsified
            or any(each.breaker != "closed" for each in self.versions)
        )


def status_of(settings: Settings, *, now: float | None = None) -> Status:
    """Read the logs of a watch, whether or not its gateway runs."""
    at = time.time() if now is None else now
    monitor = Monitor(settings)
    monitor.step()
    switch = Switch(settings)
    caught = monitor.caught
    actions = [_action(entry) for entry in monitor.actions()][-_SHOWN:]
    return Status(
        at=at,
        limit=settings.limit,
        stopped="stopped by hand" if settings.kill.exists() else _open(switch.everything),
        versions=tuple(
            _version(version.name, version.hash, monitor, switch.breakers[version.name])
            for version in settings.versions
        ),
        differs=float(min(monitor.difference.log_e, 700.0)),
        recall=monitor.recall(),
        bad_canaries=caught[True][1],
        false_alarms=monitor.false_alarms(),
        good_canaries=caught[False][1],
        conserved=monitor.conserved,
        unfinished=tuple(monitor.unfinished),
        silent=monitor.silent(at),
        silence=settings.silence,
        faults=tuple(fault for name in LOGS for fault in check(settings.folder / name)),
        actions=tuple(actions),
    )


def _open(breaker: Breaker) -> str:
    return breaker.why if breaker.state == "open" else ""


def _version(name: str, hash: str, monitor: Monitor, breaker: Breaker) -> VersionStatus:
    tally = monitor.tallies.get(name) or Tally()
    bad, good = monitor.caught[True], monitor.caught[False]
    known = bool(bad[1] and good[1] and tally.n)
    counts = (tally.hits, tally.n), (bad[0], bad[1]), (good[0], good[1])
    return VersionStatus(
        name=name,
        hash=hash,
        judged=tally.n,
        flagged=tally.hits,
        reported=tally.interval(),
        corrected=corrected_rate(*counts) if known else None,
        breaker=breaker.state,
        why=breaker.why,
        course=tuple((n, *interval[:3]) for n, interval in tally.course()),
    )


def _action(entry: dict[str, Any]) -> Action:
    names = ("kind", "version", "by", "why")
    told = (str(entry.get(name) or "")[:200] for name in names)
    return Action(float(entry.get("at", 0)), *told)
