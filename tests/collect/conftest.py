"""A study, a running application and writers, for the tests of the collection server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from collect_helpers import Clock, Writer
from fastapi.testclient import TestClient
from firefox import Firefox, firefox, found

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


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A real Firefox; tests that need it skip where there is none."""
    program = found()
    if program is None:
        pytest.skip("needs Firefox: apt-get install firefox-esr")
    pytest.importorskip("websockets", reason="needs wellhead[test]")
    with firefox(program, tmp_path_factory.mktemp("profile")) as tab:
        yield tab
