"""What platforms hand over, in one shape."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

from wellhead.collect.keys import Keys

__all__ = ["Arrival", "Unwelcome", "completion_code", "parameter"]

_PLAIN = re.compile(r"[\w.:@+=-]{1,200}")


class Unwelcome(Exception):
    """The address cannot be used to enter; the message is shown to the visitor."""


class Arrival(NamedTuple):
    """Somebody at the door.

    Attributes:
        worker: the platform's name for the person; None when it gives none.
        visit: the platform's name for this visit (a submission, an assignment); "" without.
        verified: ``jwt``, ``param`` or ``none``.
        preview: True shows the task and records nothing.
        returns: what `finish` needs later; stored with the session.
    """

    worker: str | None
    visit: str = ""
    verified: str = "none"
    preview: bool = False
    returns: dict[str, str] = {}  # noqa: RUF012 - never changed


def parameter(query: Mapping[str, str], name: str) -> str:
    """The value of a query parameter, "" when absent.

    Raises:
        Unwelcome: the value is not a plain identifier.
    """
    value = query.get(name, "").strip()
    if value and not _PLAIN.fullmatch(value):
        raise Unwelcome(f"The link is damaged: {name} is not an identifier.")
    return value


def completion_code(keys: Keys, session: str, codes: tuple[str, ...], *, complete: bool) -> str:
    """The code for one submission.

    Without codes in the study each submission gets a code of its own. With one, all get that.
    With two, recordings that arrived incomplete get the second, so that a platform can route
    them to a manual look. Payment never waits for the recording.
    """
    if codes:
        return codes[0] if complete or len(codes) == 1 else codes[1]
    raw = hmac.digest(keys.receipts, b"completion" + session.encode(), "sha256")
    return "".join("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[byte % 32] for byte in raw[:10])
