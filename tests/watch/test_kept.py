"""Judged exchanges are kept by level and for a time, and no database that dies loses one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.watch.running_watch import settings_file, until, watching
from tests.watch.stand_in import endpoint, whole
from wellhead.watch.kept import Kept, Row
from wellhead.watch.record import Recorder, Relayed
from wellhead.watch.settings import read_settings
from wellhead.watch.switch import Drawn

sys.path.insert(0, str(Path(__file__).parents[1] / "collect"))
from postgres_cluster import postgres_programs, temporary_postgres

ROW = Row(
    *("e1", 1000.0, "v1", "de", True, 1.0, ("privacy",), "rules@1", "ab"),
    question="Who is ann@example.org?",
    answer="Call 555-019-99 \0 now.",
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request, tmp_path):
    pytest.importorskip("sqlalchemy", reason="needs wellhead[watch]")
    made = read_settings(settings_file(tmp_path, ["http://127.0.0.1:9"]))
    made.folder.mkdir(exist_ok=True)
    if request.param == "sqlite":
        yield made
    elif postgres_programs() is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    else:
        with temporary_postgres() as url:
            yield replace(made, store=url)


def test_each_level_keeps_what_it_says_and_time_takes_it_away(settings):
    shown = {
        "full": ("Who is ann@example.org?", "Call 555-019-99 \N{REPLACEMENT CHARACTER} now.", "ab"),
        "redacted": (
            "Who is [email]?",
            "Call [number] \N{REPLACEMENT CHARACTER} now.",
            "ab",
        ),
        "hashes": ("", "", "ab"),
        "none": ("", "", ""),
    }
    for level, (question, answer, nonce) in shown.items():
        kept = Kept(replace(settings, keep=level, keep_days=2.0))
        kept.put([ROW])
        kept.put([ROW])  # a meter that starts anew puts it again
        [found] = kept.latest()
        assert (found.question, found.answer, found.nonce) == (question, answer, nonce)
        assert found[:8] == ROW[:8]
        kept.drop_old(now=1000.0 + 1 * 86_400)
        assert kept.latest()
        kept.drop_old(now=1000.0 + 3 * 86_400)
        assert not kept.latest()
        kept.close()


@pytest.mark.postgres
@pytest.mark.parametrize(("more", "on_disk"), [("", []), ("sync = true", ["exc", "0", "exc"])])
def test_with_sync_each_line_and_text_is_on_disk_before_it_counts_as_logged(
    tmp_path, monkeypatch, more, on_disk
):
    made = read_settings(settings_file(tmp_path, ["http://127.0.0.1:9"], more))
    recorder, version, synced = Recorder(made), made.versions[0], []
    exchange = Relayed(Drawn(version, {version.name: 1.0}), b"{}")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", synced.append)
        recorder.asked(exchange)
        recorder.answered(exchange, "whole")
    names = [Path(os.readlink(f"/proc/self/fd/{handle}")).name for handle in synced]
    assert len(names) == len(on_disk)
    assert all(name.startswith(start) for name, start in zip(names, on_disk, strict=True))


def test_a_database_that_is_killed_loses_no_exchange(tmp_path):
    if (programs := postgres_programs()) is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    with temporary_postgres() as url, endpoint(lambda _: whole("Call 555-0199.")) as address:
        path = settings_file(tmp_path, [address], f'store = "{url}"\nlimit = 0.99')
        with watching(path) as watch:
            watch.ask("hello")
            kept = Kept(watch.settings)
            until(lambda: len(kept.latest()) == 1)
            kept.close()
            data = the_folder_of(url)
            os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            for _ in range(10):
                assert watch.ask("hello").status_code == 200
            until(lambda: watch.status().conserved.verdicts == 11)
            started_again(programs, data)
            kept = Kept(watch.settings)
            until(lambda: len(kept.latest(100)) == 11)


def the_folder_of(url: str) -> Path:
    engine = create_engine(url)
    with engine.connect() as connection:
        folder = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
    engine.dispose()
    return folder


def started_again(programs: Path, data: Path) -> None:
    until(
        lambda: not list(Path("/proc").glob(f"{(data / 'postmaster.pid').read_text().split()[0]}"))
    )
    words = (data / "postmaster.opts").read_text().split('"')
    options = " ".join(word for word in words[1:] if word.strip() and "-D" not in word)
    options = options.replace(str(data), "").strip()
    user = "postgres" if os.getuid() == 0 else None
    command = [programs / "pg_ctl", "-D", data, "-o", options, "-w", "start", "-l", data / "log"]
    subprocess.run(list(map(str, command)), user=user, check=True, capture_output=True, cwd=data)


def test_texts_that_are_not_to_be_kept_are_nowhere_once_they_are_judged(tmp_path, monkeypatch):
    with endpoint(lambda _: whole("A secret answer.")) as address:
        path = settings_file(tmp_path, [address], 'keep = "none"')
        with watching(path) as watch:
            watch.ask("a secret question")
            until(lambda: watch.status().conserved.verdicts == 1)
        with watching(path) as watch:  # the file in which the gateway was writing is closed
            watch.ask("another one")
            until(lambda: watch.status().conserved.verdicts == 2)
            until(lambda: len(list((watch.settings.folder / "spool").iterdir())) == 1)
            files = [each for each in watch.settings.folder.rglob("*") if each.is_file()]
            assert not any(b"secret question" in each.read_bytes() for each in files)
