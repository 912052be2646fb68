"""`lineage verify`: is everything still there, unchanged, and does every row lead to a person?

Flows in: a store, and heads that were kept elsewhere. Flows out: findings, each with a code, what
it touches and what still vouches for what is gone; and how deep the family is. It changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from wellhead._progress import Progress, quiet
from wellhead._result import Result
from wellhead.errors import BadInput, WellheadError
from wellhead.lineage.findings import Finding, Known, ancestors
from wellhead.lineage.heads import Head, read_head, stands
from wellhead.lineage.manifest import Manifest
from wellhead.lineage.store import Store
from wellhead.lineage.verify_files import verify_files
from wellhead.lineage.verify_rows import verify_rows

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["Verification", "verify"]

_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, repr=False)
class Verification(Result):
    """What `verify` found.

    Attributes:
        store: where.
        manifests, files, bytes: how much was checked.
        depth: the deepest generation.
        rows, rooted: rows of what nothing else was made from, and how many have a human root.
        originals, originals_open: files of originals, and how many of them still open unchanged.
        findings: everything that is not as it was.
        heads: heads that the log was held against.
        intact: nothing is broken.
    """

    schema_version = 1
    stem = "verification"

    store: str
    manifests: int
    files: int
    bytes: int
    depth: int
    rows: int
    rooted: int
    originals: int
    originals_open: int
    findings: tuple[Finding, ...]
    heads: tuple[Head, ...]
    intact: bool


def verify(
    store: Store,
    *,
    heads: Sequence[Path] = (),
    key: Ed25519PublicKey | None = None,
    relocate: bool = False,
    now: datetime | None = None,
    progress: Progress = quiet,
) -> Verification:
    """Walk from every manifest to generation 0 and hash every file again.

    Args:
        store: what to check.
        heads: files with heads that were kept elsewhere.
        key: the public key that must have signed all heads.
        relocate: note in the store where renamed files lie now.
        now: the time; manifests that claim to be newer are named.
        progress: what is told of each file.
    """
    known, findings = _read(store)
    findings += _clock(known, now or datetime.now(UTC))
    seen, wrong = _heads(store, known, heads, key)
    findings += wrong
    files, damaged = verify_files(store, known, progress, relocate)
    findings += damaged
    findings += verify_rows(store, known)
    originals = [
        (id, file)
        for id, each in known.manifests.items()
        if not each.parents
        for file in each.files
    ]
    parents = {parent for each in known.manifests.values() for parent in each.parents}
    tips = [each for id, each in known.manifests.items() if id not in parents]
    return Verification(
        store=store.place.address,
        manifests=len(known.manifests),
        files=len(files),
        bytes=sum(file.bytes for _, file in files),
        depth=max((each.generation for each in known.manifests.values()), default=0),
        rows=sum(each.rows.total for each in tips),
        rooted=sum(each.rows.rooted for each in tips),
        originals=len(originals),
        originals_open=sum(files[place] for place in originals),
        findings=tuple(_vouched(findings, known, seen)),
        heads=tuple(seen),
        intact=all(found.severity != "broken" for found in findings),
    )


def _read(store: Store) -> tuple[Known, list[Finding]]:
    """The log and its manifests, with everything that is missing from them."""
    findings: list[Finding] = []
    names = store.place.names("log")
    count = max((int(name) for name in names if name.isdigit()), default=-1) + 1
    ids: list[str] = []
    for number in range(min(count, len(names) + 1000)):
        id = store.entry(number)
        if id is None:
            says = f"entry {number} of the log is missing or damaged"
            findings.append(Finding("log_entry_lost", "broken", "", "log", says))
        else:
            ids.append(id)
    manifests: dict[str, Manifest] = {}
    for id in ids:
        try:
            manifests[id] = store.read(id)
        except BadInput as error:
            code = "manifest_missing" if "missing" in str(error) else "manifest_altered"
            findings.append(Finding(code, "broken", id, id[:12], str(error)))
    findings += _parents(ids, manifests)
    findings += _unfinished(store, ids)
    return Known(ids, manifests), findings


def _parents(ids: list[str], manifests: dict[str, Manifest]) -> Iterable[Finding]:
    order = {id: number for number, id in enumerate(ids)}
    for id, each in manifests.items():
        for parent in each.parents:
            if parent not in manifests or order[parent] >= order[id]:
                says = f"its parent {parent[:12]} is missing, altered or younger than itself"
                yield Finding("parent_missing", "broken", id, each.name, says)


def _unfinished(store: Store, ids: list[str]) -> Iterable[Finding]:
    known = {f"{id}.json" for id in ids}
    for name in store.place.names("manifests"):
        if name not in known:
            says = (
                "this manifest is not in the log: a writer died before it was done, or the log was "
                "shortened. Add it again, or remove it with `wellhead lineage gc`"
            )
            yield Finding("not_in_log", "note", name.removesuffix(".json"), name[:12], says)
    if left := store.place.leftovers():
        says = (
            f"{len(left)} temporary files of writers that died; `wellhead lineage gc` removes them"
        )
        yield Finding("leftovers", "note", "", "store", says)


def _clock(known: Known, now: datetime) -> Iterable[Finding]:
    """Times that run backwards; the order of the log holds, whatever clocks said."""
    last, before = None, ""
    for id, each in known.manifests.items():
        time = _time(each.created)
        if time is None:
            yield Finding("clock", "note", id, each.name, f"'{each.created[:40]}' is no time")
            continue
        if time > now + _SLACK:
            says = f"its time, {each.created}, has not come yet: a clock was wrong"
            yield Finding("clock", "note", id, each.name, says)
        if last is not None and time < last:
            says = f"its time, {each.created}, is before that of {before}, added earlier"
            yield Finding("clock", "note", id, each.name, says)
        last, before = time, f"{each.name} ({each.created})"


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _heads(
    store: Store, known: Known, files: Sequence[Path], key: Ed25519PublicKey | None
) -> tuple[list[Head], list[Finding]]:
    """Hold the log against every head: those given, and those in the store."""
    given = [(str(path), path.read_bytes) for path in files]
    inside = [
        (f"heads/{name}", lambda name=name: store.place.read(f"heads/{name}"))
        for name in store.place.names("heads")
    ]
    seen: list[Head] = []
    wrong: list[Finding] = []
    for what, read in [*given, *inside]:
        try:
            head = read_head(_json(read()), what, key)
            if says := stands(store, known.ids, head):
                wrong.append(Finding("history", "broken", "", what, says))
            else:
                seen.append(head)
        except (OSError, WellheadError) as error:
            wrong.append(Finding("head_altered", "broken", "", what, str(error)))
    return seen, wrong


def _json(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _vouched(findings: Iterable[Finding], known: Known, heads: Sequence[Head]) -> Iterable[Finding]:
    """Beside what is gone, what still says what it was."""
    order = {id: number for number, id in enumerate(known.ids)}
    for found in findings:
        each = known.manifests.get(found.manifest)
        if found.severity == "note" or each is None:
            yield found
            continue
        above = [head for head in heads if head.size > order[found.manifest]]
        kin = [
            other.name
            for id, other in known.manifests.items()
            if id != found.manifest and found.manifest in ancestors(known, id)
        ]
        says = f"its manifest: hashes, sizes and {each.rows.total:,} rows"
        if above:
            signed = "signed " if above[0].checked else ""
            says += f"; {len(above)} {signed}heads, the first of {above[0].time}"
        if kin:
            says += f"; made from it and still here: {', '.join(kin[:5])}"
            says += f" and {len(kin) - 5} more" if len(kin) > 5 else ""
        yield found._replace(vouches=says)
