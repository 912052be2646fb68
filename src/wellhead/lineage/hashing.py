"""Hashes of files, several at a time: what makes a file itself, whatever it is called."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from wellhead.errors import BadInput
from wellhead.lineage.manifest import File
from wellhead.lineage.place import is_address
from wellhead.lineage.store import Store

__all__ = ["Hashed", "hash_file", "located", "opened"]

# SHA-256 of the standard library lets other threads run.
THREADS = min(8, os.cpu_count() or 1)


class Hashed(NamedTuple):
    """A file's hash and length."""

    sha256: str
    bytes: int


def hash_file(path: Path) -> Hashed:
    """Hash one file.

    Raises:
        BadInput: it changed meanwhile.
    """
    with path.open("rb") as stream:
        before = os.fstat(stream.fileno())
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise BadInput(f"{path} changed while it was read. Let its writer finish, then add it.")
    return Hashed(found, before.st_size)


def located(store: Store, file: File) -> Iterator[str]:
    """Where a file may lie: in the store, where it was added, where it was seen since."""
    if store.has_object(file.sha256):
        yield f"objects/{file.sha256}"
    for place in [*([file.place] if file.place else []), *store.places(file.sha256)]:
        yield str(resolved(store, place))


def resolved(store: Store, place: str) -> Path | str:
    """A place as a path from here, or its address."""
    if is_address(place) or store.folder is None:
        return place if is_address(place) else Path(place)
    return store.folder / place


@contextmanager
def opened(store: Store, where: str) -> Iterator[IO[bytes]]:
    """What `located` names, as a stream.

    Raises:
        OSError: it cannot be opened.
    """
    if where.startswith("objects/"):
        with store.place.open(where) as stream:
            yield stream
    elif is_address(where):
        import fsspec

        with fsspec.open(where, "rb") as stream:
            yield stream
    else:
        # A pipe or a device would be read for ever.
        if not Path(where).is_file():
            raise FileNotFoundError(where)
        with Path(where).open("rb") as stream:
            yield stream
