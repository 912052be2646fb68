"""``/v1``: models, completions and chat completions, whole or as a stream of events.

A client that goes away ends the work that was done for it, whether it waited in the queue, read a
stream or waited for a whole answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response, StreamingResponse

from wellhead.models.engine import Answer, EngineFailed, Piece, Prompt, TokenLog, Usage
from wellhead.models.server.desk import Desk
from wellhead.models.server.messages import ChatRequest, CompletionRequest
from wellhead.models.server.refusals import Refused, error_body, refusal
from wellhead.models.server.wording import Wording

__all__ = ["api_routes"]


def api_routes(desk: Desk) -> APIRouter:
    """The routes under ``/v1``."""
    routes = APIRouter(prefix="/v1")

    @routes.get("/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_card(name) for name in desk.engines]}

    @routes.get("/models/{name:path}")
    async def model(name: str) -> dict[str, Any]:
        desk.engine(name)
        return _card(name)

    @routes.post("/completions")
    async def completions(asked: CompletionRequest, request: HttpRequest) -> Response:
        return await _respond(desk, asked, request, chat=False)

    @routes.post("/chat/completions")
    async def chat_completions(asked: ChatRequest, request: HttpRequest) -> Response:
        return await _respond(desk, asked, request, chat=True)

    return routes


def _card(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "wellhead"}


async def _respond(
    desk: Desk, asked: CompletionRequest | ChatRequest, request: HttpRequest, *, chat: bool
) -> Response:
    desk.engine(asked.model)
    prompts = asked.prompts(desk.limits.length)
    wording = Wording(asked.model, chat)
    if not asked.stream:
        echoes = isinstance(asked, CompletionRequest) and asked.echo
        work = _echoed(desk, asked, prompts) if echoes else _answers(desk, asked.model, prompts)
        answers = await _unless_left(work, request)
        return JSONResponse(wording.whole(answers))
    merged = _merged(desk, asked.model, prompts)
    # The first piece decides between a refusal with a status of its own and a stream.
    try:
        first = await _unless_left(anext(merged), request)
    except BaseException:
        await merged.aclose()
        raise
    events = _events(wording, first, merged, with_usage=asked.with_usage)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(
    wording: Wording,
    first: tuple[int, Piece],
    merged: AsyncGenerator[tuple[int, Piece], None],
    *,
    with_usage: bool,
) -> AsyncGenerator[str, None]:
    used = Usage(0, 0)
    async with aclosing(merged):
        if wording.chat:
            yield _event(wording.opening())
        try:
            index, piece = first
            while True:
                if piece.usage:
                    used = Usage(used.prompt + piece.usage.prompt, used.answer + piece.usage.answer)
                if piece.text or piece.finish:
                    yield _event(wording.chunk(index, piece.text, piece.logs, piece.finish))
                index, piece = await anext(merged)
        except StopAsyncIteration:
            if with_usage:
                yield _event(wording.usage(used))
            yield "data: [DONE]\n\n"
        except Refused as error:
            yield _event(error_body(error))


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def _answers(desk: Desk, name: str, prompts: list[Prompt]) -> list[Answer]:
    texts: list[list[str]] = [[] for _ in prompts]
    logs: list[list[TokenLog]] = [[] for _ in prompts]
    ends: dict[int, Piece] = {}
    async with aclosing(_merged(desk, name, prompts)) as merged:
        async for index, piece in merged:
            texts[index].append(piece.text)
            logs[index] += piece.logs
            if piece.finish:
                ends[index] = piece
    answers = []
    for index in range(len(prompts)):
        end = ends.get(index)
        if end is None or end.finish is None:
            raise EngineFailed(f"{name} ended its answer without saying so.")
        used = end.usage or Usage(0, 0)
        answers.append(Answer("".join(texts[index]), end.finish, used, tuple(logs[index])))
    return answers


async def _echoed(
    desk: Desk, asked: CompletionRequest | ChatRequest, prompts: list[Prompt]
) -> list[Answer]:
    """Each prompt given back, with its log-probabilities where asked for, and what follows."""

    line = asyncio.Lock()

    async def one(prompt: Prompt) -> Answer:
        wanted = prompt.sampling.logprobs
        logs = await desk.echo(asked.model, prompt.text, wanted or 0, line)
        told = logs if wanted is not None else ()
        if asked.max_tokens == 0:
            return Answer(prompt.text, "length", Usage(len(logs), 0), told)
        (answer,) = await _answers(desk, asked.model, [prompt])
        used = Usage(len(logs), answer.usage.answer)
        return Answer(prompt.text + answer.text, answer.finish, used, (*told, *answer.logs))

    return await asyncio.gather(*map(one, prompts))


async def _merged(
    desk: Desk, name: str, prompts: list[Prompt]
) -> AsyncGenerator[tuple[int, Piece], None]:
    """The pieces of several answers as they come; the first error ends all."""
    told: asyncio.Queue[tuple[int, Piece] | Exception | None] = asyncio.Queue(64)
    line = asyncio.Lock()

    async def one(index: int, prompt: Prompt) -> None:
        try:
            async with aclosing(desk.stream(name, prompt, line)) as pieces:
                async for piece in pieces:
                    await told.put((index, piece))
            await told.put(None)
        # It is raised again where the pieces are read.
        except Exception as error:  # noqa: BLE001
            await told.put(error)

    tasks = [asyncio.create_task(one(index, prompt)) for index, prompt in enumerate(prompts)]
    try:
        running = len(tasks)
        while running:
            item = await told.get()
            if item is None:
                running -= 1
            elif isinstance(item, Exception):
                # Whatever an engine raises is told to whoever asked, in one form.
                raise refusal(item) from item
            else:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _unless_left(work: Any, request: HttpRequest) -> Any:
    """The result of `work`, which is cancelled when the client goes away."""
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Refused(499, "client_closed_request", "The client went away.")
        return task.result()
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(request: HttpRequest) -> None:
    """Ends when the client has gone away; the body has been read by then."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
