"""`lineage verify`: is everything still there, unchanged, and does every row lead to a person?

Flows in: a store, and heads that were kept elsewhere. Flows out: findings, each with a code, what
it touches and what still vouches for what is gone; and how deep the family is. It changes nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead._result import Result
from wellhead.errors import BadInput, WellheadError
from wellhead.lineage.canonical import digest
from wellhead.lineage.hashing import THREADS, located, opened
from wellhead.lineage.heads import Head, read_head, stands
from wellhead.lineage.manifest import File, Manifest
from wellhead.lineage.place import is_address
from wellhead.lineage.recording import rows_of
from wellhead.lineage.rows import check, counted, joined
from wellhead.lineage.store import Store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["Finding", "Verification", "verify"]

_BLOCK = 1 << 20
_SLACK = timedelta(minutes=5)


class Finding(NamedTuple):
    """One thing that is not as it was.

    Attributes:
        code: a stable name for the kind of finding.
        severity: ``broken`` when something is lost or altered, ``note`` otherwise.
        manifest: the id of the manifest that it touches, or "".
        name: that manifest's name, or that of the part of the store.
        says: what was found, in words.
        vouches: what still says what is gone.
    """

    code: str
    severity: Literal["broken", "note"]
    manifest: str
    name: str
    says: str
    vouches: str = ""


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


class _Known(NamedTuple):
    """The log as far as it can be read: ids in order, and the manifests that are whole."""

    ids: list[str]
    manifests: dict[str, Manifest]


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
    files, damaged = _files(store, known, progress, relocate)
    findings += damaged
    findings += _rows(store, known)
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


def _read(store: Store) -> tuple[_Known, list[Finding]]:
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
    return _Known(ids, manifests), findings


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


def _clock(known: _Known, now: datetime) -> Iterable[Finding]:
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
    store: Store, known: _Known, files: Sequence[Path], key: Ed25519PublicKey | None
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


class _State(NamedTuple):
    """What became of one file: whether some place still has it, and what was wrong elsewhere."""

    whole: bool
    code: str
    says: str
    moved: str | None = None


def _files(
    store: Store, known: _Known, progress: Progress, relocate: bool
) -> tuple[dict[tuple[str, File], bool], list[Finding]]:
    """Hash every file again; whether each is whole, and what is wrong."""
    wanted = [(id, file) for id, each in known.manifests.items() for file in each.files]
    distinct = list(dict.fromkeys(file for _, file in wanted))
    progress.total(len(distinct))
    with ThreadPoolExecutor(THREADS) as pool:
        states = dict(zip(distinct, pool.map(lambda f: _state(store, f), distinct), strict=True))
        progress.advance(len(distinct))
    findings = []
    for id, file in wanted:
        state = states[file]
        if state.moved and relocate:
            store.seen_at(file.sha256, state.moved)
        if state.code:
            severity: Literal["broken", "note"] = "note" if state.whole else "broken"
            name = known.manifests[id].name
            findings.append(Finding(state.code, severity, id, name, f"{file.name}: {state.says}"))
    return {place: states[place[1]].whole for place in wanted}, findings


def _state(store: Store, file: File) -> _State:
    places = list(located(store, file))
    found = [_at(store, file, where) for where in places]
    if any(state.whole for state in found):
        return next(state for state in found if state.whole)
    for where in places:
        if not where.startswith("objects/") and not is_address(where):
            moved = _renamed(file, Path(where))
            if moved is not None:
                says = f"it was renamed: the same bytes lie at {moved}"
                return _State(True, "renamed", f"{says} (--relocate notes that)", str(moved))
    worst = next((state for state in found if state.code != "gone"), None)
    return worst or _State(False, "gone", f"it is no longer where it was ({_listed(file)})")


def _listed(file: File) -> str:
    return file.place or f"objects/{file.sha256[:12]}"


def _at(store: Store, file: File, where: str) -> _State:
    """Whether the file lies whole at one place."""
    try:
        with opened(store, where) as stream:
            found, length = _hash(stream)
    except (OSError, ImportError, ValueError):
        return _State(False, "gone", "")
    if found == file.sha256:
        return _State(True, "", "")
    if length < file.bytes:
        return _State(False, "truncated", f"{length:,} of {file.bytes:,} bytes are left at {where}")
    return _State(False, "altered", f"its bytes changed at {where}")


def _hash(stream: object) -> tuple[str, int]:
    import hashlib

    hasher, length = hashlib.sha256(), 0
    read = stream.read  # type: ignore[attr-defined]
    while block := read(_BLOCK):
        hasher.update(block)
        length += len(block)
    return hasher.hexdigest(), length


def _renamed(file: File, path: Path) -> Path | None:
    """A file beside the place with the same length and the same hash."""
    with contextlib.suppress(OSError):
        for other in sorted(path.parent.iterdir()):
            if other.is_file() and other.stat().st_size == file.bytes:
                with other.open("rb") as stream:
                    if _hash(stream)[0] == file.sha256:
                        return other
    return None


def _rows(store: Store, known: _Known) -> Iterable[Finding]:
    """Count rows again, and follow every root to an original."""
    tables: dict[str, object] = {}
    for id, each in known.manifests.items():
        try:
            tables[id] = rows_of(store, each)
            if index := each.rows.index:
                data = store.place.read(f"objects/{index}")
                if digest(data) != index:
                    raise BadInput("its table of rows was altered")
        except (BadInput, OSError) as error:
            if each.rows.index is not None:
                tables.pop(id, None)
                says = f"its table of rows is missing or altered: {error}"
                yield Finding("rows_lost", "broken", id, each.name, says)
    for id in known.manifests:
        if id in tables:
            yield from _held(known, tables, id)


def _held(known: _Known, tables: dict[str, object], id: str) -> Iterable[Finding]:
    each = known.manifests[id]
    figures = counted(tables[id])
    if (figures.total, figures.rooted, figures.original, figures.deepest) != (
        each.rows.total,
        each.rows.rooted,
        each.rows.original,
        each.generation,
    ):
        says = f"it has {figures.total:,} rows, of which {figures.rooted:,} have a human root; "
        says += f"its manifest says {each.rows.total:,} and {each.rows.rooted:,}"
        yield Finding("rows_differ", "broken", id, each.name, says)
    if not each.parents:
        return
    ancestors = _ancestors(known, id)
    if any(id not in known.manifests or _lost(known, tables, id) for id in ancestors):
        says = "its roots cannot all be followed, because the rows of an ancestor are lost"
        yield Finding("roots_unknown", "broken", id, each.name, says)
        return
    first = [tables[one] for one in ancestors if not known.manifests[one].parents]
    roots = joined(first).column("root_id").drop_null().combine_chunks()
    if isinstance(roots, pa.ChunkedArray):
        roots = roots.combine_chunks()
    most = max(known.manifests[parent].generation for parent in each.parents)
    if wrong := check(tables[id], roots, most + (each.generator is not None)):
        yield Finding("roots_dangle", "broken", id, each.name, "; ".join(wrong))


def _lost(known: _Known, tables: dict[str, object], id: str) -> bool:
    return not known.manifests[id].parents and id not in tables


def _ancestors(known: _Known, id: str) -> list[str]:
    found: list[str] = []
    waiting = [id]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.append(each)
            if each in known.manifests:
                waiting += known.manifests[each].parents
    return found


def _vouched(
    findings: Iterable[Finding], known: _Known, heads: Sequence[Head]
) -> Iterable[Finding]:
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
            if id != found.manifest and found.manifest in _ancestors(known, id)
        ]
        says = f"its manifest: hashes, sizes and {each.rows.total:,} rows"
        if above:
            signed = "signed " if above[0].checked else ""
            says += f"; {len(above)} {signed}heads, the first of {above[0].time}"
        if kin:
            says += f"; made from it and still here: {', '.join(kin[:5])}"
            says += f" and {len(kin) - 5} more" if len(kin) > 5 else ""
        yield found._replace(vouches=says)
