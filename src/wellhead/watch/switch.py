"""Which version may answer now: breakers for each and for all, two kills, and the rollback.

A breaker is closed (answers), open (does not) or half-open (answers a few, and closes again if
they are clean). One that an alarm opened is half-open after a rest; one that somebody opened stays
as it is until somebody closes it. The kill is a file: whoever can make it stops everything, without
the help of the gateway, the meter or the model; a signal (SIGUSR1) does the same. What people order
of one version, a rollback and a resume are read from the log of actions before each answer. After a
rollback one version alone answers. Every change is logged with who and why.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wellhead._atomic import write_text
from wellhead.errors import BadInput, WellheadError, unknown_name
from wellhead.watch.ledger import Ledger, Reader
from wellhead.watch.settings import Settings, Version
from wellhead.watch.versions import restored

__all__ = [
    "Breaker",
    "Drawn",
    "Switch",
    "kill",
    "resume",
    "roll_back",
    "roll_forward",
    "stop_version",
]

State = Literal["closed", "open", "half-open"]
REST = 600.0  # seconds until an open breaker tries a few answers
TRIAL = 0.05  # part of its traffic that a half-open version gets, and of all if all are
CLEAN = 200  # judged answers without an alarm that close it again


class Drawn(NamedTuple):
    """The version that was drawn, and the probabilities of all that could have been."""

    version: Version
    shares: dict[str, float]


@dataclass
class Breaker:
    """The state of one version, since when, why, and whether somebody put it so."""

    state: State = "closed"
    since: float = 0.0
    why: str = ""
    by_hand: bool = False


def kill(settings: Settings, *, by: str, why: str) -> None:
    """Stop everything by the file that needs nobody's help."""
    facts = {"by": by, "why": why, "at": time.time()}
    write_text(settings.kill, json.dumps(facts, ensure_ascii=False) + "\n")
    _note(settings, {"kind": "kill", "by": by, "why": why})


def stop_version(settings: Settings, name: str, *, by: str, why: str) -> None:
    """Stop one version until somebody takes it back; the others answer.

    Raises:
        BadSetting: no such version.
    """
    _named(settings, name)
    _note(settings, {"kind": "stop", "version": name, "by": by, "why": why})


def resume(
    settings: Settings, *, by: str, why: str, version: str | None = None, trial: bool = False
) -> None:
    """Take back what was stopped: the kill and every breaker, or one version's.

    Args:
        settings: the watch.
        by, why: who does it, and why.
        version: one of today's; all, and the kill, if None.
        trial: half-open: a twentieth of the traffic, until enough answers were clean.

    Raises:
        BadSetting: no such version.
    """
    facts = {"kind": "resume", "by": by, "why": why}
    if version is None:
        settings.kill.unlink(missing_ok=True)
    else:
        _named(settings, version)
        facts["version"] = version
    _note(settings, {**facts, "trial": "yes"} if trial else facts)


def _named(settings: Settings, name: str) -> None:
    names = [version.name for version in settings.versions]
    if name not in names:
        raise unknown_name("version", name, names)


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
        self._orders = Reader(settings.folder / "actions.jsonl")
        for entry in self._orders.new():
            self._remember(entry)
        self._actions = Ledger(settings.folder / "actions.jsonl", sync=settings.sync)
        self._killed = False
        self._lot = random.SystemRandom()

    def _remember(self, entry: dict[str, Any]) -> None:
        """What was open when an earlier gateway ended is open still."""
        name, kind = entry.get("version"), entry.get("kind")
        if kind not in ("open", "half-open", "closed"):
            for _ in self._obeyed(entry):
                pass
            return
        at, why = float(entry.get("at", 0)), str(entry.get("why", ""))
        # An order is logged by who gives it, and again by the gateway that does it.
        before = self.breakers.get(str(name))
        by_hand = kind == "open" and before is not None and before.by_hand
        self._put(None if name is None else str(name), Breaker(kind, at, why, by_hand))

    def _put(self, name: str | None, breaker: Breaker) -> None:
        if name is None:
            self.everything = breaker
        elif name in self.breakers:
            self.breakers[name] = breaker

    def obey(self) -> None:
        """Do what people have ordered since the last call; each change is logged."""
        try:
            orders = list(self._orders.new())
        except BadInput as error:  # nobody could stop it by an order
            self.everything = Breaker("open", self._clock(), str(error))
            return
        for entry in orders:
            by, why = str(entry.get("by")), str(entry.get("why"))
            for state, name in self._obeyed(entry):
                told = {} if name is None else {"version": name}
                self.log(state, **told, by=by, why=why)

    def _obeyed(self, entry: dict[str, Any]) -> Iterator[tuple[State, str | None]]:
        """Each breaker that changes by an order, and its new state."""
        kind, name = entry.get("kind"), entry.get("version")
        if kind == "rollback over":
            self.only = None
        elif kind == "rollback":
            self._roll_back(str(entry.get("hash")))
        elif kind == "stop" and name in self.breakers:
            at, why = float(entry.get("at", 0)), str(entry.get("why", ""))
            self._put(name, Breaker("open", at, why, by_hand=True))
            yield "open", name
        elif kind == "resume":
            yield from self._resumed(entry)

    def _resumed(self, entry: dict[str, Any]) -> Iterator[tuple[State, str | None]]:
        state: State = "half-open" if entry.get("trial") else "closed"
        named = entry.get("version")
        for name, breaker in ((None, self.everything), *self.breakers.items()):
            if named in (None, name) and breaker.state not in ("closed", state):
                why = str(entry.get("why", ""))
                self._put(name, Breaker(state, float(entry.get("at", 0)), why))
                yield state, name

    def _roll_back(self, hash: str) -> None:
        try:
            self.only = restored(self.settings, hash)
        except WellheadError as error:
            self.everything = Breaker("open", self._clock(), f"no rollback: {error}"[:200])
            return
        self.breakers.setdefault(self.only.name, Breaker())

    @property
    def _candidates(self) -> tuple[Version, ...]:
        return (self.only,) if self.only else self.settings.versions

    @property
    def all_open(self) -> bool:
        """Whether every version that could answer is stopped."""
        return all(self.breakers[each.name].state == "open" for each in self._candidates)

    def stopped(self) -> str:
        """Why nothing is answered now; "" where something is. Looks at the disk each time."""
        self.obey()
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

    def halted(self, version: str) -> bool:
        """Whether somebody stopped it by hand, so that its answers in work end."""
        breaker = self.breakers.get(version)
        return breaker is not None and breaker.by_hand and breaker.state == "open"

    def draw(self) -> Drawn | None:
        """A version at random, among those that may answer; None where none may.

        Where everything is on trial, or all that may answer is, most are refused.
        """
        may = {each.name: self._may(each) for each in self._candidates}
        most = max(may.values())
        if self.everything.state == "half-open":
            most *= TRIAL
        if not most or self._lot.random() >= most:
            return None
        if self.only:
            return Drawn(self.only, {self.only.name: 1.0})
        shares = {each.name: each.share * may[each.name] for each in self.settings.versions}
        total = sum(shares.values())
        if not total:
            return None
        chosen = self._lot.choices(self.settings.versions, weights=list(shares.values()))[0]
        return Drawn(chosen, {name: share / total for name, share in shares.items() if share})

    def _may(self, version: Version) -> float:
        """The part of its share that a version gets."""
        breaker = self.breakers[version.name]
        rested = self._clock() - breaker.since >= REST
        if breaker.state == "open" and rested and not breaker.by_hand:
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
