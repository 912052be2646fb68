"""A running study as evidence: read where it lies, joined with a text method, left untouched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from collect_helpers import Clock, Writer
from fastapi.testclient import TestClient
from postgres_cluster import postgres_programs, temporary_postgres
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from wellhead.collect.answers import load_records, settle
from wellhead.collect.create import new_study
from wellhead.collect.demo import make_demo
from wellhead.collect.export import export_study
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.store.engine import look
from wellhead.collect.study_evidence import read_study
from wellhead.consensus import evidence
from wellhead.errors import BadInput

MakeWriter = Callable[..., Writer]
FOREIGN = "A vibrant tapestry of cherished memories, standing as a testament to the spirit of it."


def _paste(writer: Writer) -> None:
    writer.start()
    writer.pen.paste(FOREIGN)
    writer.send()
    writer.submit()


def test_a_study_is_read_while_it_runs_and_says_what_its_export_says(
    host: Host, writer: MakeWriter, clock: Clock, tmp_path: Path
) -> None:
    """Nothing was derived yet and nothing is kept; afterwards the export has the same rows."""
    writer(query="?worker=a").write("Typed by hand, word by word.")
    clock.now += 10
    _paste(writer(query="?worker=b"))
    study = host.studies["demo"]
    found = read_study(study.path)
    assert found.evidence["outcome"].to_pylist() == ["typed", "pasted_outside"]
    assert host.store.read(lambda c: list(load_records(c, "demo"))) == []
    settle(host.store, study, host.keys["demo"], now_ms=host.now_ms)
    export_study(host.store, study, "evidence", tmp_path)
    export_study(host.store, study, "parquet", tmp_path)
    assert found.evidence.equals(evidence.read(tmp_path / "evidence.parquet"))
    assert found.answers.equals(pq.read_table(tmp_path / "answers.parquet"))
    assert found.task_texts == tuple(task.text for task in study.tasks)


def test_the_database_itself_keeps_a_reader_from_writing(host: Host, writer: MakeWriter) -> None:
    writer().write("One answer.")
    with look(host.store.url) as connection, pytest.raises(DBAPIError, match="readonly"):
        connection.execute(text("DELETE FROM answers"))


def test_a_study_without_a_database_or_without_answers_is_told_apart(
    host: Host, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="nobody has submitted"):
        read_study(host.studies["demo"].path)
    fresh = new_study(tmp_path / "fresh")
    with pytest.raises(BadInput, match="there is no database"):
        read_study(fresh.path)
    assert not (tmp_path / "fresh" / "answers.db").exists()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo study, with a dozen pretended answers, and people's texts beside it."""
    folder = tmp_path_factory.mktemp("evidence")
    host, _, _ = make_demo(folder)
    host.store.close()
    return folder / "demo"


def test_command_joins_a_study_with_an_assay_of_its_texts(command, demo, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Export, assay, and the study itself beside the assay's documents."""
    made = command("demo", "--documents", 20, "--known-human", 60, "--out", tmp_path / "d")
    assert made.returncode == 0, made.stderr
    people = tmp_path / "d" / "known_human.jsonl"
    exported = command("collect", "export", demo / "STUDY.toml", "--out", tmp_path / "x")
    assert exported.returncode == 0, exported.stderr
    assayed = command(
        "assay", tmp_path / "x" / "answers.parquet", "--human", people, "--out", tmp_path / "a"
    )
    assert assayed.returncode == 0, assayed.stderr
    done = command("study", demo, tmp_path / "a" / "documents.parquet", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["title"].startswith("Demo study")
    methods = {m["name"]: m for m in found["joint"]["methods"]}
    assert methods["process"]["flagged"] == 4
    assert methods["text"]["observed"] == 12
    assert set(found["joint"]["reproducibility"]["hashes"]) == {"STUDY.toml", "documents.parquet"}
    again = command("study", demo / "STUDY.toml", "--human", people, "--json")
    assert again.returncode == 0, again.stderr
    same = {m["name"]: m for m in json.loads(again.stdout)["joint"]["methods"]}
    assert same["process"]["flagged"] == 4
    assert same["text"]["observed"] == 12


def test_a_study_alone_is_refused_with_where_a_second_method_comes_from(command, demo) -> None:  # type: ignore[no-untyped-def]
    done = command("study", demo)
    assert done.returncode == 2
    assert "--human" in done.stderr


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed: initdb was not found")
    with temporary_postgres() as url:
        yield url


@pytest.mark.postgres
def test_a_study_on_postgresql_is_read_and_not_written(
    url: str, tmp_path: Path, clock: Clock
) -> None:
    host = open_host([new_study(tmp_path / "whole")], database=url, clock=clock, secure=False)
    _paste(Writer(TestClient(create_app(host)), "whole", query="?worker=alice"))
    found = read_study(host.studies["whole"].path, database=url)
    host.store.close()
    assert found.evidence["outcome"].to_pylist() == ["pasted_outside"]
    with look(url) as connection, pytest.raises(DBAPIError, match="read-only"):
        connection.execute(text("DELETE FROM answers"))
