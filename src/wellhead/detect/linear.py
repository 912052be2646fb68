"""Counts of n-grams → one number per text: a linear model, fitted and applied.

Counts become ``log(1 + count) · idf`` or, where the `Recipe` asks for presence, ``idf``; the vector
of each kind of feature (characters, words, skeleton) is scaled to length 1, so that long texts do
not outweigh short ones. Features of one topic alone say nothing about the next and are dropped.
The weights come from logistic regression with an L2 penalty, so that a score is a log-odds under
the balance of the training texts; trees on measures of rhythm may add to it. `wellhead.assay` uses
only its order.

Sums are taken text by text in the order of the columns: a score is the same to the last bit in
whatever batch the text comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.hashing import ALPHABETIC, BITS, BLOCKS, COLUMNS, Batch, count, tables
from wellhead.detect.normalise import Codes
from wellhead.detect.rhythm import MEASURES, classes
from wellhead.detect.trees import NO_TREES, Trees
from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from wellhead.detect.solver import Worth

__all__ = [
    "TRANSFORMS",
    "LinearModel",
    "Recipe",
    "Vectors",
    "counts_of",
    "fit",
    "frequent_columns",
]

TRANSFORMS = ("log1p", "presence")
"""What becomes of a count: its damped value, or only that it is there."""

_BATCH_CHARACTERS = 200_000
_BATCH_ROWS = 512


class Vectors(NamedTuple):
    """The nonzero entries of scaled feature vectors, ordered by text and feature.

    Attributes:
        row: index of the text.
        feature: index into the model's features.
        value: the scaled value.
    """

    row: NDArray[np.intp]
    feature: NDArray[np.intp]
    value: NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """How a linear model is made.

    Attributes:
        transform: one of `TRANSFORMS`.
        idf_power: rare features count with this power of their inverse document frequency.
        spread: in how many domains a feature must be in use; 0: in all texts taken together.
        share: in what part of the texts.
        lowest: columns below this one are not used; 2^20 leaves the characters out.
        agreement: features are trusted by this power of how surely domains agree on them
            (`wellhead.detect.scales`); 0: all alike.
        rhythm: how much of the log-odds of trees on measures of rhythm (`wellhead.detect.rhythm`)
            is added to the score; 0: no trees.
    """

    transform: str = "log1p"
    idf_power: float = 1.0
    spread: int = 3
    share: float = 0.002
    lowest: int = 0
    agreement: float = 0.0
    rhythm: float = 0.0

    def columns(self, counts: csr_matrix, domain: NDArray[np.str_]) -> NDArray[np.int32]:
        """The features that rows of these domains have in common."""
        groups = domain if self.spread else np.zeros(len(domain), "U1")
        found = frequent_columns(counts, groups, spread=max(self.spread, 1), share=self.share)
        return found[found >= self.lowest]


@dataclass(frozen=True)
class LinearModel:
    """Which hashed features count, how rare each is, and its weight.

    Attributes:
        column: the hashed features that are used, ascending.
        idf: how rare each was in training.
        weight: what each adds to the score per unit of its scaled value.
        intercept: the score of a text without any known feature.
        transform: one of `TRANSFORMS`.
        script: one of `wellhead.detect.hashing.SCRIPTS`.
        trees: the second view: what measures of rhythm add to the score of a text. Counts know
            nothing of it.
    """

    column: NDArray[np.int32]
    idf: NDArray[np.float32]
    weight: NDArray[np.float32]
    intercept: float
    transform: str = "log1p"
    script: str = ALPHABETIC
    trees: Trees = NO_TREES

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Scores of normalised texts."""
        parts = []
        for texts_of_batch in _batches(texts):
            scores = np.empty(len(texts_of_batch))
            self._score(Batch.of(texts_of_batch), scores)
            parts.append(scores)
        return np.concatenate(parts) if parts else np.empty(0)

    def score_codes(self, codes: Codes, out: NDArray[np.float64]) -> None:
        """Scores of normalised texts as characters, into `out`."""
        self._score(Batch(*codes), out)

    def _score(self, batch: Batch, out: NDArray[np.float64]) -> None:
        from wellhead.detect.native import score_batch

        values = _values(self.transform, len(batch.codes))
        known, words = tables(self.script), (classes(), *self.trees)
        score_batch(*batch, *known, *self._compiled, values, self.intercept, *words, out)

    def score_counts(self, counts: csr_matrix) -> NDArray[np.float64]:
        """Scores of rows of counts, without trees."""
        parts = [self._totals(part) for part in _stretches(counts)]
        total = np.concatenate(parts) if parts else np.empty(0)
        return total + self.intercept

    def _totals(self, counts: csr_matrix) -> NDArray[np.float64]:
        return self._summed(self.vectors(counts), counts.shape[0])

    def score_vectors(self, found: Vectors, texts: int) -> NDArray[np.float64]:
        """Scores of so many texts from their `vectors`, which models of equal features share."""
        return self._summed(found, texts) + self.intercept

    def _summed(self, found: Vectors, texts: int) -> NDArray[np.float64]:
        share = found.value * self.weight[found.feature]
        total = np.bincount(found.row, share, minlength=texts)
        return total.astype(np.float64, copy=False)

    def vectors(self, counts: csr_matrix) -> Vectors:
        """Scaled feature vectors of rows of counts."""
        feature = self._feature_of[counts.indices]
        row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        known = feature >= 0
        row, feature = row[known], feature[known].astype(np.intp)
        value = self._damped(counts.data[known].astype(np.float64)) * self.idf[feature]
        part = row * len(BLOCKS) + (self.column[feature] >> BITS)
        square = np.bincount(part, value * value, minlength=counts.shape[0] * len(BLOCKS))
        return Vectors(row, feature, value / np.sqrt(square)[part])

    def matrix(self, counts: csr_matrix) -> csr_matrix:
        """`vectors` as a float32 matrix with one column for each feature."""
        return self._matrix(counts, self._feature_of)

    def matrix_of_features(self, counts: csr_matrix) -> csr_matrix:
        """`matrix` of counts of the model's features alone, a column for each."""
        return self._matrix(counts, np.arange(len(self.column), dtype=np.int32))

    def _matrix(self, counts: csr_matrix, feature_of: NDArray[np.int32]) -> csr_matrix:
        from scipy.sparse import csr_matrix

        from wellhead.detect.solver import scaled_rows

        damped = self._damped(counts.data.astype(np.float32))
        start = counts.indptr.astype(np.int64)
        block = (self.column >> BITS).astype(np.int8)
        rows = (start, counts.indices, damped, feature_of, block, self.idf)
        value, feature, start = scaled_rows(*rows)
        return csr_matrix((value, feature, start), (counts.shape[0], len(self.column)))

    def _damped(self, counts: NDArray[Any]) -> NDArray[Any]:
        return np.log1p(counts) if self.transform == "log1p" else np.ones_like(counts)

    @property
    def worth(self) -> Worth:
        """What counts are worth while the model is fitted."""
        from wellhead.detect.solver import Worth

        counts = np.arange(1 << 16, dtype=np.float32)
        return Worth(self._damped(counts), self.idf, (self.column >> BITS).astype(np.int8))

    @property
    def sound(self) -> bool:
        """Whether the features ascend, each with a finite weight; what a file says need not."""
        column = self.column
        in_order = column.size == 0 or (
            column[0] >= 0 and column[-1] < COLUMNS and bool(np.all(np.diff(column) > 0))
        )
        numbers = (self.idf, self.weight, np.array([self.intercept]))
        return (
            in_order
            and column.size == self.idf.size == self.weight.size
            and all(bool(np.isfinite(one).all()) for one in numbers)
            and self.trees.sound(len(MEASURES))
        )

    @cached_property
    def _feature_of(self) -> NDArray[np.int32]:
        table = np.full(COLUMNS, -1, dtype=np.int32)
        table[self.column] = np.arange(len(self.column), dtype=np.int32)
        return table

    @cached_property
    def _compiled(self) -> tuple[NDArray[Any], ...]:
        """What `wellhead.detect.kernels.score_batch` wants to know of the features."""
        known = np.zeros(COLUMNS >> 5, np.uint64)
        words, features = np.divmod(self.column.astype(np.int64), 32)
        np.bitwise_or.at(known, words, np.uint64(1) << features.astype(np.uint64))
        before = np.searchsorted(self.column, np.arange(len(known)) << 5).astype(np.uint64)
        first_of = np.searchsorted(self.column, np.arange(len(BLOCKS) + 1) << BITS)
        return known | before << np.uint64(32), first_of, self.idf, self.weight

    def rounded(self) -> LinearModel:
        """The same model in coarser steps: a thousandth of the largest weight, a 64th of idf.

        The order of texts is the same for any purpose, and the file is half as large.
        """
        step = np.float32(2.0 ** np.ceil(np.log2(np.abs(self.weight).max() / 1024)))
        weight = np.round(self.weight / step) * step
        return replace(self, weight=weight, idf=np.round(self.idf * 64) / np.float32(64))

    def digest(self) -> str:
        """A hash of everything that decides a score."""
        script = "" if self.script == ALPHABETIC else f" {self.script}"
        stated = f"{COLUMNS} {self.transform} {self.intercept!r}{script}"
        digest = hashlib.sha256(stated.encode())
        for array, kind in ((self.column, "<i4"), (self.idf, "<f4"), (self.weight, "<f4")):
            digest.update(array.astype(kind).tobytes())
        if len(self.trees):
            for array, kind in zip(self.trees, ("<i2", "<f4", "<f4"), strict=True):
                digest.update(array.astype(kind).tobytes())
        return digest.hexdigest()


def fit(
    counts: csr_matrix,
    machine: NDArray[np.bool_],
    *,
    columns: NDArray[np.int32],
    weight: NDArray[np.float64] | None = None,
    strength: float = 0.5,
    seed: int = 0,
    recipe: Recipe | None = None,
    script: str = ALPHABETIC,
    domain: NDArray[np.str_] | None = None,
) -> LinearModel:
    """The linear model that tells `machine` rows from the others.

    Args:
        counts: rows of `wellhead.detect.hashing.count`.
        machine: which rows machines wrote.
        columns: the hashed features to use, as `Recipe.columns` gives them.
        weight: how much each row counts; mean 1 keeps the meaning of `strength`.
        strength: inverse of the L2 penalty.
        seed: order in which the solver visits rows.
        recipe: what a count is worth; as a detector for one's own task if not given.
        script: in which the n-grams were counted.
        domain: of each row, for a recipe that asks what domains agree on.

    Raises:
        BadSetting: such a recipe without domains.
    """
    from wellhead.detect.scales import agreement_scales
    from wellhead.detect.solver import solve

    recipe = recipe or Recipe()
    texts_with = np.bincount(counts.indices, minlength=counts.shape[1])[columns]
    rarity = np.log((1 + counts.shape[0]) / (1 + texts_with)) + 1
    idf = (rarity**recipe.idf_power).astype(np.float32)
    nothing = np.zeros(len(columns), np.float32)
    blank = LinearModel(columns, idf, nothing, 0.0, recipe.transform, script)
    weight = np.ones(counts.shape[0]) if weight is None else weight
    matrix, scale = blank.matrix(counts), np.ones(len(columns), np.float32)
    if recipe.agreement:
        if domain is None:
            raise BadSetting("a recipe with agreement needs the domain of each row")
        scale = agreement_scales(matrix, machine, weight, domain, power=recipe.agreement)
        matrix.data *= scale[matrix.indices]
    found = solve(matrix, machine, strength * weight, seed=seed)
    weights = found.weight.astype(np.float32) * scale
    return replace(blank, weight=weights, intercept=found.intercept)


def frequent_columns(
    counts: csr_matrix, groups: NDArray[np.str_], *, spread: int = 3, share: float = 0.002
) -> NDArray[np.int32]:
    """Hashed features that are in use in several groups of texts, ascending.

    Args:
        counts: rows of counts.
        groups: the group (domain) of each row.
        spread: in how many groups a feature must be in use; all of them when there are fewer.
        share: a feature is in use in a group when at least this share of its texts, and no fewer
            than four, have it.
    """
    names = np.unique(groups)
    used_in = np.zeros(counts.shape[1], dtype=np.int32)
    for name in names:
        rows = np.flatnonzero(groups == name)
        texts_with = np.bincount(counts[rows].indices, minlength=counts.shape[1])
        used_in += texts_with >= max(4, share * len(rows))
    return np.flatnonzero(used_in >= min(spread, len(names))).astype(np.int32)


def counts_of(texts: Sequence[str], script: str = ALPHABETIC) -> csr_matrix:
    """Counts of many normalised texts, a batch at a time."""
    from scipy.sparse import vstack

    return vstack(
        [count(batch, script) for batch in _batches(texts)], format="csr", dtype=np.float32
    )


def _stretches(counts: csr_matrix) -> Iterator[csr_matrix]:
    """Some rows at a time: what is computed for them stays small."""
    for start in range(0, counts.shape[0], _BATCH_ROWS):
        yield counts[start : start + _BATCH_ROWS]


@lru_cache(maxsize=1)
def _logs_up_to(size: int) -> NDArray[np.float64]:
    return np.asarray(np.log1p(np.arange(size, dtype=np.float64)))


def _values(transform: str, most: int) -> NDArray[np.float64]:
    """What every count that a batch of `most` characters can have is worth; empty for presence."""
    return _logs_up_to(1 << max(18, most.bit_length())) if transform == "log1p" else np.empty(0)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Stretches of `texts` with bounded numbers of characters, so that memory stays bounded."""
    start = size = 0
    for at, text in enumerate(texts):
        size += len(text)
        if size > _BATCH_CHARACTERS and at > start:
            yield texts[start:at]
            start, size = at, len(text)
    if start < len(texts):
        yield texts[start:]
