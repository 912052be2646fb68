"""Scores of one batch of texts, as they stand in a sidecar.

In: a `Scorer` and texts, or a record batch of documents. Out: a score for each, checked, and beside
it the score by a model that had not seen the text, where the scorer had.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellhead.corpus._arrow import numbers
from wellhead.corpus.sidecars import SCHEMA
from wellhead.detect.scorer import Scorer
from wellhead.errors import BadInput

__all__ = ["by_column", "score_batch", "scored"]


def score_batch(scorer: Scorer, batch: pa.RecordBatch) -> pa.Table:
    """The rows of a sidecar for a batch of documents; a text that is there twice is scored once.

    Raises:
        BadInput: the scorer returned something that is no score of each text.
    """
    if (of_column := by_column(scorer)) is not None:
        scores = _checked(scorer, of_column(batch["text"]), batch.num_rows)
        held_out = pa.nulls(batch.num_rows, pa.float64())
    else:
        hashes = batch["sha256"].to_pylist()
        texts = dict(zip(hashes, batch["text"].to_pylist(), strict=True))
        place = {sha: row for row, sha in enumerate(texts)}
        rows = np.array([place[sha] for sha in hashes], dtype=np.int64)
        scores, by_others = (each[rows] for each in scored(scorer, list(texts.values())))
        held_out = pa.array(by_others, from_pandas=True)
    columns = [batch["id"], batch["sha256"], numbers(scores), held_out]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def scored(scorer: Scorer, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and those by a model that had not seen the text; NaN where the scorer had not."""
    held_out = np.full(len(texts), np.nan)
    fitted_on, by_others = (
        getattr(scorer, "fitted_on", None),
        getattr(scorer, "score_held_out", None),
    )
    if fitted_on is not None and by_others is not None:
        seen = np.flatnonzero(fitted_on(texts))
        if seen.size:
            held_out[seen] = by_others([texts[row] for row in seen])
    return _checked(scorer, scorer.score(texts), len(texts)), held_out


def by_column(scorer: Scorer) -> Callable[[pa.LargeStringArray], NDArray[np.float64]] | None:
    """How a scorer scores an Arrow column; None if it cannot, or remembers texts."""
    if getattr(scorer, "held_out", None) is not None:
        return None
    return getattr(scorer, "score_column", None)


def _checked(scorer: Scorer, given: NDArray[np.float64], number: int) -> np.ndarray:
    scores = np.asarray(given, dtype=np.float64)
    if scores.shape != (number,):
        raise BadInput(
            f"expected {number} scores from detector '{scorer.name}', "
            f"got an array of shape {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise BadInput(f"expected finite scores from detector '{scorer.name}', got NaN or infinity")
    return scores
