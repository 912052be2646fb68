"""What an export describes: a manifest, and all that it descends from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import PurePath

from wellhead.lineage.exports.facts import Facts
from wellhead.lineage.manifest import File, Manifest
from wellhead.lineage.store import Store

__all__ = ["Subject", "media_type", "subject", "urn"]

_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
}


@dataclass(frozen=True)
class Subject:
    """A manifest, its ancestors (children first, itself included) and the publisher's facts."""

    id: str
    manifest: Manifest
    ancestors: dict[str, Manifest]
    facts: Facts

    @property
    def description(self) -> str:
        """The texts in two sentences."""
        each = self.manifest
        return (
            f"{each.rows.total} rows of generation {each.generation}, written by {each.writers}; "
            f"{each.rows.rooted} of them descend from a text that a person wrote and that is "
            f"named. Lineage manifest {self.id}."
        )

    @property
    def uuid(self) -> str:
        """A UUID that stands for the manifest."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, urn(self.id)))

    def licences(self) -> list[str]:
        """The licences of all originals."""
        found = [each.origin.licence for each in self.ancestors.values() if each.origin]
        return sorted({licence for licence in found if licence})

    def originals(self) -> dict[str, Manifest]:
        """What was made from nothing else, oldest knowledge last."""
        return {id: each for id, each in self.ancestors.items() if not each.parents}


def subject(store: Store, name: str, facts: Facts) -> Subject:
    """The subject that `name` means."""
    id = store.find(name)
    ancestors = store.ancestors(id)
    return Subject(id, ancestors[id], ancestors, facts)


def urn(id: str) -> str:
    """A manifest or file as an address."""
    return f"urn:sha256:{id}"


def media_type(file: File) -> str:
    """What kind of file it is, by its name."""
    return _TYPES.get(PurePath(file.name).suffix.lower(), "application/octet-stream")
