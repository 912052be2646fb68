"""Scores straight from an Arrow column: no Python string, and no lock held, on the way.

In: UTF-8 bytes and offsets. Out: one score for each text. Stretches of some hundred kilobytes are
normalised and weighed by compiled code, side by side in threads. A text is scored by itself, so
that neither stretches nor threads nor order move a score.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellhead.detect.linear import LinearModel
from wellhead.detect.normalise import Normalisation, codes_of

__all__ = ["column_of", "score_column"]

_STRETCH = 1 << 18


def column_of(texts: Sequence[str]) -> pa.LargeStringArray:
    """Texts as a column; lone surrogates are left out, which are no text."""
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        kept = [text.encode("utf-8", "ignore").decode() for text in texts]
        return pa.array(kept, pa.large_string())


def score_column(
    column: pa.LargeStringArray,
    model: LinearModel,
    normalisation: Normalisation,
    *,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """The score of each text of a ``large_string`` column without nulls.

    Args:
        column: the texts.
        model: the weights.
        normalisation: the repairs made first.
        threads: how many at once; by default one for each core that this process may use.
    """
    if not len(column):
        return np.empty(0)
    _, ends, data = column.buffers()
    offsets = np.frombuffer(ends, np.int64)[column.offset : column.offset + len(column) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    scores = np.empty(len(column))

    def stretch(first: int, last: int) -> None:
        codes = codes_of(text, offsets[first : last + 1], normalisation)
        model.score_codes(codes, scores[first:last])

    parts = _stretches(offsets)
    wanted = min(threads or _cores(), len(parts))
    if wanted == 1:
        for part in parts:
            stretch(*part)
        return scores
    with ThreadPoolExecutor(wanted) as pool:
        list(pool.map(lambda part: stretch(*part), parts))
    return scores


def _stretches(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Neighbouring texts that together hold some hundred kilobytes."""
    wanted = np.arange(offsets[0], offsets[-1], _STRETCH)[1:]
    cuts = np.unique([0, *np.searchsorted(offsets, wanted), len(offsets) - 1]).tolist()
    return list(pairwise(cuts))


def _cores() -> int:
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
