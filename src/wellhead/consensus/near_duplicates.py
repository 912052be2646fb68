"""Texts that repeat: equal and nearly equal answers, above all across workers.

In: texts. Out: groups of documents whose sets of 5-word runs overlap by a stated share. Pairs are
proposed by MinHash and banding (Broder 1997; Leskovec, Rajaraman & Ullman, ch. 3) and then
verified exactly, so that what is reported is true; a pair near the threshold can be missed (at
0.7, fewer than 2 in 100). Runs of words that the task itself contains are left out: two people who
quote the same task have not copied from each other.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

__all__ = ["Twins", "twins"]

_WORD = re.compile(r"\w+")
_RUN = 5
_BANDS, _ROWS = 16, 4
_PRIME = np.uint64((1 << 61) - 1)
# A bucket this full is a boiler plate; comparing all its pairs would be quadratic.
_BUCKET = 50
_LONGEST = 20_000


class Twins(NamedTuple):
    """Documents that repeat each other.

    Attributes:
        ids: of the documents.
        workers: how many different workers submitted them; 0 where that is not known.
        alike: smallest overlap among the pairs that were found (1 is equal in every word).
    """

    ids: tuple[str, ...]
    workers: int
    alike: float


def twins(
    ids: Sequence[str],
    texts: Sequence[str],
    *,
    workers: Sequence[str] | None = None,
    sources: Iterable[str] = (),
    alike: float = 0.7,
    seed: int = 0,
) -> tuple[Twins, ...]:
    """Groups of documents that repeat each other, those of most workers first.

    Args:
        ids: of the documents.
        texts: of the documents; the first 20,000 words count.
        workers: who submitted each.
        sources: the task's own texts.
        alike: least overlap (Jaccard) of two documents' 5-word runs.
        seed: of the hash functions.

    >>> story = "one two three four five six seven eight nine ten"
    >>> twins(["a", "b", "c"], [story, story, "something else was written here by somebody"])
    (Twins(ids=('a', 'b'), workers=0, alike=1.0),)
    """
    known: set[int] = set().union(*(_runs(source) for source in sources))
    runs = [_runs(text) - known for text in texts]
    linked = _linked(runs, alike, seed)
    groups: dict[int, list[int]] = defaultdict(list)
    lead = _leaders(len(runs), linked)
    for i, leader in enumerate(lead):
        groups[leader].append(i)
    found = []
    for members in groups.values():
        if len(members) < 2:
            continue
        inside = set(members)
        people = {workers[i] for i in members} if workers is not None else set()
        least = min(part for (a, b), part in linked.items() if a in inside and b in inside)
        found.append(Twins(tuple(ids[i] for i in members), len(people), least))
    return tuple(sorted(found, key=lambda group: (-group.workers, -len(group.ids), group.ids)))


def _runs(text: str) -> set[int]:
    """Hashes of the 5-word runs; of a text with fewer words, of the whole."""
    words = _WORD.findall(text.lower())[:_LONGEST]
    if not words:
        return set()
    last = max(len(words) - _RUN + 1, 1)
    return {
        zlib.crc32(" ".join(words[i : i + _RUN]).encode("utf-8", "replace")) for i in range(last)
    }


def _linked(runs: Sequence[set[int]], alike: float, seed: int) -> dict[tuple[int, int], float]:
    """Pairs that overlap enough, with their overlap."""
    found: dict[tuple[int, int], float] = {}
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    rng = np.random.default_rng(seed)
    factors = rng.integers(1, 1 << 29, _BANDS * _ROWS, dtype=np.uint64)
    shifts = rng.integers(0, 1 << 60, _BANDS * _ROWS, dtype=np.uint64)
    for i, run in enumerate(runs):
        if not run:
            continue
        values = np.fromiter(run, dtype=np.uint64, count=len(run))
        least = ((values[:, None] * factors + shifts) % _PRIME).min(axis=0)
        for band in range(_BANDS):
            bucket = buckets[band, least[band * _ROWS : (band + 1) * _ROWS].tobytes()]
            if len(bucket) < _BUCKET:
                bucket.append(i)
            else:
                found.update(_checked(runs, (bucket[0], i), alike))
    for bucket in buckets.values():
        for pair in combinations(bucket, 2):
            if pair not in found:
                found.update(_checked(runs, pair, alike))
    return found


def _checked(
    runs: Sequence[set[int]], pair: tuple[int, int], alike: float
) -> dict[tuple[int, int], float]:
    a, b = runs[pair[0]], runs[pair[1]]
    part = len(a & b) / len(a | b)
    return {pair: part} if part >= alike else {}


def _leaders(n: int, linked: Iterable[tuple[int, int]]) -> list[int]:
    """The first document of each document's group."""
    lead = list(range(n))

    def of(i: int) -> int:
        while lead[i] != i:
            lead[i] = lead[lead[i]]
            i = lead[i]
        return i

    for a, b in linked:
        first, second = sorted((of(a), of(b)))
        lead[second] = first
    return [of(i) for i in range(n)]
