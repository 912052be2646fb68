"""The running gateway, as one of its clients sees it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from wellhead._atomic import write_text
from wellhead.errors import BadSetting
from wellhead.watch.heads import own_key
from wellhead.watch.settings import Settings

__all__ = ["MARK", "Client", "drill_mark", "note_running"]

MARK = "x-wellhead-drill"

_FILE = "gateway.json"
_QUESTION = {"messages": [{"role": "user", "content": "Good day."}], "max_tokens": 4}
_LONG = {
    "messages": [{"role": "user", "content": "Write a long story about a mill by a river."}],
    "max_tokens": 512,
    "stream": True,
}


def note_running(settings: Settings, url: str, pid: int) -> None:
    """Say in the folder where the gateway is reached."""
    write_text(settings.folder / _FILE, json.dumps({"url": url, "pid": pid}) + "\n")


def drill_mark(folder: Path, body: bytes) -> str:
    """What proves that this question is a drill's: who asks it can read the key of the watch."""
    key = own_key(folder).read_bytes()
    return hmac.new(key, b"a drill asks: " + body, hashlib.sha256).hexdigest()


class Client:
    """Asks as anybody would, with a mark by which its questions count towards no rate."""

    def __init__(self, url: str, pid: int, folder: Path) -> None:
        self.url, self.pid, self._folder = url, pid, folder

    @classmethod
    def of(cls, settings: Settings) -> Client:
        """The gateway of a watch.

        Raises:
            BadSetting: none runs.
        """
        try:
            found = json.loads((settings.folder / _FILE).read_text(encoding="utf-8"))
            return cls(str(found["url"]), int(found["pid"]), settings.folder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            words = f"expected a running gateway: wellhead watch serve {settings.path}"
            raise BadSetting(words) from error

    def _ask(self, body: dict[str, object]) -> http.client.HTTPResponse:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        asked = json.dumps(body).encode()
        headers: dict[str, str | bytes] = {"content-type": "application/json"}
        headers[MARK] = drill_mark(self._folder, asked)
        if token := os.environ.get("WELLHEAD_TOKEN"):
            headers["authorization"] = f"Bearer {token}".encode()
        path = f"{parts.path}/chat/completions"
        connection.request("POST", path, asked, headers)
        return connection.getresponse()

    def _status(self) -> tuple[int, str, str]:
        try:
            with self._ask(_QUESTION) as reply:
                reply.read()
                named = reply.headers.get("x-wellhead-version", "").encode("latin-1")
                return (
                    reply.status,
                    named.decode("utf-8", "replace"),
                    reply.headers.get("x-wellhead-version-hash", ""),
                )
        except OSError:
            return 0, "", ""

    def answers(self) -> bool:
        return self._status()[0] == 200

    def refused(self) -> bool:
        return self._status()[0] == 503

    def version(self) -> tuple[str, str]:
        """Name and hash of the version that answered a probe."""
        return self._status()[1:]

    @contextmanager
    def stream(self) -> Iterator[_Running]:
        """A long answer that has begun."""
        with self._ask(_LONG) as reply:
            reply.read(1)
            yield _Running(reply)


class _Running:
    def __init__(self, reply: http.client.HTTPResponse) -> None:
        self._reply = reply

    def stopped(self) -> bool:
        """Read to the end; whether the gateway cut it short because everything is stopped."""
        data = b""
        with suppress(OSError, http.client.HTTPException):
            data = self._reply.read()
        return b'"code": "stopped"' in data
