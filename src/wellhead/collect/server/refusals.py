"""Errors as answers: a `Problem` for programs under ``/api``, a short page for people elsewhere."""

from __future__ import annotations

import html
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from wellhead.collect.messages import Problem
from wellhead.collect.platforms import Unwelcome
from wellhead.collect.review.guard import SignInNeeded
from wellhead.collect.store import Refused
from wellhead.errors import BadInput
from wellhead.web.bounds import App, Receive, Scope, Send

__all__ = ["PROBLEMS", "answer_errors", "refuse"]

_LOG = logging.getLogger(__name__)
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width, initial-scale=1'>"
    "<meta name=color-scheme content='light dark'><title>{title}</title>"
    "<link rel=stylesheet href=/static/task.css>"
    "<main><h1>{title}</h1><p>{words}</p>{back}</main></html>"
)
_BACK = "<p><a href=/review>To the studies</a></p>"
_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
_NAMES = {401: "unauthorised", 403: "entry", 404: "not_found", 413: "too_large", 429: "rate"}

# For the OpenAPI document: what any session request may be answered with.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words}
    for status, words in {
        401: "The token does not open this session.",
        403: "The entry is not valid.",
        404: "There is no such thing here.",
        409: "The request does not fit the stored state.",
        410: "The session is over.",
        413: "The body is too large.",
        422: "The body does not fit the schema.",
        429: "Too many requests.",
        503: "The database cannot be reached.",
    }.items()
}


def answer_errors(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return problem(request.url.path, error.status, error.reason, error.words, **error.extra)

    @app.exception_handler(Unwelcome)
    async def unwelcome(request: Request, error: Unwelcome) -> Response:
        return problem(request.url.path, 403, "entry", str(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return problem(request.url.path, 422, "bad_request", f"{place}: {first['msg']}")

    @app.exception_handler(SignInNeeded)
    async def sign_in(request: Request, error: SignInNeeded) -> Response:
        return RedirectResponse("/review/login", 303)

    @app.exception_handler(BadInput)
    async def unusable(request: Request, error: BadInput) -> Response:
        return problem(request.url.path, 422, "bad_request", str(error))

    @app.exception_handler(HTTPException)
    async def known(request: Request, error: HTTPException) -> Response:
        name = _NAMES.get(error.status_code, "bad_request")
        return problem(
            request.url.path, error.status_code, name, str(error.detail), headers=error.headers
        )

    @app.exception_handler(DataError)
    async def unstorable(request: Request, error: DataError) -> Response:
        return problem(
            request.url.path, 422, "bad_request", "The database cannot hold these characters."
        )

    @app.exception_handler(SQLAlchemyError)
    async def unavailable(request: Request, error: SQLAlchemyError) -> Response:
        _LOG.error("the database failed: %s", error)
        words = "The answer could not be stored just now. The page will try again."
        return problem(request.url.path, 503, "unavailable", words, retry_ms=2000)


def refuse(status: int, name: str, words: str) -> App:
    """A refusal before any route is asked; it ends the connection, whose body is not read."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        ending = problem(scope["path"], status, name, words, headers={"connection": "close"})
        await ending(scope, receive, send)

    return answer


def problem(
    path: str,
    status: int,
    name: str,
    words: str,
    *,
    headers: Any = None,
    **extra: Any,
) -> Response:
    """The refusal as JSON under ``/api``, as a short page elsewhere."""
    if path.startswith("/api"):
        found = Problem(error=name, message=words[:1000], **extra)  # type: ignore[arg-type]
        return JSONResponse(found.model_dump(exclude_none=True), status, headers=headers)
    title = {404: "Not found", 403: "No entry"}.get(status, "That did not work")
    words = "There is nothing at this address." if words == "Not Found" else words
    back = _BACK if path.startswith("/review") else ""
    page = _PAGE.format(title=title, words=html.escape(words), back=back)
    return HTMLResponse(
        page, status, headers={"content-security-policy": _POLICY, **(headers or {})}
    )
