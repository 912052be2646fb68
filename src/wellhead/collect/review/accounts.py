"""Researchers: passwords, roles and signed-in browsers.

Passwords are stored as argon2id hashes; there is no default account. A browser that is signed
in carries a random token of which only a hash is stored, so that signing out, a changed
password or a removed account ends it at once; the same goes for a program's token, which opens
one study for reading. Roles, per study: a `viewer` looks, a `reviewer` also writes notes, an
`owner` also exports and deletes.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from wellhead.collect.store.models import Grant, Login, Token, User
from wellhead.errors import BadSetting, unknown_name

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = [
    "ROLES",
    "Account",
    "add_token",
    "add_user",
    "change_password",
    "check_user",
    "list_users",
    "password_holds",
    "program_of",
    "remove_user",
    "revoke_tokens",
    "role_in",
    "sign_in",
    "sign_out",
    "signed_in",
]

ROLES = ("viewer", "reviewer", "owner")
_SHORTEST = 12
_DAY_MS = 86_400_000


class Account(NamedTuple):
    """A researcher and the studies open to them."""

    name: str
    grants: dict[str, str]


def add_user(
    connection: Connection, name: str, password: str, study: str, role: str, *, now_ms: int
) -> None:
    """Make or change an account; every browser signed in under it is signed out.

    Raises:
        BadSetting: the password is short, or name or role is unusable.
    """
    if role not in ROLES:
        raise unknown_name("role", role, ROLES)
    check_user(name, password)
    hashed = _hasher().hash(password)
    if connection.execute(select(User.name).where(User.name == name)).first():
        connection.execute(update(User).where(User.name == name).values(password=hashed))
        for table in (Login, Token):
            connection.execute(delete(table).where(table.user == name))
    else:
        connection.execute(insert(User).values(name=name, password=hashed, created_ms=now_ms))
    connection.execute(delete(Grant).where(Grant.user == name, Grant.study == study))
    connection.execute(insert(Grant).values(user=name, study=study, role=role))


def check_user(name: str, password: str) -> None:
    """Refuse what cannot be an account.

    Raises:
        BadSetting: the password is short, or the name is unusable.
    """
    _long_enough(password)
    if not (name.isprintable() and 0 < len(name.strip()) <= 80):
        raise BadSetting("a user name needs 1 to 80 printable characters.")


def change_password(connection: Connection, name: str, password: str, keep: str) -> None:
    """A new password, chosen by whoever is signed in; every other browser and program is out.

    Args:
        connection: of an open transaction.
        name: whose; the caller has checked the old password.
        password: the new one.
        keep: the token of the browser that stays signed in.

    Raises:
        BadSetting: the password is short.
    """
    _long_enough(password)
    hashed = _hasher().hash(password)
    connection.execute(update(User).where(User.name == name).values(password=hashed))
    connection.execute(delete(Login).where(Login.user == name, Login.token_hash != _hash(keep)))
    connection.execute(delete(Token).where(Token.user == name))


def _long_enough(password: str) -> None:
    if len(password) < _SHORTEST:
        raise BadSetting(f"a password needs at least {_SHORTEST} characters, got {len(password)}.")


def remove_user(connection: Connection, name: str) -> None:
    """Remove an account and sign its browsers out.

    Raises:
        BadSetting: nobody has that name.
    """
    known = list(connection.execute(select(User.name)).scalars())
    if name not in known:
        raise unknown_name("user", name, known)
    for table in (Login, Token, Grant):
        connection.execute(delete(table).where(table.user == name))
    connection.execute(delete(User).where(User.name == name))


def list_users(connection: Connection) -> list[dict[str, str]]:
    """Every grant: user, study, role."""
    query = select(Grant.user, Grant.study, Grant.role).order_by(Grant.user, Grant.study)
    return [dict(row._mapping) for row in connection.execute(query)]


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with 19 MiB and two passes, so that a burst of sign-ins cannot fill the memory."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobody() -> str:
    """Hash of a password that nobody knows: an unknown name must cost as much as a wrong one."""
    return _hasher().hash(secrets.token_hex())


def password_holds(connection: Connection, name: str, password: str) -> bool:
    """Whether `password` is the one of `name`; takes as long for a name that does not exist."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    row = connection.execute(select(User.password).where(User.name == name)).first()
    try:
        _hasher().verify(row.password if row else _nobody(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return row is not None


def sign_in(connection: Connection, name: str, *, now_ms: int) -> str:
    """A token for the browser of `name`, whose password the caller has checked."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(Login).where(Login.until_ms < now_ms))
    until = now_ms + _DAY_MS
    connection.execute(insert(Login).values(token_hash=_hash(token), user=name, until_ms=until))
    return token


def sign_out(connection: Connection, token: str) -> None:
    """Forget the browser that carries `token`."""
    connection.execute(delete(Login).where(Login.token_hash == _hash(token)))


def signed_in(connection: Connection, token: str, *, now_ms: int) -> Account | None:
    """Whose browser carries `token`, if it is still signed in."""
    query = select(Login.user, Login.until_ms).where(Login.token_hash == _hash(token))
    row = connection.execute(query).first()
    if row is None or row.until_ms < now_ms:
        return None
    grants = connection.execute(select(Grant.study, Grant.role).where(Grant.user == row.user))
    return Account(row.user, {grant.study: grant.role for grant in grants})


def add_token(connection: Connection, name: str, study: str, *, now_ms: int, days: int) -> str:
    """A token with which a program reads `study` as `name` may; shown once, kept as a hash.

    Raises:
        BadSetting: `name` has no role in the study, or `days` is not positive.
    """
    grants = select(Grant.user).where(Grant.study == study)
    known = list(connection.execute(grants).scalars())
    if name not in known:
        raise unknown_name("user of this study", name, known)
    if not 1 <= days <= 3660:
        raise BadSetting(f"expected 1 to 3660 days, got {days}.")
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(Token).values(
            token_hash=_hash(token),
            user=name,
            study=study,
            created_ms=now_ms,
            until_ms=now_ms + days * _DAY_MS,
        )
    )
    return token


def revoke_tokens(connection: Connection, name: str, study: str) -> int:
    """Make every token of `name` for `study` worthless; returns how many there were."""
    query = delete(Token).where(Token.user == name, Token.study == study)
    return connection.execute(query).rowcount


def program_of(connection: Connection, token: str, *, now_ms: int) -> Account | None:
    """Whose program carries `token`: an account with today's role in that one study."""
    query = (
        select(Token.user, Token.study, Grant.role)
        .join(Grant, (Grant.user == Token.user) & (Grant.study == Token.study))
        .where(Token.token_hash == _hash(token), Token.until_ms >= now_ms)
    )
    row = connection.execute(query).first()
    return None if row is None else Account(row.user, {row.study: row.role})


def role_in(account: Account, study: str, least: str) -> bool:
    """Whether the account has at least the role `least` in `study`."""
    role = account.grants.get(study)
    return role is not None and ROLES.index(role) >= ROLES.index(least)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
