"""Who is asking on the researcher's side, and whether the request is theirs.

The cookie is HttpOnly, SameSite=Lax and, except on loopback, Secure. Every form carries a token
that another site cannot know, and a request that names another origin is refused.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection

from wellhead.collect.review.accounts import (
    Account,
    change_password,
    password_holds,
    program_of,
    role_in,
    sign_in,
    signed_in,
)
from wellhead.collect.server.host import Host
from wellhead.collect.store import Refused
from wellhead.collect.store.erasure import note_action
from wellhead.collect.store.limits import check_rate, many_tries, within_rate
from wellhead.collect.study import Study
from wellhead.errors import BadSetting
from wellhead.web.guard import TRIES, Door, csrf_token, may_try, own_form, same_site

__all__ = ["Guard", "SignInNeeded", "Visitor"]


class SignInNeeded(Exception):
    """The page is for researchers who are signed in."""


class Visitor(NamedTuple):
    """A researcher who is signed in, and the token their forms must carry."""

    account: Account
    csrf: str


class Guard:
    """The door to the researcher's side of one server."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._door = Door("wellhead", host.secure)
        self.cookie = self._door.cookie

    def visitor(self, request: Request) -> Visitor:
        """Who is signed in.

        Raises:
            SignInNeeded: nobody is.
        """
        token = request.cookies.get(self.cookie, "")
        now = self._host.now_ms
        account = self._host.store.read(lambda c: signed_in(c, token, now_ms=now))
        if account is None:
            raise SignInNeeded
        return Visitor(account, csrf_token(token))

    def study(self, account: Account, name: str, least: str = "viewer") -> Study:
        """The study, if the account has at least the role `least` in it.

        A study that exists and one that does not get the same answer.

        Raises:
            Refused: 404 without any role, 403 with too small a one.
        """
        if name not in self._host.studies or not role_in(account, name, "viewer"):
            raise Refused(404, "not_found", "There is no such study here.")
        if not role_in(account, name, least):
            raise Refused(403, "entry", f"This needs the role “{least}” in the study.")
        return self._host.studies[name]

    def program(self, token: str) -> Account:
        """The account in whose name a program reads.

        Raises:
            Refused: 401.
        """
        now = self._host.now_ms
        account = self._host.store.read(lambda c: program_of(c, token, now_ms=now))
        if account is None:
            raise Refused(401, "unauthorised", "The token opens nothing here, or not any more.")
        return account

    def same_site(self, request: Request) -> None:
        """Refuse a form that another site sent.

        Raises:
            Refused: 403.
        """
        if not same_site(request.headers):
            raise Refused(403, "entry", "The form came from another site.")

    def own_form(self, request: Request, visitor: Visitor, csrf: str) -> None:
        """Refuse a form that this visitor did not get from us.

        Raises:
            Refused: 403.
        """
        self.same_site(request)
        if not own_form(request.cookies.get(self.cookie, ""), csrf):
            raise Refused(403, "entry", "The form is out of date. Please go back and reload it.")

    async def try_password(self, request: Request, name: str, password: str) -> str | None:
        """A token for the browser, or None for a wrong name or password.

        Raises:
            Refused: 429 after too many tries from one address, or for one name by somebody who
                has tried before. The first tries from an address never wait for what others do,
                so that nobody can lock a researcher out from elsewhere.
        """
        host, now = self._host, self._host.now_ms
        address = request.client.host if request.client else "unknown"
        keys = next(iter(host.keys.values()))
        here, them = keys.address(address), keys.address(name)
        await asyncio.wrap_future(
            host.store.submit(lambda c: _count_try(c, here, them, now_ms=now))
        )
        good = await asyncio.to_thread(host.store.read, lambda c: password_holds(c, name, password))
        if not good:
            return None

        def enter(connection: Connection) -> str:
            note_action(connection, "", name, "sign in", "", now_ms=now)
            return sign_in(connection, name, now_ms=now)

        return await asyncio.wrap_future(host.store.submit(enter))

    async def change_password(
        self, request: Request, name: str, old: str, new: str, again: str
    ) -> str:
        """Set a new password; what is wrong with the form, "" when it is done.

        Raises:
            Refused: 429 after too many tries.
        """
        if new != again:
            return "The new password was not typed alike twice."
        host, now = self._host, self._host.now_ms
        keys = next(iter(host.keys.values()))
        limit = f"password:{keys.address(name)}"
        await asyncio.wrap_future(
            host.store.submit(lambda c: check_rate(c, limit, per_minute=TRIES, now_ms=now))
        )
        if not await asyncio.to_thread(host.store.read, lambda c: password_holds(c, name, old)):
            return "The old password is wrong."
        token = request.cookies.get(self.cookie, "")

        def job(connection: Connection) -> None:
            change_password(connection, name, new, token)
            note_action(connection, "", name, "change password", "", now_ms=now)

        try:
            await asyncio.wrap_future(host.store.submit(job))
        except BadSetting as error:
            return str(error)
        return ""

    def remember(self, response: Response, token: str) -> None:
        """Set the cookie; an empty token clears it."""
        response.headers.append("set-cookie", self._door.crumb(token))


def _count_try(connection: Connection, address: str, name: str, *, now_ms: int) -> None:
    def within(key: str, per_minute: int) -> bool:
        return within_rate(connection, key, per_minute=per_minute, now_ms=now_ms)

    if not may_try(within, address, name):
        raise many_tries()
