"""The same server on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from collect_helpers import Clock, Writer, edit
from fastapi.testclient import TestClient
from loopback import LoadWriter, Server
from postgres_cluster import postgres_programs, temporary_postgres
from sqlalchemy import text

from wellhead._waiting import wait_for
from wellhead.collect.answers import load_records, settle
from wellhead.collect.create import new_study
from wellhead.collect.server import create_app
from wellhead.collect.server.host import open_host
from wellhead.collect.store import Store
from wellhead.collect.store.erasure import delete_worker
from wellhead.collect.store.models import Base
from wellhead.collect.verify import verify_study

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed: initdb was not found")
    with temporary_postgres() as url:
        yield url


def test_migrations_give_the_tables_of_the_models(url: str) -> None:
    """What the migrations build on PostgreSQL is what the code expects."""
    with Store(url) as store:
        assert (
            store.read(lambda c: compare_metadata(MigrationContext.configure(c), Base.metadata))
            == []
        )


def test_a_study_runs_on_postgresql_from_entry_to_deletion(
    url: str, tmp_path: Path, clock: Clock
) -> None:
    """Write, submit, derive, verify, delete."""
    host = open_host([new_study(tmp_path / "whole")], database=url, clock=clock, secure=False)
    alice = Writer(TestClient(create_app(host)), "whole", query="?worker=alice")
    submitted = alice.write("An answer in PostgreSQL.")
    assert alice.submit() == submitted
    study, keys = host.studies["whole"], host.keys["whole"]
    assert settle(host.store, study, keys, now_ms=host.now_ms) == 1
    records = host.store.read(lambda c: list(load_records(c, "whole")))
    assert [record.text for record in records] == ["An answer in PostgreSQL."]
    assert host.store.read(lambda c: verify_study(c, host.studies[keys.study], keys).breaks) == []
    worker = {keys.pseudonym("link", "alice")}
    assert host.store.write(lambda c: delete_worker(c, "whole", worker, "ann", now_ms=0)) == 1
    assert host.store.read(lambda c: verify_study(c, host.studies[keys.study], keys).sessions) == 0
    host.store.close()


def test_what_the_database_cannot_hold_is_refused_and_hurts_nobody_else(
    url: str, tmp_path: Path, clock: Clock
) -> None:
    """PostgreSQL keeps no NUL: 422, not a page that tries again for ever."""
    host = open_host([new_study(tmp_path / "nul")], database=url, clock=clock, secure=False)
    client = TestClient(create_app(host))
    alice = Writer(client, "nul")
    alice.start()
    for path, message in (
        ("submit", {**alice.submission(), "text": "a\x00b"}),
        ("batch", {"body": "{}", "draft": "a\x00b", "take": False}),
    ):
        assert alice.post(path, message).status_code == 422
    form = {"name": "a\x00b", "password": "x" * 12}
    assert client.post("/review/login", data=form).status_code in {401, 422}
    assert alice.write("No harm done.")["completion"]["code"]
    host.store.close()


def test_a_writer_does_not_notice_that_the_database_came_back(
    url: str, tmp_path: Path, clock: Clock
) -> None:
    """Connections that died meanwhile are made anew; nothing is refused and nothing doubled."""
    host = open_host([new_study(tmp_path / "back")], database=url, clock=clock, secure=False)
    alice = Writer(TestClient(create_app(host)), "back")
    alice.start()
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
    for words in ("Before, ", "between ", "and after."):
        alice.pen.type(words)
        alice.send()
        host.store.read(lambda c: c.execute(text(f"{others} pg_backend_pid()")).all())
    assert alice.submit()["complete"] is True
    keys = host.keys["back"]
    assert host.store.read(lambda c: verify_study(c, host.studies[keys.study], keys)).links == 5
    host.store.close()


@pytest.mark.slow
def test_kill_nine_loses_nothing_on_postgresql(url: str, tmp_path: Path) -> None:
    """The commit is PostgreSQL's; the promise is the same."""
    study = edit(new_study(tmp_path / "kill"), batches_per_minute="6000")
    server = Server(study.path, database=url)
    server.start()

    async def run() -> None:
        writers = [LoadWriter(server.port, "kill", number) for number in range(8)]
        await asyncio.gather(*(writer.start() for writer in writers))

        async def one(writer: LoadWriter) -> None:
            while True:
                await writer.send("words ")

        tasks = [asyncio.create_task(one(writer)) for writer in writers]
        await asyncio.sleep(0.7)
        server.kill()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.start()
        for writer in writers:
            writer.connection.close()
            assert (await writer.kept()).startswith(writer.acknowledged)
        assert any(writer.acknowledged for writer in writers)

    wait_for(run())
    server.stop()


@pytest.mark.slow
def test_several_processes_share_what_matters(url: str, tmp_path: Path) -> None:
    """Chains and rate limits hold whichever process answers; one that is killed is replaced."""
    study = edit(new_study(tmp_path / "many"), batches_per_minute="6000", starts_per_minute="9")
    server = Server(study.path, database=url, processes=2)
    server.start()

    async def run() -> None:
        writers = [LoadWriter(server.port, "many", number) for number in range(8)]
        for writer in writers:
            await writer.start()
        for _ in range(5):
            for writer in writers:
                # A new connection may reach the other process.
                writer.connection.close()
                await writer.send("words ")
        os.kill(server.children()[0], signal.SIGKILL)
        for writer in writers:
            writer.connection.close()
            for _ in range(40):
                try:
                    await writer.send("more ")
                    break
                except ConnectionError:
                    await asyncio.sleep(0.25)
            assert (await writer.kept()) == writer.acknowledged == "words " * 5 + "more "
            await writer.submit()
        await LoadWriter(server.port, "many", 9).start()
        with pytest.raises(AssertionError, match="rate"):
            await LoadWriter(server.port, "many", 10).start()

    wait_for(run())
    assert len(server.children()) >= 2
    server.stop()
    host = open_host([study], database=url)
    result = host.store.read(lambda c: verify_study(c, study, host.keys["many"]))
    assert result.breaks == []
    host.store.close()
