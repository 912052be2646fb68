"""A database of an earlier version is brought up to date without losing a word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import first_tables
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from postgres_cluster import postgres_programs, temporary_postgres
from sqlalchemy import MetaData

from wellhead.collect.answers import load_page
from wellhead.collect.overview import overview
from wellhead.collect.store import Store
from wellhead.collect.store.engine import MIGRATIONS, connect
from wellhead.collect.store.models import Answer, Base
from wellhead.collect.study import Study

VERSIONS = ["0001", "0002", "0003", "0004"]
TEXT = "The same long answer of more than fifty characters, from two writers."
PASTE = {"event": 3, "clip": 2, "n": 60, "kept": 60, "origin": "outside", "hash": "ab" * 16}
DERIVED = {
    "outcome": "pasted_outside",
    "pastes": [PASTE],
    "flags": [],
    "integrity": {"chain_ok": True, "replay_ok": False},
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/old.db"
        return
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed: initdb was not found")
    with temporary_postgres() as found:
        yield found


def old_database(url: str, version: str) -> None:
    """Tables as they were at `version`, with two writers and what was derived of their answers."""
    engine = connect(url, writing=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        with Operations.context(MigrationContext.configure(connection)):
            first_tables.create()
        command.stamp(config, "0001")
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:

        def add(table: str, **values: Any) -> None:
            connection.execute(tables.tables[table].insert().values(**values))

        add("studies", id="demo", title="t", created_ms=0)
        for name in ("a", "b"):
            given = {
                column.name: b"" if "BLOB" in str(column.type) or "BYTEA" in str(column.type) else 0
                for column in tables.tables["sessions"].columns
                if not column.nullable
            }
            given["opening"] = b'{"level": "process"}'
            words = {"id": name, "study": "demo", "task": "street", "worker": name}
            rest = {"entry": name, "platform": "link", "phase": "answer", "batch_hash": ""}
            add("sessions", **{**given, **words, **rest})
            add(
                "answers",
                session=name,
                submit_key="n",
                submitted_ms=1,
                text=TEXT,
                response="{}",
                derived=json.dumps(DERIVED),
                derived_seq=0,
            )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def same_tables(store: Store) -> list[Any]:
    return store.read(lambda c: compare_metadata(MigrationContext.configure(c), Base.metadata))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_every_version_is_brought_up_to_date(
    url: str, version: str, study: Study
) -> None:
    """Its tables become those of the models, and what was derived can be searched and counted."""
    old_database(url, version)
    with Store(url) as store:
        assert same_tables(store) == []
        found, total = store.read(
            lambda c: load_page(c, "demo", where=[Answer.outcome == "pasted_outside"])
        )
        view = store.read(lambda c: overview(c, study))
    assert ([record.text for record in found], total) == ([TEXT] * 2, 2)
    assert {flag["name"] for flag in found[0].derived["flags"]} == {
        "identical_paste",
        "identical_answer",
    }
    assert (view.submitted, view.unsound, len(view.shared_texts)) == (2, ("a", "b"), 2)


def test_a_new_database_has_the_tables_of_the_models(tmp_path: Path) -> None:
    """Opening it twice changes nothing."""
    url = f"sqlite:///{tmp_path}/new.db"
    for _ in range(2):
        with Store(url) as store:
            assert same_tables(store) == []


def test_the_versions_tested_are_all_there_are() -> None:
    """Whoever adds a migration adds the version before it here."""
    found = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
    assert found[:-1] == VERSIONS
