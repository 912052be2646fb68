"""A writer's session over HTTP: what is acknowledged is kept, and nothing else gets in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from collect_helpers import Clock, Writer, edit

from wellhead.collect.answers import load_records, settle
from wellhead.collect.review.accounts import add_user
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.study import Study
from wellhead.collect.verify import verify_study

MakeWriter = Callable[..., Writer]


def intact(host: Host) -> list[Any]:
    return host.store.read(
        lambda c: verify_study(c, host.studies["demo"], host.keys["demo"]).breaks
    )


def test_acknowledged_text_comes_back_after_a_reload(writer: MakeWriter) -> None:
    """After an acknowledged batch, the state holds its text."""
    alice = writer()
    alice.start()
    alice.pen.type("Half a sentence")
    alice.send()
    state = alice.state()
    assert (state["text"], state["seq"], state["state"]) == ("Half a sentence", 1, "open")
    assert state["events"] == 30


def test_a_lost_acknowledgement_is_given_again(writer: MakeWriter, host: Host) -> None:
    """The same bytes under the same number get the same receipt, and are kept once."""
    alice = writer()
    alice.start()
    alice.pen.type("once")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    first, second = alice.post("batch", batch), alice.post("batch", batch)
    assert first.json() == second.json()
    assert intact(host) == []


def test_other_bytes_under_a_used_number_are_refused(writer: MakeWriter, host: Host) -> None:
    """A batch cannot be replaced after it was acknowledged."""
    alice = writer()
    alice.start()
    alice.pen.type("true")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    alice.post("batch", batch)
    forged = {**batch, "body": batch["body"].replace('"wall":0', '"wall":1')}
    answer = alice.post("batch", forged)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert intact(host) == []


def test_a_missing_batch_is_asked_for(writer: MakeWriter) -> None:
    """After a gap the server names the batch that it waits for."""
    alice = writer()
    alice.start()
    alice.pen.type("a")
    alice.pen.batch(alice.sid, alice.receipt)
    alice.pen.type("b")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    answer = alice.post("batch", batch.model_dump())
    assert (answer.status_code, answer.json()["expected"]) == (409, 1)


def test_batches_written_offline_follow_each_other_with_one_receipt(writer: MakeWriter) -> None:
    """A queue that was filled offline carries the last receipt the browser had."""
    alice = writer()
    alice.start()
    offline = alice.receipt
    for words in ("one ", "two ", "three"):
        alice.pen.type(words)
        batch = alice.pen.batch(alice.sid, offline, tab=alice.tab)
        assert alice.post("batch", batch.model_dump()).status_code == 200
    assert alice.state()["text"] == "one two three"


def test_a_receipt_that_was_never_given_is_refused(writer: MakeWriter) -> None:
    """A batch made up beforehand cannot know the receipt of the start."""
    alice = writer()
    alice.start()
    alice.pen.type("x")
    batch = alice.pen.batch(alice.sid, "ab" * 32, tab=alice.tab)
    assert alice.post("batch", batch.model_dump()).status_code == 409


def test_a_draft_that_is_not_the_text_is_refused(writer: MakeWriter) -> None:
    """The draft must have the length and hash that the batch states."""
    alice = writer()
    alice.start()
    alice.pen.type("x")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    assert alice.post("batch", {**batch, "draft": "y"}).status_code == 422


def test_submitting_twice_gives_the_same_answer_and_code(writer: MakeWriter, host: Host) -> None:
    """A repeated submission changes nothing."""
    alice = writer()
    first = alice.write("My answer.")
    assert alice.submit() == first
    assert len(first["completion"]["code"]) == 10
    assert first["complete"] is True
    assert intact(host) == []


def test_another_answer_after_submission_is_refused(writer: MakeWriter) -> None:
    """What was handed in stays."""
    alice = writer()
    first = alice.write("My answer.")
    alice.pen.type(" And more.")
    answer = alice.post("submit", alice.submission("press-2"))
    assert (answer.status_code, answer.json()["error"]) == (410, "closed")
    alice.pen.erase(10)
    assert alice.submit() == first


def test_an_answer_without_its_recording_is_kept_and_paid(writer: MakeWriter) -> None:
    """Payment never waits for the recording; late batches still arrive."""
    alice = writer()
    alice.start()
    alice.pen.type("Sent late")
    late = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    submitted = alice.submit()
    assert submitted["complete"] is False
    assert submitted["completion"]["code"]
    assert alice.post("batch", late.model_dump()).status_code == 200


def test_nothing_is_added_long_after_submission(
    writer: MakeWriter, clock: Clock, host: Host
) -> None:
    """Late batches have their time; then the recording is closed."""
    alice = writer()
    alice.write("Done.")
    alice.pen.type("!")
    clock.now += 31 * 60
    late = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    assert alice.post("batch", late.model_dump()).status_code == 410
    assert intact(host) == []


def test_a_second_tab_is_read_only_until_it_takes_over(writer: MakeWriter, clock: Clock) -> None:
    """One tab writes; another may take over, or inherits after a silence."""
    alice = writer()
    alice.start()
    assert alice.state("tab-2")["writer"] is False
    alice.pen.type("x")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab="tab-2").model_dump()
    assert alice.post("batch", batch).json()["error"] == "lease"
    assert alice.post("batch", {**batch, "take": True}).status_code == 200
    assert alice.state("tab-1")["writer"] is False
    clock.now += 60
    assert alice.state("tab-1")["writer"] is True


@pytest.mark.parametrize("days", [-400, -3, 3, 400])
def test_a_server_clock_that_jumps_by_days_breaks_no_chain(
    writer: MakeWriter, clock: Clock, host: Host, study: Study, days: int
) -> None:
    """Receive times never run backwards within a chain, whatever the clock does."""
    alice = writer()
    alice.start()
    alice.pen.type("before ")
    alice.send()
    clock.now += 86_400 * days
    if days < 0:
        alice.pen.type("after")
        alice.send()
    assert intact(host) == []


@pytest.mark.parametrize("days", [-400, -3, 3, 400])
def test_a_browsers_calendar_that_is_off_by_days_costs_nothing(
    writer: MakeWriter, clock: Clock, host: Host, days: int
) -> None:
    """What date the browser believes in is not asked."""
    alice = writer()
    alice.start()
    alice.pen.type("Typed.")
    alice.pass_time()
    wall = int(clock.now + 86_400 * days) * 1000
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab, wall_ms=wall)
    assert alice.post("batch", batch.model_dump()).status_code == 200
    assert alice.submit()["complete"] is True
    assert concluded(host) == ("typed", 0)
    assert intact(host) == []


def concluded(host: Host) -> tuple[str, int]:
    """The outcome of the one answer, and how many things are wrong with its times."""
    settle(host.store, host.studies["demo"], host.keys["demo"], now_ms=host.now_ms)
    (record,) = host.store.read(lambda c: list(load_records(c, "demo")))
    return record.outcome, len(record.derived["integrity"]["clock"])


@pytest.mark.parametrize("lived", [0.025, 30.0, 65.0])
def test_seventy_seconds_of_typing_need_seventy_seconds(
    writer: MakeWriter, clock: Clock, host: Host, lived: float
) -> None:
    """A log whose times took longer than the session is no evidence; the writer is paid."""
    alice = writer()
    alice.start()
    alice.pen.type("Words. ")
    alice.pen.leave(70)
    alice.pen.type("More words.")
    clock.now += lived
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    assert alice.post("batch", batch.model_dump()).status_code == 200
    assert alice.submit()["complete"] is True
    assert concluded(host) == ("clock_cannot_be_right", 1)


def test_an_hour_cannot_pass_between_two_batches_of_one_minute(
    writer: MakeWriter, clock: Clock, host: Host
) -> None:
    """Each span is held against the server's clock, not only the whole session."""
    alice = writer()
    alice.start()
    clock.now += 7_200
    for words in ("A slow beginning. ", "Going on. "):
        alice.pen.type(words)
        alice.send()
    alice.pen.leave(3_600)
    alice.pen.type("And an hour later.")
    clock.now += 60
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    assert alice.post("batch", batch.model_dump()).status_code == 200
    alice.submit()
    assert concluded(host)[0] == "clock_cannot_be_right"


def test_a_computer_that_slept_and_a_line_that_was_slow_are_no_wonder(
    writer: MakeWriter, clock: Clock, host: Host
) -> None:
    """The browser's clock may stand still, and batches may come late."""
    alice = writer()
    alice.start()
    for words in ("Before. ", "In between. ", "After."):
        alice.pen.type(words)
        alice.send()
        clock.now += 8 * 3_600
    alice.pen.type(" And on.")
    clock.now += 60
    alice.send()
    alice.submit()
    assert concluded(host) == ("typed", 0)


def test_a_code_is_not_given_for_a_text_that_the_log_does_not_lead_to(
    writer: MakeWriter, host: Host, study: Study
) -> None:
    """Without one batch, or with a log for another text, the code is the one for a closer look."""
    entry = replace(study.entry, completion_codes=("WHOLE", "LOOK"))
    host.studies["demo"] = replace(study, entry=entry)
    honest, lacking, bare, other = (writer() for _ in range(4))
    for who in (honest, lacking, bare, other):
        who.start()
        who.pen.type("One. ")
    for who in (honest, lacking):
        who.send()
        who.pen.type("Two.")
    honest.send()
    other.send()
    # Each of the others says that nothing is missing.
    claims = {lacking: lacking.pen.text, bare: bare.pen.text, other: "Nine."}
    codes = [honest.submit()["completion"]["code"]]
    for who, text in claims.items():
        message = {"v": 1, "nonce": "n", "text": text, "seq": 0}
        answer = who.post("submit", message)
        assert answer.status_code == 200
        codes.append(answer.json()["completion"]["code"])
    assert codes == ["WHOLE", "LOOK", "LOOK", "LOOK"]


def test_an_empty_log_that_names_the_right_text_is_not_whole(
    writer: MakeWriter, host: Host, study: Study
) -> None:
    """The hash of the final text alone is no history."""
    alice = writer()
    alice.start()
    alice.pen.type("Words from nowhere.")
    alice.pen.events.clear()
    alice.send()
    assert alice.submit()["complete"] is False
    assert concluded(host)[0] == "incomplete_log"


def test_a_session_has_room_for_so_many_bytes_and_its_text_is_kept(
    writer: MakeWriter, host: Host, study: Study
) -> None:
    """Few large events are bounded like many small ones."""
    host.studies["demo"] = replace(study, limits=replace(study.limits, kilobytes_per_session=64))
    alice = writer()
    alice.start()
    alice.pen.type("word " * 40)
    alice.send()
    alice.pen.type("word " * 60)
    alice.pass_time()
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    refused = alice.post("batch", batch.model_dump())
    assert (refused.status_code, refused.json()["error"]) == (413, "too_large")
    assert alice.submit()["complete"] is False


def test_a_writer_who_sends_too_many_bytes_a_minute_is_asked_to_wait(
    writer: MakeWriter, clock: Clock, host: Host, study: Study
) -> None:
    """What waits is accepted once the minute is over."""
    host.studies["demo"] = replace(study, limits=replace(study.limits, kilobytes_per_minute=30))
    alice = writer()
    alice.start()
    for word in ("first ", "second "):
        alice.pen.type(word * 12)
    clock.now += 600
    waiting = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    assert 15_000 < len(waiting["body"]) < 30_720
    alice.receipt = alice.post("batch", waiting).json()["receipt"]
    alice.pen.type("third " * 24)
    more = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    refused = alice.post("batch", more)
    assert (refused.status_code, refused.json()["error"]) == (429, "rate")
    clock.now += 60
    assert alice.post("batch", more).status_code == 200


def test_a_study_that_is_full_lets_nobody_begin_and_everybody_finish(
    writer: MakeWriter, host: Host, study: Study
) -> None:
    """The bytes of all sessions together have a bound of their own."""
    alice = writer()
    alice.start()
    alice.pen.type("word " * 30)
    alice.send()
    host.studies["demo"] = replace(study, limits=replace(study.limits, megabytes_per_study=0))
    with pytest.raises(AssertionError, match="no room"):
        writer().start()
    assert alice.submit()["complete"] is True


@pytest.mark.parametrize("padding", [" ", "\n", "\t" * 1000])
def test_white_space_cannot_pad_a_batch(writer: MakeWriter, padding: str) -> None:
    """The bytes that are kept and hashed have one form."""
    alice = writer()
    alice.start()
    alice.pen.type("Short.")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    padded = {**batch, "body": batch["body"].replace(",", "," + padding, 1)}
    refused = alice.post("batch", padded)
    assert (refused.status_code, refused.json()["error"]) == (422, "bad_request")
    assert alice.post("batch", batch).status_code == 200


def test_the_same_token_resumes_and_a_bare_link_starts_anew(writer: MakeWriter) -> None:
    """Knowing an address is not knowing a writer."""
    alice = writer(query="?worker=alice")
    alice.start()
    alice.pen.type("private")
    alice.send()
    session = alice.sid
    stranger = writer(query="?worker=alice")
    assert stranger.start()["at"]["text"] == ""
    assert stranger.sid != session
    resumed = alice.start(headers=alice.headers)
    assert (resumed["resumed"], resumed["at"]["text"]) == (True, "private")


def test_a_planted_address_puts_nobody_into_somebody_elses_session(writer: MakeWriter) -> None:
    """A token in the address counts for the visit it was given to; else consent is asked for."""
    mallory, bob = writer(query="?worker=mallory"), writer(query="?worker=bob")
    mallory.start()
    for planted in (mallory.token, "x" * 43):
        with pytest.raises(AssertionError, match="unauthorised"):
            bob.start(headers={"Authorization": f"Bearer {planted}"})
    assert bob.start()["resumed"] is False


def test_one_writer_cannot_reach_another(writer: MakeWriter) -> None:
    """A token opens one session, whatever the address says."""
    alice, bob = writer(), writer()
    alice.start()
    bob.start()
    bob.pen.type("bob")
    bob.send()
    stolen, bob.token = bob.token, alice.token
    for answer in (
        bob.client.get(f"/api/session/{bob.sid}", params={"tab": "t"}, headers=bob.headers),
        bob.client.get(f"/api/session/{bob.sid}/recorded", headers=bob.headers),
        bob.post("submit", bob.submission()),
        bob.post("batch", bob.pen.batch(bob.sid, bob.receipt, tab=bob.tab).model_dump()),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorised")
    bob.token = stolen
    assert bob.state()["text"] == "bob"


def test_a_batch_of_another_session_is_refused(writer: MakeWriter) -> None:
    """The body names its session; the address must be the same."""
    alice, bob = writer(), writer()
    alice.start()
    bob.start()
    alice.pen.type("x")
    batch = alice.pen.batch(bob.sid, alice.receipt, tab=alice.tab)
    assert alice.post("batch", batch.model_dump()).status_code == 422


def test_tasks_are_handed_out_evenly(writer: MakeWriter) -> None:
    """Each task gets its share, and a returning writer gets a new one."""
    seen = [writer(query="?worker=w").start()["task"]["source"] for _ in range(3)]
    assert len(set(seen)) == 3


def test_writers_who_send_without_end_are_slowed_down(study: Study, clock: Clock) -> None:
    """A session has an allowance; it fills up again with time."""
    from fastapi.testclient import TestClient

    host = open_host([edit(study, batches_per_minute="6")], clock=clock, secure=False)
    alice = Writer(TestClient(create_app(host)))
    alice.start()
    for _ in range(6):
        alice.pen.type("x")
        alice.send()
    alice.pen.type("x")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    refused = alice.post("batch", batch)
    assert (refused.status_code, refused.json()["error"]) == (429, "rate")
    clock.now += 10
    assert alice.post("batch", batch).status_code == 200
    host.store.close()


def test_a_long_session_of_a_hundred_thousand_events_is_kept_whole(
    writer: MakeWriter, host: Host
) -> None:
    """Size alone loses nothing."""
    alice = writer()
    alice.start()
    host.studies["demo"] = host.studies["demo"]
    for _ in range(100):
        for number in range(500):
            alice.pen.note("key", c="letter", a="d", r=number % 2)
            alice.pen.note("car", s0=0, s1=0)
        alice.send()
    assert alice.state()["events"] == 100_000
    alice.submit()
    recorded = alice.client.get(f"/api/session/{alice.sid}/recorded", headers=alice.headers)
    assert recorded.json()["counts"] == {"car": 50_000, "key": 50_000}
    add = partial(add_user, name="ann", password="x" * 12, study="demo", role="owner", now_ms=0)
    host.store.write(lambda c: add(c))
    ann = alice.client
    ann.post("/review/login", data={"name": "ann", "password": "x" * 12})
    for path in ("/review/s/demo", "/review/s/demo/answers", f"/review/s/demo/a/{alice.sid}"):
        page = ann.get(path)
        assert page.status_code == 200
        assert len(page.content) < 1_000_000
    assert intact(host) == []


def forbidden(alice: Writer, **fields: Any) -> Any:
    """A batch with one more event than the level allows."""
    alice.pen.type("a")
    alice.pen.events[-1][3].update(fields)
    if not fields:
        events = alice.pen.events
        events.append([len(events), alice.pen.elapsed_ms, "key", {"c": "letter"}])
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    return alice.post("batch", batch.model_dump())


@pytest.mark.parametrize("level", ["process", "summary", "full"])
def test_a_browser_cannot_send_more_than_the_writer_agreed_to(
    study: Study, clock: Clock, level: str
) -> None:
    """Typed text is kept at the level `full` only, keys not at `summary`, whoever sends them."""
    from fastapi.testclient import TestClient

    host = open_host([edit(study, privacy=f'"{level}"')], clock=clock, secure=False)
    alice = Writer(TestClient(create_app(host)))
    alice.start()
    assert forbidden(alice, x="a").status_code == (200 if level == "full" else 422)
    bob = Writer(alice.client)
    bob.start()
    assert forbidden(bob).status_code == (422 if level == "summary" else 200)
    host.store.close()


def test_a_recording_without_end_is_closed_and_its_answer_kept(study: Study, clock: Clock) -> None:
    """Nobody can fill the disk through one session; the text still counts."""
    from fastapi.testclient import TestClient

    host = open_host([edit(study, events_per_session="1000")], clock=clock, secure=False)
    alice = Writer(TestClient(create_app(host)))
    alice.start()
    for _ in range(2):
        alice.pen.type("x" * 250)
        alice.send()
    alice.pen.type("y")
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    assert alice.post("batch", batch).json()["error"] == "too_large"
    assert alice.submit()["completion"]["code"]
    assert intact(host) == []
    host.store.close()


def test_asking_without_end_is_slowed_down(study: Study, clock: Clock) -> None:
    """Every request of a session counts, also those that only look."""
    from fastapi.testclient import TestClient

    host = open_host([edit(study, batches_per_minute="6")], clock=clock, secure=False)
    alice = Writer(TestClient(create_app(host)))
    alice.start()
    for path in ("", "/recorded"):
        clock.now += 60
        address = f"/api/session/{alice.sid}{path}"
        asked = [
            alice.client.get(address, params={"tab": "t"}, headers=alice.headers).status_code
            for _ in range(7)
        ]
        assert asked == [200] * 6 + [429]
    host.store.close()


def test_what_was_recorded_is_told_to_the_writer(writer: MakeWriter) -> None:
    """Counts by kind, the level and the retention."""
    alice = writer()
    alice.write("Hello")
    answer = alice.client.get(f"/api/session/{alice.sid}/recorded", headers=alice.headers)
    recorded = answer.json()
    assert recorded["counts"] == {"edit": 5, "key": 5}
    assert (recorded["level"], recorded["characters"]) == ("process", 5)
    assert recorded["origins"] == {"typed": 5}


def test_deleted_words_are_nowhere_in_the_database(writer: MakeWriter, host: Host) -> None:
    """At the default level what was typed and taken back is gone, from the free pages too."""
    alice = writer()
    alice.start()
    alice.pen.type("Zyzzyva was here. ")
    alice.send()
    alice.pen.erase(18)
    alice.pen.type("A plain answer.")
    alice.send()
    alice.submit()
    path = host.studies["demo"].database_url.removeprefix("sqlite:///")
    host.store.close()
    assert b"Zyzzyva" not in Path(path).read_bytes()


def test_consent_to_other_words_starts_nothing(writer: MakeWriter, client: Any) -> None:
    """A page that shows an old consent text cannot start a session."""
    alice = writer()
    message = {
        "v": 1,
        "study": "demo",
        "ticket": alice.ticket(),
        "consent": {"version": "0", "at": 0},
        "tab": "t",
    }
    answer = client.post("/api/session", json=message)
    assert (answer.status_code, answer.json()["error"]) == (403, "entry")


def test_a_forged_ticket_starts_nothing(writer: MakeWriter, client: Any) -> None:
    """Only the server signs entries."""
    ticket = writer().ticket()
    body, _, signature = ticket.partition(".")
    for forged in (f"{body}A.{signature}", f"{body}.{'0' * 64}", "", "x.y", "é.é"):
        message = {
            "v": 1,
            "study": "demo",
            "ticket": forged,
            "consent": {"version": "1", "at": 0},
            "tab": "t",
        }
        assert client.post("/api/session", json=message).status_code == 403


def test_problems_have_one_shape(client: Any) -> None:
    """Every refusal can be read by a program and by a person."""
    for answer in (
        client.get("/api/session/x", params={"tab": "t"}),
        client.get("/api/nothing"),
        client.post("/api/session", content=b"{", headers={"content-type": "application/json"}),
        client.put("/api/session"),
    ):
        assert set(answer.json()) <= {"error", "message", "expected", "retry_ms"}
        assert json.loads(answer.text)["message"]


def test_a_closed_study_lets_nobody_begin_and_everybody_finish(
    writer: MakeWriter, host: Host, client: Any
) -> None:
    """Closing is for newcomers; who has begun keeps their answer."""
    alice = writer()
    alice.start()
    alice.pen.type("Begun in time.")
    alice.send()
    host.studies["demo"] = replace(host.studies["demo"], closed=True)
    with pytest.raises(AssertionError, match="closed"):
        writer().start()
    resumed = alice.start(headers=alice.headers)
    assert resumed["at"]["text"] == "Begun in time."
    alice.pen.text = "Begun in time."
    assert alice.submit()["completion"]["code"]
