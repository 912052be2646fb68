"""The counts of an n-gram model, laid out so that lookups are binary searches.

Level k holds what followed each context of k words. Contexts are numbered by the level below: the
number of a (k+1)-gram is the place of its last word among the followers of its first k words, so
that one sort per level builds everything. Documents are padded with `END` on the left, so that no
context reaches across two of them; the padding has numbers, but no counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wellhead.recursion.data import Array
from wellhead.recursion.families.documents import END, Documents

__all__ = ["Level", "NGramModel", "count"]


class Level(NamedTuple):
    """What followed the contexts of one length, sorted by (context, follower).

    Args:
        first: where the followers of each context begin (contexts + 1,).
        followers: the following word (types,).
        cumulative: occurrences before each type (types + 1,).
        types: followers that occur, for each context (contexts,).
    """

    first: Array
    followers: Array
    cumulative: Array
    types: Array


class NGramModel(NamedTuple):
    """Word counts (vocabulary,) and the levels of 1, 2, ... context words."""

    unigrams: Array
    levels: tuple[Level, ...]


def count(documents: Documents, order: int, vocabulary: int) -> NGramModel:
    """The counts of `documents` up to n-grams of `order` words."""
    words, real = _padded(documents, order - 1)
    unigrams = np.bincount(words[real], minlength=vocabulary).astype(np.int64)
    gram, contexts = words.astype(np.int64), vocabulary
    levels = []
    for _ in range(order - 1):
        pair = gram[:-1] * vocabulary + words[1:]
        kinds, number = np.unique(pair, return_inverse=True)
        counts = np.bincount(number, weights=real[1:], minlength=len(kinds)).astype(np.int64)
        context = kinds // vocabulary
        first = np.searchsorted(context, np.arange(contexts + 1)).astype(np.int64)
        cumulative = np.concatenate([[0], np.cumsum(counts)])
        types = np.bincount(context[counts > 0], minlength=contexts).astype(np.int64)
        followers = (kinds % vocabulary).astype(np.int64)
        levels.append(Level(first, followers, cumulative, types))
        # The gram that ends at the first word has no number; nothing asks for it.
        gram, contexts = np.concatenate([[0], number]).astype(np.int64), len(kinds)
    return NGramModel(unigrams, tuple(levels))


def _padded(documents: Documents, pads: int) -> tuple[Array, Array]:
    """The words with `pads` ends before each document, and which of them are not padding."""
    starts = documents.starts[: len(documents.ends)]
    place = np.arange(documents.size) + np.repeat(
        pads * np.arange(1, len(starts) + 1), documents.ends - starts
    )
    total = documents.size + pads * len(starts)
    words, real = np.full(total, END, dtype=np.int64), np.zeros(total, dtype=bool)
    words[place], real[place] = documents.words, True
    return words, real
