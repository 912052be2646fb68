"""What every test shares: where real data lies, and how to call the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.firefox import Firefox, firefox, found

ROOT = Path(__file__).resolve().parent.parent
# No sandbox inside a container, no traffic of its own.
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# The examples are drawn alike in every run, and a busy machine is no fault of theirs. To look for
# new ones: pytest --hypothesis-profile=default
settings.register_profile(
    "alike", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("alike")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data for development; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("WELLHEAD_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set WELLHEAD_DATA")
    return folder


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def wellhead(tmp_path: Path) -> Run:
    """Run the real command in a fresh folder; returns the finished process."""

    def run(*arguments: str | Path, stdin: str | None = None, **options: object):  # type: ignore[no-untyped-def]
        return subprocess.run(
            [sys.executable, "-m", "wellhead", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=options.get("cwd", tmp_path),
            env={**os.environ, **options.get("env", {})},  # type: ignore[dict-item]
            timeout=options.get("timeout", 300),
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A real Chromium, driven by Playwright; tests that need it skip where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]")
    playwright.expect.set_options(timeout=60_000)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def one_firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A real Firefox for all tests; those that need it skip where there is none."""
    program = found()
    if program is None:
        pytest.skip("needs Firefox: apt-get install firefox-esr")
    pytest.importorskip("websockets", reason="needs wellhead[test]")
    with firefox(program, tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def fox(one_firefox: Firefox) -> Firefox:
    """A Firefox with one empty tab. What tests keep in it lies under an address of their own."""
    one_firefox.tidy()
    return one_firefox
