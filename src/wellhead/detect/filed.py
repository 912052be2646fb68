"""Counts of n-grams of any number of texts, in little memory, and models fitted on them.

What `wellhead.detect.folds.Learner` is for texts in memory. Counts lie in one compact array (four
bytes for the column, two for the count), on disk once it is large, and the solver makes the values
of a row when it visits it: nothing is copied for a fit. Rows are visited in blocks, block after
block, in an order drawn by the seed within each; up to `BLOCK` rows the model is the very one that
`Learner` fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead._progress import Progress, quiet
from wellhead.detect.examples import Examples, balance
from wellhead.detect.hashing import COLUMNS, occurrences
from wellhead.detect.linear import LinearModel, Recipe
from wellhead.detect.spans import random_span
from wellhead.detect.spool import FiledArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["FiledCounts", "FiledLearner"]

BLOCK = 1 << 17
_MOST_COUNTED = np.iinfo(np.uint16).max
_AT_ONCE = 512
BATCH_CHARACTERS = 1_000_000


class FiledCounts(NamedTuple):
    """How often each row has each feature.

    Attributes:
        start: where each row begins, and the end of all.
        feature: which features each row has, ascending; indices into `column`.
        times: how often; 65,535 stands for that and more.
        column: the hashed column of each feature.
    """

    start: NDArray[np.int64]
    feature: NDArray[np.int32]
    times: NDArray[np.uint16]
    column: NDArray[np.int32]

    def rows(self, rows: NDArray[np.intp]) -> csr_matrix:
        """Some rows as `wellhead.detect.hashing.count` would give them."""
        from scipy.sparse import csr_matrix

        spans = [slice(self.start[row], self.start[row + 1]) for row in rows]
        times = np.concatenate([self.times[span] for span in spans]).astype(np.float32)
        column = self.column[np.concatenate([self.feature[span] for span in spans])]
        start = np.cumsum([0, *(span.stop - span.start for span in spans)])
        return csr_matrix((times, column, start), (len(rows), COLUMNS))

    def rows_with(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """How many of these rows have each feature."""
        from wellhead.detect.solver import rows_with

        found = np.zeros(len(self.column), np.int64)
        rows_with(self.start, self.feature, rows, found)
        return found


@dataclass(frozen=True)
class FiledLearner:
    """Examples with their counts taken once, from which many models are fitted.

    Attributes:
        examples: the texts, all of one domain.
        counts: of the whole texts, then of random stretches of each, view after view.
        place: the row of each example within a view.
        texts: rows of a view.
        views: counts of the whole texts, and of stretches of them.
        first: the view from which on views are learned from: 0, the whole texts, too; 1, stretches
            alone.
        seed: seed of the solver.
        recipe: how models are made; features in use in all texts taken together.
    """

    examples: Examples
    counts: FiledCounts
    place: NDArray[np.intp]
    texts: int
    views: int
    seed: int
    recipe: Recipe = field(default_factory=Recipe)
    first: int = 0

    @classmethod
    def of(
        cls,
        examples: Examples,
        *,
        seed: int,
        stretches: int,
        least: int,
        first: int = 0,
        recipe: Recipe | None = None,
        progress: Progress = quiet,
    ) -> FiledLearner:
        """Take the counts of the whole texts and of `stretches` random stretches of each.

        Args:
            examples: the texts.
            seed: fixes the stretches, and the orders of the solver.
            stretches: of each text.
            least: no model is fitted on fewer texts; features too rare for any are not kept.
            first: the view from which on views are learned from.
            recipe: how models are made.
            progress: told of every text of every view.
        """
        recipe = recipe or Recipe()
        texts, script = examples.texts, examples.script
        whole, found, texts_with = _Growing(), _Growing(), np.zeros(COLUMNS, np.int64)
        for part in _counted(texts, script, progress):
            whole.add(part)
            texts_with += np.bincount(part.column, minlength=COLUMNS)
        kept = _in_use(texts_with, recipe, least)
        feature_of = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
        for part in whole.parts():
            found.add(part.known(feature_of))
        for child in np.random.SeedSequence(seed).spawn(stretches):
            rng = np.random.default_rng(child)
            spans = (random_span(text, rng) for text in texts)
            for part in _counted(spans, script, progress):
                found.add(part.known(feature_of))
        counts = found.counts(np.flatnonzero(kept).astype(np.int32))
        rows = np.arange(len(examples))
        return cls(examples, counts, rows, len(rows), 1 + stretches, seed, recipe, first)

    def part(self, rows: NDArray[np.intp]) -> FiledLearner:
        """The same counts with some of the examples."""
        return replace(self, examples=self.examples.part(rows), place=self.place[rows])

    def fit(self, rows: NDArray[np.intp], strength: float) -> LinearModel:
        """The model fitted on `rows` alone."""
        from wellhead.detect.solver import Rows, solve_rows

        place, recipe, counts = self.place[rows], self.recipe, self.counts
        views = [place + view * self.texts for view in range(self.views)]
        texts_with = [counts.rows_with(view) for view in views]
        used = np.flatnonzero(_in_use(texts_with[0], recipe, len(rows)))
        learned = views[self.first :]
        every = np.concatenate(learned)
        learned_with = np.sum(texts_with[self.first :], axis=0)[used]
        rarity = np.log((1 + len(every)) / (1 + learned_with)) + 1
        blank = LinearModel(
            counts.column[used],
            (rarity**recipe.idf_power).astype(np.float32),
            np.zeros(len(used), np.float32),
            0.0,
            recipe.transform,
            self.examples.script,
        )
        machine = np.tile(self.examples.machine[rows], len(learned))
        weight = balance(self.examples.domain[rows], self.examples.family[rows])
        known = np.full(len(counts.column), -1, np.int32)
        known[used] = np.arange(len(used), dtype=np.int32)
        found = solve_rows(
            Rows(*counts[:3], every, known, blank.worth),
            machine,
            strength * np.tile(weight / len(learned), len(learned)),
            seed=self.seed,
            block=BLOCK,
        )
        return replace(blank, weight=found.weight.astype(np.float32), intercept=found.intercept)

    def score(self, model: LinearModel, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """What a model gives whole texts."""
        parts = [
            model.score_counts(self.counts.rows(self.place[rows[at : at + _AT_ONCE]]))
            for at in range(0, len(rows), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty(0)


def _in_use(texts_with: NDArray[Any], recipe: Recipe, texts: int) -> NDArray[np.bool_]:
    """Which features are in use in so many texts, of one domain."""
    return np.asarray(texts_with >= max(4, recipe.share * texts))


class _Part(NamedTuple):
    """Counts of some texts: how many features each has, which, and how often."""

    size: NDArray[np.int64]
    column: NDArray[np.int32]
    times: NDArray[Any]

    def known(self, feature_of: NDArray[np.int32]) -> _Part:
        """Those of known features alone."""
        feature = feature_of[self.column]
        known = feature >= 0
        before = np.concatenate([[0], np.cumsum(known)])
        size = np.diff(before[np.concatenate([[0], np.cumsum(self.size)])])
        return _Part(size, feature[known], self.times[known])


class _Growing:
    """Counts while they are taken."""

    def __init__(self) -> None:
        self._size: list[NDArray[np.int64]] = []
        self._column, self._times = FiledArray(np.int32), FiledArray(np.uint16)

    def add(self, part: _Part) -> None:
        self._size.append(part.size)
        self._column.add(part.column)
        self._times.add(np.minimum(part.times, _MOST_COUNTED))

    def parts(self) -> Iterator[_Part]:
        """What was added, as it was added."""
        column, times, end = self._column.array(), self._times.array(), 0
        for size in self._size:
            begin, end = end, end + int(size.sum())
            yield _Part(size, column[begin:end], times[begin:end])

    def counts(self, column: NDArray[np.int32]) -> FiledCounts:
        """All of it, where what was added are indices into `column`."""
        start = np.cumsum(np.concatenate([np.zeros(1, np.int64), *self._size]))
        return FiledCounts(start, self._column.array(), self._times.array(), column)


def _counted(texts: Iterable[str], script: str, progress: Progress) -> Iterator[_Part]:
    from wellhead.detect.solver import counted

    for batch in _batches(texts):
        found = occurrences(batch, script)
        times, column, start = counted(found.row, found.column, len(batch))
        yield _Part(np.diff(start), column, times)
        progress.advance(len(batch))


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size > BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
