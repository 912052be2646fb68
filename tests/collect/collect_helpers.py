"""What a test of the collection server writes with: a clock to turn and a writer's browser."""

from __future__ import annotations

import re
import time
from typing import Any

from fastapi.testclient import TestClient

from wellhead.collect.rehearsal import SimulatedWriter
from wellhead.collect.study import Study, load_study


class Clock:
    """A server clock that the test turns, and that runs by itself only where it is told to."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0
        self._since: float | None = None

    def run(self) -> None:
        """Go on by itself from now on."""
        self._since = time.monotonic()

    def __call__(self) -> float:
        return self.now + (0 if self._since is None else time.monotonic() - self._since)


class Writer:
    """A writer's browser: enters, writes with a `SimulatedWriter`, sends, submits."""

    def __init__(self, client: TestClient, study: str = "demo", *, query: str = "") -> None:
        self.client, self.study, self.query = client, study, query
        self.tab, self.token, self.sid, self.receipt = "tab-1", "", "", ""

    def page(self) -> str:
        answer = self.client.get(f"/s/{self.study}{self.query}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def ticket(self) -> str:
        found = re.search(r'"ticket": "([\w.=-]+)"', self.page())
        assert found
        return found[1]

    def start(self, *, consent: str = "1", headers: dict[str, str] | None = None) -> dict[str, Any]:
        message = {
            "v": 1,
            "study": self.study,
            "ticket": self.ticket(),
            "consent": {"version": consent, "at": 0},
            "tab": self.tab,
        }
        answer = self.client.post("/api/session", json=message, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        started: dict[str, Any] = answer.json()
        self.token, self.sid = started["token"], started["at"]["sid"]
        self.receipt = started["at"]["receipt"]
        settings = started["recorder"]
        self._began = self.client.app.state.host.clock()
        self.pen = SimulatedWriter(seed=7, paste_key=settings["key"], level=settings["level"])
        return started

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, path: str, json: Any) -> Any:
        return self.client.post(f"/api/session/{self.sid}/{path}", json=json, headers=self.headers)

    def pass_time(self) -> None:
        """Let the server's clock see the time that the writing took."""
        clock = self.client.app.state.host.clock
        if isinstance(clock, Clock):
            clock.now = max(clock.now, self._began + self.pen.elapsed_ms / 1000)

    def send(self) -> dict[str, Any]:
        self.pass_time()
        batch = self.pen.batch(self.sid, self.receipt, tab=self.tab)
        answer = self.post("batch", batch.model_dump())
        assert answer.status_code == 200, answer.text
        self.receipt = answer.json()["receipt"]
        return dict(answer.json())

    def state(self, tab: str | None = None) -> dict[str, Any]:
        answer = self.client.get(
            f"/api/session/{self.sid}", params={"tab": tab or self.tab}, headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def submission(self, nonce: str = "press-1") -> dict[str, Any]:
        return {"v": 1, "nonce": nonce, "text": self.pen.text, "seq": self.pen.seq}

    def submit(self, nonce: str = "press-1") -> dict[str, Any]:
        answer = self.post("submit", self.submission(nonce))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def write(self, text: str) -> dict[str, Any]:
        """A whole visit that types `text`."""
        self.start()
        self.pen.type(text)
        self.send()
        return self.submit()


def edit(study: Study, **replacements: str) -> Study:
    """The study with lines of its file replaced, read again."""
    text = study.path.read_text()
    for old, new in replacements.items():
        pattern = rf"(?m)^#? ?{old} = .*$"
        assert re.search(pattern, text), old
        text = re.sub(pattern, lambda _, new=new, old=old: f"{old} = {new}", text, count=1)
    study.path.write_text(text)
    return load_study(study.path)
