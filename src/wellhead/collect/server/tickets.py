"""Tickets: a checked arrival, signed, so that the page can bring it back when the writer agrees.

Nothing about a visitor is stored before consent; until then the signed ticket in their browser
is all there is.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets

from wellhead.collect.keys import Keys
from wellhead.collect.platforms import Arrival
from wellhead.collect.store import Refused
from wellhead.collect.store.opening import canonical

__all__ = ["issue", "read_ticket"]


def issue(keys: Keys, arrival: Arrival, *, now_ms: int) -> str:
    """A ticket for this arrival."""
    facts = {**arrival._asdict(), "at": now_ms, "n": secrets.token_hex(8)}
    body = base64.urlsafe_b64encode(canonical(facts)).decode()
    return f"{body}.{_sign(keys, body)}"


def read_ticket(keys: Keys, ticket: str, *, hours: int, now_ms: int) -> tuple[Arrival, str]:
    """The arrival a ticket stands for, and the ticket's own random name.

    Raises:
        Refused: 403 when it was not issued here, or too long ago.
    """
    body, _, signature = ticket.partition(".")
    if not hmac.compare_digest(_sign(keys, body).encode(), signature.encode("utf-8", "replace")):
        raise Refused(403, "entry", "This link is not valid. Please open the study anew.")
    try:
        facts = json.loads(base64.urlsafe_b64decode(body))
    except (binascii.Error, ValueError) as error:
        raise Refused(403, "entry", "This link is damaged. Please open the study anew.") from error
    if facts.pop("at") + hours * 3_600_000 < now_ms:
        raise Refused(403, "entry", "This page was open for too long. Please open the study anew.")
    name = facts.pop("n")
    return Arrival(**facts), name


def _sign(keys: Keys, body: str) -> str:
    return hmac.new(keys.tickets, body.encode("utf-8", "replace"), "sha256").hexdigest()
