"""The outer wall: no body larger than allowed, none compressed, safe headers on every answer.

Plain ASGI. Bytes are counted as they stream in, whatever `Content-Length` says, so that neither
a missing nor a lying header lets a large body through. `Neighbours` keeps pages of other sites
out of a server that trusts whoever reaches it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

__all__ = ["BodyLimit", "Neighbours", "Refuse", "SafeHeaders"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
# From a status, a code and words to the response, itself an application.
Refuse = Callable[[int, str, str], App]

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), interest-cohort=()"),
)
_POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class _TooLarge(Exception):
    pass


class BodyLimit:
    """Answers 413 to a body over `limit` bytes and 415 to a compressed one."""

    def __init__(self, app: App, *, limit: int, refuse: Refuse) -> None:
        self._app, self._limit, self._refuse = app, limit, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if headers.get(b"content-encoding", b"identity") != b"identity":
            words = "Compressed bodies are not accepted."
            await self._refuse(415, "bad_request", words)(scope, receive, send)
            return
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            await self._too_large(scope, receive, send)
            return
        await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen, answered = 0, False

        # The application may turn the exception into an answer of its own, so the count decides.
        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise _TooLarge
            return message

        async def answer(message: Message) -> None:
            nonlocal answered
            if answered or seen <= self._limit:
                answered = True
                await send(message)

        with suppress(_TooLarge):
            await self._app(scope, count, answer)
        if not answered:
            await self._too_large(scope, receive, send)

    async def _too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        words = f"At most {self._limit} bytes are accepted."
        await self._refuse(413, "too_large", words)(scope, receive, send)


class Neighbours:
    """Only pages of this server, and programs, may ask it.

    A page elsewhere can make a browser send requests to an address inside: with an `Origin` that
    is not ours, or under a name that it lets point here. Both are refused.

    Args:
        app: what stands behind.
        hosts: the names under which this server is reached, without port; None for any.
        refuse: words a refusal.
    """

    def __init__(self, app: App, *, hosts: frozenset[str] | None, refuse: Refuse) -> None:
        self._app, self._hosts, self._refuse = app, hosts, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (words := self._stranger(dict(scope["headers"]))):
            await self._refuse(403, "forbidden", words)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _stranger(self, headers: dict[bytes, bytes]) -> str:
        host = headers.get(b"host", b"").decode("latin-1")
        if self._hosts is not None and _name(f"//{host}") not in self._hosts:
            return "This server is not known under that name."
        origin = headers.get(b"origin")
        if origin is not None and _authority(origin.decode("latin-1")) != host.lower():
            return "Pages of other sites may not ask this server."
        return ""


class SafeHeaders:
    """Adds the headers that every answer carries; a page's own policy is kept."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_defaults(list(message.get("headers", [])))
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _with_defaults(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    added = [pair for pair in _HEADERS if pair[0] not in present]
    if b"content-security-policy" not in present:
        added.append((b"content-security-policy", _POLICY))
    if b"cache-control" not in present:
        added.append((b"cache-control", b"no-store"))
    return headers + added
