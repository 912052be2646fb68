"""Every file of a store hashed again: is it whole somewhere, and what is wrong elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Literal, NamedTuple

from wellhead._progress import Progress
from wellhead.lineage.findings import Finding, Known
from wellhead.lineage.hashing import THREADS, located, opened
from wellhead.lineage.manifest import File
from wellhead.lineage.place import is_address
from wellhead.lineage.store import Store

__all__ = ["verify_files"]

_BLOCK = 1 << 20


class _State(NamedTuple):
    """What became of one file: whether some place still has it, and what was wrong elsewhere."""

    whole: bool
    code: str
    says: str
    moved: str | None = None


def verify_files(
    store: Store, known: Known, progress: Progress, relocate: bool
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


def _hash(stream: IO[bytes]) -> tuple[str, int]:
    hasher, length = hashlib.sha256(), 0
    while block := stream.read(_BLOCK):
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
