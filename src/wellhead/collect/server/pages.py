"""The entry address of a study, and the files its page loads.

Nothing is stored here: what the address said goes, signed, into the page's ticket. The page may
load its own files only, may be shown in the platform's frames only, and may post a form to the
platform only.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from wellhead.collect.page import STATIC, PageSetup, render_task_page, static_file
from wellhead.collect.platforms import Arrival, adapter, frame_ancestors
from wellhead.collect.server.host import Host
from wellhead.collect.server.tickets import issue
from wellhead.collect.store import Refused
from wellhead.collect.study import Study

__all__ = ["page_routes"]


def page_routes(host: Host) -> APIRouter:
    """Routes for ``/s/{study}`` and ``/static``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/s/{name}", response_class=HTMLResponse)
    def entry(name: str, request: Request) -> HTMLResponse:
        study = host.study(name)
        arrival = adapter(study.entry.platform).arrive(study, request.query_params, host.clock())
        page = render_task_page(_setup(host, study, arrival))
        return HTMLResponse(page, headers={"content-security-policy": _policy(study, arrival)})

    @routes.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in STATIC:
            raise Refused(404, "not_found", "There is no such file.")
        file = static_file(name)
        # No-cache still allows a conditional reuse; a page never meets a file of another version.
        # A module is public code and may be loaded by a form or an experiment elsewhere.
        headers = {"cache-control": "no-cache", "access-control-allow-origin": "*"}
        return Response(file.content, media_type=file.media_type, headers=headers)

    return routes


def _setup(host: Host, study: Study, arrival: Arrival) -> PageSetup:
    ticket = "" if arrival.preview else issue(host.keys[study.id], arrival, now_ms=host.now_ms)
    return PageSetup(
        study=study.id,
        title=study.title,
        language=study.language,
        translations=str(study.path.parent / "locale"),
        consent_version=study.consent.version,
        consent_text=study.consent.text.strip(),
        level=study.writing.privacy,
        retention_days=study.retention_days,
        contact=study.contact,
        ask_name=study.entry.ask_name,
        ticket=ticket,
        visit=host.keys[study.id].pseudonym("page", arrival.visit) if arrival.visit else "",
        preview=arrival.preview,
        preview_instructions=study.writing.instructions.strip() if arrival.preview else "",
        preview_source=study.tasks[0].text if arrival.preview else "",
    )


def _policy(study: Study, arrival: Arrival) -> str:
    frames = " ".join(frame_ancestors(study.entry.platform, study.entry.frame_ancestors))
    forms = arrival.returns.get("turkSubmitTo", "'none'")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"img-src 'self'; base-uri 'none'; form-action {forms}; "
        f"frame-ancestors {frames or chr(39) + 'self' + chr(39)}"
    )
