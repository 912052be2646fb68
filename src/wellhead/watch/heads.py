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
from wellhead.watch.ledger import Chain, Fault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["LOGS", "Heads", "own_key", "verify_logs", "write_head"]

LOGS = (
    *("exchanges.jsonl", "verdicts.jsonl", "actions.jsonl", "measures.jsonl"),
    *("canaries.jsonl", "probes.jsonl"),
)
SCHEMA = "wellhead.watch.head/1"
_MOST_MARKS = 1000


def own_key(folder: Path) -> Path:
    """The private key of a watch, made at its first use; the public one ends in .pub."""
    path = folder / "key.pem"
    if not path.exists():
        new_key(path)
    return path


def write_head(folder: Path, heads: Path) -> Path:
    """Sign where every log ends now, into a file of its own in `heads`."""
    return Heads(folder, heads).write()


class Heads:
    """Signs where the logs end, minute by minute, and reads them again for what was done to them.

    A head takes what is new since the last one. The round through all that is old takes a piece of
    each log at a time: what somebody changes while the gateway runs is known after a round.
    """

    def __init__(self, folder: Path, heads: Path) -> None:
        self._folder, self._heads = folder, heads
        self._ends = {name: Chain(folder / name) for name in LOGS}
        self._again = {name: Chain(folder / name) for name in LOGS}
        self._marks: dict[str, list[tuple[int, str, str]]] = {name: [] for name in LOGS}
        self._found: dict[str, tuple[Fault, ...]] = {}

    @property
    def grown(self) -> bool:
        """Whether anything was logged since the last head."""
        for chain in self._ends.values():
            chain.read()
        return any(
            not marks or marks[-1][0] < self._ends[name].size for name, marks in self._marks.items()
        )

    def write(self) -> Path:
        """Sign where every log ends now; the file of that head."""
        now = datetime.now(UTC)
        time = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        for name, chain in self._ends.items():
            chain.read()
            marks = self._marks[name]
            marks.append((chain.size, chain.root, time))
            if len(marks) > _MOST_MARKS:
                del marks[:-1:2]
        logs = {name: [chain.size, chain.root] for name, chain in self._ends.items()}
        facts = {"schema": SCHEMA, "time": time, "logs": logs}
        head = signed(facts, private_key(own_key(self._folder)))
        path = self._heads / f"head-{now:%Y%m%dT%H%M%S%f}.json"
        write_text(path, json.dumps(head, indent=1) + "\n")
        return path

    def look(self, lines: int = 20_000) -> tuple[Fault, ...]:
        """Read so many lines of each log again; what is wrong in this round and the last one."""
        found = [each for name in LOGS for each in self._round(name, lines)]
        return tuple(dict.fromkeys(found))

    def _round(self, name: str, lines: int) -> list[Fault]:
        chain, marks = self._again[name], self._marks[name]
        signed = marks[-1][0] if marks else 0
        start, end = chain.size, min(chain.size + lines, signed)
        old = [mark for mark in marks if start < mark[0] <= end]
        wrong = _against(chain, old)
        chain.read(end)
        if chain.size < end:
            told = f"shortened: it had {signed} lines, now {chain.size}"
            wrong.append(Fault(name, chain.size, told))
        found = [*self._found.get(name, ()), *chain.faults, *wrong]
        if wrong or chain.size >= signed:
            self._found[name] = (*chain.faults, *wrong)
            self._again[name] = Chain(self._folder / name)
        return found


def _against(chain: Chain, heads: list[tuple[int, str, str]]) -> list[Fault]:
    """Read a log on, past the sizes at which heads were signed; the first that it does not match.

    Args:
        chain: of the log.
        heads: size, root and time of each.
    """
    for size, root, time in sorted(heads):
        chain.read(size)
        if chain.size < size:
            told = f"shortened: it had {size} lines on {time}, now {chain.size}"
            return [Fault(chain.path.name, chain.size, told)]
        if chain.root != root:
            told = f"rewritten: its first {size} lines are not those of {time}"
            return [Fault(chain.path.name, 0, told)]
    return []


def verify_logs(folder: Path, heads: list[Path], key: Ed25519PublicKey) -> list[Fault]:
    """What is wrong with the logs, in themselves and seen from old heads; each log is read once.

    Raises:
        BadInput: a head is none, or `key` did not sign it.
    """
    signed: dict[str, list[tuple[int, str, str]]] = {name: [] for name in LOGS}
    for path in heads:
        head = _read(path, key)
        for name, (size, root) in head["logs"].items():
            if name not in LOGS:
                raise BadInput(f"{path}: it names a log '{name}' that a watch does not have.")
            signed[name].append((size, root, head["time"]))
    chains, seen = [Chain(folder / name) for name in LOGS], list[Fault]()
    for chain in chains:
        seen += _against(chain, signed[chain.path.name])
        chain.read()
    return [*(fault for chain in chains for fault in chain.faults), *seen]


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
