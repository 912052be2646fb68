"""One streamed pass over a corpus: what the estimate needs of each document, and not its text.

In: a corpus and a scorer. Out: arrays with one entry per document, the texts of the highest
scores (for the passages a report shows) and a small deterministic sample of texts (for checks
that read them). Memory is bounded by a few hundred bytes a document.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead.corpus import Census, Corpus, content_hash
from wellhead.corpus.census import Sampled
from wellhead.corpus.language import identified
from wellhead.corpus.near_duplicates import NearDuplicates
from wellhead.corpus.words import count_words
from wellhead.detect.known_scores import KnownScores
from wellhead.errors import BadInput
from wellhead.prevalence.copying import COPIED, Sources
from wellhead.prevalence.origins import OURS, Origins
from wellhead.prevalence.preparation import Preparation
from wellhead.prevalence.result import AsRead

__all__ = ["SAMPLE", "ScoredDocuments", "read_documents"]

_KEPT_HIGHEST = 60
# Texts that are kept for comparison of words and layout, at random.
SAMPLE = 500
# Copies are looked for among so many texts; beyond, only equal texts count once.
COMPARED = 200_000
_KEPT_CHARACTERS = 20_000
_SHOWN = 300
_ROWS_TOLD = 10


@dataclass(frozen=True, kw_only=True)
class ScoredDocuments:
    """A corpus after scoring; all arrays have one entry per usable document.

    Attributes:
        ids: identities, given or content hashes.
        sha256: content hashes.
        scores: float64, higher = more machine-like.
        cluster: equal for texts that are copies of each other, in full or nearly.
        first: False where the text, or a near copy of it, came before.
        copied: True where the text mostly repeats a source text.
        characters: length of the text.
        words: number of words.
        trained_on: True where the detector was fitted on the text.
        places: where the texts that were compared for near copies stand in their finder.
        groups: group of each document, or None.
        highest: texts of the highest scores, by row.
        origins: file, row and first words of each document.
        sample: some distinct texts by row, chosen by content hash.
        census: what the corpus package counted.
        name: of the corpus.
        notes: what was guessed on the way.
        found: what was folded or set apart before scoring.
    """

    ids: pa.Array
    sha256: list[str]
    scores: np.ndarray
    cluster: np.ndarray
    first: np.ndarray
    copied: np.ndarray
    characters: np.ndarray
    words: np.ndarray
    trained_on: np.ndarray
    groups: np.ndarray | None
    places: slice
    highest: dict[int, str]
    origins: Origins
    sample: dict[int, str]
    census: Census
    name: str
    notes: tuple[str, ...]
    found: Preparation

    @property
    def evidence(self) -> np.ndarray:
        """Rows that count: one of each cluster of copies, copies of a source left out."""
        return np.flatnonzero(self.first & ~self.copied)

    def as_read(self) -> AsRead:
        """Three texts and what else tells whether the right column of the right file was read."""
        found = Counter(identified(self.sample.values()))
        where = self.origins.columns
        quantiles = np.quantile(self.characters, [0, 0.25, 0.5, 0.75, 1], method="nearest")
        lengths = tuple(quantiles.tolist())
        return AsRead(
            characters=lengths,
            languages={code: n / found.total() for code, n in found.most_common()},
            sample=tuple(
                Sampled(
                    where["file"][row].as_py() or "", where["row"][row].as_py() or 0, _begins(text)
                )
                for row, text in islice(self.sample.items(), 3)
            ),
            unusable=self.census.examples[:_ROWS_TOLD],
        )

    def place(self, row: int) -> str:
        """Where a person finds a document: its file, row and first words, or its identity."""
        where = {name: column[row].as_py() for name, column in self.origins.columns.items()}
        at = f"{where['file']}, row {where['row']}" if where["file"] else f"id '{self.ids[row]}'"
        return f"{at}, “{where['first_words']}”"

    def short_place(self, row: int) -> str:
        """The same without the words."""
        file, at = (self.origins.columns[name][row].as_py() for name in ("file", "row"))
        return f"{file}, row {at}" if file else f"id '{self.ids[row]}'"

    def drawn_from(self, whole: Corpus) -> ScoredDocuments:
        """The same, for a sample of `whole`: what was guessed and unusable there is told too."""
        census = replace(self.census, rows=whole.census.rows, unusable=whole.census.unusable)
        notes = (*whole.notes, *self.notes)
        return replace(self, census=census, notes=notes, origins=self.origins.unplaced())


def read_documents(
    corpus: Corpus,
    known: KnownScores,
    *,
    group_by: str | None = None,
    sources: Sources | None = None,
    copies: NearDuplicates | None = None,
    passages: frozenset[str] = frozenset(),
    carry_above: float = np.inf,
    progress: Progress = quiet,
) -> ScoredDocuments:
    """Score every document of `corpus` in one pass.

    Args:
        corpus: what is read.
        known: gives the scores, each text's once.
        group_by: a column that parts the documents into groups.
        sources: the task's source texts, whose copies are set apart.
        copies: finds near-duplicates, also of texts that were read before with the same finder.
        passages: passages to set apart before scoring.
        carry_above: the score from which on the other columns of a document are kept.
        progress: told of every document.

    Raises:
        BadInput: no usable document, or no column `group_by`.
    """
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("scores", "first", "copied", "characters", "words", "trained_on")
    }
    ids: list[pa.Array] = []
    hashes: list[str] = []
    groups: list[str] = []
    kept, origins = _Kept(), Origins(carry_above)
    copies = NearDuplicates() if copies is None else copies
    start = copies.count
    prepare = Preparation(passages)
    for batch in corpus.batches(marks=True, progress=progress):
        raw, own = batch["text"].to_pylist(), batch["sha256"].to_pylist()
        texts = [prepare(text) for text in raw]
        scores, trained_on = known.of(
            texts,
            [
                sha if text is given else content_hash(text)
                for sha, text, given in zip(own, texts, raw, strict=True)
            ],
        )
        if len(hashes) < COMPARED:
            copies.extend(texts)
        copied = _copied(texts, sources)
        first = np.asarray(batch["first"].to_numpy(zero_copy_only=False))
        kept.offer(len(hashes), texts, scores, own, first & ~copied)
        origins.add(batch, raw, scores)
        ids.append(batch["id"])
        hashes += own
        columns["scores"].append(scores)
        columns["first"].append(first)
        columns["copied"].append(copied)
        columns["characters"].append(np.fromiter(map(len, texts), np.int64, len(texts)))
        columns["words"].append(np.fromiter(map(count_words, texts), np.int64, len(texts)))
        columns["trained_on"].append(trained_on)
        if group_by is not None:
            groups += _groups(batch, group_by)
    if not hashes:
        raise BadInput(f"'{corpus.name}' holds no usable document: {_reasons(corpus.census)}")
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    cluster = _clusters(copies, start, hashes)
    joined["first"] &= _firsts(cluster)
    sample = {row: text for row, text in kept.sample().items() if joined["first"][row]}
    return ScoredDocuments(
        ids=pa.chunked_array(ids).combine_chunks(),
        sha256=hashes,
        groups=np.asarray(groups, dtype=object) if group_by is not None else None,
        highest=kept.highest(),
        origins=origins,
        sample=sample,
        cluster=cluster,
        places=slice(start, copies.count),
        census=corpus.census,
        name=corpus.name,
        notes=tuple(corpus.notes),
        found=prepare,
        **joined,
    )


def _begins(text: str) -> str:
    """The first letters of a text, to the last whole word.

    >>> _begins("stone " * 90)[-7:]
    'stone …'
    """
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN].rpartition(' ')[0] or text[:_SHOWN]} …"


class _Kept:
    """The few texts that are remembered: the highest scores, and the lowest hashes."""

    def __init__(self) -> None:
        self._highest: list[tuple[float, int, str]] = []
        self._sample: list[tuple[int, int, str]] = []

    def offer(
        self,
        start: int,
        texts: Sequence[str],
        scores: np.ndarray,
        hashes: Sequence[str],
        counts: np.ndarray,
    ) -> None:
        for offset, (text, score, sha) in enumerate(zip(texts, scores, hashes, strict=True)):
            _push(self._highest, (float(score), start + offset, text), _KEPT_HIGHEST)
            if counts[offset]:
                _push(self._sample, (-int(sha[:12], 16), start + offset, text), SAMPLE)

    def highest(self) -> dict[int, str]:
        return {row: text for _, row, text in sorted(self._highest, reverse=True)}

    def sample(self) -> dict[int, str]:
        return {row: text for _, row, text in sorted(self._sample, reverse=True)}


def _push(heap: list[Any], item: tuple[Any, ...], limit: int) -> None:
    if len(heap) >= limit and item <= heap[0]:
        return
    item = (*item[:-1], item[-1][:_KEPT_CHARACTERS])
    if len(heap) < limit:
        heapq.heappush(heap, item)
    else:
        heapq.heapreplace(heap, item)


def _clusters(copies: NearDuplicates, start: int, hashes: list[str]) -> np.ndarray:
    """The cluster of each text: by near copies as far as they were compared, by equality beyond."""
    found = copies.clusters()[start : start + len(hashes)]
    number = {sha: int(cluster) for sha, cluster in zip(hashes, found, strict=False)}
    following = copies.count
    for sha in hashes[found.size :]:
        number.setdefault(sha, following + len(number))
    return np.concatenate([found, [number[sha] for sha in hashes[found.size :]]]).astype(np.int64)


def _firsts(cluster: np.ndarray) -> np.ndarray:
    first = np.zeros(cluster.size, dtype=bool)
    first[np.unique(cluster, return_index=True)[1]] = True
    return first


def _copied(texts: Sequence[str], sources: Sources | None) -> np.ndarray:
    if sources is None:
        return np.zeros(len(texts), dtype=bool)
    return np.asarray([sources.containment(text) >= COPIED for text in texts])


def _groups(batch: pa.RecordBatch, column: str) -> list[str]:
    if column not in batch.schema.names:
        own = [name for name in batch.schema.names if name not in OURS]
        raise BadInput(
            f"no column '{column}' to group by (--group-by); the corpus has "
            f"{', '.join(own) or 'texts alone'}"
        )
    named = (None if value is None else str(value) for value in batch[column].to_pylist())
    return [name if name and name.strip() else "(none)" for name in named]


def _reasons(census: Census) -> str:
    if not census.unusable:
        return "it is empty"
    return ", ".join(f"{count} rows {reason}" for reason, count in census.unusable.items())
