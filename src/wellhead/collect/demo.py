"""A complete local study with pretended answers, for a first look at every page.

The answers are made by `rehearsal.SimulatedWriter` and go through the same functions as
real ones; they are named as pretended on the study's title.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from wellhead.collect.create import new_study
from wellhead.collect.messages import Consented, Start, Submission
from wellhead.collect.platforms import Arrival
from wellhead.collect.rehearsal import SimulatedWriter
from wellhead.collect.review.accounts import add_user
from wellhead.collect.schema import parse_body
from wellhead.collect.server import visits
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.server.tickets import issue
from wellhead.collect.store.opening import authorise
from wellhead.collect.store.recording import Arrived, append

__all__ = ["make_demo"]

_SENTENCES = (
    "My street climbs from the river to the old mill.",
    "On the left there are four brick houses with green doors.",
    "Then comes the bakery, which you smell before you see it.",
    "Keep going until the road bends.",
    "The tall house with the broken weather vane is ours.",
    "In winter nobody dares to drive up there.",
)
_FOREIGN = (
    "Nestled between rolling hills and a gently flowing river, the street of my childhood was a "
    "vibrant tapestry of sights, sounds, and cherished memories. Each house told its own story, "
    "standing as a testament to the enduring spirit of the community."
)
_TAB = "demo"


Play = Callable[[SimulatedWriter, str], None]


def make_demo(folder: Path, plays: Sequence[Play] = ()) -> tuple[Host, str, str]:
    """A host with a study of pretended answers; also the researcher's name and password.

    Args:
        folder: where the study goes.
        plays: what each pretended writer does with a pen and the text of the task; a dozen ways by
            default.
    """
    plays = plays or _PLAYS * 2
    study = new_study(folder / "demo", title="Demo study (all answers are pretended)")
    # The pretended answers are about the first task.
    study = replace(study, tasks=study.tasks[:1], answers_per_task=len(plays) + 3)
    host = open_host([study], secure=False)
    name, password = "demo", secrets.token_urlsafe(12)
    now = host.now_ms
    host.store.write(lambda c: add_user(c, name, password, study.id, "owner", now_ms=now))
    for number, play in enumerate(plays):
        host.store.write(_visit(host, number, play, ago=len(plays) - number))
    host.store.write(_visit(host, 2 * len(plays), _honest, ago=0, submit=False))
    return host, name, password


def _visit(
    host: Host, number: int, play: Play, *, ago: int, submit: bool = True
) -> Callable[[Connection], None]:
    (study,) = host.studies.values()
    keys = host.keys[study.id]
    began = host.now_ms - 3_600_000 - ago * 60_000

    def job(connection: Connection) -> None:
        arrival = Arrival(f"pretended-{number // 2}", verified="param")
        start = Start(
            v=1,
            study=study.id,
            ticket=issue(keys, arrival, now_ms=began),
            consent=Consented(version=study.consent.version, at=began),
            declared=[],
            tab=_TAB,
        )
        begun = visits.begin(connection, host, start, "", "demo", now_ms=began)
        pen = SimulatedWriter(seed=number, paste_key=keys.pastes.hex())
        play(pen, begun.task.source)
        batch = pen.batch(begun.at.sid, begun.at.receipt, tab=_TAB, wall_ms=began)
        ended = began + parse_body(batch.body).mono + 2_000
        row = authorise(connection, begun.at.sid, begun.token, now_ms=began)
        arrived = Arrived(batch.body.encode(), parse_body(batch.body), batch.draft, False)
        append(connection, keys, row, arrived, study, now_ms=ended)
        if submit:
            row = authorise(connection, begun.at.sid, begun.token, now_ms=began)
            answer = Submission(v=1, nonce="demo", text=pen.text, seq=pen.seq)
            agreed = visits.agreement(connection, row, pen.text)
            visits.end(connection, host, row, answer, agreed, now_ms=ended + 1_000)

    return job


def _own(dice: random.Random) -> str:
    return " ".join(dice.sample(_SENTENCES, k=5))


def _honest(pen: SimulatedWriter, task: str) -> None:
    """Types, stops to think, takes things back."""
    dice = pen.dice
    for word in _own(dice).split(" "):
        pen.type(word + " ")
        if dice.random() < 0.15:
            pen.erase(len(word) + 1)
            pen.type(word + " ")


def _round_trip(pen: SimulatedWriter, task: str) -> None:
    """Copies the task out, comes back with foreign text."""
    pen.copy_task(task)
    pen.leave(45)
    pen.paste(_FOREIGN)
    pen.type(" Thank you.")


def _quotes(pen: SimulatedWriter, task: str) -> None:
    """Writes around a passage of the task."""
    pen.type("The task says: ")
    pen.copy_task(task)
    pen.paste(task, origin="task", covered=1.0)
    pen.type(" I would answer that my street is short and has no name, and that is all.")


def _mixed(pen: SimulatedWriter, task: str) -> None:
    """Types most and pastes some."""
    pen.type(_own(pen.dice)[:180] + " ")
    pen.leave(20)
    pen.paste(_FOREIGN[:120])


def _pasted_then_own(pen: SimulatedWriter, task: str) -> None:
    """Pastes, takes it all back, writes it anew: an honest answer."""
    pen.paste(_FOREIGN[:80])
    pen.erase(80)
    pen.type(_own(pen.dice))


_PLAYS: tuple[Play, ...] = (
    _honest,
    _round_trip,
    _quotes,
    _honest,
    _mixed,
    _pasted_then_own,
)
