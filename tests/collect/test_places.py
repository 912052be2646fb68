"""Wanted answers are kept, a person takes part once, and tasks balance on answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from collect_helpers import Clock, Writer, edit
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select

from wellhead.collect.create import new_study
from wellhead.collect.notes import Said, add_note
from wellhead.collect.serve import run
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.store.models import Session
from wellhead.collect.study import load_study
from wellhead.errors import BadSetting
from wellhead.web.listening import listen_on

Door = Callable[..., Writer]
HOUR = 3_600
PROLIFIC = "?PROLIFIC_PID={0}&STUDY_ID=s&SESSION_ID=v"
MTURK = "?workerId={0}&assignmentId=a&hitId=h&turkSubmitTo=https://www.mturk.com"
TASKS = {"street", "meal", "tool"}


@pytest.fixture
def hosts() -> list[Host]:
    return []


@pytest.fixture
def door(tmp_path: Path, clock: Clock, hosts: list[Host]):
    """Opens a study with these settings; gives what makes writers for it."""

    def make(**settings: str) -> Door:
        study = edit(new_study(tmp_path / "demo"), **settings)
        hosts.append(open_host([study], clock=clock, secure=False))
        client = TestClient(create_app(hosts[-1]))
        return lambda worker="": Writer(client, query=f"?worker={worker}" if worker else "")

    yield make
    for host in hosts:
        host.store.close()


def knock(writer: Writer, **more: str) -> Response:
    """The answer to somebody who wants to begin."""
    message = {
        "v": 1,
        "study": "demo",
        "ticket": writer.ticket(),
        "consent": {"version": "1", "at": 0},
        "tab": "t",
        **more,
    }
    return writer.client.post("/api/session", json=message)


def refused(writer: Writer, **more: str) -> str:
    """What somebody is told who is not let in."""
    answer = knock(writer, **more)
    assert answer.status_code in (403, 422), answer.text
    return str(answer.json()["message"])


def test_when_all_wanted_answers_are_there_nobody_begins(door: Door) -> None:
    """Three tasks of two answers take six people, each task two; the seventh is told so."""
    enter = door(answers_per_task="2")
    seen = Counter()
    for _ in range(6):
        writer = enter()
        seen[writer.start()["task"]["source"]] += 1
        writer.pen.type("An answer.")
        writer.send()
        writer.submit()
    assert list(seen.values()) == [2, 2, 2]
    assert refused(enter()) == "This study has all the answers it needs. Thank you."


def test_a_place_is_reserved_while_somebody_writes_and_freed_when_they_stay_away(
    door: Door, clock: Clock
) -> None:
    """The reservation is renewed by writing, ends in silence, and a late answer is still taken."""
    enter = door(answers_per_task="1", reserve_minutes="60")
    writers = [enter() for _ in range(3)]
    for one in writers:
        one.start()
    assert "please try again later" in refused(enter())
    clock.now += 0.9 * HOUR
    for one in writers[:2]:
        one.pen.type("Still here.")
        one.send()
    clock.now += 0.2 * HOUR
    enter().write("The place of the third.")
    assert "try again later" in refused(enter())
    writers[2].pen.type("Late.")
    writers[2].send()
    assert writers[2].submit()["complete"]


def test_a_rejected_answer_gives_its_place_back(door: Door, hosts: list[Host]) -> None:
    """What a reviewer rejects is wanted again."""
    enter = door(answers_per_task="1")
    writers = [enter() for _ in range(3)]
    for one in writers:
        one.write("An answer.")
    refused(enter())
    hosts[0].store.write(
        lambda c: add_note(c, "demo", writers[0].sid, Said("ann", 1, "Off topic.", "reject"))
    )
    again = enter()
    again.start()
    assert again.sid


def test_tasks_balance_on_answers_and_not_on_starts(door: Door, clock: Clock) -> None:
    """Sessions that were begun and left count for nothing once their reservation is over."""
    enter = door(reserve_minutes="60")
    for _ in range(4):
        enter().start()
    clock.now += 2 * HOUR
    seen = Counter()
    for _ in range(6):
        writer = enter()
        started = writer.start()
        seen[started["task"]["source"][:20]] += 1
        writer.pen.type("An answer.")
        writer.send()
        writer.submit()
    assert sorted(seen.values()) == [2, 2, 2]


def test_once_in_the_study(door: Door, clock: Clock) -> None:
    """Whoever answered is thanked; whoever is writing goes on where they write, or later anew."""
    enter = door(once='"study"', reserve_minutes="60")
    enter("ann").write("Mine.")
    assert refused(enter("ann")) == "You have taken part already. Thank you."
    begun = enter("bea")
    begun.start()
    assert "in the browser where you began" in refused(enter("bea"))
    token = {"Authorization": f"Bearer {begun.token}"}
    sid = begun.sid
    assert begun.start(headers=token)["resumed"]
    assert begun.sid == sid
    clock.now += 2 * HOUR
    enter("bea").write("Begun anew.")
    assert refused(enter()) == "Please enter through your personal link."


def test_once_for_each_task(door: Door) -> None:
    """A person gets every task once, and is thanked after the last."""
    enter = door(once='"task"')
    seen = set()
    for _ in TASKS:
        writer = enter("ann")
        seen.add(writer.start()["task"]["source"])
        writer.pen.type("An answer.")
        writer.send()
        writer.submit()
    assert len(seen) == len(TASKS)
    assert refused(enter("ann")) == "You have taken part already. Thank you."
    enter("bea").write("Another person.")


def test_a_page_whose_token_expired_goes_on_in_its_own_place(door: Door) -> None:
    """The session that continues another one is no second entry, and only its own writer's."""
    enter = door(once='"study"', answers_per_task="1")
    first = enter("ann")
    source = first.start()["task"]["source"]
    answer = knock(first, after=first.sid)
    assert answer.json()["task"]["source"] == source
    other = enter("bea")
    assert other.start()["task"]["source"] != source


def test_only_listed_tokens_open_the_door(door: Door, tmp_path: Path) -> None:
    """A token is a person: it enters once, is recorded as such, and others are turned away."""
    enter = door(once='"study"', tokens_file='"tokens.txt"')
    (tmp_path / "demo" / "tokens.txt").write_text("first-token\nsecond-token\n")
    holder = enter()
    holder.query = "?token=first-token"
    holder.write("With a token.")
    assert "taken part" in refused(holder)
    for query in ("", "?token=third-token", "?token="):
        assert holder.client.get(f"/s/demo{query}").status_code == 403


def test_drawn_tokens_are_links_that_let_in(
    door: Door, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """Tokens given out before stay valid; a study that lets in everybody is told what to set."""
    enter = door(once='"study"', tokens_file='"tokens.txt"')
    file = tmp_path / "demo" / "tokens.txt"
    file.write_text("first-token")
    draw = ("collect", "tokens", tmp_path / "demo" / "STUDY.toml", "--count", "2")
    made = json.loads(command(*draw, "--address", "https://a.example/", "--json").stdout)
    assert file.read_text().split() == ["first-token", *made["tokens"]]
    assert made["links"][0] == f"https://a.example/s/demo?token={made['tokens'][0]}"
    for token in ("first-token", *made["tokens"]):
        writer = enter()
        writer.query = f"?token={token}"
        writer.write("With a token.")
    printed = command(*draw, "--out", "links.txt")
    assert (tmp_path / "links.txt").read_text().count("/s/demo?token=") == 2
    assert "2 links" in printed.stdout
    edit(load_study(tmp_path / "demo" / "STUDY.toml"), tokens_file='""')
    refused = command(*draw)
    assert refused.returncode == 2
    assert "set tokens_file" in refused.stderr


@pytest.mark.parametrize(
    ("platform", "address", "way"),
    [
        ("prolific", PROLIFIC, {"url": "https://app.prolific.com/submissions/complete?cc=FULL"}),
        ("mturk", MTURK, {"fields": {"assignmentId": "a", "session": "", "code": "FULL"}}),
        ("link", "?worker={0}", {"kind": "code"}),
    ],
)
def test_whoever_finds_no_place_is_led_back_with_the_code_for_it(
    tmp_path: Path, clock: Clock, platform: str, address: str, way: dict[str, object]
) -> None:
    """On Prolific, MTurk and plain links; nothing is recorded of them."""
    settings = {"answers_per_task": "1", "full_code": '"FULL"'}
    study = edit(new_study(tmp_path / "demo", platform=platform), **settings)
    host = open_host([study], clock=clock, secure=False)
    client = TestClient(create_app(host))
    for number in range(3):
        Writer(client, query=address.format(f"w{number}")).start()
    told = knock(Writer(client, query=address.format("late"))).json()
    assert (told["error"], told["completion"]["code"]) == ("full", "FULL")
    assert way.items() <= told["completion"].items()
    assert host.store.read(lambda c: c.execute(select(func.count(Session.id))).scalar()) == 3
    host.store.close()


def test_a_declared_name_is_a_person(door: Door) -> None:
    """The consent page asks; spaces and capitals make nobody new; without a name nobody begins."""
    enter = door(once='"study"', ask_name='"Your participant number"')
    writer = enter()
    assert "Your participant number" in writer.page()
    assert refused(writer) == "Please fill in who you are."
    assert knock(writer, name="P 17").status_code == 201
    assert "begun already" in refused(enter(), name="p17 ")


def test_settings_that_cannot_work_together_are_refused(tmp_path: Path) -> None:
    """Names and tokens are for links; platforms have ids of their own."""
    study = new_study(tmp_path / "demo", platform="mturk")
    with pytest.raises(BadSetting, match="ask_name works only"):
        edit(study, ask_name='"Your number"')


def test_a_study_that_nobody_could_enter_or_reach_is_not_served(tmp_path: Path) -> None:
    study = edit(new_study(tmp_path / "demo"), tokens_file='"none.txt"')
    with pytest.raises(BadSetting, match="Draw tokens with"):
        run([study.path], address="127.0.0.1", port=0)
    with pytest.raises(BadSetting, match="a port of 0 to 65535"):
        listen_on("127.0.0.1", 99_999)
