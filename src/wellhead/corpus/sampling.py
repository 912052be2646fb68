"""A random sample of a corpus in one streamed pass, overall or the same number from every group.

Every document draws a uniform key; the `n` smallest keys stay. That is a simple random sample
without replacement of the documents (bottom-k sampling, the mergeable form of a reservoir), and
it does not depend on how the stream is cut into batches.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead.corpus.columns import require_column
from wellhead.corpus.corpus import Corpus
from wellhead.corpus.schema import unified
from wellhead.errors import BadSetting

__all__ = ["sample"]


def sample(
    corpus: Corpus, n: int, *, seed: int, by: str | None = None, progress: Progress = quiet
) -> pa.Table:
    """`n` documents drawn at random without replacement, in the order of the corpus.

    Rows are drawn, not distinct texts: a text that stands in the corpus three times is three
    times as likely to be drawn. A corpus or group with fewer than `n` documents comes whole.

    Args:
        corpus: what to draw from.
        n: number of documents, of each group when `by` is given.
        seed: the same seed gives the same sample.
        by: a column; `n` documents are drawn from every group of equal values, null among them.
        progress: told of every document.

    Returns:
        A table with the columns of `Corpus.batches`.

    Raises:
        BadSetting: `n` is below 1.
        BadInput: there is no column `by`.

    >>> from wellhead.corpus import open_corpus
    >>> rows = [{"text": f"text {i}", "who": "ab"[i % 2]} for i in range(100)]
    >>> sample(open_corpus(rows), 3, seed=1, by="who")["who"].value_counts().to_pylist()
    [{'values': 'a', 'counts': 3}, {'values': 'b', 'counts': 3}]
    """
    if n < 1:
        raise BadSetting(f"expected a sample of at least 1 document, got {n}")
    kept = _Smallest(n, by)
    random = np.random.default_rng(seed)
    for batch in corpus.batches(progress=progress):
        if by is not None:
            require_column(by, batch.schema.names, corpus.name)
        kept.offer(batch, random.random(batch.num_rows))
    return kept.table()


class _Smallest:
    """The rows with the `n` smallest keys of each group."""

    def __init__(self, n: int, by: str | None) -> None:
        self._n = n
        self._by = by
        self._codes: dict[str, int] = {}
        self._bounds = np.empty(0)
        self._seen = 0
        self._batches: list[pa.RecordBatch] = []
        self._keys = np.empty(0)
        self._groups = np.empty(0, int)
        self._order = np.empty(0, int)

    def offer(self, batch: pa.RecordBatch, keys: np.ndarray) -> None:
        groups = self._group(batch)
        new = np.flatnonzero(keys < self._bounds[groups])
        if len(new):
            self._batches.append(batch.take(pa.array(new)))
            self._keys = np.concatenate([self._keys, keys[new]])
            self._groups = np.concatenate([self._groups, groups[new]])
            self._order = np.concatenate([self._order, new + self._seen])
        self._seen += batch.num_rows
        if len(self._keys) > 2 * self._n * len(self._codes) + 1000:
            self._shrink()

    def table(self) -> pa.Table:
        self._shrink()
        return unified(self._batches).take(pa.array(np.argsort(self._order)))

    def _group(self, batch: pa.RecordBatch) -> np.ndarray:
        values: list[Any] = [None] * batch.num_rows
        if self._by is not None:
            values = batch[self._by].to_pylist()
        codes = [self._codes.setdefault(repr(value), len(self._codes)) for value in values]
        new = len(self._codes) - len(self._bounds)
        self._bounds = np.concatenate([self._bounds, np.full(new, np.inf)])
        return np.array(codes, int)

    def _shrink(self) -> None:
        """Keep the smallest keys of each group, and let no larger one in again."""
        by_key = np.lexsort((self._keys, self._groups))
        groups = self._groups[by_key]
        starts = np.searchsorted(groups, groups, side="left")
        stay = by_key[np.arange(len(groups)) - starts < self._n]
        table = unified(self._batches).take(pa.array(stay)).combine_chunks()
        self._batches = table.to_batches()
        self._keys, self._groups = self._keys[stay], self._groups[stay]
        self._order = self._order[stay]
        counts = np.bincount(self._groups, minlength=len(self._bounds))
        largest = np.zeros(len(self._bounds))
        np.maximum.at(largest, self._groups, self._keys)
        self._bounds = np.where(counts >= self._n, largest, np.inf)
