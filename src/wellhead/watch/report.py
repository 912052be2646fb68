"""A report on a period for somebody who was not there: rates, incidents, drills, proofs."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from wellhead._result import Result
from wellhead._version import __version__
from wellhead.errors import BadInput, WellheadError
from wellhead.lineage.signing import key_id, public_key, require_signed
from wellhead.watch.heads import own_key, verify_logs
from wellhead.watch.incidents import Incident, incidents_of
from wellhead.watch.ledger import Fault
from wellhead.watch.monitor import Monitor
from wellhead.watch.settings import Settings
from wellhead.watch.status import Status, status_of

__all__ = ["Held", "WatchReport", "report_on"]


class Held(NamedTuple):
    """A drill that was held: its signed record, and whether the signature holds."""

    at: str
    drill: str
    passed: bool
    seconds: float
    by: str
    answers_to: tuple[str, ...]
    signed: bool


@dataclass(frozen=True, kw_only=True, repr=False)
class WatchReport(Result):
    """What happened in a period, and what proves it.

    Attributes:
        since, until: the period, in seconds of Unix time.
        status: rates and counts of the period; breakers and actions as they stand now.
        incidents, drills: of the period.
        heads: how many signed heads the logs continue.
        key: the id of the key that signs.
        faults: what is wrong with the logs.
    """

    schema_version: ClassVar[int | None] = 1
    stem: ClassVar[str] = "watch-report"

    since: float
    until: float
    status: Status
    incidents: tuple[Incident, ...]
    drills: tuple[Held, ...]
    heads: int
    key: str
    faults: tuple[Fault, ...]
    version: str = __version__


def report_on(settings: Settings, *, since: float = 0.0, until: float | None = None) -> WatchReport:
    """Read the logs of a period.

    Raises:
        BadInput: nothing was logged yet, or the period is none.
    """
    until = time.time() if until is None else until
    if until <= since:
        raise BadInput("expected a period that ends after it begins.")
    monitor = Monitor(settings, since=since, until=until)
    monitor.step()
    if not monitor.conserved.asked:
        raise BadInput(f"{settings.folder}: nothing was asked yet, so that there is no report.")
    heads = sorted(settings.heads.glob("head-*.json"))
    key = public_key(own_key(settings.folder).with_suffix(".pem.pub"))
    faults = tuple(verify_logs(settings.folder, heads, key))
    actions = [entry for entry in monitor.actions() if since <= float(entry.get("at", 0)) < until]
    return WatchReport(
        since=since or monitor.began,
        until=until,
        status=status_of(settings, monitor=monitor, faults=faults),
        incidents=incidents_of(actions, monitor.counts),
        drills=tuple(_held(settings.folder, entry, key) for entry in _drills(actions)),
        heads=len(heads),
        key=key_id(key),
        faults=faults,
    )


def _drills(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in actions if entry.get("kind") == "drill"]


def _held(folder: Path, entry: dict[str, Any], key: Any) -> Held:
    path = folder / "drills" / Path(str(entry.get("record", ""))).name
    try:
        record = require_signed(json.loads(path.read_text(encoding="utf-8")), key, str(path))
        signed = record["drill"] == entry.get("drill") and record["passed"] == entry.get("passed")
        answers = tuple(map(str, record["owasp_aisvs_1.0"]))
        at = str(record["time"])
    except (OSError, ValueError, KeyError, TypeError, WellheadError):
        signed, answers, at = False, (), ""
    return Held(
        at=at,
        drill=str(entry.get("drill", "")),
        passed=bool(entry.get("passed")),
        seconds=float(entry.get("seconds", 0)),
        by=str(entry.get("by", "")),
        answers_to=answers,
        signed=signed,
    )
