"""Routes of the researcher's side, under ``/review``."""

from __future__ import annotations

import asyncio
from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from wellhead.collect.answers import load_page, load_record, settle
from wellhead.collect.derive.outcome import OUTCOMES
from wellhead.collect.export import FORMATS, export_archive
from wellhead.collect.overview import overview
from wellhead.collect.review.accounts import role_in, sign_out
from wellhead.collect.review.guard import Guard, Visitor
from wellhead.collect.review.notes import add_note
from wellhead.collect.review.pages import answer_view, render
from wellhead.collect.server.host import Host
from wellhead.collect.store import Refused
from wellhead.collect.store.erasure import delete_worker, note_action, recent_actions

__all__ = ["review_routes"]

_PER_PAGE = 50
_TASKS_SHOWN = 100
_ACTIONS_SHOWN = 20
_STATIC = {"review.css": "text/css", "replay.js": "text/javascript"}


def _visitor(request: Request) -> Visitor:
    return Guard(request.app.state.host).visitor(request)


Signed = Annotated[Visitor, Depends(_visitor)]
OutcomeName = Annotated[str, Query(max_length=40)]
Csrf = Annotated[str, Form()]
NoteText = Annotated[str, Form(min_length=1, max_length=5000)]
Page = Annotated[int, Query(ge=1, le=1_000_000)]


def review_routes(host: Host) -> APIRouter:
    """Every page a researcher sees; all but the sign-in need an account."""
    guard = Guard(host)
    routes = APIRouter(prefix="/review", include_in_schema=False)
    routes.include_router(_entrance(host, guard))
    _add_looking(routes, host, guard)
    _add_changing(routes, host, guard)
    return routes


def _add_looking(routes: APIRouter, host: Host, guard: Guard) -> None:
    """Studies, dashboard, answers."""

    @routes.get("")
    def studies(visitor: Signed) -> Response:
        known = [s for s in host.studies.values() if s.id in visitor.account.grants]
        return render("studies.html", studies=known, **_frame(visitor))

    @routes.get("/s/{name}")
    def dashboard(name: str, visitor: Signed) -> Response:
        study = guard.study(visitor.account, name)
        settle(host.store, study, host.keys[name], now_ms=host.now_ms)
        view = host.store.read(lambda c: overview(c, study))
        tasks = list(view.tasks.items())
        return render(
            "dashboard.html",
            study=study,
            view=view,
            tasks=tasks[:_TASKS_SHOWN],
            more_tasks=max(0, len(tasks) - _TASKS_SHOWN),
            owner=role_in(visitor.account, name, "owner"),
            actions=host.store.read(lambda c: recent_actions(c, name, _ACTIONS_SHOWN)),
            formats=FORMATS,
            **_frame(visitor),
        )

    @routes.get("/s/{name}/answers")
    def answers(name: str, visitor: Signed, outcome: OutcomeName = "", page: Page = 1) -> Response:
        study = guard.study(visitor.account, name)
        settle(host.store, study, host.keys[name], now_ms=host.now_ms)
        start = (page - 1) * _PER_PAGE
        found, total = host.store.read(
            lambda c: load_page(c, name, outcome=outcome, start=start, size=_PER_PAGE)
        )
        return render(
            "answers.html",
            study=study,
            records=found,
            total=total,
            outcomes=OUTCOMES,
            chosen=outcome if outcome in OUTCOMES else "",
            page=page,
            more=start + _PER_PAGE < total,
            **_frame(visitor),
        )

    @routes.get("/s/{name}/a/{session}")
    def answer(name: str, session: str, visitor: Signed) -> Response:
        study = guard.study(visitor.account, name)
        settle(host.store, study, host.keys[name], now_ms=host.now_ms)
        record = host.store.read(lambda c: load_record(c, name, session))
        if record is None:
            raise Refused(404, "not_found", "There is no such answer in this study.")
        view = host.store.read(lambda c: answer_view(c, study, record))
        reviewer = role_in(visitor.account, name, "reviewer")
        return render("answer.html", study=study, reviewer=reviewer, **view, **_frame(visitor))


def _add_changing(routes: APIRouter, host: Host, guard: Guard) -> None:
    """Notes, exports, deletions."""

    @routes.post("/s/{name}/a/{session}/notes")
    def note(
        request: Request, name: str, session: str, visitor: Signed, csrf: Csrf, text: NoteText
    ) -> Response:
        guard.own_form(request, visitor, csrf)
        guard.study(visitor.account, name, "reviewer")
        author, now = visitor.account.name, host.now_ms
        host.store.write(lambda c: add_note(c, name, session, author, text, now_ms=now))
        return RedirectResponse(f"/review/s/{name}/a/{session}", 303)

    @routes.post("/s/{name}/export")
    def export(
        request: Request, name: str, visitor: Signed, csrf: Csrf, format: Annotated[str, Form()]
    ) -> Response:
        guard.own_form(request, visitor, csrf)
        study = guard.study(visitor.account, name, "owner")
        if format not in FORMATS:
            raise Refused(422, "bad_request", "There is no such format.")
        settle(host.store, study, host.keys[name], now_ms=host.now_ms)
        content = export_archive(host.store, study, format)
        actor, now = visitor.account.name, host.now_ms
        host.store.write(lambda c: note_action(c, name, actor, "export", format, now_ms=now))
        headers = {"content-disposition": f'attachment; filename="{name}-{format}.zip"'}
        return Response(content, media_type="application/zip", headers=headers)

    @routes.post("/s/{name}/delete")
    def delete(
        request: Request,
        name: str,
        visitor: Signed,
        csrf: Csrf,
        worker: Annotated[str, Form(max_length=300)],
        confirm: Annotated[str, Form(max_length=20)],
    ) -> Response:
        guard.own_form(request, visitor, csrf)
        study = guard.study(visitor.account, name, "owner")
        if confirm.strip().lower() != "delete":
            raise Refused(422, "bad_request", "Nothing was deleted: write “delete” to confirm.")
        pseudonym = host.keys[name].pseudonym(study.entry.platform, worker.strip())
        actor, now = visitor.account.name, host.now_ms
        gone = host.store.write(
            lambda c: delete_worker(c, name, {worker.strip(), pseudonym}, actor, now_ms=now)
        )
        if not gone:
            raise Refused(404, "not_found", "Nobody of that name has written in this study.")
        return RedirectResponse(f"/review/s/{name}", 303)


def _frame(visitor: Visitor) -> dict[str, Any]:
    return {"account": visitor.account, "csrf": visitor.csrf}


def _entrance(host: Host, guard: Guard) -> APIRouter:
    """Sign-in, sign-out and the static files."""
    routes = APIRouter()

    @routes.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise Refused(404, "not_found", "There is no such file.")
        content = resources.files("wellhead.collect.review").joinpath("static", name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers={"cache-control": "no-cache"})

    @routes.get("/login")
    def form() -> Response:
        return render("login.html", failed="")

    @routes.post("/login")
    async def login(
        request: Request,
        name: Annotated[str, Form(max_length=80)],
        password: Annotated[str, Form(max_length=1000)],
    ) -> Response:
        guard.same_site(request)
        token = await guard.try_password(request, name, password)
        if token is None:
            return render("login.html", status=401, failed="Name or password is wrong.")
        response = RedirectResponse("/review", 303)
        guard.remember(response, token)
        return response

    @routes.post("/logout")
    async def logout(
        request: Request,
        visitor: Signed,
        csrf: Csrf,
    ) -> Response:
        guard.own_form(request, visitor, csrf)
        token = request.cookies[guard.cookie]
        await asyncio.wrap_future(host.store.submit(lambda c: sign_out(c, token)))
        response = RedirectResponse("/review/login", 303)
        guard.remember(response, "")
        return response

    return routes
