"""The application: ``/v1`` and the chat page behind the outer wall and, where set, a token."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from wellhead._version import __version__
from wellhead.models.server.desk import Desk
from wellhead.models.server.refusals import Refused, answer_errors, response
from wellhead.models.server.routes import api_routes
from wellhead.web.bounds import App, BodyLimit, Neighbours, Receive, SafeHeaders, Scope, Send

__all__ = ["LOOPBACK", "create_app"]

# A prompt of the largest size, every character escaped.
MAX_REQUEST = 2 * 1024 * 1024
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def create_app(
    desk: Desk,
    *,
    token: str | None = None,
    hosts: frozenset[str] | None = LOOPBACK,
    more: Sequence[APIRouter] = (),
) -> FastAPI:
    """The server for the engines of `desk`; on shutdown, the engines are closed.

    Args:
        desk: engines and limits.
        token: clients send it as a bearer token; None asks for none.
        hosts: the names under which it is reached; None for any.
        more: further routes, which are open to all under ``/`` and guarded under ``/api``.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await desk.close()

    app = FastAPI(
        title="wellhead models",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    for routes in (api_routes(desk), *more):
        app.include_router(routes)

    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    answer_errors(app)
    if token:
        app.add_middleware(Token, token=token)
    app.add_middleware(BodyLimit, limit=MAX_REQUEST, refuse=_refuse)
    app.add_middleware(Neighbours, hosts=hosts, refuse=_refuse)
    app.add_middleware(SafeHeaders)
    return app


class Token:
    """Asks for a bearer token wherever a model can be reached."""

    def __init__(self, app: App, *, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(("/v1", "/api", "/openapi")):
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._expected):
                words = "Send the token of this server as a bearer token (api_key)."
                await _refuse(401, "invalid_api_key", words)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refuse(status: int, code: str, words: str) -> App:
    return response(Refused(status, code, words))
