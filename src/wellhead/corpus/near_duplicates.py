"""Texts that repeat one another, in full or nearly: copies are one piece of evidence.

In: texts, one after another. Out: an integer for each text, equal for texts of one cluster. Texts
are compared without regard to case, punctuation, spacing or invisible characters, by the share of
5-word runs that two of them have in common (Jaccard; 5-character runs where a script writes
without spaces). Pairs are proposed by MinHash and banding (Broder 1997; Leskovec, Rajaraman &
Ullman, ch. 3) and then checked exactly, so no link is false; a pair near the threshold can be
missed (one in a hundred). Clusters are the connected components of the links.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wellhead.corpus.words import UNSPACED
from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from datasketch import MinHash

__all__ = ["THRESHOLD", "NearDuplicates", "connected_components", "near_duplicates", "word_runs"]

THRESHOLD = 0.7
RUN = 5
LONGEST = 20_000
# Letters of scripts that put no space between words stand alone.
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_HASHES = 125
_MISSED = 0.011
# Enough links to hold a text to its cluster; one with more adds nothing to find others by.
_LINKS = 20
_CANDIDATES = 1000
_CHECKED = 50


def near_duplicates(texts: Iterable[str], *, threshold: float = THRESHOLD) -> NDArray[np.int64]:
    """The cluster of each text: 0, 1, 2, … by first appearance, equal for near-duplicates.

    Args:
        texts: read once, in order; the first 20,000 words of each count. A text without a word
            is a cluster of its own.
        threshold: least overlap (Jaccard) of the 5-word runs of two texts, above 0 and up to 1.

    >>> tale = "The spring rose early and the mill by the lower weir stood still until June."
    >>> near_duplicates([tale, "Nobody had seen the keys.", tale.upper() + " 7"]).tolist()
    [0, 1, 0]
    """
    found = NearDuplicates(threshold=threshold)
    found.extend(texts)
    return found.clusters()


class NearDuplicates:
    """Finds near-duplicates in a stream of texts; keeps a few bytes of each run of words.

    Args:
        threshold: least overlap (Jaccard) of the 5-word runs of two texts, above 0 and up to 1.
        leave_out: texts whose runs are not compared: two answers that quote the same question
            have not copied from each other.
        seed: of the hash functions.

    Attributes:
        links: pairs of places (the earlier first) and their overlap. Texts with many links are
            not linked with every text of their cluster.
    """

    def __init__(
        self, *, threshold: float = THRESHOLD, leave_out: Iterable[str] = (), seed: int = 0
    ) -> None:
        if not 0 < threshold <= 1:
            raise BadSetting(f"expected a threshold above 0 and up to 1, got {threshold:g}")
        from datasketch import MinHash, MinHashLSH

        self.links: dict[tuple[int, int], float] = {}
        self._threshold = threshold
        self._count = 0
        self._left_out = word_runs(*leave_out)
        self._equal: dict[int, int] = {}
        self._runs: dict[int, NDArray[np.uint32]] = {}
        self._empty = MinHash(_HASHES, seed=seed + 1, hashfunc=int)
        self._signatures: dict[int, NDArray[np.uint32]] = {}
        self._index = MinHashLSH(num_perm=_HASHES, params=_bands(threshold))

    def extend(self, texts: Iterable[str]) -> None:
        """Add `texts` one by one."""
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Compare `text` with those before it."""
        place = self._count
        self._count += 1
        runs = np.setdiff1d(word_runs(text), self._left_out, assume_unique=True)
        if not runs.size:
            return
        first = self._equal.setdefault(hash(runs.tobytes()), place)
        if first != place:
            self.links[first, place] = 1.0
            return
        sketch = self._empty.copy()
        sketch.update_batch(runs.tolist())
        linked = self._linked(sketch, runs)
        self.links |= {(other, place): overlap for other, overlap in linked.items()}
        if len(linked) < _LINKS:
            self._index.insert(place, sketch, check_duplication=False)
            self._runs[place], self._signatures[place] = runs, sketch.hashvalues

    @property
    def count(self) -> int:
        """How many texts were added."""
        return self._count

    def clusters(self) -> NDArray[np.int64]:
        """The cluster of each text so far: 0, 1, 2, … by first appearance."""
        return connected_components(self.links, self._count)

    def _linked(self, sketch: MinHash, runs: NDArray[np.uint32]) -> dict[int, float]:
        """The earlier texts that overlap enough, looked for among the likeliest."""
        candidates = sorted(self._index.query(sketch))[:_CANDIDATES]
        if not candidates:
            return {}
        signatures = np.stack([self._signatures[place] for place in candidates])
        likely = np.argsort(-(signatures == sketch.hashvalues).sum(axis=1), kind="stable")
        overlaps = {
            place: _overlap(runs, self._runs[place])
            for place in (candidates[i] for i in likely[:_CHECKED])
        }
        return {place: part for place, part in overlaps.items() if part >= self._threshold}


def word_runs(*texts: str, length: int = RUN) -> NDArray[np.uint32]:
    """Hashes of the runs of `length` words in `texts`, sorted, each once.

    A text with fewer words is one run.

    >>> word_runs("One two, three -- four five six.").size, word_runs("one").size
    (2, 1)
    """
    runs: set[int] = set()
    for text in texts:
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
        words = _TOKEN.findall(plain)[:LONGEST]
        for start in range(max(len(words) - length + 1, min(1, len(words)))):
            run = " ".join(words[start : start + length])
            runs.add(zlib.crc32(run.encode("utf-8", "replace")))
    return np.fromiter(sorted(runs), np.uint32, len(runs))


def connected_components(pairs: Iterable[tuple[int, int]], count: int) -> NDArray[np.int64]:
    """The component of each of `count` places that `pairs` link, numbered by first appearance.

    >>> connected_components([(1, 3)], 4).tolist()
    [0, 1, 2, 1]
    """
    from scipy.sparse import coo_array, csgraph

    if not count:
        return np.zeros(0, np.int64)
    ends = np.array(list(pairs), np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), (count, count))
    _, labels = csgraph.connected_components(links, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return order[inverse].astype(np.int64)


def _bands(threshold: float) -> tuple[int, int]:
    """Bands and rows: as many rows as leave out one in a hundred pairs at the threshold.

    >>> _bands(0.7)
    (25, 5)
    """
    for rows in range(_HASHES, 1, -1):
        bands = _HASHES // rows
        if (1 - threshold**rows) ** bands <= _MISSED:
            return bands, rows
    return _HASHES, 1


def _overlap(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    both = np.intersect1d(one, other, assume_unique=True).size
    return float(both / (one.size + other.size - both))
