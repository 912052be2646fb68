"""What a text takes from the source it was written about, and how little that says of its writer.

In: the source texts of a task (the abstracts that people summarised, say). Out: counts of n-grams
in which those that stand in a text's own source weigh a twentieth. People and machines take other
parts of one source, and more from one source than from the next: what a detector learns of that on
some sources misleads it on others. A text's own source is the one with most of its n-grams.
`benchmarks/crowd_study.py` measures what that gains on sources that no text was learned of.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wellhead._atomic import atomic_path
from wellhead.detect.arrays import read_arrays
from wellhead.detect.hashing import ALPHABETIC, COLUMNS
from wellhead.detect.linear import counts_of
from wellhead.detect.normalise import normalise_all
from wellhead.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["BORROWED", "SourceGrams"]

BORROWED = 0.05
"""What an n-gram of the source counts, where one of the writer's own counts 1."""

_ROWS = 512
_ARRAYS = {"column": np.int32, "start": np.int64}


@dataclass(frozen=True)
class SourceGrams:
    """The hashed n-grams of each source text, without their order.

    Attributes:
        column: of one source after the other, ascending in each.
        start: shape (sources + 1,), where each begins, and the end of all.
    """

    column: NDArray[np.int32]
    start: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str], script: str = ALPHABETIC) -> SourceGrams | None:
        """Of texts as they come; None where none has any.

        >>> grams = SourceGrams.of(["The patients of both groups were asked to fast."])
        >>> counts = counts_of(["the patients slept"])
        >>> lowered = grams.lowered(counts)
        >>> bool(0.05 * counts.sum() < lowered.sum() < counts.sum())
        True
        """
        clean = [text for text in dict.fromkeys(normalise_all(list(texts))) if text]
        if not clean:
            return None
        counts = counts_of(clean, script)
        counts.sort_indices()
        return cls(counts.indices.astype(np.int32), counts.indptr.astype(np.int64))

    @property
    def digest(self) -> str:
        """A hash of all of them."""
        found = hashlib.sha256(self.column.astype("<i4").tobytes())
        found.update(self.start.astype("<i8").tobytes())
        return found.hexdigest()

    def own(self, counts: csr_matrix) -> NDArray[np.intp]:
        """For each row of counts the source that has most of its n-grams."""
        found = np.empty(counts.shape[0], np.intp)
        for start in range(0, counts.shape[0], _ROWS):
            part = counts[start : start + _ROWS].astype(np.float32)
            part.data[:] = 1
            found[start : start + _ROWS] = np.asarray((part @ self._columns).todense()).argmax(1)
        return found

    def lowered(self, counts: csr_matrix, own: NDArray[np.intp] | None = None) -> csr_matrix:
        """The counts with n-grams of each row's source, by default its `own`, at `BORROWED`."""
        lowered = counts.astype(np.float32)
        for row, source in enumerate(self.own(counts) if own is None else own):
            mine = slice(counts.indptr[row], counts.indptr[row + 1])
            theirs = self.column[self.start[source] : self.start[source + 1]]
            lowered.data[mine][np.isin(counts.indices[mine], theirs)] *= BORROWED
        return lowered

    @cached_property
    def _columns(self) -> csr_matrix:
        """A row for each n-gram, a column for each source that has it."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self.column), np.float32)
        shape = (len(self.start) - 1, COLUMNS)
        return csr_matrix((ones, self.column, self.start), shape).T.tocsr()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write them: numbers, no text."""
        with atomic_path(Path(path)) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, column=self.column, start=self.start)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SourceGrams:
        """What `save` wrote, checked.

        Raises:
            BadInput: missing or broken.
        """
        arrays = read_arrays(Path(path), _ARRAYS)
        column, start = arrays["column"], arrays["start"]
        whole = (
            len(start) > 1
            and start[0] == 0
            and start[-1] == len(column)
            and bool((np.diff(start) >= 0).all())
            and all(bool((np.diff(column[a:b]) > 0).all()) for a, b in pairwise(start.tolist()))
            and bool(((column >= 0) & (column < COLUMNS)).all())
        )
        if not whole:
            raise BadInput(f"{path}: expected ascending n-grams of sources; copy the detector anew")
        return cls(column, start)
