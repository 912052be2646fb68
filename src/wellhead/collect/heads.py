"""The heads of all chains, signed, once a day: an anchor to keep where the database is not.

Whoever can write to the database can make a whole session vanish, or put an older copy back. A file
of heads that lies elsewhere shows both. The signature, under the study's key, says that the file is
ours and of that day. What `collect verify --json` and `collect backup` write is signed likewise; a
file without a signature could be anybody's and is refused.
"""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from wellhead._atomic import write_text
from wellhead.collect.keys import Keys
from wellhead.collect.store.models import Session
from wellhead.collect.store.opening import canonical
from wellhead.errors import BadInput

__all__ = ["heads_path", "read_heads", "signed", "write_heads"]


def heads_path(folder: Path, study: str, now_ms: int) -> Path:
    """Where today's heads of a study lie in `folder`."""
    return folder / f"{study}-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d}.json"


def write_heads(connection: Connection, keys: Keys, path: Path, *, now_ms: int) -> None:
    """Write where every chain of the study ends at this moment, signed."""
    query = select(Session.id, Session.seq, Session.head_receipt)
    rows = connection.execute(query.where(Session.study == keys.study).order_by(Session.id))
    heads = {row.id: [row.seq, row.head_receipt.hex()] for row in rows}
    facts = {"v": 1, "study": keys.study, "at_ms": now_ms, "heads": heads}
    write_text(path, json.dumps(signed(keys, facts)) + "\n")


def signed(keys: Keys, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with a signature over all of them, made with the study's key."""
    return {**facts, "signature": _signature(keys, facts)}


def _signature(keys: Keys, facts: dict[str, Any]) -> str:
    return hmac.new(keys.heads, canonical(facts), "sha256").hexdigest()


def read_heads(text: str, keys: Keys) -> dict[str, list[Any]]:
    """The heads in a daily file, or in what `collect verify --json` printed earlier.

    Raises:
        BadInput: the text is something else, carries no signature, or was altered.
    """
    try:
        facts = json.loads(text)
        signature = facts.pop("signature", None)
        heads = facts["heads"]
        found = {str(name): [int(seq), str(receipt)] for name, (seq, receipt) in heads.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            "expected a daily file of heads, or the output of an earlier `collect verify --json`."
        ) from error
    if signature is None:
        raise BadInput(
            "the file of heads carries no signature: nobody can tell whose it is or whether it was "
            "altered. Give the file as it was written, from heads/ or `collect verify --json`."
        )
    good = _signature(keys, facts).encode()
    if not hmac.compare_digest(str(signature).encode("utf-8", "replace"), good):
        raise BadInput("the file of heads was altered, or is another study's.")
    return found
