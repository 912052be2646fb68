"""The chat page and what its script asks for: the models, and facts about an answer.

The page itself holds nothing about the models and is open to all; its script asks for the rest
under ``/api``, and for answers under ``/v1``, with the token where the server has one. Whatever a
model says is put on the page as text, never as markup.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, Field

from wellhead.models.chat.panel import Answered, Panel
from wellhead.models.engine import Message, Sampling
from wellhead.models.server.desk import Desk
from wellhead.models.server.messages import MOST_CHARACTERS, Turn
from wellhead.models.server.refusals import Refused

__all__ = ["chat_pages"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
AT_ONCE, WAITING = 2, 64  # questions about facts
STATIC = {"chat.js": "text/javascript", "chat.css": "text/css"}

Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class FactsRequest(BaseModel):
    """``POST /api/facts``: an answer, what it answers, and the answer beside it."""

    model: Annotated[str, Field(min_length=1, max_length=300)]
    messages: Annotated[list[Turn], Field(min_length=1, max_length=200)]
    text: Text
    other: Text = ""


def chat_pages(desk: Desk, panel: Panel, sampling: Sampling) -> APIRouter:
    """The routes of the page.

    Args:
        desk: serves the engines of `panel`.
        panel: the models, and the facts about their answers.
        sampling: what the page proposes.
    """
    routes = APIRouter(include_in_schema=False)
    free, waiting = asyncio.Semaphore(AT_ONCE), [0]
    pages = Environment(
        loader=PackageLoader("wellhead.models.chat"), autoescape=True, undefined=StrictUndefined
    )
    page = pages.get_template("chat.html").render(sampling=sampling, most=desk.limits.length)

    @routes.get("/")
    async def show() -> Response:
        return _file(page, "text/html")

    @routes.get("/chat/{name}")
    async def static(name: str) -> Response:
        if name not in STATIC:
            raise Refused(404, "not_found", "Not Found")
        path = files("wellhead.models.chat") / "static" / name
        return _file(path.read_text(encoding="utf-8"), STATIC[name])

    @routes.get("/api/models")
    async def models() -> dict[str, Any]:
        return {
            "models": [card._asdict() for card in panel.cards],
            "shown": panel.shown,
            "reference": panel.reference,
        }

    @routes.post("/api/facts")
    async def facts(asked: FactsRequest) -> list[dict[str, str]]:
        desk.engine(asked.model)
        messages: tuple[Message, ...] = tuple(turn.message() for turn in asked.messages)
        if waiting[0] >= WAITING:
            raise Refused(429, "queue_full", "Too many answers are looked at already.", wait=5)
        waiting[0] += 1
        try:
            async with free:
                found = await panel.facts(Answered(asked.model, messages, asked.text, asked.other))
        finally:
            waiting[0] -= 1
        return [fact._asdict() for fact in found]

    return routes


def _file(text: str, kind: str) -> Response:
    return Response(text, media_type=kind, headers={"content-security-policy": POLICY})
