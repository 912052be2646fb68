"""`collect verify` on a real database that somebody has edited."""

from __future__ import annotations

import hmac
import json
import sqlite3
from pathlib import Path

import pytest
from collect_helpers import Writer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from wellhead.collect.answers import settle
from wellhead.collect.create import new_study
from wellhead.collect.export import export_study
from wellhead.collect.heads import read_heads
from wellhead.collect.keys import load_keys
from wellhead.collect.overview import overview
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, keep_up, open_host
from wellhead.collect.study import Study
from wellhead.collect.verify import verify_study
from wellhead.errors import BadInput
from wellhead.lineage import Store
from wellhead.lineage.signing import public_key, require_signed, signed


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study with two answers of three batches each."""
    study = new_study(tmp_path_factory.mktemp("verify") / "demo")
    host = open_host([study], secure=False)
    client = TestClient(create_app(host))
    for _ in range(2):
        writer = Writer(client)
        writer.start()
        for words in ("One. ", "Two. ", "Three."):
            writer.pen.type(words)
            writer.send()
        writer.submit()
    settle(host.store, study, host.keys["demo"], now_ms=host.now_ms)
    host.store.close()
    return study


def verify(command, study: Study, *options: str):  # type: ignore[no-untyped-def]
    finished = command("collect", "verify", study.path, "--json", *options)
    return finished.returncode, json.loads(finished.stdout)


def edited(study: Study, folder: Path, *statements: str) -> Study:
    """A copy of the study in which somebody has run SQL."""
    for name in ("STUDY.toml", "STUDY.key", "tasks.csv", "answers.db"):
        (folder / name).write_bytes((study.path.parent / name).read_bytes())
    with sqlite3.connect(folder / "answers.db") as database:
        for statement in statements:
            assert database.execute(statement).rowcount, statement
    database.close()
    return type(study)(**{**study.__dict__, "path": folder / "STUDY.toml"})


ONE = "(SELECT min(id) FROM sessions)"
LONGER = """CAST(replace(CAST(body AS TEXT), '"mono":', '"mono":1') AS BLOB)"""
EDITS = {
    "a word of the answer": f"UPDATE answers SET text = 'Won.' WHERE session = {ONE}",
    "one byte of a batch": f"UPDATE links SET body = {LONGER} WHERE batch = 2 AND session = {ONE}",
    "a dropped batch": f"DELETE FROM links WHERE batch = 2 AND session = {ONE}",
    "a dropped end": f"DELETE FROM links WHERE seq = 4 AND session = {ONE}",
    "a receive time": f"UPDATE links SET received_ms = 1 WHERE seq = 1 AND session = {ONE}",
    "another worker": f"UPDATE sessions SET worker = 'x' WHERE id = {ONE}",
    "a removed answer": f"DELETE FROM answers WHERE session = {ONE}",
    "a conclusion": f"""UPDATE answers SET derived = replace(derived, '"minutes"', '"hours"')
        WHERE session = {ONE}""",
    "the outcome to search by": f"UPDATE answers SET outcome = 'mixed' WHERE session = {ONE}",
    "when it started": f"UPDATE sessions SET started_ms = started_ms - 9 WHERE id = {ONE}",
    "when it was handed in": f"UPDATE sessions SET submitted_ms = 9 WHERE id = {ONE}",
    "when the answer says so": f"UPDATE answers SET submitted_ms = 9 WHERE session = {ONE}",
    "when the last batch came": f"UPDATE sessions SET last_ms = 9 WHERE id = {ONE}",
    "the opening": f"UPDATE sessions SET opening = CAST('{{}}' AS BLOB) WHERE id = {ONE}",
}


def test_an_untouched_study_is_intact(command, recorded: Study) -> None:  # type: ignore[no-untyped-def]
    """No false alarm; the heads can be kept elsewhere."""
    code, result = verify(command, recorded)
    assert (code, result["intact"], result["sessions"], result["links"]) == (0, True, 2, 10)
    assert len(result["heads"]) == 2
    assert result["conclusions"] == 2


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_of_the_database_is_found(recorded: Study, tmp_path: Path, what: str) -> None:
    """Each kind of edit gives a break in the session it touched, and in no other."""
    study = edited(recorded, tmp_path, EDITS[what])
    host = open_host([study], secure=False)
    result = host.store.read(lambda c: verify_study(c, host.studies["demo"], host.keys["demo"]))
    host.store.close()
    assert result.breaks
    assert {found.session for found in result.breaks} == {min(result.heads)}


def test_a_removed_session_is_found_by_saved_heads(  # type: ignore[no-untyped-def]
    command, recorded: Study, tmp_path: Path
) -> None:
    """Without heads kept elsewhere it would not be missed; with them it is."""
    _, before = verify(command, recorded)
    heads = tmp_path / "heads.json"
    heads.write_text(json.dumps(before))
    tables = ("answers", "links")
    gone = [f"DELETE FROM {table} WHERE session = {ONE}" for table in tables]
    study = edited(recorded, tmp_path, *gone, f"DELETE FROM sessions WHERE id = {ONE}")
    assert verify(command, study)[0] == 0
    code, result = verify(command, study, "--heads", str(heads))
    assert code == 3
    assert [found["problem"] for found in result["breaks"]] == ["the whole session is missing"]


def test_todays_heads_are_written_signed_and_show_a_session_that_vanished(  # type: ignore[no-untyped-def]
    command, recorded: Study, tmp_path: Path
) -> None:
    """Kept elsewhere, the file anchors the database; altered, it is refused."""
    host = open_host([recorded], secure=False)
    keep_up(host, recorded)
    keep_up(host, recorded)
    host.store.close()
    (heads,) = (recorded.path.parent / "heads").glob("*.json")
    assert verify(command, recorded, "--heads", str(heads))[0] == 0
    tables = ("answers", "links", "marks")
    gone = [f"DELETE FROM {table} WHERE session = {ONE}" for table in tables[:2]]
    study = edited(recorded, tmp_path, *gone, f"DELETE FROM sessions WHERE id = {ONE}")
    assert verify(command, study, "--heads", str(heads))[0] == 3
    forged = tmp_path / "forged.json"
    first = min(json.loads(heads.read_text())["heads"])
    forged.write_text(heads.read_text().replace(first, "0" * 32))
    finished = command("collect", "verify", study.path, "--heads", forged)
    assert (finished.returncode, "altered" in finished.stderr) == (3, True)


@pytest.mark.parametrize("source", ["daily", "verify"])
def test_heads_without_a_signature_are_refused(  # type: ignore[no-untyped-def]
    command, recorded: Study, tmp_path: Path, source: str
) -> None:
    """Anybody could have written them, whatever they look like."""
    if source == "daily":
        host = open_host([recorded], secure=False)
        keep_up(host, recorded)
        host.store.close()
        (written,) = (recorded.path.parent / "heads").glob("*.json")
        facts = json.loads(written.read_text())
    else:
        _, facts = verify(command, recorded)
    del facts["signature"]
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps(facts))
    finished = command("collect", "verify", recorded.path, "--heads", bare)
    assert (finished.returncode, "no signature" in finished.stderr) == (3, True)


def test_whoever_has_the_public_key_can_check_heads_and_nobody_else_can_make_them(
    recorded: Study,
) -> None:
    """An Ed25519 signature: the study's secret is not needed to check it, and is to make it."""
    host = open_host([recorded], secure=False)
    keep_up(host, recorded)
    host.store.close()
    folder = recorded.path.parent / "heads"
    (written,) = folder.glob("*.json")
    facts = json.loads(written.read_text())
    key = public_key(folder / "demo.pub")
    assert require_signed(facts, key, "heads")["heads"] == facts["heads"]
    forged = signed({**facts, "heads": {}}, Ed25519PrivateKey.generate())
    for wrong in ({**facts, "at_ms": 0}, {**forged, "key": facts["key"]}):
        with pytest.raises(BadInput, match="does not verify"):
            require_signed(wrong, key, "heads")
        with pytest.raises(BadInput, match="does not verify"):
            read_heads(json.dumps(wrong), load_keys(recorded.key_path, "demo"))


def test_heads_from_before_signatures_by_key_pair_still_count(recorded: Study) -> None:
    """They carry an HMAC under the study's secret; altered, they are refused as ever."""
    keys = load_keys(recorded.key_path, "demo")
    facts = {"v": 1, "study": "demo", "at_ms": 5, "heads": {"s": [3, "ab" * 32]}}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    signature = hmac.new(keys.heads, text.encode(), "sha256").hexdigest()
    old = {**facts, "signature": signature}
    assert read_heads(json.dumps(old), keys) == {"s": [3, "ab" * 32]}
    with pytest.raises(BadInput, match="was altered"):
        read_heads(json.dumps({**old, "heads": {}}), keys)


def test_an_export_is_noted_as_the_original_of_what_is_made_from_it(  # type: ignore[no-untyped-def]
    command, host: Host, writer, study: Study, tmp_path: Path
) -> None:
    """What was typed here is people's and can be a root; the signed heads go with it."""
    writer().write("My own words, typed in the page.")
    other = writer()
    other.start()
    other.pen.paste("Somebody else's words, brought in by a paste.")
    other.send()
    other.submit()
    command("lineage", "init", tmp_path / "store")
    options = ("--lineage", tmp_path / "store", "--licence", "CC0-1.0", "--json")
    finished = command("collect", "export", study.path, "--out", tmp_path / "out", *options)
    assert finished.returncode == 0, finished.stderr
    store = Store(tmp_path / "store")
    typed, pasted = (store.read(one) for one in json.loads(finished.stdout)["lineage"])
    assert (typed.name, typed.writers, typed.rows.rooted) == ("demo-typed", "people", 1)
    assert (pasted.name, pasted.writers, pasted.rows.rooted) == ("demo-other", "unknown", 0)
    assert typed.origin is not None
    assert (typed.origin.kind, typed.origin.licence) == ("collected", "CC0-1.0")
    assert {file.name for file in typed.files} >= {"heads.json", "demo.pub"}
    assert command("lineage", "verify", tmp_path / "store").returncode == 0
    nowhere = ("--out", tmp_path / "b", "--lineage", tmp_path / "no")
    assert command("collect", "export", study.path, *nowhere).returncode == 3


OPENINGS = ["{}", "[]", "nothing", '{"level": 7, "consent": {}, "declared": "dictation"}']


@pytest.mark.parametrize("opening", OPENINGS)
def test_an_altered_opening_is_a_finding_wherever_the_answer_is_read(
    recorded: Study, tmp_path: Path, opening: str
) -> None:
    """Dashboard, export and verify go on with the other answers and name this one."""
    written = f"UPDATE sessions SET opening = CAST('{opening}' AS BLOB) WHERE id = {ONE}"
    study = edited(recorded, tmp_path, written, "UPDATE answers SET derived_seq = NULL")
    host = open_host([study], secure=False)
    settle(host.store, study, host.keys["demo"], now_ms=host.now_ms)
    seen = host.store.read(lambda connection: overview(connection, study))
    result = host.store.read(lambda c: verify_study(c, study, host.keys["demo"]))
    files = export_study(host.store, study, "csv", tmp_path / "out")
    host.store.close()
    assert (seen.submitted, seen.unsound) == (2, (min(result.heads),))
    assert any("opening was altered" in found.problem for found in result.breaks)
    assert min(result.heads) in files[0].read_text()


def test_the_receipt_that_a_writer_was_shown_is_found_again(  # type: ignore[no-untyped-def]
    command, tmp_path: Path
) -> None:
    """Who took part can show it, and a session that vanished is missed."""
    study = new_study(tmp_path / "demo")
    host = open_host([study], secure=False)
    client = TestClient(create_app(host))
    writer = Writer(client)
    writer.write("I was here.")
    shown = client.get(f"/api/session/{writer.sid}/recorded", headers=writer.headers).json()
    host.store.close()
    receipt = shown["receipt"]
    assert verify(command, study, "--receipt", receipt)[0] == 0
    code, result = verify(command, study, "--receipt", receipt, "--receipt", "ab" * 32)
    assert (code, len(result["breaks"])) == (3, 1)


def test_verify_says_what_it_cannot_cover(command, recorded: Study) -> None:  # type: ignore[no-untyped-def]
    """Without heads, a session that vanished whole is named among it."""
    finished = command("collect", "verify", recorded.path)
    assert "Not covered: sessions that vanished whole" in finished.stdout
    assert "notes" in finished.stdout


def test_a_backup_is_made_while_writers_write(wellhead, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A whole copy that verifies, readable by its owner only, never over another one."""
    study = new_study(tmp_path / "demo")
    host = open_host([study], secure=False)
    writer = Writer(TestClient(create_app(host)))
    writer.start()
    writer.pen.type("Acknowledged.")
    writer.send()
    copy = tmp_path / "copies" / "monday.db"
    finished = wellhead("collect", "backup", study.path, "--out", copy, "--json")
    assert json.loads(finished.stdout)["sessions"] == 1
    assert copy.stat().st_mode & 0o777 == 0o600
    writer.pen.type(" Later.")
    writer.send()
    with sqlite3.connect(copy) as database:
        assert database.execute("SELECT text FROM drafts").fetchall() == [("Acknowledged.",)]
    database.close()
    heads = copy.with_name("monday.db.heads.json")
    code, result = verify(wellhead, study, "--heads", str(heads))
    assert (code, result["intact"]) == (0, True)
    again = wellhead("collect", "backup", study.path, "--out", copy)
    assert again.returncode == 2
    assert "never replaced" in again.stderr
    host.store.close()


def test_several_processes_on_sqlite_are_refused(wellhead, recorded: Study) -> None:  # type: ignore[no-untyped-def]
    """With the reason, before anything is served."""
    finished = wellhead("collect", "serve", recorded.path, "--processes", "2", "--port", "0")
    assert finished.returncode == 2
    assert "PostgreSQL" in finished.stderr
