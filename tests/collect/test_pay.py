"""From a writer's code back to their answer, and from a decision to the platform that pays."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from collect_helpers import Clock, Writer, edit
from fastapi.testclient import TestClient
from test_review import csrf, researcher, sign_in

from wellhead.collect.answers import settle
from wellhead.collect.create import new_study
from wellhead.collect.export import export_study
from wellhead.collect.find import find_answers
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.store.erasure import delete_worker
from wellhead.collect.study import Study

PROLIFIC = "?PROLIFIC_PID=p{0}&STUDY_ID=s1&SESSION_ID=x{0}"
MTURK = "?workerId=w{0}&assignmentId=a{0}&hitId=h&turkSubmitTo=https://www.mturk.com"
QUERIES = {"prolific": PROLIFIC, "mturk": MTURK, "link": "?worker=p{0}"}


def opened(folder: Path, platform: str, clock: Clock, **settings: str) -> Host:
    study = new_study(folder / "demo", platform=platform)
    return open_host([edit(study, **settings)], clock=clock, secure=False)


def answers(host: Host, count: int) -> list[dict[str, Any]]:
    """Answers of so many workers, and what each was told in the end."""
    client = TestClient(create_app(host))
    platform = host.studies["demo"].entry.platform
    told = []
    for number in range(count):
        writer = Writer(client, query=QUERIES[platform].format(number))
        told.append(writer.write(f"My own words, number {number}."))
    settle(host.store, host.studies["demo"], host.keys["demo"], now_ms=host.now_ms)
    return told


def decide(host: Host, session: str, **form: str) -> int:
    ann = sign_in(host)
    at = f"/review/s/demo/a/{session}"
    token = csrf(ann.get(at).text)
    return ann.post(f"{at}/notes", data={"csrf": token, **form}).status_code


def exported(host: Host, folder: Path) -> list[dict[str, Any]]:
    export_study(host.store, host.studies["demo"], "parquet", folder)
    return pq.read_table(folder / "answers.parquet").to_pylist()


def sheet(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("platform", ["prolific", "mturk"])
def test_codes_leave_and_ids_only_as_the_writer_agreed(
    tmp_path: Path, clock: Clock, platform: str
) -> None:
    """Salted by default; the platform's own where the consent said so, never at `summary`."""
    forms = {}
    for name, settings in {
        "default": {},
        "agreed": {"shares_ids": "true"},
        "summary": {"shares_ids": "true", "privacy": '"summary"'},
    }.items():
        host = opened(tmp_path / name, platform, clock, **settings)
        (told,) = answers(host, 1)
        (forms[name],) = exported(host, tmp_path / name)
        assert forms[name]["completion_code"] == told["completion"]["code"]
        host.store.close()
    for name in ("default", "summary"):
        assert forms[name]["platform_id"] == f"salted:{forms[name]['worker']}"
        assert forms[name]["submission_id"].startswith("salted:")
    person, visit = {"prolific": ("p0", "s1/x0"), "mturk": ("w0", "a0")}[platform]
    assert (forms["agreed"]["platform_id"], forms["agreed"]["submission_id"]) == (person, visit)


def test_an_answer_is_found_by_whatever_a_writer_has_in_hand(
    tmp_path: Path, clock: Clock, command: Callable[..., Any]
) -> None:
    """Code, platform id, submission, session, pseudonym, receipt; in the shell and the pages."""
    host = opened(tmp_path, "prolific", clock, completion_codes='["C1"]')
    told = answers(host, 2)
    study, keys = host.studies["demo"], host.keys["demo"]
    rows = {row["id"]: row for row in exported(host, tmp_path / "out")}
    mine = told[1]["sid"]
    names = ("p1", "x1", "s1/x1", mine, mine[:8], rows[mine]["worker"], rows[mine]["chain_head"])
    for name in (*names, rows[mine]["submission_id"]):
        assert host.store.read(lambda c, n=name: find_answers(c, study, keys, n)) == [mine], name
    for code in ("C1", " c1 ", "'C1"):
        everybody = host.store.read(lambda c, n=code: find_answers(c, study, keys, n))
        assert set(everybody) == {one["sid"] for one in told}
    researcher(host)
    page = sign_in(host).get("/review/s/demo/answers?find=x1").text
    assert mine[:8] in page
    assert told[0]["sid"][:8] not in page
    host.store.close()
    finished = command("collect", "find", study.path, "p1", "--json")
    (found,) = json.loads(finished.stdout)["found"]
    assert (found["session"], found["completion_code"], found["decision"]) == (mine, "C1", None)
    nobody = command("collect", "find", study.path, "p9")
    assert (nobody.returncode, "nothing in demo" in nobody.stderr) == (3, True)


def test_reviewers_decide_and_the_platform_gets_its_lists(
    tmp_path: Path, clock: Clock, command: Callable[..., Any]
) -> None:
    """Newest decision counts; notes and decisions are in the export."""
    host = opened(tmp_path, "prolific", clock)
    told = answers(host, 4)
    researcher(host)
    sids = [one["sid"] for one in told]
    decide(host, sids[0], decision="reject", text="By mistake.")
    clock.now += 1
    decide(host, sids[0], decision="accept", bonus="1.5")
    decide(host, sids[1], decision="reject", text="Copied from another answer.")
    decide(host, sids[2], text="To be looked at again.")
    assert decide(host, sids[3], decision="reject") == 422
    assert decide(host, sids[3], decision="pardon", text="x") == 422
    assert decide(host, sids[3]) == 422
    rows = {row["id"]: row for row in exported(host, tmp_path / "out")}
    assert [rows[sid]["decision"] for sid in sids] == ["accept", "reject", None, None]
    first = [(note["decision"], note["bonus"], note["author"]) for note in rows[sids[0]]["notes"]]
    assert first == [("reject", None, "ann"), ("accept", 1.5, "ann")]
    study = host.studies["demo"]
    host.store.close()
    lists = tmp_path / "lists"
    finished = command("collect", "pay", study.path, "--out", lists, "--json")
    counts = json.loads(finished.stdout)["answers"]
    assert counts == {"accept": 1, "reject": 1, "undecided": 2, "bonus": 1}
    assert json.loads((lists / "accept.json").read_text()) == {"submission_ids": ["x0"]}
    assert (lists / "bonus.csv").read_text() == "p0,1.50\n"
    (rejected,) = sheet(lists / "reject.csv")
    assert rejected == {
        "submission_id": "x1",
        "participant_id": "p1",
        "message": "Copied from another answer.",
    }
    again = ("--out", lists, "--undecided", "accept", "--replace")
    command("collect", "pay", study.path, *again)
    accepted = json.loads((lists / "accept.json").read_text())["submission_ids"]
    assert sorted(accepted) == ["x0", "x2", "x3"]


def test_mechanical_turk_takes_its_own_columns(
    tmp_path: Path, clock: Clock, command: Callable[..., Any]
) -> None:
    """An X or a reason, and bonuses with worker, assignment, amount and reason."""
    host = opened(tmp_path, "mturk", clock)
    told = answers(host, 2)
    researcher(host)
    decide(host, told[0]["sid"], decision="accept", text="Well done.", bonus="0.25")
    decide(host, told[1]["sid"], decision="reject", text="=Empty")
    study = host.studies["demo"]
    host.store.close()
    finished = command("collect", "pay", study.path, "--out", tmp_path / "lists")
    assert finished.returncode == 0, finished.stderr
    assert sheet(tmp_path / "lists" / "review.csv") == [
        {"AssignmentId": "a0", "WorkerId": "w0", "Approve": "X", "Reject": ""},
        {"AssignmentId": "a1", "WorkerId": "w1", "Approve": "", "Reject": "'=Empty"},
    ]
    assert sheet(tmp_path / "lists" / "bonus.csv") == [
        {
            "WorkerId": "w0",
            "AssignmentId": "a0",
            "BonusAmount": "0.25",
            "Reason": "Well done.",
        }
    ]


def test_lists_that_no_platform_could_read_are_refused(
    study: Study, host: Host, writer: Callable[..., Writer], command: Callable[..., Any]
) -> None:
    """Writers without a name cannot be paid by name; a plain list has their codes."""
    told = writer().write("Nobody knows who I am.")
    out = study.path.parent / "lists"
    finished = command("collect", "pay", study.path, "--out", out, "--format", "prolific")
    assert (finished.returncode, "--format link" in finished.stderr) == (2, True)
    assert command("collect", "pay", study.path, "--out", out).returncode == 0
    (row,) = sheet(out / "answers.csv")
    assert (row["code"], row["decision"]) == (told["completion"]["code"], "")


def test_a_deleted_worker_takes_the_platforms_names_along(tmp_path: Path, clock: Clock) -> None:
    """Neither the person nor the visit is left in any table."""
    host = opened(tmp_path, "prolific", clock)
    answers(host, 1)
    name = host.keys["demo"].pseudonym("prolific", "p0")
    host.store.write(lambda c: delete_worker(c, "demo", {name}, "ann", now_ms=host.now_ms))
    host.store.close()
    held = (tmp_path / "demo" / "answers.db").read_bytes()
    assert b"s1/x0" not in held


def test_what_a_session_began_with_decides_not_what_the_study_says_later(
    tmp_path: Path, clock: Clock
) -> None:
    """Turning `shares_ids` on afterwards shows nobody who was not asked."""
    host = opened(tmp_path, "prolific", clock)
    answers(host, 1)
    study = host.studies["demo"]
    later = replace(study, consent=replace(study.consent, shares_ids=True))
    host.studies["demo"] = later
    (row,) = exported(host, tmp_path / "out")
    host.store.close()
    assert row["platform_id"].startswith("salted:")
