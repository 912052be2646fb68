"""A headless Firefox, driven over WebDriver BiDi with the few commands that writing needs."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEYS = {
    "Control": "\ue009",
    "Shift": "\ue008",
    "Backspace": "\ue003",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowRight": "\ue014",
}
_SAYS = "WebDriver BiDi listening on "


def found() -> str | None:
    """The program, where it is installed."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def firefox(program: str, profile: Path) -> Iterator[Firefox]:
    """A running browser with a fresh profile."""
    # No traffic of its own.
    (profile / "user.js").write_text(
        'user_pref("app.normandy.enabled", false);\n'
        'user_pref("services.settings.server", "data:,");\n'
        'user_pref("network.captive-portal-service.enabled", false);\n'
        'user_pref("network.connectivity-service.enabled", false);\n'
    )
    arguments = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
    process = subprocess.Popen(
        [program, *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "MOZ_CRASHREPORTER_DISABLE": "1"},
    )
    assert process.stderr is not None
    try:
        address = next(line.split(_SAYS)[1] for line in process.stderr if _SAYS in line)
        yield from _connected(address.strip(), process.pid)
    finally:
        process.terminate()
        process.communicate()


def _connected(address: str, pid: int) -> Iterator[Firefox]:
    from websockets.sync.client import connect

    with connect(f"{address}/session", max_size=None) as socket:
        yield Firefox(socket, pid)


def _pages_of(browser: int) -> list[int]:
    """The processes of a browser in which its web pages run."""
    listed = subprocess.run(
        ["ps", "-ewwo", "pid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    whose = f"-parentPid {browser}".split()
    return [int(row[0]) for row in rows if row[-1] == "tab" and set(whose) <= set(row)]


class Firefox:
    """A window whose last tab is in front."""

    def __init__(self, socket: Any, pid: int) -> None:
        self._socket, self._pid, self._ids = socket, pid, itertools.count(1)
        self._call("session.new", capabilities={})
        tree = self._call("browsingContext.getTree")
        self._tabs = [tree["contexts"][0]["context"]]

    @property
    def _tab(self) -> str:
        return self._tabs[-1]

    def tidy(self) -> None:
        """Close every tab, those whose process ended included; begin with an empty one."""
        old = self._call("browsingContext.getTree")["contexts"]
        self._tabs = [self._call("browsingContext.create", type="tab")["context"]]
        for tab in old:
            self._call("browsingContext.close", context=tab["context"])

    def visit(self, address: str) -> None:
        """Open the address in a tab of its own."""
        self._tabs.append(self._call("browsingContext.create", type="tab")["context"])
        self.goto(address)

    def back(self) -> None:
        """Close the tab in front."""
        self._call("browsingContext.close", context=self._tabs.pop())
        self._call("browsingContext.activate", context=self._tab)

    def kill_tab(self) -> None:
        """SIGKILL to the processes of all pages, while the browser runs on."""
        pages = _pages_of(self._pid)
        assert pages
        for page in pages:
            os.kill(page, signal.SIGKILL)
        self._tabs.pop()

    def resize(self, width: int | None, height: int | None) -> None:
        """The part of the page that is in view; None for as it was."""
        size = {"width": width, "height": height} if width else None
        self._call("browsingContext.setViewport", context=self._tab, viewport=size)

    def reload(self) -> None:
        self._call("browsingContext.reload", context=self._tab, wait="complete")

    def clipboard(self, text: str, html: str | None = None) -> None:
        """Copy a text, perhaps with its markup, on another page."""
        self.visit("data:text/html,<textarea></textarea>")
        kinds = {"text/plain": text, **({"text/html": html} if html else {})}
        self.run(
            "const area = document.querySelector('textarea'); area.value = 'x'; area.focus();"
            "area.select(); document.addEventListener('copy', (event) => { event.preventDefault();"
            f"for (const [kind, value] of Object.entries({json.dumps(kinds)}))"
            "event.clipboardData.setData(kind, value); })"
        )
        self.press("Control+c")
        self.back()

    def _call(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def goto(self, address: str) -> None:
        self._call("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def run(self, script: str) -> Any:
        """What the body of a function returns, as JSON."""
        answer = self._call(
            "script.evaluate",
            expression=f"JSON.stringify((() => {{ {script} }})())",
            target={"context": self._tab},
            awaitPromise=False,
        )
        value = answer["result"].get("value")
        return json.loads(value) if value else None

    def wait(self, condition: str) -> None:
        end = time.monotonic() + 60
        while not self.run(f"return {condition}"):
            assert time.monotonic() < end, condition
            time.sleep(0.05)

    def press(self, *combinations: str) -> None:
        """Keys such as ``a`` or ``Control+Shift+z``, one after the other."""
        actions: list[dict[str, Any]] = []
        for combination in combinations:
            names = [combination] if combination == "+" else combination.split("+")
            keys = [KEYS.get(name, name) for name in names]
            actions += [{"type": "keyDown", "value": key} for key in keys]
            actions.append({"type": "pause", "duration": 4})
            actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._call("input.performActions", context=self._tab, actions=[source])
