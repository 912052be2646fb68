"""Which passages of a text weighed most in its score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wellhead.detect.hashing import COLUMNS, count, occurrences
from wellhead.detect.linear import LinearModel
from wellhead.detect.spans import sentence_starts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Passage", "passages"]


@dataclass(frozen=True)
class Passage:
    """One sentence and what it adds to the score of its text.

    Attributes:
        text: the sentence as it was scored, that is, normalised.
        weight: its share of the score in log-odds units; positive is machine-like.
        start: where it begins in the normalised text, in characters.
    """

    text: str
    weight: float
    start: int


def passages(
    text: str,
    model: LinearModel,
    lowered: Callable[[csr_matrix], csr_matrix] | None = None,
) -> tuple[Passage, ...]:
    """The sentences of a normalised text in reading order, with their weights.

    Args:
        text: normalised.
        model: that scores it.
        lowered: what the model makes of counts before it scores them, if anything.

    An n-gram that occurs several times shares its weight evenly among its places, and counts
    where it begins. The weights add up to the score less the intercept.
    """
    if not text:
        return ()
    counts = count([text], model.script)
    found = model.vectors(counts if lowered is None else lowered(counts))
    each = np.zeros(COLUMNS)
    used = model.column[found.feature]
    times = np.zeros(COLUMNS)
    times[counts.indices] = counts.data
    each[used] = found.value * model.weight[found.feature] / times[used]
    places = occurrences([text], model.script)
    starts = sentence_starts(text)
    sentence = np.searchsorted(starts, places.position, side="right") - 1
    weights = np.bincount(sentence, each[places.column], minlength=len(starts))
    ends = [*starts[1:], len(text)]
    return tuple(
        Passage(text[start:end].strip(), float(weight), start)
        for start, end, weight in zip(starts, ends, weights, strict=True)
    )
