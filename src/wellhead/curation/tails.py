"""Which tails a plan loses: rare words, short and long texts, topics, groups.

In: a corpus, read once, and the weight of each document. Out: for each stretch of each tail, how
much of it is kept, beside what a lottery of the same size would keep; and how much of what people
wrote there goes, by the probabilities of the assay. These are right on average over the corpus;
where people of one group write like machines they are not, and only labels of that group tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead._stats import Interval, wilson
from wellhead.corpus import Corpus
from wellhead.curation.evidence import Evidence
from wellhead.curation.words import BINS, HashedWords
from wellhead.errors import BadInput, BadSetting

__all__ = ["Stretch", "Tails", "WordBin", "read_tails"]

_LENGTHS = (0, 50, 100, 200, 400, 800, 1 << 62)
_TOPICS, _TOPIC_TEXTS, _TOPIC_CHARACTERS = 8, 4000, 2000
_MOST_GROUPS = 50


class WordBin(NamedTuple):
    """Words that occur so often in the corpus.

    Attributes:
        low, high: occurrences; `high` is None for "or more".
        words: how many.
        left: share of them that the kept text still has.
        by_lot: the same if as many documents had been kept at random.
    """

    low: int
    high: int | None
    words: int
    left: float
    by_lot: float


class Stretch(NamedTuple):
    """Documents of one kind.

    Attributes:
        name: of the kind.
        texts: distinct texts.
        kept: share kept, by weight.
        interval: of that share, if the texts are a sample of their kind.
        human_lost: share of what people wrote that goes, by the assay's probabilities.
        stands_out: kept clearly less than the whole corpus is (Bonferroni over the stretches).
    """

    name: str
    texts: int
    kept: float
    interval: Interval
    human_lost: float
    stands_out: bool


@dataclass(frozen=True, kw_only=True)
class Tails:
    """What is lost where.

    Attributes:
        words: by how often a word occurs.
        lengths: by words in a text.
        topics: by clusters of words in a random sample of texts.
        groups: by group; empty without a column.
        corpus: fingerprint of what was read.
    """

    words: tuple[WordBin, ...]
    lengths: tuple[Stretch, ...]
    topics: tuple[Stretch, ...]
    groups: tuple[Stretch, ...]
    corpus: str


@dataclass
class _Pass:
    """What one pass gathers."""

    words: HashedWords = field(default_factory=HashedWords)
    lengths: list[np.ndarray] = field(default_factory=list)
    groups: list[Any] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def read_tails(
    corpus: Corpus,
    evidence: Evidence,
    weights: np.ndarray,
    *,
    group_by: str | None = None,
    seed: int = 0,
    progress: Progress = quiet,
) -> tuple[Tails, HashedWords]:
    """Read the corpus once, check that it is the one assayed, and tell what is lost where.

    Args:
        corpus: the documents of the assay, in its order.
        evidence: the assay.
        weights: shape (documents,).
        group_by: a column for a tail of its own; by default the groups of the assay.
        seed: of the lottery and of the sample for the topics.
        progress: told of every document.

    Raises:
        BadInput: the corpus is not the one that was assayed.
    """
    rng = np.random.default_rng(seed)
    rows = evidence.weighed
    lot = rng.random(evidence.documents) < weights.mean()
    sample = np.sort(rng.choice(rows, min(_TOPIC_TEXTS, rows.size), replace=False))
    found, place = _Pass(), 0
    for batch in corpus.batches():
        here = slice(place, place + batch.num_rows)
        require_same(batch, evidence, place, corpus.name)
        found.lengths.append(found.words.add(batch["text"], weights[here] > 0, lot[here]))
        for row in sample[np.searchsorted(sample, place) : np.searchsorted(sample, here.stop)]:
            found.texts.append(batch["text"][int(row - place)].as_py()[:_TOPIC_CHARACTERS])
        if group_by is not None:
            found.groups += _column(batch, group_by)
        place = here.stop
        progress.advance(batch.num_rows)
    require_whole(place, corpus, evidence)
    return _tails(found, evidence, weights, sample, corpus.census.sha256), found.words


def require_same(batch: pa.RecordBatch, evidence: Evidence, place: int, name: str) -> None:
    """The documents of a batch are those of the assay at this place.

    Raises:
        BadInput: they are not; the message names the first that is not.
    """
    known = evidence.ids.slice(place, batch.num_rows)
    if known.equals(batch["id"]):
        return
    if len(known) < batch.num_rows:
        raise BadInput(
            f"{name} has more documents than the assay, which has {evidence.documents:,}: it is an "
            "assay of another corpus, or texts were added; assay this one"
        )
    differ = next(
        row for row in range(len(known)) if known[row].as_py() != batch["id"][row].as_py()
    )
    raise BadInput(
        f"{name} is not the corpus of this assay: document {place + differ + 1} is "
        f"'{batch['id'][differ].as_py()}' here and '{known[differ].as_py()}' there. Name the "
        "corpus that was assayed, with the same --id-column, --where and --split; or assay this one"
    )


def require_whole(read: int, corpus: Corpus, evidence: Evidence) -> None:
    """Every document of the assay was there, and its text is the same.

    Raises:
        BadInput: some are gone, or their texts changed.
    """
    if read < evidence.documents:
        raise BadInput(
            f"{corpus.name} has {read:,} documents and its assay {evidence.documents:,}: it is an "
            "assay of another corpus, or texts were removed; assay this one"
        )
    if not evidence.sampled and corpus.census.sha256 != evidence.corpus:
        raise BadInput(
            f"the texts of {corpus.name} are not those that were assayed, though their ids are: "
            "assay it again"
        )


def _column(batch: pa.RecordBatch, name: str) -> list[Any]:
    if name not in batch.schema.names:
        raise BadSetting(
            f"no column '{name}' for groups; there are: {', '.join(batch.schema.names[2:])}"
        )
    values: list[Any] = batch[name].to_pylist()
    return values


def _tails(
    found: _Pass, evidence: Evidence, weights: np.ndarray, sample: np.ndarray, sha256: str
) -> Tails:
    rows = evidence.weighed
    lengths = np.concatenate(found.lengths)[rows]
    names = [_length_name(low, high) for low, high in pairwise(_LENGTHS)]
    bins = np.searchsorted(_LENGTHS, lengths, side="right") - 1
    by_length = {one.name: one for one in _stretches(names, bins, rows, evidence, weights)}
    groups = found.groups or evidence.groups
    grouped: tuple[Stretch, ...] = ()
    if groups is not None:
        kinds, place = _kinds(groups)
        grouped = _stretches(kinds, place[rows], rows, evidence, weights)[:_MOST_GROUPS]
    topics: tuple[Stretch, ...] = ()
    if (named := topics_of(found.texts)) is not None:
        topics = _stretches(*_kinds(named), sample, evidence, weights)
    return Tails(
        words=_words(found.words),
        lengths=tuple(by_length[name] for name in names if name in by_length),
        topics=topics,
        groups=grouped,
        corpus=sha256,
    )


def _words(words: HashedWords) -> tuple[WordBin, ...]:
    made = []
    for low, high in BINS:
        total, left, by_lot = words.left(low, high)
        if total:
            top = None if high > 1 << 30 else high
            made.append(WordBin(low, top, total, left / total, by_lot / total))
    return tuple(made)


def _kinds(values: Sequence[Any] | np.ndarray) -> tuple[list[str], np.ndarray]:
    """The distinct values as text, and the place of each value among them."""
    told = pa.array("none" if one is None else str(one) for one in values).dictionary_encode()
    return told.dictionary.to_pylist(), told.indices.to_numpy()


def _stretches(
    kinds: Sequence[str],
    place: np.ndarray,
    rows: np.ndarray,
    evidence: Evidence,
    weights: np.ndarray,
) -> tuple[Stretch, ...]:
    """What each kind keeps, the least kept first; `place` is the kind of each of `rows`."""
    mine, human = weights[rows], 1 - evidence.posterior[rows]
    whole = float(weights[evidence.weighed].mean())
    present = np.unique(place)
    level = 1 - 0.05 / present.size
    made = []
    for number in present:
        here = place == number
        size, kept = int(here.sum()), float(mine[here].mean())
        people = float(human[here].sum())
        lost = float(((1 - mine[here]) * human[here]).sum() / people) if people > 0 else 0.0
        clear = wilson(kept * size, size, level=level).high < whole - 1e-6
        stretch = Stretch(kinds[number], size, kept, wilson(kept * size, size), lost, clear)
        made.append(stretch)
    return tuple(sorted(made, key=lambda one: (one.kept, -one.texts, one.name)))


def _length_name(low: int, high: int) -> str:
    if low == 0:
        return f"up to {high - 1} words"
    return f"{low} to {high - 1} words" if high < 1 << 60 else f"{low} words or more"


def topics_of(texts: Sequence[str]) -> np.ndarray | None:
    """The topic of each text, named by its three most telling words; None for too few texts.

    Words weighed by rarity, 20 main directions, eight clusters.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(texts) < 50 * _TOPICS:
        return None
    weigh = TfidfVectorizer(
        max_features=8000,
        max_df=0.2,
        min_df=5,
        sublinear_tf=True,
        token_pattern=r"(?u)\b[^\W\d]{3,}\b",
    )
    try:
        matrix = weigh.fit_transform(texts)
        plane = TruncatedSVD(20, random_state=0).fit_transform(matrix)
    except ValueError:  # no word is common enough
        return None
    clusters = MiniBatchKMeans(_TOPICS, random_state=0, n_init=3).fit_predict(plane)
    words, mean = weigh.get_feature_names_out(), np.asarray(matrix.mean(axis=0)).ravel()
    names = {}
    for cluster in np.unique(clusters):
        own = np.asarray(matrix[clusters == cluster].mean(axis=0)).ravel()
        best = np.argsort(-(own - mean))[:3]
        names[cluster] = ", ".join(words[at] for at in best)
    return np.array([names[cluster] for cluster in clusters], object)
