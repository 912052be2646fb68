"""The application: every route behind the outer wall, every refusal in one shape."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from wellhead._version import __version__
from wellhead.collect.review.programs import program_routes
from wellhead.collect.review.routes import review_routes
from wellhead.collect.server.host import Host, keep_up
from wellhead.collect.server.pages import page_routes
from wellhead.collect.server.refusals import answer_errors, refuse
from wellhead.collect.server.sessions import session_routes
from wellhead.collect.store import Refused
from wellhead.collect.store.models import Study as StudyRow
from wellhead.web.bounds import BodyLimit, SafeHeaders

__all__ = ["create_app"]

# A body of the largest batch with the largest draft beside it, every character escaped.
MAX_REQUEST = 2 * 1024 * 1024
_UPKEEP_SECONDS = 300
_ROOM_BYTES = 64 * 1024 * 1024
# A change that changes nothing, and still has to reach the disk.
_TOUCH = update(StudyRow).values(title=StudyRow.title)
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
        # Such a redirect would name the host that the request claims to be for.
        redirect_slashes=False,
    )
    app.state.host = host
    for make in (session_routes, program_routes, page_routes, review_routes, _health):
        app.include_router(make(host))
    answer_errors(app)
    app.add_middleware(BodyLimit, limit=MAX_REQUEST, refuse=refuse)
    app.add_middleware(SafeHeaders)
    return app


async def _upkeep(host: Host) -> None:
    while True:
        await asyncio.sleep(_UPKEEP_SECONDS)
        for study in host.studies.values():
            try:
                await asyncio.to_thread(keep_up, host, study)
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
        if host.store.disk_free() < _ROOM_BYTES:
            raise Refused(503, "unavailable", "The disk is full.")
        host.store.write(lambda connection: connection.execute(_TOUCH))
        return {"status": "ok"}

    return routes
