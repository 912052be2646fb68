"""The gateway: relays OpenAI's API to the versions, logs every exchange, and can be stopped.

An exchange is logged when it is asked, before anything goes upstream, and when it is answered,
before its last byte goes to the user. A gateway that is killed between the two leaves an exchange
that was asked and not answered: `status` names it. Streams are relayed chunk by chunk, unchanged.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp

from wellhead.watch.client import MARK, drill_mark
from wellhead.watch.record import Recorder, Relayed
from wellhead.watch.settings import Settings, Version
from wellhead.watch.switch import Switch
from wellhead.web.bounds import Message, Receive, Scope, Send

__all__ = ["MOST_BYTES", "Gateway", "refuse"]

MOST_BYTES = 8 << 20  # of an answer that is kept for the meter; longer ones are cut off
_RELAYED = {"/v1/chat/completions": "/chat/completions", "/v1/completions": "/completions"}
_LONGEST_GROUP = 80
_LOT = secrets.SystemRandom()
_LOOK = 0.05  # seconds between looks at the kill file
_BACK = ("content-type", "retry-after", "x-request-id")
_UNLIKE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
_STALLED = 300.0  # seconds for which a user may take in nothing, or send nothing


class Gateway:
    """An ASGI application; `start` and `stop` stand around its life."""

    def __init__(self, settings: Settings, switch: Switch) -> None:
        self.settings, self.switch = settings, switch
        self._recorder = Recorder(settings)
        self._http: aiohttp.ClientSession | None = None
        self._running: dict[asyncio.Task[Any], str] = {}  # answers in work, with their versions
        self._looking: asyncio.Task[None] | None = None
        self._probing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._recorder.lose()
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=300)
        self._http = aiohttp.ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False
        )
        self._looking = asyncio.create_task(self._look())

    @property
    def http(self) -> aiohttp.ClientSession:
        """The connections to the outside, once it is started."""
        if self._http is None:
            raise RuntimeError("the gateway is not started")
        return self._http

    async def stop(self) -> None:
        if self._looking:
            self._looking.cancel()
        if self._http:
            await self._http.close()

    async def _look(self) -> None:
        """Ends answers in work as soon as everything, or their version, is stopped by hand."""
        while True:
            if self._running:
                everything = bool(self.switch.stopped())
                for task, version in tuple(self._running.items()):
                    if everything or self.switch.halted(version):
                        task.cancel()
            await asyncio.sleep(_LOOK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            await _json(send, 200, {"status": "ok", "stopped": self.switch.stopped()})
        elif path == "/v1/models" and method == "GET":
            names = [version.name for version in self.settings.versions]
            data = [{"id": name, "object": "model", "owned_by": "wellhead"} for name in names]
            await _json(send, 200, {"object": "list", "data": data})
        elif path == "/v1/measures" and method == "POST" and self.settings.measures:
            await self._measured(receive, send)
        elif path in _RELAYED and method == "POST":
            await self._asked(scope, receive, send)
        else:
            words = f"Relayed are POST {', '.join(_RELAYED)} and GET /v1/models."
            await refuse(send, 404, "not_found", words)

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(_STALLED):
                body = await _body(receive)
        except TimeoutError:
            await refuse(send, 408, "timeout", "The request did not come to its end.")
            return
        drawn = None if self.switch.stopped() else self.switch.draw()
        if drawn is None:
            why = self.switch.stopped() or "one request in twenty is, on trial after a stop"
            words = f"Nothing is answered now: {why}."
            await refuse(send, 503, "stopped", words)
            return
        try:
            request = json.loads(body)
            if not isinstance(request, dict):
                raise ValueError
        except (ValueError, RecursionError):
            await refuse(send, 400, "bad_request", "Expected a JSON object, as OpenAI's API has.")
            return
        exchange = Relayed(drawn, body, _group(scope), self._asker(scope, body))
        try:
            self._recorder.asked(exchange)
            canary = self._recorder.maybe_canary(exchange)
        except OSError:
            await refuse(send, 503, "log", "Nothing is answered that cannot be logged.")
            return
        ended = await self._answered(
            exchange, _RELAYED[scope["path"]], shaped(request, drawn.version), (receive, send)
        )
        self._recorder.answered_both(exchange, ended, canary)
        await _finish(exchange, ended, send)
        self._maybe_probe()

    def _asker(self, scope: Scope, body: bytes) -> str:
        """The drill that asks; "" for everybody else."""
        mark = _header(scope, MARK.encode())
        right = mark and hmac.compare_digest(mark, drill_mark(self.settings.folder, body).encode())
        return "drill" if right else ""

    async def _measured(self, receive: Receive, send: Send) -> None:
        """What a client reports beside an answer: minutes in conversation, a rating."""
        try:
            told = json.loads(await _body(receive))
            id = str(told.pop("exchange"))
            known = [name for name in self.settings.measures if name in told]
            values = {name: float(told.pop(name)) for name in known}
            if told or not values or not all(map(math.isfinite, values.values())) or len(id) > 64:
                raise ValueError
        except _UNLIKE:
            names = ", ".join(self.settings.measures)
            words = f"Expected the exchange (from x-wellhead-exchange) and numbers of: {names}."
            await refuse(send, 400, "bad_request", words)
            return
        self._recorder.measured(id, values)
        await _json(send, 200, {"exchange": id, **values})

    async def _answered(
        self,
        exchange: Relayed,
        path: str,
        request: dict[str, Any],
        user: tuple[Receive, Send],
    ) -> str:
        """Relay in a task of its own, which the switch can end, and so can a user who goes away."""
        receive, send = user
        task: asyncio.Task[str] = asyncio.create_task(self._relay(exchange, path, request, send))
        gone = asyncio.create_task(_left(receive))
        self._running[task] = exchange.drawn.version.name
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            left = not task.done()
            task.cancel()
            gone.cancel()
            await asyncio.wait({task})
            if task.cancelled():
                return "left" if left else "stopped"
            return "failed" if task.exception() else str(task.result())
        finally:
            self._running.pop(task, None)

    async def _relay(
        self, exchange: Relayed, path: str, request: dict[str, Any], send: Send
    ) -> str:
        version = exchange.drawn.version
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if version.key:
            headers["authorization"] = f"Bearer {version.key}"
        data = json.dumps(request).encode()
        address = version.upstream + path
        async with self.http.post(
            address, data=data, headers=headers, allow_redirects=False
        ) as reply:
            if reply.headers.get("content-encoding", "identity").lower() != "identity":
                return "compressed"  # nobody asked for that, and no judge reads it
            back = [
                (name.encode(), reply.headers[name].encode())
                for name in _BACK
                if name in reply.headers
            ]
            back.append((b"x-wellhead-version", version.name.encode()))
            back.append((b"x-wellhead-version-hash", version.hash.encode()))
            back.append((b"x-wellhead-exchange", exchange.id.encode()))
            await send({"type": "http.response.start", "status": reply.status, "headers": back})
            exchange.status = reply.status
            async for chunk in _chunks(reply):
                if len(exchange.answer) + len(chunk) > MOST_BYTES:
                    return "too long"
                exchange.answer += chunk
                exchange.chunks += 1
                async with asyncio.timeout(_STALLED):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        return "whole"

    def _maybe_probe(self) -> None:
        """Now and then, a question that no user asks, in one of several framings at random."""
        probes = self.settings.probes
        if probes.questions and not _LOT.randrange(probes.every):
            task = asyncio.create_task(self._probe())
            self._probing.add(task)
            task.add_done_callback(self._probing.discard)

    async def _probe(self) -> None:
        drawn = None if self.switch.stopped() else self.switch.draw()
        if drawn is None:
            return
        probes = self.settings.probes
        framing, question = _LOT.choice(tuple(probes.framings)), _LOT.choice(probes.questions)
        request = probes.request(framing, question)
        exchange = Relayed(drawn, json.dumps(request).encode())
        shares = dict.fromkeys(probes.framings, 1 / len(probes.framings))
        self._recorder.probe(exchange, framing, shares)
        self._recorder.asked(exchange)
        request = shaped(request, drawn.version)
        user = (_never, _nobody)
        ended = await self._answered(exchange, "/chat/completions", request, user)
        self._recorder.answered(exchange, ended)


def shaped(request: dict[str, Any], version: Version) -> dict[str, Any]:
    """The request as the version has it: its model, its prompt first, its settings."""
    made = {**request, **version.settings}
    if version.model:
        made["model"] = version.model
    if version.prompt and isinstance(made.get("messages"), list):
        made["messages"] = [{"role": "system", "content": version.prompt}, *made["messages"]]
    return made


def _group(scope: Scope) -> str:
    """The group that the client names, whose rate is told apart."""
    return _header(scope, b"x-wellhead-group").decode("utf-8", "replace")[:_LONGEST_GROUP]


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((bytes(value) for name, value in scope["headers"] if name == wanted), b"")


async def _never() -> Message:
    """What a user sends who never goes away."""
    await asyncio.Event().wait()
    raise AssertionError


async def _nobody(message: Message) -> None:
    """A user who does not look."""


async def _chunks(reply: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in reply.content.iter_any():
        yield chunk


async def _left(receive: Receive) -> None:
    """Until the user has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _finish(exchange: Relayed, ended: str, send: Send) -> None:
    """The last byte; an answer that was cut short says so in words that clients show."""
    if not exchange.status:
        words = "The model cannot be reached." if ended == "failed" else f"The answer was {ended}."
        await refuse(send, 503 if ended == "stopped" else 502, ended, words)
        return
    last = b""
    if ended != "whole":
        error = {"message": f"The answer was cut short: {ended}.", "type": ended, "code": ended}
        last = b"\n\ndata: " + json.dumps({"error": error}).encode() + b"\n\n"
    with suppress(OSError):  # a timeout is one
        async with asyncio.timeout(_STALLED):
            await send({"type": "http.response.body", "body": last, "more_body": False})


async def refuse(send: Send, status: int, code: str, words: str) -> None:
    await _json(send, status, {"error": {"message": words, "type": code, "code": code}})


async def _json(send: Send, status: int, value: object) -> None:
    data = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json")]
    with suppress(OSError):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})
