"""What other tools read: Prometheus text, and verdicts as OpenTelemetry log records.

The names of OpenTelemetry's conventions for generative AI stand here and nowhere else. They are in
development: this follows the event ``gen_ai.evaluation.result`` of semantic-conventions 1.40. What
they have no name for is called ``wellhead.*``. Texts are never sent, and a collector that is away
holds nothing up: what does not fit into the queue is dropped and counted.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wellhead._version import __version__
from wellhead.watch.ledger import Reader
from wellhead.watch.settings import Settings
from wellhead.watch.status import Status

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Exporter", "log_records", "prometheus"]

SCHEMA_URL = "https://opentelemetry.io/schemas/1.40.0"
EVENT = "gen_ai.evaluation.result"
NAME = "gen_ai.evaluation.name"
SCORE = "gen_ai.evaluation.score.value"
LABEL = "gen_ai.evaluation.score.label"
EXPLANATION = "gen_ai.evaluation.explanation"
RESPONSE = "gen_ai.response.id"

_QUEUE, _BATCH, _PAUSE = 10_000, 500, 1.0
_INFO, _WARN = 9, 13  # severities of OpenTelemetry's logs


def prometheus(found: Status) -> str:
    """The state of a watch in Prometheus' text format."""
    lines: list[str] = []
    for name, kind, told, samples in _metrics(found):
        lines += [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {value:.10g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


Samples = list[tuple[dict[str, str], float]]


def _metrics(found: Status) -> Iterator[tuple[str, str, str, Samples]]:
    sums, here = found.conserved, "wellhead_watch"
    for name in ("asked", "answered", "lost", "verdicts", "unknown", "falsified"):
        samples: Samples = [({}, getattr(sums, name))]
        yield f"{here}_{name}_total", "counter", f"Exchanges: {name}.", samples
    versions = [({"version": each.name, "hash": each.hash[:12]}, each) for each in found.versions]
    yield (
        *(f"{here}_judged_total", "counter", "Judged exchanges of users by version."),
        [(labels, each.judged) for labels, each in versions],
    )
    yield (
        *(f"{here}_violations_total", "counter", "Violations, as judged."),
        [(labels, each.flagged) for labels, each in versions],
    )
    rates = [
        ({**labels, "bound": bound}, value)
        for labels, each in versions
        for bound, value in zip(("low", "point", "high"), each.reported[:3], strict=True)
    ]
    told = "Violation rate so far, as judged; low and high hold at all times at once."
    yield f"{here}_rate", "gauge", told, rates
    states = [(labels, float(each.breaker == "closed")) for labels, each in versions]
    yield f"{here}_version_answers", "gauge", "1 where the breaker is closed.", states
    yield f"{here}_stopped", "gauge", "1 while nothing is answered.", [({}, bool(found.stopped))]
    told = "Seconds for which the oldest answer has waited for its verdict."
    yield f"{here}_silent_seconds", "gauge", told, [({}, found.silent)]
    yield f"{here}_limit", "gauge", "The rate that no version may exceed.", [({}, found.limit)]
    if found.recall is not None:
        bounds = zip(("low", "point", "high"), found.recall[:3], strict=True)
        told = "The part of known-bad answers that the meter flags."
        yield (
            f"{here}_recall",
            "gauge",
            told,
            [({"bound": bound}, value) for bound, value in bounds],
        )
    told = "Logarithm of the e-value against the hypothesis that all are alike."
    both: Samples = [
        ({"between": "versions"}, found.differs),
        ({"between": "framings"}, found.framing_differs),
    ]
    yield f"{here}_log_e", "gauge", told, both
    told = "Drills that were not held for a month."
    yield f"{here}_drills_overdue", "gauge", told, [({}, len(found.overdue))]


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""

    def safe(text: str) -> str:
        return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    return "{" + ",".join(f'{name}="{safe(text)}"' for name, text in labels.items()) + "}"


def log_records(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Verdicts and actions from the logs, as one OTLP/JSON request to /v1/logs."""
    resource = _attributes({"service.name": "wellhead.watch", "service.version": __version__})
    scope = {"name": "wellhead.watch", "version": __version__}
    logs = {"scope": scope, "logRecords": list(map(_record, entries)), "schemaUrl": SCHEMA_URL}
    return {"resourceLogs": [{"resource": {"attributes": resource}, "scopeLogs": [logs]}]}


def _record(entry: dict[str, Any]) -> dict[str, Any]:
    at = str(int(float(entry.get("at", 0)) * 1e9))
    if entry.get("kind") == "verdict":
        severity, name = _INFO, EVENT
        facts = {
            NAME: entry.get("verdict", ""),
            SCORE: float(entry.get("score", 0.0)),
            LABEL: "violation" if entry.get("violates") else "clean",
            EXPLANATION: ", ".join(map(str, entry.get("categories", ()))),
            RESPONSE: entry.get("id", ""),
            "wellhead.true_bytes": bool(entry.get("true_bytes", True)),
        }
    else:
        severity, name = _WARN, f"wellhead.{entry.get('kind', 'action')}".replace(" ", "_")
        facts = {
            f"wellhead.{key}": value
            for key, value in entry.items()
            if key in ("version", "by", "why", "alarm", "drill", "passed") and value is not None
        }
    return {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "severityNumber": severity,
        "eventName": name,
        "attributes": _attributes(facts),
    }


def _attributes(facts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in facts.items() if value != ""]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)[:500]}


class Exporter:
    """Sends what is new in the logs to an OpenTelemetry collector, beside everything else."""

    def __init__(self, settings: Settings, http: aiohttp.ClientSession) -> None:
        self._url, self._http = settings.otlp.rstrip("/") + "/v1/logs", http
        names = ("verdicts.jsonl", "actions.jsonl")
        self._readers = [Reader(settings.folder / name) for name in names]
        for reader in self._readers:  # what an earlier gateway has sent
            for _ in reader.new():
                pass
        self._queue: deque[dict[str, Any]] = deque(maxlen=_QUEUE)
        self.dropped = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for reader in self._readers:
                for entry in reader.new():
                    self.dropped += len(self._queue) == _QUEUE
                    self._queue.append(entry)
            if not self._queue or not await self._send():
                await asyncio.sleep(_PAUSE)

    async def _send(self) -> bool:
        import aiohttp

        batch = [self._queue[at] for at in range(min(len(self._queue), _BATCH))]
        data, headers = json.dumps(log_records(batch)), {"content-type": "application/json"}
        limit = aiohttp.ClientTimeout(total=10)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._http.post(
                self._url, data=data, headers=headers, timeout=limit
            ) as reply:
                if reply.status < 400:
                    for _ in batch:
                        self._queue.popleft()
                    return True
        return False
