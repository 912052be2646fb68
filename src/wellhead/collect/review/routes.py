"""Routes of the researcher's side, under ``/review``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields
from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from wellhead.collect.answers import load_page, load_record, settle
from wellhead.collect.derive.outcome import OUTCOMES
from wellhead.collect.export import FORMATS, export_archive
from wellhead.collect.notes import DECISIONS, Said, add_note
from wellhead.collect.overview import overview
from wellhead.collect.review.accounts import role_in, sign_out
from wellhead.collect.review.guard import Guard, Visitor
from wellhead.collect.review.pages import answer_view, render
from wellhead.collect.selection import FLAGS, SORTS, STRENGTHS, Selection
from wellhead.collect.server.host import Host
from wellhead.collect.store import Refused
from wellhead.collect.store.erasure import delete_worker, note_action, recent_actions
from wellhead.collect.study import Study

__all__ = ["review_routes"]

_PER_PAGE = 50
_TASKS_SHOWN = 100
_ACTIONS_SHOWN = 20
_CHOSEN = tuple(item.name for item in fields(Selection))
_DECIDED = (*DECISIONS, "undecided")
_STATIC = {"review.css": "text/css", "replay.js": "text/javascript"}


def _visitor(request: Request) -> Visitor:
    return Guard(request.app.state.host).visitor(request)


def _selection(request: Request) -> Selection:
    """What the address narrows the answers to; a word that is no choice narrows nothing."""
    given = {name: request.query_params.get(name, "")[:200] for name in _CHOSEN}
    known = {"outcome": OUTCOMES, "flag": FLAGS, "strength": STRENGTHS, "decision": _DECIDED}
    for name, words in known.items():
        if given[name] not in words:
            given[name] = ""
    return Selection(**given)


def _choices(study: Study) -> dict[str, Sequence[str]]:
    return {
        "outcome": OUTCOMES,
        "flag": FLAGS,
        "strength": STRENGTHS,
        "decision": _DECIDED,
        "task": [task.id for task in study.tasks[:_TASKS_SHOWN]],
        "condition": [one.id for one in study.conditions],
        "sort": SORTS,
    }


Signed = Annotated[Visitor, Depends(_visitor)]
Chosen = Annotated[Selection, Depends(_selection)]
Csrf = Annotated[str, Form()]
NoteText = Annotated[str, Form(max_length=5000)]
Decision = Annotated[str, Form(max_length=20)]
Bonus = Annotated[float | None, Form(ge=0, le=10_000, allow_inf_nan=False)]
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
    def answers(name: str, visitor: Signed, chosen: Chosen, page: Page = 1) -> Response:
        study, keys = guard.study(visitor.account, name), host.keys[name]
        settle(host.store, study, keys, now_ms=host.now_ms)
        start = (page - 1) * _PER_PAGE
        found, total = host.store.read(
            lambda c: load_page(
                c,
                name,
                where=chosen.where(c, study, keys),
                order=chosen.order(c, study),
                start=start,
                size=_PER_PAGE,
            )
        )
        return render(
            "answers.html",
            study=study,
            records=found,
            total=total,
            choices=_choices(study),
            chosen=chosen,
            formats=FORMATS,
            owner=role_in(visitor.account, name, "owner"),
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
        request: Request,
        name: str,
        session: str,
        visitor: Signed,
        csrf: Csrf,
        text: NoteText = "",
        decision: Decision = "",
        bonus: Bonus = None,
    ) -> Response:
        guard.own_form(request, visitor, csrf)
        guard.study(visitor.account, name, "reviewer")
        cents = None if bonus is None else round(100 * bonus)
        said = Said(visitor.account.name, host.now_ms, text, decision, cents)
        host.store.write(lambda c: add_note(c, name, session, said))
        return RedirectResponse(f"/review/s/{name}/a/{session}", 303)

    @routes.post("/s/{name}/export")
    def export(
        request: Request,
        name: str,
        visitor: Signed,
        csrf: Csrf,
        chosen: Chosen,
        format: Annotated[str, Form()],
    ) -> Response:
        guard.own_form(request, visitor, csrf)
        study = guard.study(visitor.account, name, "owner")
        keys = host.keys[name]
        if format not in FORMATS:
            raise Refused(422, "bad_request", "There is no such format.")
        if format == "huggingface" and chosen.narrows:
            raise Refused(422, "bad_request", "A dataset has all answers; take another format.")
        settle(host.store, study, keys, now_ms=host.now_ms)
        content = export_archive(host.store, study, format, lambda c: chosen.where(c, study, keys))
        actor, now = visitor.account.name, host.now_ms
        what = f"{format} of a selection" if chosen.narrows else format
        host.store.write(lambda c: note_action(c, name, actor, "export", what, now_ms=now))
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

    @routes.get("/password")
    def new_password(visitor: Signed) -> Response:
        return render("password.html", failed="", done=False, **_frame(visitor))

    @routes.post("/password")
    async def change(
        request: Request,
        visitor: Signed,
        csrf: Csrf,
        old: Annotated[str, Form(max_length=1000)],
        new: Annotated[str, Form(max_length=1000)],
        again: Annotated[str, Form(max_length=1000)],
    ) -> Response:
        guard.own_form(request, visitor, csrf)
        failed = await guard.change_password(request, visitor.account.name, old, new, again)
        status = 422 if failed else 200
        told = {"failed": failed, "done": not failed}
        return render("password.html", status=status, **told, **_frame(visitor))

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
