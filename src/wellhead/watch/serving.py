"""A running watch: the gateway here, the meter in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any

from wellhead.errors import BadSetting, MissingExtra
from wellhead.watch.client import note_running
from wellhead.watch.heads import Heads, own_key, write_head
from wellhead.watch.labels import LiveLabels
from wellhead.watch.ledger import FOLDER, Fault
from wellhead.watch.monitor import Alarm, Monitor
from wellhead.watch.settings import Settings
from wellhead.watch.sharing import share
from wellhead.watch.status import Status, labels_of, status_of
from wellhead.watch.switch import CLEAN, Switch, kill
from wellhead.watch.telemetry import Exporter
from wellhead.watch.versions import keep_versions
from wellhead.web.listening import address_of, listen_on

__all__ = ["Overseer", "application", "serve"]

_LOG = logging.getLogger(__name__)
TOKEN = "WELLHEAD_TOKEN"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_BEAT = 0.2
_HEAD_EVERY = 60.0
_LABELS_EVERY = 5.0
_LATE = 1.0  # seconds for which an alarm may have waited when a gateway was killed
_ALARM = ("alarm", "version", "why")
_METER_EVERY = 2.0  # seconds between looks at the meter


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8090,
    meter: bool = True,
    told: Callable[[str], None] = print,
) -> None:
    """Serve until interrupted.

    Args:
        settings: the watch.
        host, port: where; port 0 takes a free one.
        meter: start the meter as well; without, it is run by somebody else (another user).
        told: is given the address.

    Raises:
        MissingExtra: the web server is not installed.
        BadSetting: the port is taken, or the key of a version is not there.
    """
    try:
        import aiohttp  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise MissingExtra("the gateway", "watch") from error
    token = os.environ.get(TOKEN, "")
    if not token and host not in LOOPBACK:
        token = secrets.token_urlsafe(24)
        told(f"token: {token}")
    for version in settings.versions:
        if version.key_env and not version.key:
            raise BadSetting(
                f"version {version.name}: the environment variable {version.key_env} holds no key."
            )
    listener = listen_on(host, port)
    settings.folder.mkdir(FOLDER, parents=True, exist_ok=True)
    share(settings)
    lock = _alone(settings)
    own_key(settings.folder)
    keep_versions(settings)
    meters = Meters(settings) if meter else None
    url = f"{address_of(listener, host)}/v1"
    note_running(settings, url, os.getpid())
    told(url)
    app = application(settings, meters, token=token)
    config = uvicorn.Config(
        app, lifespan="on", log_level="warning", access_log=False, server_header=False
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        if meters:
            meters.end()
        write_head(settings.folder, settings.heads)
        lock.close()


class Meters:
    """The meter as a process of its own; started again when it dies."""

    def __init__(self, settings: Settings) -> None:
        self._command = [sys.executable, "-m", "wellhead", "watch", "meter", str(settings.path)]
        self._command += ["--parent", str(os.getpid())]
        self._child = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL)

    def look(self, switch: Switch) -> None:
        """Start it again where it has ended; `switch` logs that."""
        if (code := self._child.poll()) is not None:
            self._child = self._started()
            switch.log("meter started again", by="gateway", why=f"it had ended with {code}")

    def end(self) -> None:
        self._child.terminate()
        try:
            self._child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._child.kill()


def _alone(settings: Settings) -> IO[str]:
    """A lock that holds as long as this process lives: one gateway writes into a folder."""
    lock = (settings.folder / "gateway.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise BadSetting(f"another gateway runs on {settings.folder}; stop it first.") from error
    return lock


def application(settings: Settings, meters: Meters | None = None, *, token: str = "") -> Any:
    """The gateway behind the outer wall, with what goes on beside it."""
    from wellhead.watch.gateway import Gateway, refuse
    from wellhead.watch.live import Live
    from wellhead.web.bounds import App, BodyLimit, Neighbours, Receive, SafeHeaders, Scope, Send

    over = Overseer(settings, Switch(settings), meters)
    gateway = Gateway(settings, over.switch)

    def refused(status: int, code: str, words: str) -> App:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await refuse(send, status, code, words)

        return answer

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await gateway.start()
        over.begin()
        beside = [asyncio.create_task(over.run())]
        if settings.otlp:
            beside.append(asyncio.create_task(Exporter(settings, gateway.http).run()))
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGUSR1, _by_signal, settings)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in beside:
            task.cancel()
        await gateway.stop()
        await send({"type": "lifespan.shutdown.complete"})

    live = Live(gateway, over.status, token=token, folder=settings.folder)
    walled: App = BodyLimit(live, limit=2 << 20, refuse=refused)
    walled = SafeHeaders(Neighbours(walled, hosts=None if token else LOOPBACK, refuse=refused))

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        await (lifespan if scope["type"] == "lifespan" else walled)(scope, receive, send)

    return whole


def _by_signal(settings: Settings) -> None:
    kill(settings, by="signal", why="SIGUSR1")


class Overseer:
    """Reads verdicts as they come, stops what must be stopped, signs heads, says how all stands."""

    def __init__(self, settings: Settings, switch: Switch, meters: Meters | None) -> None:
        self.settings, self.switch, self._meters = settings, switch, meters
        self._monitor, self._beat = Monitor(settings), Beat(switch)
        self._reading = threading.Lock()  # the monitor counts, or is read
        self._heads = Heads(settings.folder, settings.heads)
        self._faults: tuple[Fault, ...] = ()
        self._headed, self._looked = -_HEAD_EVERY, time.monotonic()
        self._asked_people, self._told = 0.0, self._told_before()

    def _told_before(self) -> dict[str, int]:
        """At how many labels an earlier life stopped a version by them."""
        return {
            str(entry.get("version")): int(entry["why"].split()[0])
            for entry in self._monitor.actions()
            if entry.get("alarm") == "labels" and str(entry.get("why"))[:1].isdecimal()
        }

    def status(self) -> Status:
        """How everything stands now; what is wrong with the logs, as of the last head.

        It may be called in a thread.
        """
        with self._reading:
            return status_of(
                self.settings, monitor=self._monitor, switch=self.switch, faults=self._faults
            )

    def begin(self) -> None:
        """Read what was logged before, and act on what no gateway was there to act on."""
        actions = self._monitor.actions()
        done = {tuple(entry.get(name) for name in _ALARM) for entry in actions}
        alarms = self._step()
        last = max([self._monitor.ended, *(float(entry.get("at", 0)) for entry in actions)])
        for alarm in alarms:
            if alarm.at >= last - _LATE and tuple(alarm[:3]) not in done:
                self._beat.act(alarm)

    def _step(self) -> list[Alarm]:
        with self._reading:
            return self._monitor.step()

    async def run(self) -> None:
        """Until cancelled."""
        if sealed := self.settings.probes.sealed:
            why = f"{len(self.settings.probes.questions)} questions"
            self.switch.log("probes", by="gateway", why=why, sealed=sealed)
        while True:
            try:
                await self.once()
            except Exception as error:  # noqa: BLE001  (what nobody watches is not answered)
                _LOG.exception("the logs cannot be followed")
                with contextlib.suppress(OSError):
                    why = f"the logs cannot be followed: {error}"[:200]
                    self.switch.open(None, by="gateway", why=why)
            await asyncio.sleep(_BEAT)

    async def once(self) -> None:
        """One look at the logs, and at what is due besides."""
        for alarm in await asyncio.to_thread(self._step):
            self._beat.act(alarm)
        self._beat.look(self._monitor)
        if self._meters and time.monotonic() - self._looked > _METER_EVERY:
            self._looked = time.monotonic()
            self._meters.look(self.switch)
        self.switch.obey()
        if self.settings.review and time.monotonic() - self._asked_people > _LABELS_EVERY:
            self._asked_people = time.monotonic()
            await self._labels()
        if time.monotonic() - self._headed > _HEAD_EVERY:
            self._headed = time.monotonic()
            await asyncio.to_thread(self._head)

    async def _labels(self) -> None:
        """What people's labels refute is stopped, as what the meter's verdicts do."""
        found = await asyncio.to_thread(self._said)
        for name, labelled in found.versions.items():
            # Again once there are twice as many labels: somebody has looked meanwhile.
            if labelled.over and labelled.labels >= 2 * self._told.get(name, 0):
                self._told[name] = labelled.labels
                why = f"{labelled.labels} labels by people refute that its average keeps the limit"
                self._beat.act(Alarm("labels", name, why))

    def _said(self) -> LiveLabels:
        with self._reading:
            return labels_of(self.settings, self._monitor)

    def _head(self) -> None:
        if self._heads.grown:
            self._heads.write()
        self._faults = self._heads.look()


class Beat:
    """What follows from alarms."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self._since: dict[str, int] = {}

    def act(self, alarm: Alarm) -> None:
        """A version above the limit is stopped; what concerns all stops all."""
        self.switch.log("alarm", alarm=alarm.kind, version=alarm.version, why=alarm.why)
        if not alarm.stops:
            return
        self.switch.open(alarm.version, by=f"alarm: {alarm.kind}", why=alarm.why)
        if alarm.version is not None:
            self._since.pop(alarm.version, None)

    def look(self, monitor: Monitor) -> None:
        """Silence stops everything; a version that was clean in its trial is closed again."""
        settings = self.switch.settings
        everything = self.switch.everything
        if (silent := monitor.silent()) > settings.silence:
            self.switch.open(None, by="alarm: silence", why=f"no verdict for {silent:.0f} seconds")
        elif everything.state == "open" and everything.why.startswith("no verdict"):
            self.switch.close(None, by="gateway", why="verdicts come again")
        if everything.state != "half-open":
            self._since.pop("", None)
        else:
            judged = sum(tally.n for tally in monitor.tallies.values())
            if judged - self._since.setdefault("", judged) >= CLEAN:
                self.switch.close(None, by="gateway", why=f"{CLEAN} answers without an alarm")
        for name, breaker in self.switch.breakers.items():
            judged = monitor.tallies[name].n if name in monitor.tallies else 0
            if breaker.state != "half-open":
                self._since.pop(name, None)
            elif judged - self._since.setdefault(name, judged) >= CLEAN:
                self.switch.close(name, by="gateway", why=f"{CLEAN} answers without an alarm")
