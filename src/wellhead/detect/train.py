"""A detector for one's own task: known-human texts and machine texts in, a detector with card out.

The best detector is the one trained for the very task. Every machine corpus counts as one
generator. The strength of the penalty is chosen by cross-validation; the errors in the card are
those of models that had not seen the texts they were measured on, and, with two generators or
more, not the generator either. These left-out scores become the library.

Texts are read, normalised and counted a batch at a time, and lie in temporary files where they are
many, as their counts do: memory hardly grows with their number. The detector is the same whatever
the batches were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellhead._progress import Progress, quiet
from wellhead._version import __version__
from wellhead.corpus import Corpus, open_corpus, unified
from wellhead.corpus.columns import require_column
from wellhead.detect.card import Card, Measured, Source
from wellhead.detect.examples import HUMAN, Examples
from wellhead.detect.filed import FiledLearner
from wellhead.detect.folds import cross_scores, splits
from wellhead.detect.hashing import script_of
from wellhead.detect.heldout import HeldOut
from wellhead.detect.library import Cluster, Library
from wellhead.detect.ngram import NgramDetector
from wellhead.detect.normalise import STANDARD, Normalisation, normalise_all
from wellhead.detect.spool import FiledTexts
from wellhead.errors import BadSetting, UnusableReference

__all__ = ["LEAST_TEXTS", "MOST_TEXTS", "train_detector"]

LEAST_TEXTS = 20
"""The fewest human texts, and the fewest texts of each generator, to learn from."""

MOST_TEXTS = 100_000
"""So many texts of a side are learned from unless told otherwise."""

# Below this, more random stretches of each text steady the fit and cost little.
_FEW_TEXTS = 2_000
_STRENGTHS = (0.5, 2.0, 8.0)
# The penalty is chosen on so many texts: more would take longer, and not choose better. Of more
# texts, stretches alone are learned from, and each half is scored by a model of the other: whole
# texts beside them, and five parts, took nine times as long (`benchmarks/training_speed.py`).
_CHOSEN_ON = 20_000
_FOLDS, _HALVES = 5, 2


class _Side(NamedTuple):
    """One corpus, read: where its distinct texts lie in the file, by hash, and their groups."""

    name: str
    texts: dict[bytes, int]
    groups: list[str]
    notes: tuple[str, ...]


def train_detector(
    *,
    human: Any,
    machine: Sequence[Any],
    name: str = "custom",
    seed: int = 0,
    text_column: str | None = None,
    group_column: str | None = None,
    stretches: int | None = None,
    most_texts: int = MOST_TEXTS,
    normalisation: Normalisation = STANDARD,
    progress: Progress = quiet,
) -> NgramDetector:
    """A detector fitted on the user's own texts, with its measured errors in the card.

    The errors describe texts of these kinds. On another task, or a generator unlike all of
    these, they do not hold: this is what the anchored estimate of `wellhead.assay` is for.

    Args:
        human: known-human texts: anything that `wellhead.corpus.open_corpus` reads.
        machine: machine texts, one corpus for each generator.
        name: what to call the detector.
        seed: fixes splits, samples and stretches of text; same input and seed, same detector.
        text_column: the column with the text, where a corpus has several.
        group_column: a column whose equal values must not be on both sides of a split: the
            prompt that was answered, the source text that was summarised, the author.
        stretches: random stretches of each text to learn from beside the whole text, so that
            length says little; chosen by the number of texts when None. With 0, whole texts
            alone: the share of an n-gram then depends on length, and a corpus is judged by it.
        most_texts: of a corpus with more texts, so many are drawn at random.
        normalisation: repairs made to every text, now and when scoring.
        progress: told of every text read and counted, and of texts fitted on.

    Raises:
        UnusableReference: fewer than 20 usable human texts or texts of a generator.
        BadSetting: no machine corpus, two of one name, a negative number of stretches, or fewer
            texts at most than are needed.

    >>> people = [f"Well, we walked {i} miles and I was dead tired, honestly." for i in range(40)]
    >>> robots = [f"It is important to note that {i} miles were traversed." for i in range(40)]
    >>> detector = train_detector(human=people, machine=[robots])
    >>> bool(detector.score(robots[:1])[0] > detector.score(people[:1])[0])
    True
    """
    if not machine:
        raise BadSetting("expected at least one machine corpus, got none")
    if stretches is not None and stretches < 0:
        raise BadSetting(f"stretches: expected 0 or more, got {stretches}")
    if most_texts < LEAST_TEXTS:
        raise BadSetting(f"most texts: expected at least {LEAST_TEXTS}, got {most_texts}")
    reading = _Reading(text_column, group_column, seed, most_texts, normalisation, progress)
    sides = [reading.side(corpus, at) for at, corpus in enumerate([human, *machine])]
    _check_names(sides[1:])
    sides, both = _without_shared(sides)
    for side in sides:
        if len(side.texts) < LEAST_TEXTS:
            raise UnusableReference(
                f"{side.name}: expected at least {LEAST_TEXTS} usable distinct texts to learn "
                f"from, got {len(side.texts)}; add more"
            )
    examples = _examples(reading.texts, sides)
    if stretches is None:
        stretches = 3 if len(examples) < _FEW_TEXTS else 1
    turns = _Turns.of(examples, seed)
    progress.stage("Counting n-grams", len(examples) * (1 + stretches))
    learner = FiledLearner.of(
        examples,
        seed=seed,
        stretches=stretches,
        least=turns.least,
        first=1 if turns.many and stretches else 0,
        progress=progress,
    )
    progress.stage("Fitting, and measuring on texts left out", turns.work)
    strength, scores = _strongest(learner, turns, progress)
    measured, library = _measured(learner, turns, strength, scores, progress)
    card = Card(
        name=name,
        revision="",
        made_with=__version__,
        seed=seed,
        strength=strength,
        normalisation=normalisation,
        fitted_on=tuple(_source(side, at == 0) for at, side in enumerate(sides)),
        measured=measured,
        notes=_notes(sides, both, group_column),
    )
    model = learner.fit(np.arange(len(scores)), strength)
    return NgramDetector.of(card, model, library, HeldOut.of(examples.texts, scores))


@dataclass(frozen=True)
class _Reading:
    """How corpora are read; the texts of all of them come to lie in one file."""

    text_column: str | None
    group_column: str | None
    seed: int
    most: int
    normalisation: Normalisation
    progress: Progress
    texts: FiledTexts = field(default_factory=FiledTexts)

    def side(self, source: Any, at: int) -> _Side:
        fallback = None if _has_name(source) else (f"machine {at}" if at else "human")
        corpus = open_corpus(source, text_column=self.text_column, name=fallback)
        self.progress.stage(f"Reading {corpus.name}")
        texts: dict[bytes, int] = {}
        rows, groups = [], []
        for batch in self._drawn(corpus):
            if self.group_column is not None:
                require_column(self.group_column, batch.schema.names, corpus.name)
                groups.append(batch.select([self.group_column]))
            for text in normalise_all(batch["text"].to_pylist(), self.normalisation):
                rows.append(self._row(text, texts))
        named = self._groups(corpus.name, groups, len(rows))
        # A text that is there twice is of the later group, where the first one stands.
        of = {row: group for row, group in zip(rows, named, strict=True) if row >= 0}
        return _Side(corpus.name, texts, list(of.values()), corpus.notes)

    def _row(self, text: str, texts: dict[bytes, int]) -> int:
        """Where a text of a side lies in the file, into which a new one is put; -1 for none."""
        if not text:
            return -1
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
        if key not in texts:
            texts[key] = len(self.texts)
            self.texts.add(text)
        return texts[key]

    def _groups(self, name: str, batches: list[Any], rows: int) -> list[str]:
        if self.group_column is None:
            return [f"{name}/{row}" for row in range(rows)]
        return [str(value) for value in unified(batches)[self.group_column].to_pylist()]

    def _drawn(self, corpus: Corpus) -> Iterator[Any]:
        """Batches of the documents; of more than are wanted, those with the smallest draws."""
        documents = corpus.census.documents
        draws = np.random.default_rng(self.seed).random(documents)
        highest = np.sort(draws)[self.most - 1] if documents > self.most else 1.0
        end = 0
        for batch in corpus.batches(progress=self.progress):
            begin, end = end, end + batch.num_rows
            yield batch.filter(pa.array(draws[begin:end] <= highest))


def _has_name(source: Any) -> bool:
    import os

    return isinstance(source, (str, os.PathLike, Corpus))


def _check_names(machine: list[_Side]) -> None:
    names = [side.name for side in machine]
    twice = sorted({name for name in names if names.count(name) > 1 or name == HUMAN})
    if twice:
        raise BadSetting(
            f"expected one name for each machine corpus, got '{twice[0]}' twice or for people; "
            "rename the file, or open it with open_corpus(..., name=...)"
        )


def _without_shared(sides: list[_Side]) -> tuple[list[_Side], int]:
    """The sides without texts that stand on the human side and on a machine side."""
    both = {key for side in sides[1:] for key in side.texts.keys() & sides[0].texts.keys()}
    kept = []
    for side in sides:
        rows = {key: row for key, row in side.texts.items() if key not in both}
        of = zip(side.texts, side.groups, strict=True)
        kept.append(side._replace(texts=rows, groups=[name for key, name in of if key in rows]))
    return kept, len(both)


def _examples(filed: FiledTexts, sides: list[_Side]) -> Examples:
    writers = [HUMAN, *(side.name for side in sides[1:])]
    generator = np.repeat(writers, [len(side.texts) for side in sides])
    texts = filed.part([row for side in sides for row in side.texts.values()])
    return Examples(
        texts,
        generator=generator,
        domain=np.full(len(texts), sides[0].name),
        family=generator,
        group=np.array([group for side in sides for group in side.groups]),
        script=script_of(texts),
    )


@dataclass(frozen=True)
class _Turns:
    """Which texts are left out in turns, by all models that are fitted.

    Attributes:
        examples: all texts.
        some: those on which the penalty is chosen.
        of_some: which of these each turn leaves out.
        of_all: which of all.
    """

    examples: Examples
    some: NDArray[np.intp]
    of_some: list[NDArray[np.bool_]]
    of_all: list[NDArray[np.bool_]]

    @classmethod
    def of(cls, examples: Examples, seed: int) -> _Turns:
        every = np.arange(len(examples))
        if len(every) <= _CHOSEN_ON:
            of_all = splits(examples, _FOLDS, seed)
            return cls(examples, every, of_all, of_all)
        of_all = splits(examples, _HALVES, seed)
        drawn = np.random.default_rng(seed).choice(len(every), _CHOSEN_ON, replace=False)
        some = np.sort(drawn)
        return cls(examples, some, splits(examples.part(some), _HALVES, seed), of_all)

    @property
    def many(self) -> bool:
        """Whether there are more than the penalty is chosen on."""
        return self.of_some is not self.of_all

    @property
    def generators(self) -> list[str]:
        """All of them; each is also left out whole where there are two or more."""
        return list(dict.fromkeys(self.examples.family[self.examples.machine].tolist()))

    @property
    def unseen(self) -> list[str]:
        """Those that are left out whole."""
        return self.generators if len(self.generators) > 1 else []

    @property
    def least(self) -> int:
        """No model is fitted on fewer texts."""
        kept = [self.examples.family != name for name in self.unseen]
        sizes = [(~test).sum() for test in self.of_some]
        sizes += [(~test & part).sum() for test in self.of_all for part in kept]
        return int(min(sizes))

    @property
    def work(self) -> int:
        """Texts that are left out by some model, and those of the last model, which is the tool."""
        again = 1 if self.many else 0
        chosen = len(_STRENGTHS) * len(self.some)
        return chosen + len(self.examples) * (again + len(self.unseen) + 1)


def _strongest(
    learner: FiledLearner, turns: _Turns, progress: Progress
) -> tuple[float, NDArray[np.float64]]:
    """The penalty with the best cross-validated order of people and machines, and its scores."""
    from sklearn.metrics import roc_auc_score

    part = learner.part(turns.some) if turns.many else learner
    tried = {
        strength: cross_scores(part, strength=strength, turns=turns.of_some, progress=progress)
        for strength in _STRENGTHS
    }
    machine = part.examples.machine
    best = max(_STRENGTHS, key=lambda strength: roc_auc_score(machine, tried[strength]))
    if turns.many:
        return best, cross_scores(learner, strength=best, turns=turns.of_all, progress=progress)
    return best, tried[best]


def _measured(
    learner: FiledLearner,
    turns: _Turns,
    strength: float,
    scores: NDArray[np.float64],
    progress: Progress,
) -> tuple[tuple[Measured, ...], Library]:
    known = [_cluster(learner, name, scores) for name in turns.generators]
    measured = [Measured.of(cluster, "texts") for cluster in known]
    if not turns.unseen:
        return tuple(measured), Library(tuple(known))

    def without(name: str) -> NDArray[np.float64]:
        return cross_scores(
            learner, strength=strength, turns=turns.of_all, without=name, progress=progress
        )

    unseen = [_cluster(learner, name, without(name)) for name in turns.unseen]
    measured += [Measured.of(cluster, "texts and generator") for cluster in unseen]
    return tuple(measured), Library(tuple(unseen))


def _cluster(learner: FiledLearner, generator: str, scores: NDArray[np.float64]) -> Cluster:
    examples = learner.examples
    human, machine = examples.generator == HUMAN, examples.generator == generator
    return Cluster.of(
        ("own texts", str(examples.domain[0]), generator, str(examples.domain[0]), generator),
        scores[human],
        scores[machine],
        examples.lengths[human],
        examples.lengths[machine],
    )


def _source(side: _Side, human: bool) -> Source:
    size = len(side.texts)
    generators = () if human else (side.name,)
    return Source(side.name, None, size if human else 0, 0 if human else size, generators)


def _notes(sides: list[_Side], both: int, group_column: str | None) -> tuple[str, ...]:
    notes = list(dict.fromkeys(note for side in sides for note in side.notes))
    if both:
        notes.append(f"{both} texts stand on both sides and were left out.")
    if group_column is None:
        notes.append(
            "Errors were measured with texts left out one by one. If several texts answer one "
            "prompt or have one author, name that column as the group: otherwise these errors are "
            "too small."
        )
    return tuple(notes)
