"""A watch in processes of its own before a scripted model, as a user has it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.models.running_server import running as running_model
from wellhead.models.engine import Prompt
from wellhead.models.scripted import Line, ScriptedEngine
from wellhead.watch.settings import Settings, read_settings
from wellhead.watch.status import Status, status_of

RULES = "[[rule]]\nname = 'number'\ncategory = 'privacy'\npattern = '555-[0-9]{4}'\n"


def says(prompt: Prompt) -> Line:
    """Echoes; after "slowly", or asked for a story, for a long time."""
    if prompt.last.startswith(("slowly", "Write")):
        return Line("word " * 2000, pace=0.02)
    return Line(prompt.last)


def settings_file(folder: Path, upstreams: Sequence[str], more: str = "") -> Path:
    """A WATCH.toml with a version for each upstream, called v1, v2, …"""
    (folder / "rules.toml").write_text(RULES)
    versions = "".join(
        f'[[version]]\nname = "v{n}"\nupstream = "{address}/v1"\nmodel = "m"\n'
        for n, address in enumerate(upstreams, 1)
    )
    path = folder / "WATCH.toml"
    path.write_text(f'{more}\n[[verdict]]\nkind = "rules"\nfile = "rules.toml"\n{versions}')
    return path


@dataclass
class Watch:
    """A running watch."""

    process: subprocess.Popen[str]
    url: str
    settings: Settings

    def status(self) -> Status:
        return status_of(self.settings)

    def ask(self, text: str, **more: Any) -> Any:
        import httpx

        body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
        return httpx.post(f"{self.url}/chat/completions", json=body, timeout=30)


def until(true: Callable[[], Any], seconds: float = 90) -> Any:
    """What `true` gives once it is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        if found := true():
            return found
        # Looking takes a core from what is waited for.
        time.sleep(max(0.05, 2 * (time.monotonic() - start)))
    raise AssertionError(f"it did not come true within {seconds} seconds")


@contextmanager
def watching(path: Path, *options: str) -> Iterator[Watch]:
    """`wellhead watch serve` on that file."""
    pytest.importorskip("aiohttp", reason="needs wellhead[watch]")
    command = [sys.executable, "-m", "wellhead", "watch", "serve", str(path), "--port", "0"]
    process = subprocess.Popen(
        [*command, *options], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    address = re.search(r"http://\S+", first)
    assert address, first + process.stderr.read()
    try:
        yield Watch(process, address.group(), read_settings(path))
    finally:
        for sent in (signal.SIGINT, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, sent)
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    continue


@contextmanager
def watched_model(
    folder: Path, more: str = "", *options: str, versions: int = 1
) -> Iterator[Watch]:
    """A watch before a scripted model, with everything."""
    with running_model([ScriptedEngine("m", says, places=512)]) as address:
        path = settings_file(folder, [address] * versions, more)
        with watching(path, *options) as watch:
            yield watch


def log_lines(settings: Settings, name: str) -> list[dict[str, Any]]:
    path = settings.folder / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
