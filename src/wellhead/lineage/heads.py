"""Signed heads of the log: what to keep elsewhere, so that no history can be rewritten.

A head says how many manifests the log has and the Merkle root over their ids. Whoever holds an old
head can tell whether today's log still begins as it did then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wellhead.errors import BadInput, BadSetting
from wellhead.lineage import merkle
from wellhead.lineage.canonical import canonical, digest
from wellhead.lineage.signing import require_signed, signed
from wellhead.lineage.store import Store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

__all__ = ["Head", "entries", "prove", "read_head", "require_proof", "sign_head", "stands"]

HEAD, PROOF = "wellhead.lineage.head/1", "wellhead.lineage.proof/1"
_MOST = 1 << 22


class Head(NamedTuple):
    """A head whose signature was checked, or not (`checked`)."""

    log: str
    size: int
    root: str
    time: str
    checked: bool


def entries(ids: Sequence[str]) -> list[bytes]:
    """The leaves of the tree: the hashes that the log names."""
    return [bytes.fromhex(id) for id in ids]


def sign_head(store: Store, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Sign where the log ends now, and keep the head in the store as well."""
    ids = store.log()
    facts = {
        "schema": HEAD,
        "log": store.id,
        "size": len(ids),
        "root": merkle.root(entries(ids)).hex(),
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    head = signed(facts, key)
    data = canonical(head)
    store.place.create(f"heads/{len(ids):08d}-{head['key'][:8]}-{head['root'][:8]}.json", data)
    return head


def load(path: Path) -> dict[str, Any]:
    """A small JSON object from a file.

    Raises:
        BadInput: it holds something else.
    """
    with path.open("rb") as stream:
        data = stream.read(_MOST + 1)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if len(data) > _MOST or not isinstance(found, dict):
        raise BadInput(f"{path}: expected a signed head or a proof of wellhead lineage (JSON).")
    return found


def read_head(found: Mapping[str, Any], what: str, key: Ed25519PublicKey | None = None) -> Head:
    """A head as it was signed.

    Raises:
        BadInput: it is none, or was altered.
    """
    if not isinstance(found, Mapping):
        raise BadInput(f"{what}: expected a signed head of wellhead lineage.")
    if key is not None:
        require_signed(found, key, what)
    try:
        if found["schema"] != HEAD or int(found["size"]) < 0 or len(found["root"]) != 64:
            raise ValueError
        bytes.fromhex(found["root"])
        return Head(
            str(found["log"]),
            int(found["size"]),
            str(found["root"]),
            str(found["time"]),
            key is not None,
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise BadInput(f"{what}: expected a signed head of wellhead lineage.") from error


def stands(store: Store, ids: Sequence[str], head: Head) -> str:
    """What is wrong with the log, seen from an old head; nothing where it still begins so."""
    if head.log != store.id:
        return f"it is the head of another store ({head.log[:12]}, this is {store.id[:12]})"
    if head.size > len(ids):
        return (
            f"the history was shortened: it had {head.size} manifests on {head.time}, "
            f"now it has {len(ids)}"
        )
    if merkle.root(entries(ids[: head.size])).hex() != head.root:
        return f"the history was rewritten: its first {head.size} manifests are not those it had"
    return ""


def prove(
    store: Store, id: str, key: Ed25519PrivateKey, *, earlier: Head | None = None
) -> dict[str, Any]:
    """Proof for somebody without the store: a signed head, that the manifest is under it, and that
    it continues an `earlier` head.

    Raises:
        BadSetting: no such manifest, or the earlier head is of another history.
    """
    head = sign_head(store, key)
    ids = store.log()[: head["size"]]
    index = ids.index(store.find(id))
    proof = {
        "schema": PROOF,
        "manifest": store.read(ids[index]).data.decode(),
        "index": index,
        "inclusion": [step.hex() for step in merkle.inclusion_proof(entries(ids), index)],
        "head": head,
    }
    if earlier is not None:
        if wrong := stands(store, ids, earlier):
            raise BadSetting(f"no proof from the earlier head: {wrong}.")
        steps = merkle.consistency_proof(entries(ids), earlier.size) if earlier.size else []
        proof["consistency"] = [step.hex() for step in steps]
    return proof


def require_proof(
    found: Mapping[str, Any], key: Ed25519PublicKey, *, earlier: Head | None = None
) -> tuple[Head, str]:
    """Check a proof with a public key alone: the head, and the manifest's canonical JSON.

    Raises:
        BadInput: it does not hold.
    """
    try:
        head = read_head(found["head"], "the head of the proof", key)
        manifest = str(found["manifest"])
        steps = [bytes.fromhex(step) for step in found["inclusion"]]
        index = int(found["index"])
        later = [bytes.fromhex(step) for step in found.get("consistency", ())]
        entry = bytes.fromhex(digest(manifest.encode()))
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise BadInput("expected a proof of wellhead lineage, got something else.") from error
    root = bytes.fromhex(head.root)
    if not merkle.verify_inclusion(entry, index, head.size, steps, root):
        raise BadInput("the proof does not hold: the signed head does not cover this manifest.")
    if earlier is not None and earlier.size:
        old = bytes.fromhex(earlier.root)
        same = earlier.log == head.log
        if not same or not merkle.verify_consistency(earlier.size, head.size, later, old, root):
            raise BadInput("the history is not the one of the earlier head: it was rewritten.")
    return head, manifest
