"""What a researcher's program may fetch with a token: the overview, the exports.

Read-only. The token goes in the header, so that no other site's page can send it along.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from wellhead.collect.answers import settle
from wellhead.collect.export import export_archive
from wellhead.collect.overview import overview
from wellhead.collect.review.guard import Guard
from wellhead.collect.server.host import Host
from wellhead.collect.server.refusals import PROBLEMS
from wellhead.collect.store.erasure import note_action

__all__ = ["program_routes"]

_bearer = HTTPBearer(auto_error=False, description="Made by `wellhead collect user token`.")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
Name = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9-]+$")]
Format = Annotated[str, Path(pattern=r"^(csv|parquet|huggingface|idfx|evidence)$")]
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "The files of the export."}
}


def program_routes(host: Host) -> APIRouter:
    """Routes under ``/api/study``."""
    guard = Guard(host)
    routes = APIRouter(prefix="/api/study", tags=["study"], responses=PROBLEMS)

    @routes.get("/{name}")
    def look(name: Name, bearer: _Bearer) -> dict[str, Any]:
        account = guard.program(bearer.credentials if bearer else "")
        study = guard.study(account, name)
        settle(host.store, study, host.keys[name], now_ms=host.now_ms)
        return host.store.read(lambda c: overview(c, study)).to_dict()

    @routes.get("/{name}/export/{format}", response_class=Response, responses=_ZIP)
    def export(name: Name, format: Format, bearer: _Bearer) -> Response:
        account = guard.program(bearer.credentials if bearer else "")
        study = guard.study(account, name, "owner")
        settle(host.store, study, host.keys[name], now_ms=host.now_ms)
        content = export_archive(host.store, study, format)
        now, detail = host.now_ms, f"{format} by token"
        host.store.write(lambda c: note_action(c, name, account.name, "export", detail, now_ms=now))
        return Response(content, media_type="application/zip")

    return routes
