"""What strangers, slips and tampering put into settings, orders and logs stops no one's watch."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.watch.running_watch import settings_file
from tests.watch.stand_in import endpoint, whole
from wellhead._waiting import wait_for
from wellhead.errors import BadInput
from wellhead.watch.client import Client
from wellhead.watch.ledger import Ledger, check
from wellhead.watch.report import report_on
from wellhead.watch.serving import Overseer
from wellhead.watch.settings import read_settings
from wellhead.watch.status import status_of
from wellhead.watch.switch import Switch
from wellhead.watch.wording import answer_text

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ('measures = "minutes"', "", "measures"),
        ("silence = nan", "", "silence"),
        ("keep_days = nan", "", "keep_days"),
        ('sync = "no"', "", "sync"),
        ("", "share = inf", "share"),
        ("", "share = 0", "share"),
        ("", 'promt = "Be kind."', "promt"),
        ("", 'prompt_file = "none.txt"', "prompt_file"),
        ("", '[canaries]\nbda = "bad.txt"', "bda"),
        ("", "[probes]\nevery = inf", "wrong kind"),
        ("", "[probes]\nevry = 5", "evry"),
        ("", '[[version]]\nname = "a\\nb"\nupstream = "http://127.0.0.1:9"', "one line"),
    ],
)
def test_settings_that_no_watch_can_have_are_refused_by_name(tmp_path, first, last, told):
    path = settings_file(tmp_path, [NOWHERE], first)
    path.write_text(f"{path.read_text()}{last}\n")
    with pytest.raises(BadInput, match=told):
        read_settings(path)


GOOD = {
    "exchanges.jsonl": [
        {"kind": "asked", "id": "a", "at": 1e9, "version": "v1", "drawn": {"v1": 1.0}},
        {"kind": "answered", "id": "a", "at": 1e9, "status": 200, "chunks": 1},
    ],
    "verdicts.jsonl": [{"kind": "verdict", "id": "a", "violates": True, "at": 1e9}],
    "canaries.jsonl": [{"id": "k", "bad": True, "at": 1e9}],
    "probes.jsonl": [{"id": "p", "framing": "evaluation", "drawn": {"evaluation": 1.0}}],
    "actions.jsonl": [
        {"kind": "stop", "version": "v1", "by": "ann", "why": "a look", "at": 1e9},
        {"kind": "alarm", "alarm": "labels", "version": "v1", "why": "3 labels", "at": 1e9},
        {"kind": "drill", "drill": "kill", "passed": True, "seconds": 1.0, "at": 1e9},
        {"kind": "rollback", "version": "v1", "hash": "zz", "by": "ann", "at": 1e9},
    ],
}


def logged(settings, logs):
    for name, entries in logs.items():
        ledger = Ledger(settings.folder / name)
        for entry in entries:
            ledger.append(entry)
        ledger.close()


@pytest.mark.parametrize("value", [None, "\ud800<b>", "1", float("nan"), float("inf"), [], 10**400])
def test_whatever_stands_in_a_log_the_watch_is_shown_and_goes_on(tmp_path, value):
    number = 0  # of the watches, in each of which one field of one line is wrong
    for name, entries in GOOD.items():
        for at, entry in enumerate(entries):
            for field in entry:
                number += 1
                folder = tmp_path / str(number)
                folder.mkdir()
                settings = read_settings(settings_file(folder, [NOWHERE]))
                wrong = [*entries[:at], {**entry, field: value}, *entries[at + 1 :]]
                logged(settings, {**GOOD, name: wrong})
                Overseer(settings, Switch(settings), None).begin()
    settings = read_settings(settings_file(tmp_path, [NOWHERE]))
    wrong = [{**entry, "at": value, "by": value} for entry in GOOD["actions.jsonl"]]
    logged(settings, {**GOOD, "actions.jsonl": [*wrong, *GOOD["actions.jsonl"]]})
    assert status_of(settings).page().to_html().encode()
    assert report_on(settings).page().to_html().encode()
    found = check(settings.folder / "actions.jsonl")
    assert [fault.line for fault in found] == list(range(len(wrong)))


def test_a_line_that_no_watch_writes_is_an_alarm_that_stops(tmp_path):
    settings = read_settings(settings_file(tmp_path, [NOWHERE]))
    logged(settings, {"canaries.jsonl": [{"at": 1e9}]})
    switch = Switch(settings)
    Overseer(settings, switch, None).begin()
    assert "none that a watch writes" in switch.stopped()


def test_a_gateway_acts_on_what_was_judged_after_the_last_one_was_killed_and_once(tmp_path):
    settings = read_settings(settings_file(tmp_path, [NOWHERE] * 2))
    asked = {"kind": "asked", "version": "v1", "drawn": {"v1": 0.5, "v2": 0.5}}
    answered = {"kind": "answered", "status": 200, "chunks": 1}
    ids = [f"x{n}" for n in range(30)]
    each = [({**asked, "id": id, "at": 1e9}, {**answered, "id": id, "at": 1e9}) for id in ids]
    said = [{"kind": "verdict", "id": id, "violates": True, "at": 1e9 + 5} for id in ids]
    logged(settings, {"exchanges.jsonl": [line for both in each for line in both]})
    logged(settings, {"verdicts.jsonl": said})
    switch = Switch(settings)
    Overseer(settings, switch, None).begin()
    assert [switch.breakers[name].state for name in ("v1", "v2")] == ["open", "closed"]
    switch.close("v1", by="ann", why="a new prompt")
    again = Switch(settings)
    Overseer(settings, again, None).begin()
    assert again.breakers["v1"].state == "closed"


def test_of_two_strings_under_one_name_both_are_judged():
    twice = rb'{"choices": [{"message": {"content": "Call 555-01\u00399.", "content": "Hello."}}]}'
    choices = rb'{"choices": [{"message": {"content": "Bad."}}], "choices": [{"text": "Good."}]}'
    assert set(answer_text(twice).splitlines()) == {"Call 555-0199.", "Hello."}
    assert set(answer_text(choices).splitlines()) == {"Bad.", "Good."}


def test_rows_that_cannot_be_judged_are_not_passed_over_in_silence(tmp_path, wellhead):
    settings_file(tmp_path, [NOWHERE])  # and rules
    lines = ["Good day.", "Call 555-0199 \ud800", ""]
    rows = [json.dumps({"text": text, "version": "v1"}) for text in lines]
    (tmp_path / "answers.jsonl").write_text("\n".join(rows))
    ran = wellhead("watch", "judge", "answers.jsonl", "--rules", "rules.toml")
    assert ran.returncode == 0, ran.stderr
    assert "1 row could not be judged" in ran.stdout


def replaced(path):
    data = path.read_bytes()
    path.rename(path.with_suffix(".old"))
    path.write_bytes(data)


@pytest.mark.parametrize("log", ["exchanges.jsonl", "verdicts.jsonl", "actions.jsonl"])
@pytest.mark.parametrize("done", [lambda path: path.unlink(), replaced])
def test_a_log_that_is_taken_away_or_replaced_under_a_running_gateway_stops_it(tmp_path, log, done):
    settings = read_settings(settings_file(tmp_path, [NOWHERE]))
    good = {name: GOOD[name] for name in ("exchanges.jsonl", "verdicts.jsonl")}
    logged(settings, {**good, "actions.jsonl": [{"kind": "resume", "at": 1e9}]})
    switch = Switch(settings)
    over = Overseer(settings, switch, None)
    over.begin()
    assert not switch.stopped()
    done(settings.folder / log)

    async def until_stopped():
        async with asyncio.timeout(30):
            running = asyncio.create_task(over.run())
            while not switch.stopped():
                await asyncio.sleep(0.01)
            running.cancel()

    wait_for(until_stopped())
    assert f"{log} was taken away or replaced" in switch.stopped()


def test_a_kill_is_not_refused_for_a_letter_that_a_shell_broke(tmp_path, wellhead):
    path = settings_file(tmp_path, [NOWHERE])
    ran = wellhead("watch", "kill", path, "--by", "an\udcff", "--why", "now\n\x1b[31m")
    assert ran.returncode == 0, ran.stderr
    settings = read_settings(path)
    assert json.loads(settings.kill.read_text())["by"].startswith("an")
    assert status_of(settings).stopped == "stopped by hand"
    assert "\x1b" not in status_of(settings).actions[-1].why


def test_a_drill_asks_with_a_token_of_any_letters_and_knows_versions_by_any_name(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("WELLHEAD_TOKEN", "tök€n")
    named = {"x-wellhead-version": "sieben ü".encode().decode("latin-1")}
    with endpoint(lambda _: (*whole("hello"), 200, named)) as address:
        assert Client(f"{address}/v1", 0, tmp_path).version() == ("sieben ü", "")


def test_what_was_said_is_for_no_other_user_of_the_machine_to_read(tmp_path):
    path = settings_file(tmp_path, [NOWHERE])
    path.write_text(f"{path.read_text()}[review]\n")
    settings = read_settings(path)
    status_of(settings)
    settings.queue()
    for folder in (settings.folder, settings.review):
        assert not folder.stat().st_mode & 0o007
