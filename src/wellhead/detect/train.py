"""A detector for one's own task: known-human texts and machine texts in, a detector with card out.

The best detector is the one trained for the very task. Every machine corpus counts as one
generator. The strength of the penalty is chosen by cross-validation; the errors in the card are
those of models that had not seen the texts they were measured on, and, with two generators or
more, not the generator either. These left-out scores become the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead._version import __version__
from wellhead.corpus import Corpus, open_corpus, sample
from wellhead.corpus.columns import require_column
from wellhead.detect.card import Card, Measured, Source
from wellhead.detect.examples import HUMAN, Examples
from wellhead.detect.folds import Learner, cross_scores
from wellhead.detect.hashing import script_of
from wellhead.detect.heldout import HeldOut
from wellhead.detect.library import Cluster, Library
from wellhead.detect.ngram import NgramDetector
from wellhead.detect.normalise import STANDARD, Normalisation, normalise_all
from wellhead.errors import BadSetting, UnusableReference

__all__ = ["LEAST_TEXTS", "train_detector"]

LEAST_TEXTS = 20
"""The fewest human texts, and the fewest texts of each generator, to learn from."""

_MOST_TEXTS = 20_000
# Below this, more random stretches of each text steady the fit and cost little.
_FEW_TEXTS = 2_000
_STRENGTHS = (0.5, 2.0, 8.0)


class _Side(NamedTuple):
    """One corpus, read: its distinct normalised texts and their groups."""

    name: str
    texts: list[str]
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
    normalisation: Normalisation = STANDARD,
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
        normalisation: repairs made to every text, now and when scoring.

    Raises:
        UnusableReference: fewer than 20 usable human texts or texts of a generator.
        BadSetting: no machine corpus, two of one name, or a negative number of stretches.

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
    sides = [
        _read(corpus, at, text_column, group_column, seed, normalisation)
        for at, corpus in enumerate([human, *machine])
    ]
    _check_names(sides[1:])
    sides, both = _without_shared(sides)
    for side in sides:
        if len(side.texts) < LEAST_TEXTS:
            raise UnusableReference(
                f"{side.name}: expected at least {LEAST_TEXTS} usable distinct texts to learn "
                f"from, got {len(side.texts)}; add more"
            )
    examples = _examples(sides)
    if stretches is None:
        stretches = 3 if len(examples) < _FEW_TEXTS else 1
    learner = Learner.of(examples, seed=seed, stretches=stretches)
    strength, scores = _strongest(learner)
    measured, library = _measured(learner, sides, strength, scores)
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


def _read(
    source: Any,
    at: int,
    text_column: str | None,
    group_column: str | None,
    seed: int,
    normalisation: Normalisation,
) -> _Side:
    fallback = None if _has_name(source) else (f"machine {at}" if at else "human")
    corpus = open_corpus(source, text_column=text_column, name=fallback)
    table = sample(corpus, _MOST_TEXTS, seed=seed)
    if group_column is not None:
        require_column(group_column, table.schema.names, corpus.name)
    texts = normalise_all(table["text"].to_pylist(), normalisation)
    groups = (
        [f"{corpus.name}/{row}" for row in range(len(texts))]
        if group_column is None
        else [str(value) for value in table[group_column].to_pylist()]
    )
    kept = {text: group for text, group in zip(texts, groups, strict=True) if text}
    return _Side(corpus.name, list(kept), list(kept.values()), corpus.notes)


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
    people = set(sides[0].texts)
    robots = {text for side in sides[1:] for text in side.texts}
    both = people & robots
    kept = []
    for side in sides:
        rows = [at for at, text in enumerate(side.texts) if text not in both]
        kept.append(
            side._replace(
                texts=[side.texts[at] for at in rows], groups=[side.groups[at] for at in rows]
            )
        )
    return kept, len(both)


def _examples(sides: list[_Side]) -> Examples:
    writers = [HUMAN, *(side.name for side in sides[1:])]
    generator = np.repeat(writers, [len(side.texts) for side in sides])
    texts = [text for side in sides for text in side.texts]
    return Examples(
        texts,
        generator=generator,
        domain=np.full(len(texts), sides[0].name),
        family=generator,
        group=np.array([group for side in sides for group in side.groups]),
        script=script_of(texts),
    )


def _strongest(learner: Learner) -> tuple[float, NDArray[np.float64]]:
    """The penalty with the best cross-validated order of people and machines, and its scores."""
    from sklearn.metrics import roc_auc_score

    tried = {strength: cross_scores(learner, strength=strength) for strength in _STRENGTHS}
    machine = learner.examples.machine
    best = max(_STRENGTHS, key=lambda strength: roc_auc_score(machine, tried[strength]))
    return best, tried[best]


def _measured(
    learner: Learner, sides: list[_Side], strength: float, scores: NDArray[np.float64]
) -> tuple[tuple[Measured, ...], Library]:
    generators = [side.name for side in sides[1:]]
    known = [_cluster(learner, name, scores) for name in generators]
    measured = [Measured.of(cluster, "texts") for cluster in known]
    if len(generators) < 2:
        return tuple(measured), Library(tuple(known))
    unseen = [
        _cluster(learner, name, cross_scores(learner, strength=strength, without=name))
        for name in generators
    ]
    measured += [Measured.of(cluster, "texts and generator") for cluster in unseen]
    return tuple(measured), Library(tuple(unseen))


def _cluster(learner: Learner, generator: str, scores: NDArray[np.float64]) -> Cluster:
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
