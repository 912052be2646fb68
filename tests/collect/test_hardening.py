"""What a hostile client can send: wrong shapes, large bodies, lies about their size."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from collect_helpers import Clock, Writer, edit
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from wellhead._waiting import wait_for
from wellhead.collect.answers import load_records
from wellhead.collect.messages import Problem
from wellhead.collect.review.accounts import add_user
from wellhead.collect.schema import MAX_EVENTS
from wellhead.collect.server import create_app
from wellhead.collect.server.application import MAX_REQUEST
from wellhead.collect.server.host import Host, keep_up, open_host
from wellhead.collect.store.models import Bucket, Identity, Link
from wellhead.collect.study import Study
from wellhead.web.guard import csrf_token

MakeWriter = Callable[..., Writer]
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.mark.parametrize("known", [False, True], ids=["stranger", "writer"])
def test_the_api_keeps_to_its_own_description(host: Host, writer: MakeWriter, known: bool) -> None:
    """Whatever is sent, by whomever, the OpenAPI document names the answer, and it is no 500."""
    alice = writer()
    alice.start()
    document = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(host))
    operations = [
        found.ok() for found in document.include(path_regex="^/api/").get_all_operations()
    ]
    assert len(operations) == 7
    for operation in operations:

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            if known and "sid" in (case.path_parameters or {}):
                case.path_parameters["sid"] = alice.sid
            headers = alice.headers if known else None
            case.call_and_validate(headers=headers, checks=CHECKS)

        check()


anything = st.text(max_size=40)
PAGES = ("/s/{}", "/static/{}", "/review/s/{}", "/review/s/demo/a/{}", "/review/s/{}/answers")
FORMS = {
    "/review/login": ("name", "password"),
    "/review/s/{}/export": ("csrf", "format"),
    "/review/s/{}/delete": ("csrf", "worker", "confirm"),
    "/review/s/demo/a/{}/notes": ("csrf", "text"),
}


def test_whatever_is_asked_of_a_page_it_is_no_failure_of_ours(host: Host) -> None:
    """Pages and forms that people see are not in the OpenAPI document; they hold all the same."""
    host.store.write(lambda c: add_user(c, "ann", "x" * 12, "demo", "owner", now_ms=host.now_ms))
    client = TestClient(create_app(host), raise_server_exceptions=False)
    client.post("/review/login", data={"name": "ann", "password": "x" * 12})
    csrf = csrf_token(client.cookies["wellhead"])

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(PAGES + tuple(FORMS)),
        anything,
        st.lists(anything, min_size=3, max_size=3),
        st.booleans(),
    )
    def check(path: str, name: str, words: list[str], own: bool) -> None:
        address = path.format(quote(name.encode("utf-8", "replace"), safe=""))
        if path in FORMS:
            form = dict(zip(FORMS[path], words, strict=False))
            if own and "csrf" in form:
                form["csrf"] = csrf
            answer = client.post(address, data=form, follow_redirects=False)
        else:
            query = {"outcome": words[0], "page": words[1], "worker": words[2]}
            answer = client.get(address, params=query, follow_redirects=False)
        assert answer.status_code < 500, (address, words, answer.text)

    check()


def test_starting_sessions_without_end_is_slowed_down(study: Study, clock: Clock) -> None:
    """One address has an allowance; the refusal says when to come back."""
    host = open_host([edit(study, starts_per_minute="2")], clock=clock, secure=False)
    client = TestClient(create_app(host))
    Writer(client).start()
    Writer(client).start()
    with pytest.raises(AssertionError, match="retry_ms"):
        Writer(client).start()
    clock.now += 60
    Writer(client).start()
    host.store.close()


async def raw_request(host: Host, chunks: list[bytes], headers: list[tuple[bytes, bytes]]) -> int:
    """Speak ASGI, so that the client can lie."""
    waiting = list(chunks)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/session",
        "raw_path": b"/api/session",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "scheme": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "root_path": "",
    }
    await create_app(host)(scope, receive, send)
    assert waiting or len(chunks) < 3, "the server read the whole bomb"
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-length", b"10")],
        [(b"transfer-encoding", b"chunked")],
    ],
)
def test_a_body_without_end_is_cut_off_while_it_streams(
    host: Host, headers: list[tuple[bytes, bytes]]
) -> None:
    """Bytes are counted as they come, whatever the headers say."""
    chunks = [b" " * 262_144] * (2 * MAX_REQUEST // 262_144)
    kind = [(b"content-type", b"application/json")]
    assert wait_for(raw_request(host, chunks, headers + kind)) == 413


@pytest.mark.parametrize("length", [b"99999999999", b"-1", b"x"])
def test_an_impossible_length_is_refused_unread(host: Host, length: bytes) -> None:
    """A declared size over the limit is not waited for."""
    assert wait_for(raw_request(host, [b"{}"], [(b"content-length", length)])) == 413


def test_a_body_that_is_refused_unread_gets_the_answer_of_every_refusal(client: TestClient) -> None:
    """Under `/api` a `Problem`, elsewhere a page; the same as for any other refusal."""
    large, packed = {"content-length": "99999999"}, {"content-encoding": "gzip"}
    for headers, status in ((large, 413), (packed, 415)):
        answer = client.post("/api/session", content=b"{}", headers=headers)
        assert answer.status_code == status
        assert Problem.model_validate(answer.json()).message
        page = client.post("/review/login", content=b"", headers=headers)
        assert (page.status_code, page.headers["content-type"][:9]) == (status, "text/html")


@pytest.mark.parametrize("path", ["/review/", "/s/demo/", "/api/session/", "/healthz/"])
def test_no_answer_sends_anybody_to_the_host_that_a_request_names(
    client: TestClient, path: str
) -> None:
    """A forged `Host` is nowhere in what comes back."""
    answer = client.get(path, headers={"host": "evil.example"}, follow_redirects=False)
    assert "evil.example" not in str(answer.headers) + answer.text


def test_compressed_bodies_are_refused(client: TestClient) -> None:
    """No bomb unfolds here."""
    bomb = gzip.compress(b" " * 10_000_000)
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert client.post("/api/session", content=bomb, headers=headers).status_code == 415


def test_deeply_nested_json_is_refused(client: TestClient) -> None:
    """Neither the request nor the batch inside it can exhaust the stack."""
    headers = {"content-type": "application/json"}
    for bomb in ("[" * 100_000, '{"a":' * 100_000, '{"v":1,"study":' + "[" * 50_000):
        assert client.post("/api/session", content=bomb, headers=headers).status_code in {400, 422}


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"v": 2},
        {"seq": -1},
        {"seq": 2**63},
        {"mono": 1.5},
        {"mono": True},
        {"events": "x"},
        {"events": [[0, 0, "edit", {"p": -1}]]},
        {"events": [[0, 0, "edit", {"p": 0, "evil": 1}]]},
        {"events": [[0, 0, "nothing", {}]]},
        {"events": [[0, 5, "car", {"s0": 0, "s1": 0}], [1, 4, "car", {"s0": 0, "s1": 0}]]},
        {"events": [[n, 0, "car", {"s0": 0, "s1": 0}] for n in range(MAX_EVENTS + 1)]},
        {"prev": "0" * 63},
        {"nonce": "é" * 64},
        {"sid": "../../etc"},
    ],
)
def test_a_batch_of_another_shape_is_refused(writer: MakeWriter, change: dict[str, Any]) -> None:
    """Unknown fields, wrong types, numbers out of range, time running backwards."""
    alice = writer()
    alice.start()
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab).model_dump()
    body = {**json.loads(batch["body"]), **change}
    answer = alice.post("batch", {**batch, "body": json.dumps(body)})
    assert (answer.status_code, answer.json()["error"]) == (422, "bad_request")
    assert alice.state()["seq"] == 0


def test_an_answer_beyond_the_limit_is_refused(writer: MakeWriter) -> None:
    """The study says how long an answer may be."""
    alice = writer()
    alice.start()
    long = {**alice.submission(), "text": "x" * 50_001}
    assert alice.post("submit", long).status_code == 413
    assert alice.post("submit", {**long, "text": "x" * 50_000}).status_code == 200


def test_every_answer_carries_the_safe_headers(client: TestClient) -> None:
    """Also refusals and unknown addresses."""
    for path in ("/s/demo", "/s/nothing", "/api/session/x", "/review/login", "/static/none", "/x"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] in {"no-referrer", "same-origin"}
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers


def test_a_server_says_whether_it_lives_and_whether_it_can_work(
    host: Host, client: TestClient
) -> None:
    """`/healthz` for the process, `/readyz` for the database behind it."""
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}
    host.store.write(lambda c: c.exec_driver_sql("ALTER TABLE studies RENAME TO gone") and None)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_server_says_when_its_disk_is_full(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it can no longer keep what writers send."""
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    answer = client.get("/readyz")
    assert (answer.status_code, "The disk is full." in answer.text) == (503, True)


def test_what_writers_wrote_is_in_no_log(
    host: Host, writer: MakeWriter, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that fails is reported without the values it was given."""
    alice = writer()
    alice.start()
    alice.pen.type("Zyzzyva")
    host.store.write(lambda c: c.exec_driver_sql("ALTER TABLE drafts RENAME TO gone") and None)
    batch = alice.pen.batch(alice.sid, alice.receipt, tab=alice.tab)
    answer = alice.post("batch", batch.model_dump())
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert "drafts" in caplog.text
    assert "Zyzzyva" not in caplog.text
    assert alice.token not in caplog.text


def test_the_server_forgets_by_itself(host: Host, writer: MakeWriter, clock: Clock) -> None:
    """Old recordings go without a job of the researcher's; hashed addresses go within minutes."""
    writer(query="?worker=goner").write("Typed a year ago.")
    study = host.studies["demo"]
    keep_up(host, study)
    assert host.store.read(lambda c: c.execute(select(Bucket.key)).all())
    clock.now += 61
    keep_up(host, study)
    assert not host.store.read(lambda c: c.execute(select(Bucket.key)).all())
    clock.now += 366 * 86_400
    keep_up(host, study)
    assert not host.store.read(lambda c: c.execute(select(Identity)).all())
    events = select(Link.body).where(Link.batch.is_not(None), Link.body.is_not(None))
    assert not host.store.read(lambda c: c.execute(events).all())
    (record,) = host.store.read(lambda c: list(load_records(c, "demo")))
    assert (record.text, record.outcome) == ("Typed a year ago.", "typed")
