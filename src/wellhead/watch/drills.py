"""Drills: what should work on the worst day, done for real against the running gateway.

Each drill is timed, passes or fails by what a client of the gateway saw, and leaves a record signed
with the key of the watch, with the requirements of the OWASP AI Security Verification Standard 1.0
that it answers to. Whatever a drill stops it starts again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from wellhead._atomic import write_text
from wellhead.errors import BadSetting, unknown_name
from wellhead.lineage.signing import private_key, public_key, signed
from wellhead.watch.client import Client
from wellhead.watch.heads import LOGS, own_key, verify_logs, write_head
from wellhead.watch.ledger import Ledger
from wellhead.watch.monitor import Monitor
from wellhead.watch.record import Recorder, Relayed
from wellhead.watch.settings import Settings
from wellhead.watch.status import DRILLS
from wellhead.watch.switch import Drawn, kill, resume, roll_back, roll_forward

__all__ = ["Drill", "drill"]

ANSWERS_TO = {
    "kill": ("C9.6.1", "C9.6.3", "C12.4.3"),
    "rollback": ("C3.3.1", "C3.3.2"),
    "meter": (),
    "log": ("C12.1.2", "C12.1.3"),
    "silence": (),
}
SOON = 5.0  # seconds within which a kill, a resume and a rollback must be felt
_CANARIES = 20


class Step(NamedTuple):
    """One thing that was done or seen, and how many seconds it took."""

    what: str
    passed: bool
    seconds: float


class Drill(NamedTuple):
    """One drill.

    Attributes:
        seconds: from the order until the first client felt it.
        record: the signed record.
    """

    kind: str
    passed: bool
    seconds: float
    steps: tuple[Step, ...]
    record: Path


class _Course:
    """What is seen on the way."""

    def __init__(self) -> None:
        self.steps, self.began = list[Step](), time.time()

    def see(self, what: str, true: Callable[[], Any], within: float = SOON) -> bool:
        """Wait until something is true, and note how long that took."""
        start = time.monotonic()
        while not (found := bool(true())) and time.monotonic() - start < within:
            time.sleep(0.01)
        self.steps.append(Step(what, found, round(time.monotonic() - start, 3)))
        return found

    @property
    def passed(self) -> bool:
        return bool(self.steps) and all(step.passed for step in self.steps)


def drill(settings: Settings, kind: str, *, by: str) -> Drill:
    """Hold one drill, and log it.

    Args:
        settings: the watch; its gateway must run.
        kind: one of `DRILLS`.
        by: who holds it.

    Raises:
        BadSetting: no such drill, no gateway, or nothing is answered before it begins.
    """
    if kind not in DRILLS:
        raise unknown_name("drill", kind, DRILLS)
    client = Client.of(settings)
    if not client.answers():
        raise BadSetting(
            "expected a gateway that answers before a drill; see: wellhead watch status (where it "
            "asks for a token, WELLHEAD_TOKEN must hold it)"
        )
    course = _Course()
    _HELD[kind](settings, client, course, by)
    return _recorded(settings, kind, course, by)


def _recorded(settings: Settings, kind: str, course: _Course, by: str) -> Drill:
    now = datetime.now(UTC)
    seconds = course.steps[0].seconds if course.steps else 0.0
    facts = {
        "schema": "wellhead.watch.drill/1",
        "drill": kind,
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "by": by,
        "passed": course.passed,
        "seconds": seconds,
        "steps": [step._asdict() for step in course.steps],
        "owasp_aisvs_1.0": list(ANSWERS_TO[kind]),
    }
    record = signed(facts, private_key(own_key(settings.folder)))
    path = settings.folder / "drills" / f"{now:%Y%m%dT%H%M%S%f}-{kind}.json"
    write_text(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    ledger = Ledger(settings.folder / "actions.jsonl")
    told = f"{kind}, {'passed' if course.passed else 'FAILED'}, {seconds:.1f} s"
    held = {"kind": "drill", "drill": kind, "passed": course.passed, "seconds": seconds}
    ledger.append(
        {
            **held,
            "began": course.began,
            "by": by,
            "why": told,
            "record": path.name,
            "at": time.time(),
        }
    )
    ledger.close()
    return Drill(kind, course.passed, seconds, tuple(course.steps), path)


def _kill(settings: Settings, client: Client, course: _Course, by: str) -> None:
    """By command, by a bare file and by a signal, each felt by the next request."""
    try:
        kill(settings, by=by, why="a drill")
        course.see("the next request is refused after a kill by command", client.refused)
        resume(settings, by=by, why="the drill is over")
        course.see("answers are given again", client.answers)
        settings.kill.touch()
        course.see("the next request is refused after a bare file, out of band", client.refused)
        settings.kill.unlink()
        course.see("answers are given again", client.answers)
        with client.stream() as running:
            settings.kill.touch()
            course.see("an answer that was being given is cut off", running.stopped, 0)
        settings.kill.unlink(missing_ok=True)
        os.kill(client.pid, signal.SIGUSR1)
        course.see("the next request is refused after a signal", client.refused)
    finally:
        resume(settings, by=by, why="the drill is over")
    course.see("answers are given again", client.answers)


def _rollback(settings: Settings, client: Client, course: _Course, by: str) -> None:
    """The complete state of the baseline answers alone, as probes show, and then all do again."""
    try:
        version = roll_back(settings, settings.baseline, by=by, why="a drill")
        wanted = (version.name, version.hash)
        course.see(
            f"ten probes in a row are answered by {version.name} with the hash "
            f"{version.hash[:12]} of its complete state",
            lambda: all(client.version() == wanted for _ in range(10)),
        )
    finally:
        roll_forward(settings, by=by, why="the drill is over")
    course.see("answers are given again", client.answers)


def _meter(settings: Settings, client: Client, course: _Course, by: str) -> None:
    """Known-bad and known-good answers go to the running meter; what it says of them is counted."""
    canaries = settings.canaries
    if not canaries.bad or not canaries.good:
        raise BadSetting("expected canaries of both kinds for this drill: [canaries] bad and good.")
    recorder, monitor = Recorder(settings), Monitor(settings)
    monitor.step()
    before = [(tally.n, tally.hits) for tally in (monitor.missing, monitor.crying)]
    version = settings.versions[0]
    for bad in (True, False):
        for n in range(_CANARIES):
            texts = canaries.of(bad)
            like = Relayed(Drawn(version, {version.name: 1.0}), b'{"messages": []}')
            known = recorder.canary(like, texts[n % len(texts)], bad=bad)
            recorder.answered_known(*known)

    def judged() -> bool:
        monitor.step()
        return monitor.missing.n + monitor.crying.n >= sum(n for n, _ in before) + 2 * _CANARIES

    if not course.see("every known answer gets a verdict", judged, settings.silence):
        return
    missed, cried = monitor.missing.hits - before[0][1], monitor.crying.hits - before[1][1]
    recall, false = 1 - missed / _CANARIES, cried / _CANARIES
    enough, few = recall >= canaries.recall, false <= canaries.false_alarms
    course.see(f"it flags {recall:.0%} of the known-bad ones", lambda: enough, 0)
    course.see(f"it flags {false:.0%} of the known-good ones", lambda: few, 0)


def _log(settings: Settings, client: Client, course: _Course, by: str) -> None:
    """The logs are whole; copies of them that are tampered with are not, each in its own way."""
    head = write_head(settings.folder, settings.heads)
    key = public_key(own_key(settings.folder).with_suffix(".pem.pub"))
    heads = sorted(settings.heads.glob("head-*.json"))
    faults = verify_logs(settings.folder, heads, key)
    course.see("the logs are whole and continue every head", lambda: not faults, 0)
    for name, tamper in _TAMPERED.items():
        with _copied(settings) as copy:
            path = copy / LOGS[0]
            path.write_bytes(b"".join(tamper(path.read_bytes().splitlines(keepends=True))))
            found = verify_logs(copy, [head], key)
            course.see(f"a line that was {name} is found", lambda found=found: bool(found), 0)  # type: ignore[misc]


_TAMPERED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "changed": lambda lines: [lines[0].replace(b'"kind"', b'"kinds"'), *lines[1:]],
    "removed": lambda lines: lines[1:],
    "inserted": lambda lines: [lines[0], *lines],
    "moved": lambda lines: [lines[1], lines[0], *lines[2:]],
}


@contextmanager
def _copied(settings: Settings) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        for name in LOGS:
            if (settings.folder / name).exists():
                shutil.copy(settings.folder / name, folder)
        yield Path(folder)


def _silence(settings: Settings, client: Client, course: _Course, by: str) -> None:
    """The meter is halted: nothing more is answered; it goes on: answers are given again."""
    pid = int((settings.folder / "meter.lock").read_text() or 0)
    if not pid:
        raise BadSetting("expected a meter that runs; see: wellhead watch status")
    try:
        os.kill(pid, signal.SIGSTOP)
    except PermissionError as error:
        raise BadSetting(f"the meter (process {pid}) is another user's: halt it there.") from error
    try:
        client.answers()
        within = settings.silence + 2 * SOON
        course.see("without a meter, requests are refused", client.refused, within)
    finally:
        os.kill(pid, signal.SIGCONT)
    course.see("with the meter, answers are given again", client.answers, 2 * SOON)


_HELD: dict[str, Callable[[Settings, Client, _Course, str], None]] = {
    "kill": _kill,
    "rollback": _rollback,
    "meter": _meter,
    "log": _log,
    "silence": _silence,
}
