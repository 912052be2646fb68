"""The labelling page: one document at a time, blind to every score, on this machine only.

Whoever knows the address may label: it holds a secret that is made anew at each start. Every page
is complete in itself; the script only lets keys press the buttons.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from wellhead.audit.labelling import Given, Labelling, of_rater, rater_name
from wellhead.errors import MissingExtra, WellheadError
from wellhead.web.listening import address_of, listen_on

__all__ = ["serve"]

_LARGEST = 100_000


def serve(audit: Labelling, *, port: int = 0, told: Callable[[str], None] = print) -> None:
    """Serve the page until interrupted.

    Args:
        audit: what is labelled.
        port: 0 takes a free one.
        told: is given the address.

    Raises:
        MissingExtra: the web server is not installed.
        BadSetting: the port is taken.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtra("the labelling page", "audit") from error
    listener = listen_on("127.0.0.1", port)
    secret = secrets.token_urlsafe(18)
    address = address_of(listener, "127.0.0.1")
    told(f"{address}/{secret}/")
    config = uvicorn.Config(application(audit, secret), log_level="warning", access_log=False)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # The usual end: the rater is done.
        return


def application(audit: Labelling, secret: str) -> Any:
    """The page as an ASGI application under ``/secret/``."""
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, RedirectResponse, Response
    from starlette.routing import Route

    pages = Environment(
        loader=PackageLoader("wellhead.audit"), autoescape=True, undefined=StrictUndefined
    )
    base = f"/{secret}"

    def shown(page: str, **values: Any) -> Response:
        nonce = secrets.token_urlsafe(12)
        values |= {"page": page, "base": base, "nonce": nonce, "title": "Audit"}
        html = pages.get_template("label.html").render(question=audit.question, **values)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        headers = {
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(html, headers=headers)

    async def name(request: Request) -> Response:
        return shown("name")

    async def label(request: Request) -> Response:
        if request.method == "POST":
            if int(request.headers.get("content-length") or _LARGEST + 1) > _LARGEST:
                raise HTTPException(413)
            form = {key: str(value) for key, value in (await request.form()).items()}
            given = Given(*(form.get(each, "") for each in Given._fields))
            audit.give(given)
            at = _place(form.get("at", "0")) + 1
            address = f"{base}/label?{urlencode({'rater': given.rater, 'at': at})}"
            return RedirectResponse(address, status_code=303)
        rater = rater_name(request.query_params.get("rater", ""))
        return shown(**_document(audit, rater, request.query_params.get("at")))

    async def refused(request: Request, error: Exception) -> Response:
        return Response(str(error), 400, media_type="text/plain")

    return Starlette(
        routes=[
            Route(f"{base}/", name),
            Route(f"{base}/label", label, methods=["GET", "POST"]),
        ],
        exception_handlers={WellheadError: refused},
    )


def _document(audit: Labelling, rater: str, wanted: str | None) -> dict[str, Any]:
    """What a rater sees: the document at a place, or the first without a label."""
    order, ids = audit.order_for(rater), audit.ids()
    total, labels = len(order), of_rater(audit.given(), rater)
    free = (i for i, row in enumerate(order) if ids[row] not in labels)
    first = next(free, total)
    at = first if wanted is None else min(_place(wanted), total)
    if at == total and first < total:
        # The end was reached, and something before it was left out.
        at = first
    done = sum(ids[row] in labels for row in order)
    values: dict[str, Any] = {"rater": rater, "total": total, "done": done, "at": at}
    if at == total:
        return {"page": "done", **values}
    document = audit.document(order[at])
    return {"page": "label", **values, "document": document, "known": labels.get(document.id)}


def _place(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
