"""What the gateway shows of itself: the page at /watch, Prometheus' text at /metrics.

With a token (the environment variable WELLHEAD_TOKEN; a server outside loopback makes one up) every
client sends it as a bearer token, and a browser gives it once in a form: a cookie holds a keyed
hash of it, for this server's life. As soon as there are accounts, browsers give name and password
instead. The door is that of the review of collected text (`wellhead.web.guard`).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from wellhead.watch.accounts import Accounts
from wellhead.watch.gateway import refuse
from wellhead.watch.status import Status
from wellhead.watch.status_page import status_page
from wellhead.watch.telemetry import prometheus
from wellhead.web.bounds import App, Receive, Scope, Send
from wellhead.web.guard import Door, Tries, csrf_token, may_try, own_form, same_site

__all__ = ["Live"]

_ROOM = "wellhead-watch"
_FRESH = 1.0  # seconds for which a page is shown again
_STYLE = "body{font:1rem/1.5 system-ui;max-width:30rem;margin:15vh auto;padding:0 1rem}"
_FORM = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Watch</title><style>{style}</style>
<main><h1>Watch</h1><form method="post" action="/watch">
{fields}<p><button>Enter</button></p></form><p role="status">{words}</p></main></html>"""
_TOKEN = """<p><label>Token<br>
<input name="token" type="password" required autofocus></label></p>"""
_NAMED = """<p><label>Name<br>
<input name="name" autocomplete="username" required maxlength="80" autofocus></label></p>
<p><label>Password<br><input name="password" type="password" autocomplete="current-password"
required maxlength="1000"></label></p>"""
_LEAVE = """<form method="post" action="/watch/leave"><p>Signed in as {who}.
<input type="hidden" name="csrf" value="{csrf}"><button>Sign out</button></p></form>"""
_REFERRER = 'name="referrer" content="same-origin"'
_HASH = hashlib.sha256(_STYLE.encode()).digest()


class Live:
    """An application before the gateway, which it shows and guards.

    Args:
        app: the gateway.
        status: how it stands now; called in a thread, one call at a time.
        token: what clients must know; "" for nothing.
        folder: of the watch; who has an account there may look, and nobody else once one is made.
    """

    def __init__(
        self,
        app: App,
        status: Callable[[], Status],
        *,
        token: str = "",
        folder: Path,
    ) -> None:
        self._app, self._status, self._token = app, status, token
        self._secret = secrets.token_bytes(32)
        self._folder, self._opened = folder, list[Accounts]()
        self._within = Tries()
        self._drawing = asyncio.Lock()
        self._shown: tuple[float, str, str] = (-_FRESH, "", "")

    @property
    def _accounts(self) -> Accounts | None:
        """Who may look by name, from the moment when the first account is made."""
        if not self._opened and Accounts.there(self._folder):
            self._opened.append(Accounts(self._folder))
        return self._opened[0] if self._opened else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path.startswith("/watch") and method == "POST" and (self._token or self._accounts):
            given = _given(await _small(receive))
            if not same_site(_headers(scope)):
                await refuse(send, 403, "forbidden", "The form came from another site.")
            elif path == "/watch/leave":
                await self._leave(scope, given, send)
            else:
                await self._enter(scope, given, send)
        elif path == "/healthz" or await self._may(scope):
            await self._inside(path, method, scope, receive, send)
        elif path == "/watch" and method == "GET":
            await self._form(send, 401)
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
            if (who := await self._who(scope)) is not None:
                page = _leavable(page, who, csrf_token(_carried(scope)))
            more = [_policy(page), (b"referrer-policy", b"same-origin")]
            await _answer(send, 200, b"text/html; charset=utf-8", page, more)
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

    async def _may(self, scope: Scope) -> bool:
        path, shown = scope["path"], scope["path"] in ("/watch", "/metrics")
        if not self._token and not (self._accounts and shown):
            return True
        bearer = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
        if self._token and hmac.compare_digest(bearer, self._token.encode()):
            return not self._accounts or path != "/watch"  # people come by name
        if path.startswith("/v1/"):
            return False
        if self._accounts:
            return await self._who(scope) is not None
        return hmac.compare_digest(_carried(scope).encode(), self._cookie().encode())

    async def _who(self, scope: Scope) -> str | None:
        """Who is signed in, where there are accounts."""
        accounts, carried = self._accounts, _carried(scope)
        return await asyncio.to_thread(accounts.who, carried) if accounts and carried else None

    async def _enter(self, scope: Scope, given: dict[str, str], send: Send) -> None:
        address = str((scope.get("client") or ("",))[0])
        if not may_try(self._within, address, given.get("name", "")):
            await self._form(send, 429, "Too many tries; wait a minute.")
            return
        if accounts := self._accounts:
            name, password = given.get("name", ""), given.get("password", "")
            carried = await asyncio.to_thread(accounts.enter, name, password)
            wrong = "Name or password is wrong."
        else:
            right = hmac.compare_digest(given.get("token", "").encode(), self._token.encode())
            carried, wrong = (self._cookie() if right else None), "This is not the token."
        if carried is None:
            await self._form(send, 403, wrong)
        else:
            await _moved(scope, send, carried)

    async def _leave(self, scope: Scope, given: dict[str, str], send: Send) -> None:
        carried = _carried(scope)
        if not own_form(carried, given.get("csrf", "")):
            await refuse(send, 403, "forbidden", "The form is out of date; reload the page.")
            return
        if accounts := self._accounts:
            await asyncio.to_thread(accounts.leave, carried)
        await _moved(scope, send, "")

    async def _form(self, send: Send, status: int, words: str = "") -> None:
        await _form(send, status, _NAMED if self._accounts else _TOKEN, words)


def _drawn(found: Status) -> tuple[str, str]:
    return status_page(found).to_html(live="/watch"), prometheus(found)


def _leavable(page: str, who: str, csrf: str) -> str:
    """The page with a way out for whoever is signed in."""
    # Without a referrer, browsers send the form from the origin "null".
    page = page.replace('name="referrer" content="no-referrer"', _REFERRER, 1)
    page = page.replace("form-action 'none'", "form-action 'self'", 1)
    return page.replace("</body>", f"{_LEAVE.format(who=escape(who), csrf=csrf)}</body>")


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


def _given(body: bytes) -> dict[str, str]:
    """The fields of a form."""
    told = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in told.items()}


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _door(scope: Scope) -> Door:
    return Door(_ROOM, scope.get("scheme") == "https")


def _carried(scope: Scope) -> str:
    """What the browser carries; empty without."""
    return _door(scope).carried(_headers(scope).get("cookie", ""))


async def _moved(scope: Scope, send: Send, carried: str) -> None:
    """To the page, with something to carry; with nothing, the cookie goes."""
    more = [(b"set-cookie", _door(scope).crumb(carried).encode()), (b"location", b"/watch")]
    await _answer(send, 303, b"text/plain", "", more)


async def _form(send: Send, status: int, fields: str, words: str) -> None:
    style = base64.b64encode(_HASH).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    page = _FORM.format(style=_STYLE, fields=fields, words=escape(words))
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
