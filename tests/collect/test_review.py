"""The researcher's side: who gets in, what they see, and what a hostile answer can do to them."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from collect_helpers import Clock, Writer
from fastapi.testclient import TestClient

from wellhead.collect.answers import load_records
from wellhead.collect.create import new_study
from wellhead.collect.review.accounts import add_token, add_user
from wellhead.collect.selection import FLAGS
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.study import Study
from wellhead.errors import BadSetting

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
MakeWriter = Callable[..., Writer]

XSS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</textarea><svg onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7 * 7 }}${7*7}<%= 7*7 %>",
    "<!--<script>",
    "]]><script>alert(1)</script>",
    "\u2028\u2029<b>&lt;script&gt;",
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
)


def researcher(host: Host, name: str = "ann", role: str = "owner", study: str = "demo") -> None:
    host.store.write(lambda c: add_user(c, name, PASSWORD, study, role, now_ms=host.now_ms))


def sign_in(host: Host, name: str = "ann", password: str = PASSWORD) -> TestClient:
    client = TestClient(create_app(host))
    client.post("/review/login", data={"name": name, "password": password})
    return client


@pytest.fixture
def ann(host: Host) -> TestClient:
    researcher(host)
    return sign_in(host)


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def test_there_is_no_way_in_without_an_account(host: Host) -> None:
    """Every researcher's page leads to the sign-in, and no password is built in."""
    client = TestClient(create_app(host))
    for path in ("/review", "/review/s/demo", "/review/s/demo/answers", "/review/s/demo/a/x"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/review/login")
    for name, password in (("admin", "admin"), ("demo", "demo"), ("", ""), ("ann", PASSWORD)):
        client.post("/review/login", data={"name": name, "password": password})
        assert not client.cookies


def test_a_short_password_is_refused(host: Host) -> None:
    """Twelve characters at least."""
    with pytest.raises(BadSetting, match="12"):
        host.store.write(lambda c: add_user(c, "x", "short", "demo", "owner", now_ms=0))


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(study: Study, clock: Clock) -> None:
    """HttpOnly, SameSite, and Secure with the host prefix unless on loopback."""
    host = open_host([study], clock=clock)
    researcher(host)
    client = TestClient(create_app(host), base_url="https://testserver")
    answer = client.post(
        "/review/login", data={"name": "ann", "password": PASSWORD}, follow_redirects=False
    )
    cookie = answer.headers["set-cookie"]
    for part in ("__Host-wellhead=", "HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert part in cookie
    host.store.close()


def test_guessing_passwords_is_slowed_down(host: Host) -> None:
    """After ten wrong tries the right password does not help for a minute."""
    researcher(host)
    client = TestClient(create_app(host))
    for _ in range(10):
        client.post("/review/login", data={"name": "ann", "password": "wrong" * 3})
    answer = client.post("/review/login", data={"name": "ann", "password": PASSWORD})
    assert answer.status_code == 429


def test_nobody_locks_a_researcher_out_from_elsewhere(host: Host) -> None:
    """Wrong tries for a name, from many addresses, cost that name's owner nothing."""
    researcher(host)
    app = create_app(host)
    guesses = []
    for number in range(12):
        elsewhere = TestClient(app, client=(f"10.0.0.{number}", 5000))
        for _ in range(9):
            form = {"name": "ann", "password": "wrong" * 3}
            guesses.append(elsewhere.post("/review/login", data=form).status_code)
    assert guesses.count(401) <= 12 * 3 + 10
    here = TestClient(app, client=("10.1.1.1", 5000))
    form = {"name": "ann", "password": PASSWORD}
    assert here.post("/review/login", data=form, follow_redirects=False).status_code == 303


def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try runs the slow hash once, so that time does not tell which names exist."""
    from argon2 import PasswordHasher

    researcher(host)
    runs: list[str] = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda *given: runs.append(given[1][:9]) or verify(*given)
    )
    client = TestClient(create_app(host))
    answers = [
        client.post("/review/login", data={"name": name, "password": "wrong" * 3}).text
        for name in ("ann", "nobody")
    ]
    assert runs == ["$argon2id"] * 2
    assert answers[0] == answers[1]


def test_a_cookie_set_by_somebody_else_is_not_signed_in(host: Host) -> None:
    """Signing in gives a new token; one that was planted before stays worthless."""
    researcher(host)
    client = TestClient(create_app(host), cookies={"wellhead": "planted"})
    form = {"name": "ann", "password": PASSWORD}
    answer = client.post("/review/login", data=form, follow_redirects=False)
    assert "wellhead=planted" not in answer.headers["set-cookie"]
    thief = TestClient(create_app(host), cookies={"wellhead": "planted"})
    assert thief.get("/review", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/static/..%2f..%2fkeys.py", "/review/static/..%2faccounts.py", "/s/..%2fdemo", "/s/%00"],
)
def test_no_path_leads_out_of_its_folder(client: TestClient, path: str) -> None:
    """Names of files and studies are looked up, never joined to a path."""
    assert client.get(path).status_code == 404


def test_no_answer_of_ours_takes_a_line_from_a_stranger(
    ann: TestClient, writer: MakeWriter
) -> None:
    """Neither an address nor a form can split a header or redirect elsewhere."""
    alice = writer()
    alice.write("An answer.")
    token = csrf(ann.get("/review").text)
    for session in ("x%0d%0aSet-Cookie:a=b", "%2f%2fevil.example", f"{alice.sid}%0d%0aX:y"):
        path = f"/review/s/demo/a/{session}/notes"
        answer = ann.post(path, data={"csrf": token, "text": "n"}, follow_redirects=False)
        assert answer.status_code == 404
        assert not {"set-cookie", "x", "location"} & set(answer.headers)


def test_signing_out_ends_the_session_on_the_server(ann: TestClient, host: Host) -> None:
    """A copied cookie is worth nothing afterwards."""
    cookies = dict(ann.cookies)
    ann.post("/review/logout", data={"csrf": csrf(ann.get("/review").text)})
    thief = TestClient(create_app(host), cookies=cookies)
    assert thief.get("/review", follow_redirects=False).status_code == 303


def test_a_session_ends_by_itself(ann: TestClient, clock: Clock) -> None:
    """After a day, sign in again."""
    clock.now += 86_401
    assert ann.get("/review", follow_redirects=False).status_code == 303


def test_the_dashboard_counts_and_weighs(ann: TestClient, writer: MakeWriter) -> None:
    """Progress, outcomes with intervals, equal pastes across workers."""
    writer(query="?worker=a").write("I wrote this myself, and it took me a while.")
    foreign = "As a vibrant tapestry of cherished memories, the street stands as a testament."
    for worker in ("b", "c"):
        copyist = writer(query=f"?worker={worker}")
        copyist.start()
        copyist.pen.paste(foreign)
        copyist.send()
        copyist.submit()
    page = ann.get("/review/s/demo").text
    assert "Answers: 3, by" in page
    assert "67 %" in page
    assert "21 % to 94 %" in page
    assert "The same foreign paste from 2 writers" in page
    assert "Every recording replays" in page


def test_an_answer_is_shown_by_origin_with_its_deleted_text_covered(
    ann: TestClient, writer: MakeWriter
) -> None:
    """Provenance, flags, timeline and a replay without what was taken back."""
    alice = writer()
    alice.start()
    alice.pen.type("secret")
    alice.pen.erase(6)
    alice.pen.type("My own words. ")
    alice.pen.paste("And a passage that came from somewhere else entirely, as it seems.")
    alice.send()
    alice.submit()
    page = ann.get(f"/review/s/demo/a/{alice.sid}").text
    assert '<span class="o-paste_outside"' in page
    assert "secret" not in page
    assert "▒" in html.unescape(page)
    assert "outside text" in page


def listed(ann: TestClient) -> str:
    """The list of answers, without the form that names every flag."""
    return ann.get("/review/s/demo/answers").text.partition("<tbody>")[2]


def test_the_same_text_from_two_writers_is_a_flag_on_both(
    ann: TestClient, writer: MakeWriter, host: Host
) -> None:
    """On the pages, in the record, and gone with the one who is deleted."""
    foreign = "As a vibrant tapestry of cherished memories, the street stands as a testament."
    for worker in ("b", "c", "c"):
        copyist = writer(query=f"?worker={worker}")
        copyist.start()
        copyist.pen.type("I say: ")
        copyist.pen.paste(foreign)
        copyist.send()
        copyist.submit()
    ann.get("/review/s/demo")
    records = host.store.read(lambda c: list(load_records(c, "demo")))
    for record in records:
        found = {flag["name"]: flag for flag in record.derived["flags"]}
        assert found["identical_paste"]["evidence"] == [15]
        assert "by another writer" in found["identical_answer"]["says"]
    assert "identical paste" in listed(ann)
    page = ann.get(f"/review/s/demo/a/{copyist.sid}").text
    assert "identical paste" in page
    token = csrf(page)
    form = {"csrf": token, "worker": "b", "confirm": "delete"}
    assert "None found" in ann.post("/review/s/demo/delete", data=form).text
    assert "identical" not in listed(ann)


def test_the_same_paste_taken_back_by_two_writers_accuses_nobody(
    ann: TestClient, writer: MakeWriter, host: Host
) -> None:
    """What did not stay in the answer is a note, also when somebody else pasted it, too."""
    foreign = "As a vibrant tapestry of cherished memories, the street stands as a testament."
    for worker in ("b", "c"):
        honest = writer(query=f"?worker={worker}")
        honest.start()
        honest.pen.paste(foreign)
        honest.pen.erase(len(foreign))
        honest.pen.type(f"In my own words, as {worker} would put it, at some length.")
        honest.send()
        honest.submit()
    ann.get("/review/s/demo")
    for record in host.store.read(lambda c: list(load_records(c, "demo"))):
        flags = {flag["name"]: flag["strength"] for flag in record.derived["flags"]}
        assert flags == {"pasted_then_removed": "note", "identical_paste": "note"}
        assert record.outcome == "typed"


def test_answers_are_listed_in_pages_and_by_outcome(
    ann: TestClient, writer: MakeWriter, clock: Clock
) -> None:
    """Fifty at a time, newest first, none left out; no query reads them all."""
    for number in range(53):
        clock.now += 1
        writer(query=f"?worker=w{number}").write(f"Answer {number}.")
    first, second = (ann.get(f"/review/s/demo/answers?page={page}").text for page in (1, 2))
    assert "53 answers" in first
    assert (first.count("Answer "), second.count("Answer ")) == (50, 3)
    assert "Answer 52." in first
    assert "Answer 0." in second
    assert "53 answers" in ann.get("/review/s/demo/answers?outcome=typed").text
    assert "0 answers" in ann.get("/review/s/demo/answers?outcome=scripted").text


def test_what_researchers_do_is_written_down(ann: TestClient, writer: MakeWriter) -> None:
    """Sign-ins, exports and deletions, with who and when, for owners to read."""
    writer(query="?worker=goner").write("An answer.")
    token = csrf(ann.get("/review").text)
    ann.post("/review/s/demo/export", data={"csrf": token, "format": "csv"})
    ann.post("/review/s/demo/delete", data={"csrf": token, "worker": "goner", "confirm": "delete"})
    page = " ".join(re.sub("<[^>]+>", " ", ann.get("/review/s/demo").text).split())
    for words in ("ann sign in", "ann export csv", "ann delete of 1 sessions"):
        assert words in page


def program(host: Host, name: str = "ann", days: int = 1) -> TestClient:
    token = host.store.write(lambda c: add_token(c, name, "demo", now_ms=host.now_ms, days=days))
    client = TestClient(create_app(host))
    client.headers["authorization"] = f"Bearer {token}"
    return client


def test_a_program_reads_with_a_token_what_its_owner_may(
    host: Host, writer: MakeWriter, clock: Clock
) -> None:
    """Overview and exports; only the token's hash is kept, and it ends with time or account."""
    researcher(host)
    researcher(host, "eve", "viewer")
    writer().write("An answer.")
    ann, eve = program(host), program(host, "eve")
    assert ann.get("/api/study/demo").json()["submitted"] == 1
    packed = ann.get("/api/study/demo/export/csv")
    assert packed.headers["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(packed.content)).namelist() == ["demo/answers.csv"]
    assert eve.get("/api/study/demo").status_code == 200
    assert eve.get("/api/study/demo/export/csv").status_code == 403
    assert ann.get("/review", follow_redirects=False).status_code == 303
    assert TestClient(create_app(host)).get("/api/study/demo").status_code == 401
    token = ann.headers["authorization"].removeprefix("Bearer ")
    path = host.studies["demo"].database_url.removeprefix("sqlite:///")
    assert token.encode() not in Path(path).read_bytes() + Path(f"{path}-wal").read_bytes()
    researcher(host, "eve", "owner")  # a new password ends what the old one opened
    assert eve.get("/api/study/demo").status_code == 401
    clock.now += 86_401
    assert ann.get("/api/study/demo").status_code == 401


def test_a_programs_token_opens_one_study(tmp_path: Path, clock: Clock) -> None:
    """A token for one study is worth nothing in another, whatever else its owner may."""
    one, two = new_study(tmp_path / "demo"), new_study(tmp_path / "two")
    database = f"sqlite:///{tmp_path}/both.db"
    host = open_host([one, two], database=database, clock=clock, secure=False)
    researcher(host)
    researcher(host, study="two")
    ann = program(host)
    for path in ("/api/study/two", "/api/study/two/export/csv", "/api/study/nothing"):
        assert ann.get(path).status_code == 404
    assert ann.get("/api/study/demo").status_code == 200
    host.store.close()


def test_a_note_is_kept_with_its_author(ann: TestClient, writer: MakeWriter) -> None:
    """Reviewers can write what they think."""
    alice = writer()
    alice.write("An answer.")
    address = f"/review/s/demo/a/{alice.sid}"
    token = csrf(ann.get(address).text)
    answer = ann.post(f"{address}/notes", data={"csrf": token, "text": "Looks fine to me"})
    assert "Looks fine to me" in answer.text
    assert "ann, 2025-06-15" in answer.text


def test_forms_from_elsewhere_change_nothing(ann: TestClient, writer: MakeWriter) -> None:
    """No form works without its token, with a wrong one, or from another origin."""
    alice = writer()
    alice.write("An answer.")
    token = csrf(ann.get("/review").text)
    forms = {
        f"/review/s/demo/a/{alice.sid}/notes": {"text": "forged"},
        "/review/s/demo/export": {"format": "csv"},
        "/review/s/demo/delete": {"worker": "x", "confirm": "delete"},
        "/review/logout": {},
    }
    evil = {"Origin": "https://evil.example"}
    for path, fields in forms.items():
        assert ann.post(path, data=fields).status_code == 422
        assert ann.post(path, data={**fields, "csrf": "0" * 64}).status_code == 403
        assert ann.post(path, data={**fields, "csrf": token}, headers=evil).status_code == 403
        cross = {"Sec-Fetch-Site": "cross-site"}
        assert ann.post(path, data={**fields, "csrf": token}, headers=cross).status_code == 403
    fields = {"name": "ann", "password": PASSWORD}
    assert ann.post("/review/login", data=fields, headers=evil).status_code == 403
    assert "forged" not in ann.get(f"/review/s/demo/a/{alice.sid}").text


def test_a_researcher_of_one_study_cannot_see_another(tmp_path: Path, clock: Clock) -> None:
    """Neither through its name nor through a session's id under one's own study."""
    one, two = new_study(tmp_path / "one"), new_study(tmp_path / "two")
    database = f"sqlite:///{tmp_path}/both.db"
    host = open_host([one, two], database=database, clock=clock, secure=False)
    researcher(host, study="one")
    ann, client = sign_in(host), TestClient(create_app(host))
    bob = Writer(client, "two")
    bob.write("For the other study only.")
    token = csrf(ann.get("/review").text)
    for path in ("/review/s/two", f"/review/s/two/a/{bob.sid}", f"/review/s/one/a/{bob.sid}"):
        answer = ann.get(path)
        assert answer.status_code == 404
        assert "other study only" not in answer.text
    note = {"csrf": token, "text": "x"}
    for study in ("one", "two"):
        assert ann.post(f"/review/s/{study}/a/{bob.sid}/notes", data=note).status_code == 404
    export = {"csrf": token, "format": "csv"}
    assert ann.post("/review/s/two/export", data=export).status_code == 404
    host.store.close()


def test_a_writers_token_opens_no_other_study(tmp_path: Path, clock: Clock) -> None:
    """A ticket and a token belong to one study."""
    one, two = new_study(tmp_path / "one"), new_study(tmp_path / "two")
    database = f"sqlite:///{tmp_path}/both.db"
    host = open_host([one, two], database=database, clock=clock, secure=False)
    client = TestClient(create_app(host))
    alice = Writer(client, "one")
    alice.start()
    ticket = alice.ticket()
    message = {
        "v": 1,
        "study": "two",
        "ticket": ticket,
        "consent": {"version": "1", "at": 0},
        "tab": "t",
    }
    assert client.post("/api/session", json=message, headers=alice.headers).status_code == 403
    message["ticket"] = Writer(client, "two").ticket()
    assert client.post("/api/session", json=message, headers=alice.headers).status_code == 401
    assert client.post("/api/session", json=message).json()["resumed"] is False
    host.store.close()


@pytest.mark.parametrize(
    ("role", "notes", "exports"), [("viewer", 403, 403), ("reviewer", 200, 403)]
)
def test_roles_bound_what_one_may_do(
    host: Host, writer: MakeWriter, role: str, notes: int, exports: int
) -> None:
    """A viewer looks, a reviewer also notes, only an owner exports and deletes."""
    alice = writer()
    alice.write("An answer.")
    researcher(host, "eve", role)
    eve = sign_in(host, "eve")
    token = csrf(eve.get("/review").text)
    address = f"/review/s/demo/a/{alice.sid}/notes"
    assert eve.post(address, data={"csrf": token, "text": "x"}).status_code == notes
    for path, fields in (
        ("export", {"format": "csv"}),
        ("delete", {"worker": "x", "confirm": "delete"}),
    ):
        answer = eve.post(f"/review/s/demo/{path}", data={"csrf": token, **fields})
        assert answer.status_code == exports


def test_hostile_text_stays_text_everywhere(study: Study, clock: Clock) -> None:
    """In the task, the answer, the dashboard, the notes, the replay and the CSV."""
    tasks = tuple(replace(study.tasks[0], text=hostile, id=hostile) for hostile in XSS)
    shown = replace(study, tasks=tasks, title="".join(XSS)[:300], contact=XSS[0])
    host = open_host([shown], clock=clock, secure=False)
    researcher(host)
    client, ann = TestClient(create_app(host)), sign_in(host)
    token = csrf(ann.get("/review").text)
    pages = [client.get("/s/demo")]
    for hostile in XSS:
        alice = Writer(client)
        alice.start()
        alice.pen.paste(hostile * 3)
        alice.send()
        alice.submit()
        note = {"csrf": token, "text": hostile}
        pages.append(ann.post(f"/review/s/demo/a/{alice.sid}/notes", data=note))
    pages += map(ann.get, ("/review", "/review/s/demo", "/review/s/demo/answers"))
    for page in pages:
        assert page.status_code == 200
        assert_harmless(page.text, page.headers["content-security-policy"])
    packed = ann.post("/review/s/demo/export", data={"csrf": token, "format": "csv"}).content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        text = archive.read("demo/answers.csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == len(XSS) + 1
    for cell in (cell.lstrip(" ") for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "@", "\t", "\r"))
    host.store.close()


def assert_harmless(page: str, policy: str) -> None:
    """No element, attribute or script of a page comes from the hostile text."""
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    tree = Elements()
    tree.feed(page)
    for tag, attributes in tree.found:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert tag not in {"b", "img", "iframe", "object", "embed"}
        assert not any((value or "").startswith("javascript:") for value in attributes.values())
        inert = attributes.get("type") == "application/json"
        assert tag != "script" or inert or (attributes.get("src") or "").startswith("/")
    assert "49${" not in page


class Elements(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_deleting_a_writer_leaves_nothing_of_them(
    ann: TestClient, writer: MakeWriter, host: Host
) -> None:
    """By platform id, across every table; the other writers stay."""
    writer(query="?worker=goner").write("Zyzzyva wrote this answer here.")
    writer(query="?worker=stays").write("This one stays where it is.")
    ann.get("/review/s/demo")
    token = csrf(ann.get("/review").text)
    form = {"csrf": token, "worker": "goner", "confirm": "delete"}
    assert "Answers: 1, by" in ann.post("/review/s/demo/delete", data=form).text
    assert ann.post("/review/s/demo/delete", data=form).status_code == 404
    path = host.studies["demo"].database_url.removeprefix("sqlite:///")
    host.store.close()
    content = Path(path).read_bytes()
    assert b"Zyzzyva" not in content
    assert b"goner" not in content
    assert b"This one stays" in content


def test_answers_are_narrowed_sorted_found_and_exported(
    ann: TestClient, host: Host, writer: MakeWriter, clock: Clock
) -> None:
    """By outcome, flag, strength, writer, day, decision and words; the export has the same."""
    mine = writer(query="?worker=a")
    mine.write("Plainly typed words about a harbour.")
    clock.now += 43_200
    foreign = writer(query="?worker=b")
    foreign.start()
    foreign.pen.paste("Nested between hills, a tapestry of cherished memories and much more.")
    foreign.send()
    foreign.submit()
    day = f"{datetime.fromtimestamp(clock.now, UTC):%Y-%m-%d}"
    one, two = mine.sid[:8], foreign.sid[:8]

    def seen(query: str) -> list[str]:
        page = ann.get(f"/review/s/demo/answers?{query}").text
        return re.findall(r">([0-9a-f]{8})</a><br>", page)

    assert seen("") == [two, one]
    assert seen("sort=oldest") == [one, two]
    assert seen("sort=strongest+flag") == [two, one]
    for query, found in {
        "outcome=typed": [one],
        "flag=outside_text": [two],
        "strength=strong": [two],
        "flag=outside_text&strength=weak": [],
        "flag=round_trip": [],
        "writer=a": [one],
        f"since={day}": [two],
        f"until={day}": [two, one],
        "find=HARBOUR": [one],
        f"find={two}": [two],
        "find=%25": [],
        "decision=accept": [],
        "decision=undecided": [two, one],
        "outcome=nonsense": [two, one],
    }.items():
        assert seen(query) == found, query
    assert ann.get("/review/s/demo/answers?since=yesterday").status_code == 422
    notes = ann.get("/review/s/demo/answers?strength=strong").text
    assert re.search(r"outside text <[^>]+>\(strong\)", notes)
    page = ann.get("/review/s/demo/answers?outcome=typed").text
    form = {"csrf": csrf(page), "format": "csv"}
    packed = ann.post("/review/s/demo/export?outcome=typed", data=form)
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        text = archive.read("demo/answers.csv").decode("utf-8-sig")
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == [mine.sid]
    assert "csv of a selection" in ann.get("/review/s/demo").text
    form["format"] = "huggingface"
    assert ann.post("/review/s/demo/export?outcome=typed", data=form).status_code == 422


def test_flags_that_answers_share_count_where_the_list_is_sorted_by_strength(
    ann: TestClient, writer: MakeWriter, clock: Clock
) -> None:
    """Two equal answers come before a newer one without a flag."""
    same = "The very same words about the harbour, handed in by two people."
    for worker in ("a", "b"):
        writer(query=f"?worker={worker}").write(same)
    clock.now += 10
    plain = writer(query="?worker=c")
    plain.write("Something else altogether.")
    page = ann.get("/review/s/demo/answers?sort=strongest+flag").text
    assert re.findall(r">([0-9a-f]{8})</a><br>", page)[-1] == plain.sid[:8]
    assert "identical answer" in page


def test_every_flag_can_be_chosen() -> None:
    """The form names the flags that the docs define, and nothing else."""
    docs = (ROOT / "docs" / "collect-what-is-recorded.md").read_text()
    rows = docs[docs.index("| `outside_text`") :].split("\n\n")[0].splitlines()
    named = [name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split(" | ")[0])]
    assert sorted(FLAGS) == sorted(named)


def test_a_researcher_changes_the_password(ann: TestClient, host: Host) -> None:
    """The old one is asked for; other browsers are out, this one stays."""
    other = sign_in(host)
    token = csrf(ann.get("/review/password").text)

    def change(old: str, new: str, again: str) -> str:
        form = {"csrf": token, "old": old, "new": new, "again": again}
        return ann.post("/review/password", data=form).text

    assert "old password is wrong" in change(
        "guess", "another horse battery", "another horse battery"
    )
    assert "alike twice" in change(PASSWORD, "another horse battery", "another")
    assert "12 characters" in change(PASSWORD, "short", "short")
    assert "It is changed" in change(PASSWORD, "another horse battery", "another horse battery")
    assert ann.get("/review/s/demo").status_code == 200
    assert other.get("/review/s/demo", follow_redirects=False).status_code == 303
    again = TestClient(create_app(host))
    assert (
        again.post("/review/login", data={"name": "ann", "password": PASSWORD}).status_code == 401
    )
