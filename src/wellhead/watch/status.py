"""How a watch stands: the first thing that somebody on call reads."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from wellhead._result import Result
from wellhead._stats import Interval
from wellhead._version import __version__
from wellhead.errors import BadInput
from wellhead.prevalence.misjudged import corrected_once, corrected_rate
from wellhead.watch.heads import LOGS
from wellhead.watch.incidents import Incident, incidents_of
from wellhead.watch.labels import LiveLabels, live_labels
from wellhead.watch.ledger import Fault, check
from wellhead.watch.many import exceeding
from wellhead.watch.measures import measured
from wellhead.watch.monitor import SURE, Conserved, Monitor
from wellhead.watch.panel import Panel
from wellhead.watch.result import Consensus, Exceeding, Labelled, Measure, Reviewed
from wellhead.watch.settings import Settings, Version
from wellhead.watch.switch import Breaker, Switch
from wellhead.watch.tally import ERROR, Tally

__all__ = [
    "DRILLS",
    "Action",
    "Comparison",
    "Framed",
    "GroupStatus",
    "Status",
    "VersionStatus",
    "labels_of",
    "status_of",
]

DRILLS = ("kill", "rollback", "meter", "log", "silence")
MONTH = 30 * 86_400.0
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
        labelled: the rate by people's labels; None without a review queue.
        corrected_once: as `corrected`, for one look at a date that was fixed beforehand.
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
    labelled: Labelled | None = None
    corrected_once: Interval | None = None

    @property
    def once(self) -> Interval | None:
        """As `true`, narrower, for one look at a date that was fixed beforehand."""
        return self.labelled.once if self.labelled and self.labelled.labels else self.corrected_once

    @property
    def true(self) -> Interval | None:
        """Without the meter's errors: by people's labels where there are any, else by canaries."""
        return self.labelled.interval if self.labelled and self.labelled.labels else self.corrected


class GroupStatus(NamedTuple):
    """One group: the rate as the meter reports it, and by people's labels."""

    name: str
    judged: int
    reported: Interval
    labelled: Labelled | None = None


class Comparison(NamedTuple):
    """Whether a rollback would help: how many times as often a version violates as the baseline.

    Attributes:
        hits: violations of the two, from traffic that a lot dealt out.
        low, point, high: the ratio, at all times at once.
        worth: a ratio below this is not worth a rollback.
    """

    name: str
    baseline: str
    hits: int
    low: float
    point: float
    high: float
    worth: float

    @property
    def helps(self) -> bool | None:
        """Whether a rollback would; None where that is not known yet."""
        if self.low > 1:
            return True
        return False if self.high < self.worth else None


class Framed(NamedTuple):
    """Probes in one framing."""

    framing: str
    asked: int
    flagged: int
    rate: Interval


@dataclass(frozen=True, kw_only=True, repr=False)
class Status(Result):
    """A whole watch at one moment.

    Attributes:
        stopped: why nothing is answered now; "" where something is.
        trial: why one request in twenty is answered, after a stop of everything; "" otherwise.
        versions: rates, breakers.
        differs: e-value against "the version does not predict the rate", from traffic at random.
        recall, false_alarms: of the meter on canaries, with how many there were.
        cries: whether it is known to flag more good canaries than it may.
        conserved: the counts that must add up.
        failed: requests to which the model gave an error or nothing; they count towards no rate.
        unfinished: exchanges of which no whole answer is logged.
        silent: seconds for which the oldest answer has waited for its verdict.
        faults: what is wrong with the chains of the logs.
        actions: the latest ones.
        rollbacks: of each version to the baseline, whether a rollback would help.
        framings: how probes were answered; `framing_differs` is the e-value against "alike".
        groups: rates by group.
        looked_at: how many rates were compared with the limit, by version, group and kind.
        exceeding: those of them that exceed it; of these a part of `error` at the most is wrong.
        review: what people's labels say of the meter; None before the first.
        consensus: of several judges together; None with one alone.
        measures: what clients report beside answers.
        rolled_back: the version that alone answers after a rollback; "" without one.
        overdue: drills that were not held for a month.
        incidents: the last ones.
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
    cries: bool
    conserved: Conserved
    failed: int
    unfinished: tuple[str, ...]
    silent: float
    silence: float
    faults: tuple[Fault, ...]
    actions: tuple[Action, ...]
    rollbacks: tuple[Comparison, ...] = ()
    framings: tuple[Framed, ...] = ()
    framing_differs: float = 0.0
    groups: tuple[GroupStatus, ...] = ()
    error: float = ERROR
    looked_at: int = 0
    exceeding: tuple[Exceeding, ...] = ()
    review: Reviewed | None = None
    consensus: Consensus | None = None
    measures: tuple[Measure, ...] = ()
    rolled_back: str = ""
    trial: str = ""
    overdue: tuple[str, ...] = ()
    incidents: tuple[Incident, ...] = ()
    version: str = __version__

    @property
    def well(self) -> bool:
        """Whether nothing asks for somebody's eyes."""
        return not (
            self.stopped
            or self.trial
            or self.faults
            or self.cries
            or self.silent > self.silence
            or self.conserved.unknown
            or self.conserved.falsified
            or self.overdue
            or self.framing_differs >= SURE
            or any(each.breaker != "closed" for each in self.versions)
        )


def status_of(
    settings: Settings,
    *,
    now: float | None = None,
    monitor: Monitor | None = None,
    switch: Switch | None = None,
    faults: tuple[Fault, ...] | None = None,
) -> Status:
    """Read the logs of a watch, whether or not its gateway runs.

    Args:
        settings: the watch.
        now: the time that counts as now.
        monitor, switch, faults: what a running gateway knows already.
    """
    at = time.time() if now is None else now
    if monitor is None:
        monitor = Monitor(settings)
        monitor.step()
    switch = switch or Switch(settings)
    if faults is None:
        faults = tuple(fault for name in LOGS for fault in check(settings.folder / name))
    entries, labels = monitor.actions(), labels_of(settings, monitor)
    breakers, cells = switch.breakers, monitor.cells.counts()
    return Status(
        at=at,
        limit=settings.limit,
        stopped=_stopped(settings, switch),
        versions=tuple(
            _version(each, monitor, breakers[each.name], labels.versions.get(each.name))
            for each in settings.versions
        ),
        differs=float(min(monitor.difference.log_e, 700.0)),
        recall=monitor.recall(),
        bad_canaries=monitor.missing.n,
        false_alarms=monitor.false_alarms(),
        good_canaries=monitor.crying.n,
        cries=monitor.crying.interval().low > settings.canaries.false_alarms,
        conserved=monitor.conserved,
        failed=monitor.failed,
        unfinished=tuple(monitor.unfinished),
        silent=monitor.silent(at),
        silence=settings.silence,
        faults=faults,
        actions=tuple(_action(entry) for entry in entries[-_SHOWN:]),
        rollbacks=_comparisons(settings, monitor),
        framings=tuple(
            Framed(name, tally.n, tally.hits, tally.interval())
            for name, tally in sorted(monitor.framings.items())
        ),
        framing_differs=float(min(monitor.framed.log_e, 700.0)),
        groups=tuple(
            GroupStatus(name, tally.n, tally.interval(), labels.groups.get(name))
            for name, tally in sorted(monitor.groups.items())
        ),
        looked_at=len(cells),
        exceeding=exceeding(cells, settings.limit, error=ERROR),
        review=labels.reviewed,
        consensus=_joined(settings, monitor),
        measures=measured(list(monitor.measures.values()), error=ERROR),
        trial=switch.everything.why if switch.everything.state == "half-open" else "",
        rolled_back=switch.only.name if switch.only else "",
        overdue=_overdue(entries, at),
        incidents=incidents_of(entries, monitor.counts)[-3:],
    )


def _comparisons(settings: Settings, monitor: Monitor) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(name, settings.baseline, sum(ratio.hits), *ratio.interval(), settings.worth)
        for name, ratio in monitor.ratios.items()
    )


def _overdue(entries: list[dict[str, Any]], at: float) -> tuple[str, ...]:
    """The drills that were not held, and passed, within a month; nothing is in the first one."""
    if not entries or at - float(entries[0].get("at", at)) < MONTH:
        return ()
    held = {
        str(entry.get("drill"))
        for entry in entries
        if entry.get("kind") == "drill" and entry.get("passed") and at - entry.get("at", 0) < MONTH
    }
    return tuple(name for name in DRILLS if name not in held)


def _stopped(settings: Settings, switch: Switch) -> str:
    """Why nothing is answered; "" where something is."""
    if settings.kill.exists():
        return "stopped by hand"
    if switch.everything.state == "open":
        return switch.everything.why
    return "every version is stopped" if switch.all_open else ""


def labels_of(settings: Settings, monitor: Monitor) -> LiveLabels:
    """What people's labels say of everything that a monitor counts."""
    none = LiveLabels({}, {}, None)
    if settings.review is None:
        return none
    from wellhead.watch.review import ReviewQueue

    try:
        monitor.queue = monitor.queue or ReviewQueue(settings.review)
        return live_labels(monitor.queue, monitor.judged, limit=settings.limit, error=ERROR)
    except (BadInput, OSError, sqlite3.Error):
        # Not begun yet, or another user's who keeps it from the gateway.
        return none


def _joined(settings: Settings, monitor: Monitor) -> Consensus | None:
    """What several judges say together; joined anew once a quarter more votes have come."""
    votes = monitor.ballot.total()
    if not votes:
        return None
    if monitor.joined is None or votes >= 1.25 * monitor.joined[0]:
        from wellhead.watch.joined import consensus

        verdict = settings.verdict()
        names = [each.name for each in verdict.judges] if isinstance(verdict, Panel) else []
        ballot = {key: n for key, n in monitor.ballot.items() if len(key[1]) == len(names)}
        if not ballot:
            return None
        monitor.joined = votes, consensus(names, ballot)
    return monitor.joined[1]


def _version(
    version: Version, monitor: Monitor, breaker: Breaker, labelled: Labelled | None
) -> VersionStatus:
    tally = monitor.tallies.get(version.name) or Tally()
    bad, good = monitor.missing, monitor.crying
    known = bool(bad.n and good.n and tally.n)
    counts = (tally.hits, tally.n), (bad.n - bad.hits, bad.n), (good.hits, good.n)
    return VersionStatus(
        name=version.name,
        hash=version.hash,
        judged=tally.n,
        flagged=tally.hits,
        reported=tally.interval(),
        corrected=corrected_rate(*counts) if known else None,
        corrected_once=corrected_once(*counts) if known else None,
        breaker=breaker.state,
        why=breaker.why,
        course=tuple((n, *interval[:3]) for n, interval in tally.course(30)),
        labelled=labelled,
    )


def _action(entry: dict[str, Any]) -> Action:
    names = ("kind", "version", "by", "why")
    told = (str(entry.get(name) or "")[:200] for name in names)
    return Action(float(entry.get("at", 0)), *told)
