"""Tickets: a checked arrival, signed, so that the page can bring it back when the writer agrees.

Nothing about a visitor is stored before consent; until then the signed ticket in their browser
is all there is.
"""

from __future__ import annotations

import secrets

from itsdangerous import BadData, URLSafeSerializer

from wellhead.collect.keys import Keys
from wellhead.collect.platforms import Arrival
from wellhead.collect.store import Refused

__all__ = ["issue", "read_ticket"]


def issue(keys: Keys, arrival: Arrival, *, now_ms: int) -> str:
    """A ticket for this arrival."""
    facts = {**arrival._asdict(), "at": now_ms, "n": secrets.token_hex(8)}
    return str(_signer(keys).dumps(facts))


def read_ticket(keys: Keys, ticket: str, *, hours: int, now_ms: int) -> tuple[Arrival, str]:
    """The arrival a ticket stands for, and the ticket's own random name.

    Raises:
        Refused: 403 when it was not issued here, or too long ago.
    """
    try:
        facts = _signer(keys).loads(ticket)
    except BadData as error:
        raise Refused(
            403, "entry", "This link is not valid. Please open the study anew."
        ) from error
    if facts.pop("at") + hours * 3_600_000 < now_ms:
        raise Refused(403, "entry", "This page was open for too long. Please open the study anew.")
    name = facts.pop("n")
    return Arrival(**facts), name


def _signer(keys: Keys) -> URLSafeSerializer:
    # The signer's own clock is not used: a server's clock is an argument here.
    return URLSafeSerializer(keys.tickets, salt="ticket")
