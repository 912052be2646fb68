"""An OpenAI-compatible endpoint that misbehaves as real ones do."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

WORDS = ["the", "river", "rose", "slowly", "and", "people", "walked", "to", "the", "old", "mill"]


def told(request: dict[str, Any]) -> str:
    """A text that differs with all that was asked."""
    asked = json.dumps(request, sort_keys=True).encode()
    start = int.from_bytes(sha256(asked).digest()[:6])
    return f"Text {start}: " + " ".join(WORDS[(start + i * 7) % len(WORDS)] for i in range(40))


@dataclass
class StandIn:
    """What it was asked, and how it answers the n-th request."""

    reply: Callable[[dict[str, Any]], Any] = told
    fault: Callable[[int], str] = lambda number: ""
    delay: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    answered: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    async def complete(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        await asyncio.sleep(self.delay)
        match self.fault(len(self.asked)):
            case "busy":
                return JSONResponse(
                    {"error": {"message": "slow down"}}, 429, {"retry-after-ms": "10"}
                )
            case "broken":
                return JSONResponse({"error": {"message": "oops"}}, 500, {"retry-after-ms": "10"})
            case "dropped":
                return Response(b'{"choices": [', media_type="application/json")
            case "unknown":
                return JSONResponse({"error": {"message": f"no model {body['model']}"}}, 404)
            case "telltale":
                said = f"wrong key {request.headers['authorization']}"
                return JSONResponse({"error": {"message": said}}, 401)
            case "forbidden":
                return JSONResponse({"error": {"message": "wrong key"}}, 401)
        self.answered.append(body)
        reply = self.reply(body)
        text, finish = reply if isinstance(reply, tuple) else (reply, "stop")
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
        whole = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"]}
        return JSONResponse({**whole, "choices": [choice], "usage": usage})


@contextmanager
def serving(**settings: Any) -> Iterator[StandIn]:
    """A stand-in on a port of its own."""
    stand_in = StandIn(**settings)
    route = Route("/v1/chat/completions", stand_in.complete, methods=["POST"])
    config = uvicorn.Config(Starlette(routes=[route]), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    stand_in.address = f"http://127.0.0.1:{port}/v1"
    try:
        yield stand_in
    finally:
        server.should_exit = True
        thread.join()
