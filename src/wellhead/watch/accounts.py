"""Who may look at the page of a watch: the accounts that guard the review of collected text.

They lie in `accounts.sqlite` in the folder of the watch, readable for the gateway's user alone:
argon2id hashes of passwords, and hashes of what signed-in browsers carry. Without an account the
page asks for the token that clients send; with one it asks for name and password.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wellhead.errors import MissingExtra, unknown_name
from wellhead.watch.ledger import FOLDER

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["Accounts"]

T = TypeVar("T")
_WATCH = "watch"  # in place of a study
_ROLE = "viewer"


class Accounts:
    """The accounts of one watch.

    Args:
        folder: of the watch.

    Raises:
        MissingExtra: what keeps passwords is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "accounts.sqlite"
        self._engine: Engine | None = None

    def _opened(self) -> Engine:
        """The database, made at the first use."""
        if self._engine is not None:
            return self._engine
        try:
            import argon2  # noqa: F401

            from wellhead.collect.store.engine import connect
            from wellhead.collect.store.models import Grant, Login, Token, User
        except ImportError as error:
            raise MissingExtra("accounts", "watch") from error
        self._path.parent.mkdir(FOLDER, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        engine = connect(f"sqlite:///{self._path}", writing=True)
        with engine.begin() as connection:
            for model in (User, Grant, Login, Token):
                model.metadata.tables[model.__tablename__].create(connection, checkfirst=True)
        self._engine = engine
        return engine

    @staticmethod
    def there(folder: Path) -> bool:
        """Whether any were ever made; the page stays closed when the last one is removed."""
        return (folder / "accounts.sqlite").exists()

    def _do(self, job: Callable[[Connection], T]) -> T:
        with self._opened().begin() as connection:
            return job(connection)

    def add(self, name: str, password: str) -> None:
        """Make an account or change its password; its browsers are signed out.

        Raises:
            BadSetting: the password is short, or the name unusable.
        """
        from wellhead.collect.review.accounts import add_user, check_user

        check_user(name, password)  # before there is a file, which closes the door
        now = _now()
        self._do(lambda c: add_user(c, name, password, _WATCH, _ROLE, now_ms=now))

    def remove(self, name: str) -> None:
        """Remove one, and sign its browsers out.

        Raises:
            BadSetting: nobody has that name.
        """
        from wellhead.collect.review.accounts import remove_user

        if not self._path.exists():
            raise unknown_name("user", name, [])
        self._do(lambda c: remove_user(c, name))

    def names(self) -> list[str]:
        """Whose there are."""
        from wellhead.collect.review.accounts import list_users

        return [each["user"] for each in self._do(list_users)]

    def enter(self, name: str, password: str) -> str | None:
        """What a browser carries from now on; None for a wrong name or password."""
        from wellhead.collect.review.accounts import password_holds, sign_in

        if not self._do(lambda c: password_holds(c, name, password)):
            return None
        return self._do(lambda c: sign_in(c, name, now_ms=_now()))

    def who(self, token: str) -> str | None:
        """Whose browser carries this."""
        from wellhead.collect.review.accounts import signed_in

        account = self._do(lambda c: signed_in(c, token, now_ms=_now()))
        return account.name if account else None

    def leave(self, token: str) -> None:
        """Forget a browser."""
        from wellhead.collect.review.accounts import sign_out

        self._do(lambda c: sign_out(c, token))

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


def _now() -> int:
    return int(time.time() * 1000)
