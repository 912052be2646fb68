"""Signed heads of the logs, to be kept where the watched host cannot write.

Whoever holds an old head can tell whether today's logs still begin as they did then. Who controls
the host, the key and every saved head can write another history; nothing here excludes that.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellhead._atomic import write_text
from wellhead.errors import BadInput
from wellhead.lineage.signing import key_id, new_key, private_key, require_signed, signed
from wellhead.watch.ledger import Fault, check, root_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["LOGS", "own_key", "verify_logs", "write_head"]

LOGS = ("exchanges.jsonl", "verdicts.jsonl", "actions.jsonl", "measures.jsonl")
SCHEMA = "wellhead.watch.head/1"


def own_key(folder: Path) -> Path:
    """The private key of a watch, made at its first use; the public one ends in .pub."""
    path = folder / "key.pem"
    if not path.exists():
        new_key(path)
    return path


def write_head(folder: Path, heads: Path) -> Path:
    """Sign where every log ends now, into a file of its own in `heads`."""
    now = datetime.now(UTC)
    logs = {name: list(root_of(folder / name)) for name in LOGS}
    facts = {"schema": SCHEMA, "time": f"{now:%Y-%m-%dT%H:%M:%SZ}", "logs": logs}
    head = signed(facts, private_key(own_key(folder)))
    path = heads / f"head-{now:%Y%m%dT%H%M%S%f}.json"
    write_text(path, json.dumps(head, indent=1) + "\n")
    return path


def verify_logs(folder: Path, heads: list[Path], key: Ed25519PublicKey) -> list[Fault]:
    """What is wrong with the logs, in themselves and seen from old heads.

    Raises:
        BadInput: a head is none, or `key` did not sign it.
    """
    faults = [fault for name in LOGS for fault in check(folder / name)]
    for path in heads:
        head = _read(path, key)
        for name, (size, root) in head["logs"].items():
            if name not in LOGS:
                raise BadInput(f"{path}: it names a log '{name}' that a watch does not have.")
            found, now = root_of(folder / name, size)
            if found < size:
                told = f"shortened: it had {size} lines on {head['time']}, now {found}"
                faults.append(Fault(name, found, told))
            elif now != root:
                told = f"rewritten: its first {size} lines are not those of {head['time']}"
                faults.append(Fault(name, 0, told))
    return faults


def _read(path: Path, key: Ed25519PublicKey) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes()[: 1 << 20])
        whole = require_signed(found, key, str(path))
        if whole["schema"] != SCHEMA or whole["key"] != key_id(key):
            raise ValueError
        logs = {str(name): (int(size), str(root)) for name, (size, root) in whole["logs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}: expected a signed head of wellhead watch.") from error
    return {"time": str(whole["time"]), "logs": logs}
