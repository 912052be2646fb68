"""A study, a running application and writers, for the tests of the collection server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from collect_helpers import Clock, Writer
from fastapi.testclient import TestClient
from honest import Chromium, Hand

from wellhead.cli import main
from wellhead.collect.create import new_study
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.study import Study


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return new_study(tmp_path / "demo", title="A test study")


@pytest.fixture
def host(study: Study, clock: Clock) -> Iterator[Host]:
    host = open_host([study], clock=clock, secure=False)
    yield host
    host.store.close()


@pytest.fixture
def client(host: Host) -> TestClient:
    # Without the lifespan: the fixture `host` closes the store.
    return TestClient(create_app(host))


@pytest.fixture
def writer(client: TestClient) -> Callable[..., Writer]:
    return lambda *arguments, **options: Writer(client, *arguments, **options)


@pytest.fixture(params=["chromium", "firefox"])
def hand(request: pytest.FixtureRequest) -> Iterator[Hand]:
    """A real browser in somebody's hands: every test that takes it runs in both."""
    if request.param == "firefox":
        yield request.getfixturevalue("fox")
        return
    context = request.getfixturevalue("chromium").new_context()
    yield Chromium(context)
    context.close()


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in this process and in a fresh folder: what it printed, how it ended.

    `wellhead` does the same in a process of its own, where that is part of what is claimed.
    """
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        given = [str(one) for one in arguments]
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(given)
        return subprocess.CompletedProcess(given, int(ended.value.code or 0), *capsys.readouterr())

    return run
