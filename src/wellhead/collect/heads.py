"""The heads of all chains, signed, once a day: an anchor to keep where the database is not.

Whoever can write to the database can make a whole session vanish, or put an older copy back. A file
of heads that lies elsewhere shows both. The signature, under the study's key, says that the file is
ours and of that day.
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

__all__ = ["heads_path", "read_heads", "write_heads"]


def heads_path(folder: Path, study: str, now_ms: int) -> Path:
    """Where today's heads of a study lie in `folder`."""
    return folder / f"{study}-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d}.json"


def write_heads(connection: Connection, keys: Keys, path: Path, *, now_ms: int) -> None:
    """Write where every chain of the study ends at this moment, signed."""
    query = select(Session.id, Session.seq, Session.head_receipt)
    rows = connection.execute(query.where(Session.study == keys.study).order_by(Session.id))
    heads = {row.id: [row.seq, row.head_receipt.hex()] for row in rows}
    facts = {"v": 1, "study": keys.study, "at_ms": now_ms, "heads": heads}
    write_text(path, json.dumps({**facts, "signature": _signature(keys, facts)}) + "\n")


def _signature(keys: Keys, facts: dict[str, Any]) -> str:
    return hmac.new(keys.heads, canonical(facts), "sha256").hexdigest()


def read_heads(text: str, keys: Keys) -> dict[str, list[Any]]:
    """The heads in a daily file, or in what `collect verify --json` printed earlier.

    Raises:
        BadInput: the text is something else, or a daily file was altered.
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
    if signature is not None and not hmac.compare_digest(
        str(signature).encode("utf-8", "replace"), _signature(keys, facts).encode()
    ):
        raise BadInput("the file of heads was altered, or is another study's.")
    return found
