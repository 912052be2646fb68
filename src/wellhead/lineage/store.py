"""The store: manifests that are only ever added, their order, and files kept once.

::

    lineage.json             what this is, and the random id that tells this log from others
    manifests/<sha256>.json  one manifest, canonical JSON, named by its hash
    log/00000000             the id of the first manifest; one such file for each, in order
    objects/<sha256>         files and row tables that are kept here, once each
    places/<sha256>/…        where else a file was seen; hints that a hash checks, not vouched for
    heads/<size>-….json      signed heads

A manifest counts once the log names it: that is the last thing written, and it appears whole. What
a writer that died left before that is harmless, and `garbage` names it. Nothing is ever rewritten.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from wellhead.errors import BadInput, BadSetting
from wellhead.lineage.canonical import canonical, digest, is_digest
from wellhead.lineage.manifest import SCHEMA, Manifest
from wellhead.lineage.place import Folder, Place, place_of

__all__ = ["Store", "init"]

_TRIES = 1000
Where = str | os.PathLike[str]


def init(where: Where) -> Store:
    """Make a store, or open the one that is there.

    Raises:
        BadSetting: the folder holds something else.
    """
    place = place_of(where)
    if isinstance(place, Folder):
        _empty(place)
    facts = {"schema": SCHEMA, "id": secrets.token_hex(16)}
    place.create("lineage.json", canonical(facts))
    return Store(where)


def _empty(place: Folder) -> None:
    path = place.path
    taken = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if taken and not place.exists("lineage.json"):
        raise BadSetting(
            f"{path}: expected a new or empty folder for a store, and it holds other things. "
            "Name another, for example a folder inside it."
        )


class Store:
    """The store at `where`, a folder or an address.

    Raises:
        BadInput: there is none.
    """

    def __init__(self, where: Where) -> None:
        self.place: Place = place_of(where)
        self.id = self._identity()

    def __repr__(self) -> str:
        return f"Store({self.place.address!r})"

    def _identity(self) -> str:
        try:
            facts = json.loads(self.place.read("lineage.json"))
            if facts["schema"] != SCHEMA:
                raise BadInput(
                    f"{self.place.address}: expected a store of the format {SCHEMA}, got "
                    f"{str(facts['schema'])[:60]}. Use the wellhead that made it."
                )
            return str(facts["id"])
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BadInput(
                f"{self.place.address}: expected a lineage store, and there is none. Make one "
                f"with: wellhead lineage init {self.place.address}"
            ) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadInput(
                f"{self.place.address}: lineage.json is damaged ({error}). Put back a copy; the "
                "manifests beside it are untouched."
            ) from error

    # Reading.

    def log(self) -> list[str]:
        """The ids of all manifests in the order in which they were added.

        Raises:
            BadInput: an entry is missing or damaged; `verify` says which.
        """
        entries = []
        for number, name in enumerate(self.place.names("log")):
            found = self.entry(number) if name == _entry(number) else None
            if found is None:
                raise BadInput(
                    f"{self.place.address}: entry {number} of the log is missing or damaged. Ask "
                    f"`wellhead lineage verify {self.place.address}` what that touches."
                )
            entries.append(found)
        return entries

    def entry(self, number: int) -> str | None:
        """The id in one entry of the log; None where it is missing or no id."""
        try:
            found = self.place.read(f"log/{_entry(number)}").decode("ascii").removesuffix("\n")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return found if is_digest(found) else None

    def read(self, id: str) -> Manifest:
        """The manifest with this id, its hash checked.

        Raises:
            BadInput: it is missing, or its bytes are not those that the id names.
        """
        try:
            data = self.place.read(f"manifests/{id}.json")
        except FileNotFoundError as error:
            raise BadInput(
                f"manifest {id[:12]} is missing from {self.place.address}. Put back a copy under "
                f"manifests/{id}.json: its name proves that it is the right one."
            ) from error
        if digest(data) != id:
            raise BadInput(
                f"manifest {id[:12]} was altered: its bytes have another hash. Put back a copy "
                f"under manifests/{id}.json."
            )
        return Manifest.read(data, f"manifest {id[:12]}")

    def manifests(self) -> dict[str, Manifest]:
        """Every manifest by id, in the order of the log."""
        return {id: self.read(id) for id in self.log()}

    def find(self, name: str) -> str:
        """The id that a user means: whole, its first digits, or the newest manifest of that name.

        Raises:
            BadSetting: none or several are meant.
        """
        ids = self.log()
        if name in ids:
            return name
        begun = [id for id in ids if len(name) >= 6 and id.startswith(name)]
        if len(begun) == 1:
            return begun[0]
        if not begun:
            begun = [id for id in ids if self.read(id).name == name][-1:]
        if len(begun) == 1:
            return begun[0]
        names = sorted({self.read(id).name for id in ids})
        known = ", ".join(names[:10]) or "none yet"
        raise BadSetting(
            f"expected the name or the first digits (6 or more) of one manifest, got '{name}', "
            f"which {'none' if not begun else 'more than one'} has. Known: {known}"
        )

    def ancestors(self, id: str) -> dict[str, Manifest]:
        """The manifest and all that it descends from, children first.

        Raises:
            BadInput: one is missing or altered.
        """
        found: dict[str, Manifest] = {}
        waiting = [id]
        while waiting:
            each = waiting.pop(0)
            if each not in found:
                found[each] = self.read(each)
                waiting += found[each].parents
        return found

    # Writing.

    def has_object(self, sha256: str) -> bool:
        return self.place.exists(f"objects/{sha256}")

    def append(self, manifest: Manifest, keep: Mapping[str, Path] | None = None) -> str:
        """Add a manifest whose parents are there; its id. The same one twice is there once.

        Args:
            manifest: what to add.
            keep: files to keep in the store, by SHA-256; what is there already is not copied.
        """
        data, id = manifest.data, manifest.id
        with self.place.writing():
            ids = self.log()
            for sha256, source in (keep or {}).items():
                if not self.has_object(sha256):
                    self.place.put(f"objects/{sha256}", source, sha256)
            if id in ids:
                return id
            if missing := [parent for parent in manifest.parents if parent not in ids]:
                raise BadInput(
                    f"expected parents that are in {self.place.address}, got {missing[0][:12]}."
                )
            self.place.create(f"manifests/{id}.json", data)
            # Somebody may have taken the next number where no lock reaches: take the one after.
            for number in range(len(ids), len(ids) + _TRIES):
                if self.place.create(f"log/{_entry(number)}", f"{id}\n".encode()):
                    return id
        raise BadInput(f"{self.place.address}: too many writers at once; try again.")

    def seen_at(self, sha256: str, place: str) -> None:
        """Remember another place where a file lies."""
        data = canonical({"place": place})
        self.place.create(f"places/{sha256}/{digest(data)[:16]}.json", data)

    def places(self, sha256: str) -> Iterator[str]:
        """Places where a file was seen since it was added, newest knowledge last."""
        for name in self.place.names(f"places/{sha256}"):
            try:
                yield str(json.loads(self.place.read(f"places/{sha256}/{name}"))["place"])
            except (OSError, ValueError, KeyError, TypeError, RecursionError):
                continue

    # Cleaning.

    def garbage(self) -> list[str]:
        """What no manifest in the log needs: remains of writers that died."""
        ids = set(self.log())
        needed = {file.sha256 for id in ids for file in self.read(id).files}
        needed |= {found.rows.index for id in ids if (found := self.read(id)).rows.index}
        return [
            *(f"objects/{name}" for name in self.place.names("objects") if name not in needed),
            *(
                f"manifests/{name}"
                for name in self.place.names("manifests")
                if name.removesuffix(".json") not in ids
            ),
            *self.place.leftovers(),
        ]

    def collect_garbage(self) -> list[str]:
        """Remove `garbage`, while no writer is at work; what was removed."""
        with self.place.writing():
            found = self.garbage()
            for name in found:
                self.place.remove(name)
        return found

    @cached_property
    def folder(self) -> Path | None:
        """The folder of a store on this machine."""
        return self.place.folder


def _entry(number: int) -> str:
    return f"{number:08d}"
