"""What the gateway shows of itself: the page at /watch, Prometheus' text at /metrics.

With a token (the environment variable WELLHEAD_TOKEN; a server outside loopback makes one up) every
client sends it as a bearer token, and a browser gives it once in a form: a cookie that no script
can read holds a keyed hash of it, for this server's life. The form takes ten tries a minute.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from html import escape
from urllib.parse import parse_qs

from wellhead.watch.gateway import refuse
from wellhead.watch.status import Status
from wellhead.watch.status_page import status_page
from wellhead.watch.telemetry import prometheus
from wellhead.web.bounds import App, Receive, Scope, Send

__all__ = ["Live"]

_COOKIE = "wellhead-watch"
_TRIES, _MINUTE = 10, 60.0
_FRESH = 1.0  # seconds for which a page is shown again
_STYLE = "body{font:1rem/1.5 system-ui;max-width:30rem;margin:15vh auto;padding:0 1rem}"
_FORM = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Watch</title><style>{style}</style>
<main><h1>Watch</h1><form method="post" action="/watch">
<p><label>Token<br><input name="token" type="password" required autofocus></label></p>
<p><button>Enter</button></p></form><p role="status">{words}</p></main></html>"""
_HASH = hashlib.sha256(_STYLE.encode()).digest()


class Live:
    """An application before the gateway, which it shows and guards.

    Args:
        app: the gateway.
        status: how it stands now; called in a thread, one call at a time.
        token: what clients must know; "" for nothing.
    """

    def __init__(self, app: App, status: Callable[[], Status], *, token: str = "") -> None:
        self._app, self._status, self._token = app, status, token
        self._secret = secrets.token_bytes(32)
        self._tries: deque[float] = deque()
        self._drawing = asyncio.Lock()
        self._shown: tuple[float, str, str] = (-_FRESH, "", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/watch" and method == "POST" and self._token:
            await self._enter(scope, receive, send)
        elif path == "/healthz" or self._may(scope):
            await self._inside(path, method, scope, receive, send)
        elif path == "/watch" and method == "GET":
            await _form(send, 401)
        else:
            await refuse(send, 401, "unauthorised", "Send the token as: Authorization: Bearer …")

    async def _inside(
        self, path: str, method: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if path not in ("/watch", "/metrics") or method != "GET":
            await self._app(scope, receive, send)
            return
        page, metrics = await self._made()
        if path == "/watch":
            await _answer(send, 200, b"text/html; charset=utf-8", page, [_policy(page)])
        else:
            await _answer(send, 200, b"text/plain; version=0.0.4; charset=utf-8", metrics)

    async def _made(self) -> tuple[str, str]:
        at = self._shown[0]
        if time.monotonic() - at >= _FRESH:
            async with self._drawing:
                if self._shown[0] == at:  # nobody else has drawn it meanwhile
                    drawn = await asyncio.to_thread(lambda: _drawn(self._status()))
                    self._shown = time.monotonic(), *drawn
        return self._shown[1:]

    def _cookie(self) -> str:
        return hmac.new(self._secret, self._token.encode(), "sha256").hexdigest()

    def _may(self, scope: Scope) -> bool:
        if not self._token:
            return True
        headers = dict(scope["headers"])
        bearer = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        if hmac.compare_digest(bearer, self._token.encode()):
            return True
        if scope["path"].startswith("/v1/"):
            return False
        crumbs = headers.get(b"cookie", b"").split(b";")
        wanted = f"{_COOKIE}={self._cookie()}".encode()
        return any(hmac.compare_digest(crumb.strip(), wanted) for crumb in crumbs)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = time.monotonic()
        while self._tries and now - self._tries[0] > _MINUTE:
            self._tries.popleft()
        if len(self._tries) >= _TRIES:
            await _form(send, 429, "Too many tries; wait a minute.")
            return
        self._tries.append(now)
        body = await _small(receive)
        given = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            await _form(send, 403, "This is not the token.")
            return
        self._tries.pop()
        crumb = f"{_COOKIE}={self._cookie()}; Path=/; HttpOnly; SameSite=Strict"
        if scope.get("scheme") == "https":
            crumb += "; Secure"
        more = [(b"set-cookie", crumb.encode()), (b"location", b"/watch")]
        await _answer(send, 303, b"text/plain", "", more)


def _drawn(found: Status) -> tuple[str, str]:
    return status_page(found).to_html(live="/watch"), prometheus(found)


def _policy(page: str) -> tuple[bytes, bytes]:
    """The page's own policy as a header too, with what only a header can forbid."""
    own = page.split('Content-Security-Policy" content="', 1)[1].split('"', 1)[0]
    own = own.replace("&#39;", "'")
    return b"content-security-policy", f"{own}; frame-ancestors 'none'".encode()


async def _small(receive: Receive) -> bytes:
    body, more = b"", True
    while more and len(body) < 4096:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _form(send: Send, status: int, words: str = "") -> None:
    style = base64.b64encode(_HASH).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    page = _FORM.format(style=_STYLE, words=escape(words))
    # Without a referrer, browsers send the form from the origin "null".
    more = [
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"same-origin"),
    ]
    await _answer(send, status, b"text/html; charset=utf-8", page, more)


async def _answer(
    send: Send, status: int, kind: bytes, text: str, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [(b"content-type", kind), *(more or [])]
    with suppress(OSError):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})
