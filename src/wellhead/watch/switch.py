"""Which version may answer now: breakers for each and for all, two kills, and the rollback.

A breaker is closed (answers), open (does not) or half-open (answers a few, and closes again if
they are clean). The kill is a file: whoever can make it stops everything, without the help of the
gateway, the meter or the model; a signal (SIGUSR1) does the same. After a rollback one version
alone answers. Every change is logged with who and why.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wellhead._atomic import write_text
from wellhead.errors import WellheadError
from wellhead.watch.ledger import Ledger, Reader
from wellhead.watch.settings import Settings, Version
from wellhead.watch.versions import restored

__all__ = ["Breaker", "Drawn", "Switch", "kill", "resume", "roll_back", "roll_forward"]

State = Literal["closed", "open", "half-open"]
REST = 600.0  # seconds until an open breaker tries a few answers
TRIAL = 0.05  # part of its traffic that a half-open version gets
CLEAN = 200  # judged answers without an alarm that close it again


class Drawn(NamedTuple):
    """The version that was drawn, and the probabilities of all that could have been."""

    version: Version
    shares: dict[str, float]


@dataclass
class Breaker:
    """The state of one version, since when, and why."""

    state: State = "closed"
    since: float = 0.0
    why: str = ""


def kill(settings: Settings, *, by: str, why: str) -> None:
    """Stop everything by the file that needs nobody's help."""
    facts = {"by": by, "why": why, "at": time.time()}
    write_text(settings.kill, json.dumps(facts, ensure_ascii=False) + "\n")
    _note(settings, {"kind": "kill", "by": by, "why": why})


def resume(settings: Settings, *, by: str, why: str) -> bool:
    """Take the kill back; whether there was one."""
    there = settings.kill.exists()
    settings.kill.unlink(missing_ok=True)
    _note(settings, {"kind": "resume", "by": by, "why": why})
    return there


def roll_back(settings: Settings, name: str, *, by: str, why: str) -> Version:
    """Have one version alone answer, of today or of before; it is what was told.

    Raises:
        BadSetting, BadInput: as `restored`.
    """
    version = restored(settings, name)
    facts = {"kind": "rollback", "version": version.name, "hash": version.hash}
    _note(settings, {**facts, "by": by, "why": why})
    return version


def roll_forward(settings: Settings, *, by: str, why: str) -> None:
    """Have all versions of today answer again."""
    _note(settings, {"kind": "rollback over", "by": by, "why": why})


def _note(settings: Settings, facts: dict[str, str]) -> None:
    ledger = Ledger(settings.folder / "actions.jsonl")
    ledger.append({**facts, "at": time.time()})
    ledger.close()


class Switch:
    """What the gateway asks before each answer, and while it is given."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self.settings, self._clock = settings, clock
        self.breakers = {version.name: Breaker() for version in settings.versions}
        self.everything = Breaker()
        self.only: Version | None = None  # after a rollback
        for entry in Reader(settings.folder / "actions.jsonl").new():
            self._remember(entry)
        self._actions = Ledger(settings.folder / "actions.jsonl")
        self._killed = False
        self._lot = random.SystemRandom()

    def _remember(self, entry: dict[str, Any]) -> None:
        """What was open when an earlier gateway ended is open still."""
        name, kind = entry.get("version"), entry.get("kind")
        self.obey(entry)
        if kind not in ("open", "half-open", "closed"):
            return
        breaker = Breaker(kind, float(entry.get("at", 0)), str(entry.get("why", "")))
        if name is None:
            self.everything = breaker
        elif name in self.breakers:
            self.breakers[str(name)] = breaker

    def obey(self, entry: dict[str, Any]) -> bool:
        """Do a rollback that somebody logged, or end it; whether the entry was one."""
        kind = entry.get("kind")
        if kind == "rollback over":
            self.only = None
        elif kind == "rollback":
            try:
                self.only = restored(self.settings, str(entry.get("hash")))
            except WellheadError as error:
                self.everything = Breaker("open", self._clock(), f"no rollback: {error}"[:200])
                return True
            self.breakers.setdefault(self.only.name, Breaker())
        return kind in ("rollback", "rollback over")

    @property
    def _candidates(self) -> tuple[Version, ...]:
        return (self.only,) if self.only else self.settings.versions

    @property
    def all_open(self) -> bool:
        """Whether every version that could answer is stopped."""
        return all(self.breakers[each.name].state == "open" for each in self._candidates)

    def stopped(self) -> str:
        """Why nothing is answered now; "" where something is. Looks at the disk each time."""
        if os.path.exists(self.settings.kill):
            if not self._killed:
                self._killed = True
                self.log("kill seen", by="gateway", why=f"{self.settings.kill.name} is there")
            return "stopped by hand"
        if self._killed:
            self._killed = False
            self.log("kill over", by="gateway", why=f"{self.settings.kill.name} is gone")
        if self.everything.state == "open":
            return self.everything.why
        if not any(self._may(version) for version in self._candidates):
            return "every version is stopped"
        return ""

    def draw(self) -> Drawn | None:
        """A version by lot, among those that may answer; None where none may."""
        if self.only:
            return Drawn(self.only, {self.only.name: 1.0}) if self._may(self.only) else None
        shares = {
            version.name: version.share * self._may(version) for version in self.settings.versions
        }
        total = sum(shares.values())
        if not total:
            return None
        chosen = self._lot.choices(self.settings.versions, weights=list(shares.values()))[0]
        return Drawn(chosen, {name: share / total for name, share in shares.items() if share})

    def _may(self, version: Version) -> float:
        """The part of its share that a version gets."""
        breaker = self.breakers[version.name]
        if breaker.state == "open" and self._clock() - breaker.since >= REST:
            self._turn(version.name, "half-open", "it has rested")
        return {"closed": 1.0, "open": 0.0, "half-open": TRIAL}[breaker.state]

    def open(self, version: str | None, *, by: str, why: str) -> None:
        """Stop a version, or everything."""
        if version is None:
            if self.everything.state != "open":
                self.everything = Breaker("open", self._clock(), why)
                self.log("open", by=by, why=why)
        elif self.breakers[version].state != "open":
            self._turn(version, "open", why, by=by)

    def close(self, version: str | None, *, by: str, why: str) -> None:
        """Let a version answer again, or everything."""
        if version is None:
            self.everything = Breaker()
            self.log("closed", by=by, why=why)
        else:
            self._turn(version, "closed", why, by=by)

    def _turn(self, version: str, state: State, why: str, *, by: str = "gateway") -> None:
        self.breakers[version] = Breaker(state, self._clock(), why)
        self.log(state, version=version, by=by, why=why)

    def log(self, kind: str, **facts: object) -> None:
        """One action, with who and why."""
        self._actions.append({"kind": kind, "at": time.time(), **facts})
