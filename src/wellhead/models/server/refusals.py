"""Every refusal in OpenAI's form: ``{"error": {"message", "type", "param", "code"}}``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from wellhead.errors import BadSetting, WellheadError
from wellhead.models.engine import EngineFailed, PromptTooLong

__all__ = ["Refused", "answer_errors", "error_body", "refusal", "response"]

INVALID = "invalid_request_error"


class Refused(Exception):
    """An answer that is a refusal."""

    def __init__(
        self, status: int, code: str, words: str, *, param: str | None = None, wait: int = 0
    ) -> None:
        super().__init__(words)
        self.status, self.code, self.words, self.param, self.wait = status, code, words, param, wait


def error_body(error: Refused) -> dict[str, Any]:
    """The body of a refusal, also as the last event of a stream that breaks off."""
    kind = INVALID if error.status < 500 else "server_error"
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(error.status, kind)
    told = {"message": error.words[:1000], "type": kind, "param": error.param, "code": error.code}
    return {"error": told}


def refusal(error: Exception) -> Refused:
    """An error of an engine as clients are told it."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, PromptTooLong):
        return Refused(400, "context_length_exceeded", str(error), param="prompt")
    if isinstance(error, BadSetting):
        return Refused(400, "unsupported_value", str(error))
    if isinstance(error, EngineFailed):
        return Refused(502, "engine_failed", str(error))
    # Clients are told no more; whoever runs the server is.
    logging.getLogger(__name__).error("an engine stopped working", exc_info=error)
    return Refused(500, "engine_failed", "the model stopped working")


def answer_errors(app: FastAPI) -> None:
    """Every error that a route may raise, in the one form."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return response(error)

    @app.exception_handler(WellheadError)
    async def failed(request: Request, error: WellheadError) -> Response:
        return response(refusal(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return response(_malformed(error.errors()))

    @app.exception_handler(HTTPException)
    async def known(request: Request, error: HTTPException) -> Response:
        return response(Refused(error.status_code, "not_found", str(error.detail)))


def _malformed(errors: Sequence[Mapping[str, Any]]) -> Refused:
    """What is wrong with a request, by the field and by the form of it that was meant."""
    first = errors[0]
    if first["type"] == "json_invalid":
        why = first.get("ctx", {}).get("error", "it cannot be read")
        return Refused(400, "invalid_value", f"expected a body of JSON: {why}")
    same = [each for each in errors if each["loc"][:2] == first["loc"][:2]]
    # A field that takes a text or a list of texts has an error for each of them.
    meant = next((each for each in same if not each["type"].endswith("_type")), first)
    names = [str(part) for part in meant["loc"] if part != "body"]
    place = ".".join(name for name in names if name.isidentifier() or name.isdigit())
    words = f"{place}: {meant['msg']}" if place else str(meant["msg"])
    return Refused(400, "invalid_value", words, param=place or None)


def response(error: Refused) -> JSONResponse:
    """A refusal as a response."""
    headers = {"retry-after": str(error.wait)} if error.wait else None
    return JSONResponse(error_body(error), error.status, headers=headers)
