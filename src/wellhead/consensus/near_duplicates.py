"""Texts that repeat: equal and nearly equal answers, above all across workers.

In: texts. Out: groups of documents that `corpus.near_duplicates` links, with who submitted them.
Runs of words that the task itself contains are left out: two people who quote the same task have
not copied from each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from wellhead.corpus.near_duplicates import NearDuplicates

__all__ = ["DuplicateGroup", "duplicate_groups"]


class DuplicateGroup(NamedTuple):
    """Documents that repeat each other.

    Attributes:
        ids: of the documents.
        workers: how many different workers submitted them; 0 where that is not known.
        alike: smallest overlap among the pairs that were found (1 is equal in every word).
    """

    ids: tuple[str, ...]
    workers: int
    alike: float


def duplicate_groups(
    ids: Sequence[str],
    texts: Iterable[str],
    *,
    workers: Sequence[str] | None = None,
    sources: Iterable[str] = (),
    seed: int = 0,
) -> tuple[DuplicateGroup, ...]:
    """Groups of documents that repeat each other, those of most workers first.

    Args:
        ids: of the documents.
        texts: of the documents.
        workers: who submitted each.
        sources: the task's own texts.
        seed: of the hash functions.

    >>> story = "one two three four five six seven eight nine ten"
    >>> duplicate_groups(["a", "b", "c"], [story, story, "something else by somebody"])
    (DuplicateGroup(ids=('a', 'b'), workers=0, alike=1.0),)
    """
    found = NearDuplicates(leave_out=sources, seed=seed)
    found.extend(texts)
    clusters = found.clusters()
    least: dict[int, float] = {}
    for (first, _), overlap in found.links.items():
        cluster = int(clusters[first])
        least[cluster] = min(least.get(cluster, 1.0), overlap)
    groups = []
    for cluster, overlap in least.items():
        members = np.flatnonzero(clusters == cluster).tolist()
        people = {workers[i] for i in members} if workers is not None else set()
        groups.append(DuplicateGroup(tuple(ids[i] for i in members), len(people), overlap))
    return tuple(sorted(groups, key=lambda group: (-group.workers, -len(group.ids), group.ids)))
