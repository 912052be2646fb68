"""A detector adapted to one's own task, in which no text is scored by a model that saw it.

In: texts of the task whose writers are known, and a detector for text at large. Out: a `Scorer` of
several models. Each is a logistic regression on the n-grams of the task's own texts and, beside
them, the general score in units of the people's spread. The own texts are parted into folds, and
each model is fitted without one. How dear it is to lean on the general score is learned for each
model: as dear as told texts, and whole kinds of machine text, of the other folds best from people's
where models scored them that had not seen them.

An own text gets the score of the model that saw neither it nor its group; any other text that of a
model drawn at random, by its hash. So the score of a person's text has the same law whether it
is one of the references or not, which is what conformal p-values rest on. It is not quite
exchangeable: references train models that score each other, new texts train none. What that does
to p-values, flags and intervals is measured by `benchmarks/own_task.py`: no excess was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from wellhead._progress import Progress, quiet
from wellhead._version import __version__
from wellhead.detect.adapted import (
    ADAPTED,
    TRANSFORM,
    AdaptedDetector,
    JoinedModel,
    in_units,
    with_revision,
)
from wellhead.detect.borrowed import SourceGrams
from wellhead.detect.card import Card, Measured, Source
from wellhead.detect.examples import HUMAN, Examples, balance
from wellhead.detect.folds import Learner, splits
from wellhead.detect.hashing import script_of
from wellhead.detect.heldout import HeldOut
from wellhead.detect.library import Cluster, Library
from wellhead.detect.linear import LinearModel, Recipe, frequent_columns
from wellhead.detect.normalise import STANDARD, normalise_all
from wellhead.detect.scorer import Scorer
from wellhead.detect.train import LEAST_TEXTS
from wellhead.errors import BadSetting, UnusableReference

__all__ = [
    "FOLDS",
    "AdaptedDetector",
    "FittedDetector",
    "OwnTexts",
    "adapt_detector",
    "auc_of",
    "card_of",
    "examples_of",
    "library_from",
]

FOLDS = 10
RECIPE = Recipe(TRANSFORM, spread=0)
STRENGTH = 2.0
TRUSTS = (0.3, 0.1, 0.03)
"""How dear it is to lean on the general detector: from these each model's is learned."""

_STRETCHES = 3
_OWN = "own texts"
_NOTES = (
    "Each model was fitted without a part of these texts. A text that it was adapted to gets the "
    "score of the model without it; any other text that of a model drawn at random, by its hash. A "
    "person's new text scores as such a person's reference does, so that p-values against the same "
    "people's texts keep their rates: by proof against texts it was not adapted to; against these, "
    "which train models that score each other, trials found no excess.",
)


class OwnTexts(NamedTuple):
    """Texts of one task whose writers are known.

    Attributes:
        texts: as they are scored.
        writer: of each, ``"human"`` for people, else the name of a generator or style.
        group: texts of one group are left out together: copies, and a text with what was made
            from it.
        kinds: names of the generators and styles that a machine text is of, each of which is once
            left out whole; by default its writer.
    """

    texts: Sequence[str]
    writer: Sequence[str]
    group: Sequence[str]
    kinds: Sequence[Sequence[str]] = ()


class Unseen(NamedTuple):
    """A kind of machine text left out whole: which texts, and the scores by models without it."""

    name: str
    of_kind: NDArray[np.bool_]
    scores: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FittedDetector(AdaptedDetector):
    """An adapted detector that still knows what it was fitted on.

    Attributes:
        own: the texts it was adapted to, normalised and each once.
        before: what the general detector gives each of them, by a model without it where known.
        turn: the model that was fitted without each of them.
        unseen: for each kind that was left out whole its name and its texts, and the scores of
            people's and of its texts by models without it; NaN where none was asked.
    """

    own: OwnTexts
    before: NDArray[np.float64]
    turn: NDArray[np.intp]
    unseen: tuple[Unseen, ...]

    def own_scores(self, writer: str = HUMAN) -> NDArray[np.float64]:
        """Held-out scores of one writer's own texts."""
        texts = [t for t, who in zip(self.own.texts, self.own.writer, strict=True) if who == writer]
        return self.held_out.replace(texts, np.full(len(texts), np.nan))


def adapt_detector(
    general: Scorer,
    own: OwnTexts,
    *,
    sources: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = quiet,
) -> FittedDetector:
    """`general`, adapted to the task of the `own` texts.

    Args:
        general: any detector that is not adapted itself; where it was fitted on some of these
            texts, its held-out scores of these count.
        own: 20 texts of people or more, and as many by machines.
        sources: texts that the task is about: what a text takes from its own counts little.
        seed: of folds and stretches; the same seed gives the same detector.
        progress: told of every fold.

    Raises:
        UnusableReference: too few texts of either side.
        BadSetting: `general` is an adapted detector.

    >>> from wellhead.detect import load_scorer
    >>> people = [f"Well, we walked {i} miles and I was dead tired, honestly." for i in range(40)]
    >>> robots = [f"It is important to note that {i} miles were traversed." for i in range(40)]
    >>> writer = ["human"] * 40 + ["model"] * 40
    >>> own = OwnTexts(people + robots, writer, [str(i) for i in range(80)])
    >>> adapted = adapt_detector(load_scorer("general"), own)
    >>> bool(adapted.own_scores("model").min() > adapted.own_scores().max())
    True
    """
    if isinstance(general, AdaptedDetector):
        raise BadSetting(
            f"'{general.name}' is adapted already: use it as it is (--adapt off), or adapt the "
            f"detector that it was made from (--detector {general.general.name})"
        )
    own, raw = _distinct(own)
    examples = examples_of(own)
    learner = replace(
        Learner.of(examples, seed=seed, stretches=_STRETCHES), recipe=RECIPE, discount={}
    )
    grams = SourceGrams.of(sources, examples.script)
    learner = _without_borrowed(learner, grams)
    known = getattr(general, "score_held_out", general.score)
    fitting = _Fitting.of(learner, np.asarray(known(raw), np.float64))
    folds, kinds = _folds(own, examples, seed), _kinds(own, examples)
    tried = fitting.tried(folds, [rows for _, rows in kinds], progress)
    models, scores, found = _chosen(tried, folds, examples.machine)
    unseen = tuple(Unseen(*kind, theirs) for kind, theirs in zip(kinds, found, strict=True))
    library = library_from(unseen, examples)
    card = card_of(general, examples, scores, library, seed)
    card = with_revision(card, general, models, grams)
    return FittedDetector(
        card,
        general,
        models,
        HeldOut.of(own.texts, scores),
        library,
        grams,
        own=own,
        before=fitting.general,
        turn=np.argmax(folds, axis=0),
        unseen=unseen,
    )


def _without_borrowed(learner: Learner, sources: SourceGrams | None) -> Learner:
    """The learner where n-grams of each text's own source count little, in stretches of it, too."""
    if sources is None:
        return learner
    own = sources.own(learner.whole)
    views = tuple(sources.lowered(view, own) for view in learner.views)
    return replace(learner, whole=views[0], views=views)


def library_from(unseen: Sequence[Unseen], examples: Examples) -> Library | None:
    """The kinds left out as clusters; None without any."""
    found = [
        _cluster(name, examples, _sides(of_kind, ~np.isnan(scores), examples.machine), scores)
        for name, of_kind, scores in unseen
    ]
    return Library(tuple(found)) if found else None


def _folds(own: OwnTexts, examples: Examples, seed: int) -> list[NDArray[np.bool_]]:
    """Which texts each model is fitted without.

    Raises:
        UnusableReference: too few texts of either side, or all of one group.
    """
    sides = [int((~examples.machine).sum()), int(examples.machine.sum())]
    if min(sides) < LEAST_TEXTS:
        raise UnusableReference(
            f"expected {LEAST_TEXTS} distinct texts or more by people and as many by machines to "
            f"adapt a detector to, got {sides[0]} and {sides[1]}; add more, or leave the detector "
            "as it is (--adapt off)"
        )
    turns = min(FOLDS, len(set(own.group)))
    if turns < 2:
        raise UnusableReference(
            "all texts to adapt a detector to are copies of each other or made from one another, "
            "so that none can be left out; add others, or leave the detector as it is (--adapt off)"
        )
    return splits(examples, turns, seed)


def card_of(
    general: Scorer,
    examples: Examples,
    scores: NDArray[np.float64],
    library: Library | None,
    seed: int,
) -> Card:
    """What it was adapted to, and its errors on texts and kinds left out."""
    people = ~examples.machine
    known = [
        _cluster(str(name), examples, (people, examples.generator == name), scores)
        for name in np.unique(examples.generator[~people])
    ]
    measured = [Measured.of(one, "texts") for one in known]
    measured += [Measured.of(one, "texts and kind") for one in library or ()]
    writers = tuple(one.generator for one in known)
    texts = Source(_OWN, None, int(people.sum()), int((~people).sum()), writers)
    return Card(
        name=f"{general.name}-adapted",
        revision="",
        made_with=__version__,
        seed=seed,
        strength=STRENGTH,
        normalisation=STANDARD,
        fitted_on=(texts,),
        measured=tuple(measured),
        library=tuple(library.names()) if library else (),
        notes=_NOTES,
        kind=ADAPTED,
        script=examples.script,
    )


def _cluster(
    name: str,
    examples: Examples,
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    scores: NDArray[np.float64],
) -> Cluster:
    human, machine = sides
    lengths = examples.lengths
    return Cluster.of(
        (_OWN, "references", name, "references", name),
        scores[human],
        scores[machine],
        lengths[human],
        lengths[machine],
    )


@dataclass(frozen=True)
class _Fitting:
    """Fits models on some of the own texts, one for each of `TRUSTS`.

    Attributes:
        learner: the own texts.
        general: what the general detector gives each.
        column: the only features that a model can use, in whichever texts it is fitted on.
        views: the learner's, with these columns alone.
    """

    learner: Learner
    general: NDArray[np.float64]
    column: NDArray[np.int32]
    views: tuple[csr_matrix, ...]

    @classmethod
    def of(cls, learner: Learner, general: NDArray[np.float64]) -> _Fitting:
        everyone = np.zeros(len(learner.examples), "U1")
        column = frequent_columns(learner.whole, everyone, spread=1, share=0)
        return cls(learner, general, column, tuple(view[:, column] for view in learner.views))

    def fitted(
        self, train: NDArray[np.bool_], test: NDArray[np.bool_]
    ) -> Iterator[tuple[JoinedModel, NDArray[np.float64]]]:
        """For each trust the model fitted on `train`, and the scores that it gives `test`."""
        rows, examples = np.flatnonzero(train), self.learner.examples
        people = self.general[rows][~examples.machine[rows]]
        centre, spread = float(people.mean()), float(people.std()) or 1.0
        blank, matrix = self._features(rows)
        beside = np.tile(in_units(self.general[rows], centre, spread), len(self.views))
        weight = balance(examples.domain[rows], examples.family[rows]) / len(self.views)
        machine = np.tile(examples.machine[rows], len(self.views))
        cost = STRENGTH * np.tile(weight, len(self.views))
        tested = blank.vectors(self.learner.whole[np.flatnonzero(test)])
        for trust in TRUSTS:  # they differ in the last column alone
            matrix.data[matrix.indptr[1:] - 1] = trust * beside
            weights, leaning, intercept = _solved(matrix, machine, cost, self.learner.seed)
            own = replace(blank, weight=weights, intercept=intercept)
            model = JoinedModel(own, trust * leaning, centre, spread)
            scores = own.score_vectors(tested, int(test.sum()))
            yield model, model.joined(scores, self.general[test])

    def _features(self, rows: NDArray[np.intp]) -> tuple[LinearModel, csr_matrix]:
        """A model without weights, and what it makes of all views, with a last column of ones."""
        examples, views = self.learner.examples, [view[rows] for view in self.views]
        used = self.learner.recipe.columns(views[0], examples.domain[rows])
        counts = vstack([view[:, used] for view in views], format="csr")
        blank = _blank(counts, self.column[used], examples.script)
        last = csr_matrix(np.ones((counts.shape[0], 1), np.float32))
        return blank, hstack([blank.matrix_of_features(counts), last], format="csr")

    def tried(
        self,
        folds: Sequence[NDArray[np.bool_]],
        kinds: Sequence[NDArray[np.bool_]],
        progress: Progress,
    ) -> list[_Tried]:
        """Every fold, and every kind in every second fold, scored by models without it."""
        human = ~self.learner.examples.machine
        nothing = np.full(len(human), np.nan)
        tried = [_Tried([], nothing.copy(), [nothing.copy() for _ in kinds]) for _ in TRUSTS]
        progress.total(len(folds) + len(kinds) * len(folds[::2]))
        for test in folds:
            for one, (model, scores) in zip(tried, self.fitted(~test, test), strict=True):
                one.models.append(model)
                one.scores[test] = scores
            progress.advance()
        for at, kind in enumerate(kinds):
            for test in folds[::2]:
                rows = test & (human | kind)
                for one, (_, scores) in zip(tried, self.fitted(~test & ~kind, rows), strict=True):
                    one.unseen[at][rows] = scores
                progress.advance()
        return tried


class _Tried(NamedTuple):
    """What one trust gives: models by fold, scores of texts and of kinds left out (else NaN)."""

    models: list[JoinedModel]
    scores: NDArray[np.float64]
    unseen: list[NDArray[np.float64]]

    def auc(self, rows: NDArray[np.bool_], machine: NDArray[np.bool_]) -> float:
        """How well `rows` are told apart where left out, and where their kind is: the mean."""
        known = auc_of(self.scores, rows, machine)
        if not self.unseen:
            return known
        return (known + float(np.mean([auc_of(one, rows, machine) for one in self.unseen]))) / 2


def _chosen(
    tried: Sequence[_Tried], folds: Sequence[NDArray[np.bool_]], machine: NDArray[np.bool_]
) -> tuple[tuple[JoinedModel, ...], NDArray[np.float64], list[NDArray[np.float64]]]:
    """For each fold the trust that did best on the texts of all other folds.

    A text's own score has no part in choosing what scores it.
    """
    models, scores = [], np.empty(len(machine))
    unseen = [np.full(len(machine), np.nan) for _ in tried[0].unseen]
    for at, test in enumerate(folds):
        best = max(tried, key=lambda one: one.auc(~test, machine))
        models.append(best.models[at])
        scores[test] = best.scores[test]
        for mine, theirs in zip(unseen, best.unseen, strict=True):
            mine[test] = theirs[test]
    return tuple(models), scores, unseen


def auc_of(
    scores: NDArray[np.float64], rows: NDArray[np.bool_], machine: NDArray[np.bool_]
) -> float:
    """The chance that a machine text of `rows` scores above a human one, ties half."""
    seen = rows & ~np.isnan(scores)
    human, theirs = np.sort(scores[seen & ~machine]), scores[seen & machine]
    if not (human.size and theirs.size):
        return 0.5
    ranks = sum(np.searchsorted(human, theirs, side=side) for side in ("left", "right"))
    return float(np.mean(ranks)) / 2 / human.size


def _sides(
    of_kind: NDArray[np.bool_], seen: NDArray[np.bool_], machine: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return ~machine & seen, of_kind & seen


def _solved(
    rows: csr_matrix, machine: NDArray[np.bool_], cost: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float32], float, float]:
    """Weights of the n-grams and of the last column, and the intercept."""
    from wellhead.detect.solver import solve

    found = solve(rows, machine, cost, seed=seed)
    weight = found.weight.astype(np.float32)
    return weight[:-1], float(weight[-1]), found.intercept


def _blank(counts: csr_matrix, columns: NDArray[np.int32], script: str) -> LinearModel:
    """Without weights; `counts` has the `columns` alone."""
    texts_with = np.bincount(counts.indices, minlength=len(columns))
    rarity = np.log((1 + counts.shape[0]) / (1 + texts_with)) + 1
    idf = (rarity**RECIPE.idf_power).astype(np.float32)
    nothing = np.zeros(len(columns), np.float32)
    return LinearModel(columns, idf, nothing, 0.0, RECIPE.transform, script)


def _distinct(own: OwnTexts) -> tuple[OwnTexts, list[str]]:
    """The texts normalised and each once, and as they came; none that two sides share."""
    clean = normalise_all(own.texts)
    sides: dict[str, set[bool]] = {}
    for text, writer in zip(clean, own.writer, strict=True):
        sides.setdefault(text, set()).add(writer == HUMAN)
    first = {text: at for at, text in reversed(list(enumerate(clean)))}
    rows = sorted(at for text, at in first.items() if text and len(sides[text]) == 1)
    kinds = own.kinds or [(writer,) for writer in own.writer]
    kept = OwnTexts(
        [clean[at] for at in rows],
        [own.writer[at] for at in rows],
        [own.group[at] for at in rows],
        [kinds[at] for at in rows],
    )
    return kept, [own.texts[at] for at in rows]


def _kinds(own: OwnTexts, examples: Examples) -> list[tuple[str, NDArray[np.bool_]]]:
    """The kinds that can be left out, each set of texts once, where enough others are left."""
    names = sorted({kind for kinds in own.kinds for kind in kinds} - {HUMAN})
    found: dict[bytes, tuple[str, NDArray[np.bool_]]] = {}
    for name in names:
        rows = examples.machine & np.array([name in kinds for kinds in own.kinds])
        if LEAST_TEXTS <= rows.sum() <= examples.machine.sum() - LEAST_TEXTS:
            found.setdefault(rows.tobytes(), (name, rows))
    return list(found.values())


def examples_of(own: OwnTexts) -> Examples:
    """The own texts as examples to learn from."""
    writer = np.array(own.writer)
    return Examples(
        own.texts,
        generator=writer,
        domain=np.full(len(writer), "own"),
        family=writer,
        group=np.array(own.group),
        script=script_of(own.texts),
    )
