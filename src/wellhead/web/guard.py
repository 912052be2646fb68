"""The door to pages that people enter by name and password: what a browser carries, forms, tries.

A browser that is signed in carries a random token in a cookie that no script reads and, where the
connection is encrypted, no other connection gets. Every form carries a second token, which another
site cannot know, and a request that names another site is refused. Who has which password, and
what a page is made with, is for the room whose pages these are.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = ["TRIES", "Door", "Tries", "csrf_token", "may_try", "own_form", "same_site"]

TRIES = 10  # a minute, from an address
_OWN_TRIES = 3
_DAY_SECONDS = 86_400
_MINUTE = 60.0
_MOST_KEYS = 4096


class Door(NamedTuple):
    """How the cookie of a room is called and set.

    Attributes:
        room: its name; rooms on one host, on other ports, share a browser's cookies.
        secure: whether the connection is encrypted.
    """

    room: str
    secure: bool

    @property
    def cookie(self) -> str:
        """Its name; one with this prefix is only accepted with Secure, Path=/ and no Domain."""
        return f"__Host-{self.room}" if self.secure else self.room

    def carried(self, cookies: str) -> str:
        """What a browser carries, by its header of cookies; "" for nothing.

        >>> Door("wellhead", False).carried("a=b; wellhead=xyz")
        'xyz'
        """
        pairs = (each.strip().partition("=") for each in cookies.split(";"))
        return next((value for name, _, value in pairs if name == self.cookie), "")

    def crumb(self, token: str) -> str:
        """The header that has a browser carry a token for a day; "" takes it away."""
        age = _DAY_SECONDS if token else 0
        crumb = f"{self.cookie}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=lax"
        return f"{crumb}; Secure" if self.secure else crumb


def csrf_token(token: str) -> str:
    """What a form must carry beside the cookie; another site cannot know it."""
    return hmac.new(token.encode(), b"wellhead csrf", hashlib.sha256).hexdigest()


def own_form(token: str, csrf: str) -> bool:
    """Whether a form is one that the browser with this token got from us."""
    return hmac.compare_digest(csrf_token(token).encode(), csrf.encode("utf-8", "replace"))


def same_site(headers: Mapping[str, str]) -> bool:
    """Whether a request came from a page of this host, or from no page.

    >>> same_site({"host": "a.org", "origin": "https://a.org"}), same_site({"origin": "null"})
    (True, False)
    """
    origin = headers.get("origin")
    try:
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    except ValueError:
        return False
    return not foreign and headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def may_try(within: Callable[[str, int], bool], address: str, name: str) -> bool:
    """Count one try of a password; whether it may be made.

    The first tries from an address never wait for what others do, so that nobody can lock a person
    out from elsewhere.

    Args:
        within: counts one under a key, and says whether that is within so many a minute.
        address, name: who tries, and whose password.
    """
    if not within(f"login:{address}", TRIES):
        return False
    return within(f"try:{address}:{name}", _OWN_TRIES) or within(f"name:{name}", TRIES)


class Tries:
    """Counts in the memory of one process, for `may_try`; each key refills evenly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def __call__(self, key: str, per_minute: int) -> bool:
        now = self._clock()
        left, at = self._left.pop(key, (float(per_minute), now))
        left = min(per_minute, left + (now - at) * per_minute / _MINUTE)
        self._left[key] = (left - 1 if left >= 1 else left), now
        if len(self._left) > _MOST_KEYS:
            del self._left[next(iter(self._left))]
        return left >= 1
