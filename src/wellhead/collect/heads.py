"""The heads of all chains, signed, once a day: an anchor to keep where the database is not.

Whoever can write to the database can make a whole session vanish, or put an older copy back. A file
of heads that lies elsewhere shows both. It is signed with Ed25519, so that whoever has the study's
public key, which lies beside the files, can check one without being able to make one. What `collect
verify --json` and `collect backup` write is signed likewise. Files from before 0.2 carry an HMAC
under the study's secret and are still read; one without a signature could be anybody's and is
refused.
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
from wellhead.lineage import signing

__all__ = ["heads_path", "public_key", "read_heads", "signed", "write_heads"]

_WHAT = "the file of heads"


def heads_path(folder: Path, study: str, now_ms: int) -> Path:
    """Where today's heads of a study lie in `folder`."""
    return folder / f"{study}-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d}.json"


def write_heads(connection: Connection, keys: Keys, path: Path, *, now_ms: int) -> None:
    """Write where every chain of the study ends now, signed, and the public key beside it."""
    query = select(Session.id, Session.seq, Session.head_receipt)
    rows = connection.execute(query.where(Session.study == keys.study).order_by(Session.id))
    heads = {row.id: [row.seq, row.head_receipt.hex()] for row in rows}
    facts = {"v": 2, "study": keys.study, "at_ms": now_ms, "heads": heads}
    write_text(path.with_name(f"{keys.study}.pub"), public_key(keys))
    write_text(path, json.dumps(signed(keys, facts)) + "\n")


def public_key(keys: Keys) -> str:
    """What others check the study's heads with, as PEM."""
    return signing.public_pem(keys.signing)


def signed(keys: Keys, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with an Ed25519 signature over all of them, made with the study's key."""
    return signing.signed(facts, keys.signing)


def read_heads(text: str, keys: Keys) -> dict[str, list[Any]]:
    """The heads in a daily file, or in what `collect verify --json` printed earlier.

    Raises:
        BadInput: the text is something else, carries no signature, or was altered.
    """
    try:
        facts = json.loads(text)
        heads = facts["heads"]
        found = {str(name): [int(seq), str(receipt)] for name, (seq, receipt) in heads.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            "expected a daily file of heads, or the output of an earlier `collect verify --json`."
        ) from error
    if facts.get("signature") is None:
        raise BadInput(
            f"{_WHAT} carries no signature: nobody can tell whose it is or whether it was "
            "altered. Give the file as it was written, from heads/ or `collect verify --json`."
        )
    if "key" in facts:
        signing.require_signed(facts, keys.signing.public_key(), _WHAT)
    else:
        _require_hmac(facts, keys)
    return found


def _require_hmac(facts: dict[str, Any], keys: Keys) -> None:
    """As files of heads were signed before 0.2."""
    given = str(facts.pop("signature")).encode("utf-8", "replace")
    good = hmac.new(keys.heads, canonical(facts), "sha256").hexdigest().encode()
    if not hmac.compare_digest(given, good):
        raise BadInput(f"{_WHAT} was altered, or is another study's.")
