"""The family tree: every manifest of a store with its parents, sizes and human part."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from wellhead._result import Result
from wellhead.lineage.store import Store

__all__ = ["Family", "Member", "family"]


class Member(NamedTuple):
    """One manifest as the tree shows it.

    Attributes:
        id, name, writers, generation, parents: as in the manifest.
        depth: steps from the original that is farthest away.
        rows, rooted, original: rows, those with a human root, those that are a person's own text.
        bytes: of all its files.
        human_low, human_high: the human share as it was measured, or None.
        lost: `verify` found something of it broken.
    """

    id: str
    name: str
    writers: str
    generation: int
    parents: tuple[str, ...]
    depth: int
    rows: int
    rooted: int
    original: int
    bytes: int
    human_low: float | None
    human_high: float | None
    lost: bool


@dataclass(frozen=True, repr=False)
class Family(Result):
    """All members, parents before children."""

    schema_version = 1
    stem = "family"

    store: str
    members: tuple[Member, ...]


def family(store: Store, *, of: str | None = None, lost: Collection[str] = ()) -> Family:
    """The family tree of a store.

    Args:
        store: whose.
        of: only this manifest and what it descends from.
        lost: ids of which something is broken, as `verify` found.
    """
    known = store.manifests()
    wanted = known.keys() if of is None else store.ancestors(store.find(of)).keys()
    depths: dict[str, int] = {}
    members = []
    for id, each in known.items():
        depths[id] = max((depths[parent] + 1 for parent in each.parents), default=0)
        share = each.human_share
        member = Member(
            id=id,
            name=each.name,
            writers=each.writers,
            generation=each.generation,
            parents=each.parents,
            depth=depths[id],
            rows=each.rows.total,
            rooted=each.rows.rooted,
            original=each.rows.original,
            bytes=sum(file.bytes for file in each.files),
            human_low=share.low if share else None,
            human_high=share.high if share else None,
            lost=id in lost,
        )
        if id in wanted:
            members.append(member)
    return Family(store.place.address, tuple(members))
