"""Where each document came from, so that people can find it: file, row, and how it begins.

In: the batches of a corpus, as they are scored. Out: a table with one row per document, and the
carried columns of those documents that could be flagged. No text is kept but its first words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["OURS", "WORDS", "Origins", "opening_of"]

WORDS = 12
_LONGEST = 120
# Columns of a batch that say where a document is, not what came along with it.
OURS = frozenset({"id", "text", "sha256", "first", "at_file", "at_row"})


class Origins:
    """Gathers where documents came from.

    Args:
        above: the score from which on the carried columns of a document are kept.
    """

    def __init__(self, above: float) -> None:
        self._above = above
        self._files: list[pa.Array] = []
        self._rows: list[pa.Array] = []
        self._openings: list[str] = []
        self._carried: dict[int, dict[str, Any]] = {}
        self._names: dict[str, None] = {}

    def add(self, batch: pa.RecordBatch, texts: Sequence[str], scores: np.ndarray) -> None:
        """Note the documents of one batch."""
        start = len(self._openings)
        self._files.append(batch["at_file"])
        self._rows.append(batch["at_row"])
        self._openings += map(opening_of, texts)
        names = [name for name in batch.schema.names if name not in OURS]
        high = np.flatnonzero(scores >= self._above)
        if names and high.size:
            self._names |= dict.fromkeys(names)
            chosen = batch.select(names).take(pa.array(high)).to_pylist()
            self._carried |= dict(zip((start + high).tolist(), chosen, strict=True))

    @property
    def columns(self) -> dict[str, pa.Array]:
        """Where each document came from: `file`, `row` (from 1), `first_words`."""
        return {
            "file": pa.chunked_array(self._files, pa.string()),
            "row": pa.chunked_array(self._rows, pa.int64()),
            "first_words": pa.array(self._openings, pa.string()),
        }

    def unplaced(self) -> Origins:
        """The same for a sample, whose rows are not those of any file."""
        self._files = [pa.nulls(len(part), pa.string()) for part in self._files]
        self._rows = [pa.nulls(len(part), pa.int64()) for part in self._rows]
        return self

    def carried(self, places: Sequence[int]) -> dict[str, list[Any]]:
        """The carried columns of some documents; None where a document had a low score."""
        rows = [self._carried.get(place, {}) for place in places]
        return {name: [row.get(name) for row in rows] for name in self._names}


def opening_of(text: str) -> str:
    """The first dozen words, an ellipsis after them where there are more.

    >>> opening_of("One  two three"), opening_of("word " * 40)[-7:]
    ('One two three', ' word …')
    """
    words = text[: 40 * WORDS].split()
    told = " ".join(words[:WORDS])
    if len(told) > _LONGEST:
        told = told[:_LONGEST].rstrip()
    return told if len(told) >= len(" ".join(text.split())) else f"{told} …"
