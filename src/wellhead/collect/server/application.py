"""The application: every route behind the outer wall, every refusal in one shape."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from wellhead import __version__
from wellhead.collect.answers import settle
from wellhead.collect.review.routes import review_routes
from wellhead.collect.server.bounds import BodyLimit, SafeHeaders
from wellhead.collect.server.host import Host
from wellhead.collect.server.pages import page_routes
from wellhead.collect.server.refusals import answer_errors
from wellhead.collect.server.sessions import session_routes

__all__ = ["create_app"]

# A body of the largest batch with the largest draft beside it, every character escaped.
MAX_REQUEST = 2 * 1024 * 1024
_UPKEEP_SECONDS = 300
_LOG = logging.getLogger(__name__)


def create_app(host: Host) -> FastAPI:
    """The server for the studies of `host`; on shutdown, waiting writes are finished."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        upkeep = asyncio.create_task(_upkeep(host))
        yield
        upkeep.cancel()
        await asyncio.to_thread(host.store.close)

    app = FastAPI(
        title="wellhead collect",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.host = host
    for routes in (session_routes(host), page_routes(host), review_routes(host), _health(host)):
        app.include_router(routes)
    answer_errors(app)
    app.add_middleware(BodyLimit, limit=MAX_REQUEST)
    app.add_middleware(SafeHeaders)
    return app


async def _upkeep(host: Host) -> None:
    """Derive new answers now and then, so that `summary` studies forget events unwatched."""
    while True:
        await asyncio.sleep(_UPKEEP_SECONDS)
        for study in host.studies.values():
            keys, now = host.keys[study.id], host.now_ms
            try:
                await asyncio.to_thread(settle, host.store, study, keys, now_ms=now)
            except SQLAlchemyError as error:
                _LOG.warning("upkeep of %s failed and will be tried again: %s", study.id, error)


def _health(host: Host) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/favicon.ico", status_code=204)
    def icon() -> None:
        """None; browsers ask all the same."""

    @routes.get("/readyz")
    def ready() -> dict[str, str]:
        host.store.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
        return {"status": "ok"}

    return routes
