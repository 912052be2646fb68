"""What a walk through a store finds, and what it walks through: the words that its parts share."""

from __future__ import annotations

from typing import Literal, NamedTuple

from wellhead.lineage.manifest import Manifest

__all__ = ["Finding", "Known", "ancestors"]


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


class Known(NamedTuple):
    """The log as far as it can be read: ids in order, and the manifests that are whole."""

    ids: list[str]
    manifests: dict[str, Manifest]


def ancestors(known: Known, id: str) -> list[str]:
    found: list[str] = []
    waiting = [id]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.append(each)
            if each in known.manifests:
                waiting += known.manifests[each].parents
    return found
