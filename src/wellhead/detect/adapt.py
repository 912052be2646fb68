"""A detector adapted to one's own task, in which no text is scored by a model that saw it.

In: texts of the task whose writers are known, and a detector for text at large. Out: a `Scorer` of
several models. Each is a logistic regression on the n-grams of the task's own texts and, beside
them, the general score in units of the people's spread; how far to trust the general detector is
learned with the weights. The own texts are parted into folds, and each model is fitted without one.

An own text gets the score of the model that saw neither it nor its group; any other text that of a
model drawn by lot, by the text's hash. So the score of a person's text has the same law whether it
is one of the references or not, which is what conformal p-values rest on. It is not quite
exchangeable: references train models that score each other, new texts train none. What that does
to p-values, flags and intervals is measured by `benchmarks/own_task.py`: no excess was found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from wellhead.detect.examples import HUMAN, Examples, balance
from wellhead.detect.explain import Passage, passages
from wellhead.detect.folds import Learner, splits
from wellhead.detect.heldout import HeldOut
from wellhead.detect.linear import LinearModel, Recipe
from wellhead.detect.normalise import normalise, normalise_all
from wellhead.detect.scorer import Scorer
from wellhead.detect.train import LEAST_TEXTS
from wellhead.errors import UnusableReference

__all__ = ["FOLDS", "AdaptedDetector", "OwnTexts", "adapt_detector"]

FOLDS = 10
RECIPE = Recipe("log1p", spread=0)
STRENGTH = 2.0
_TRUST = 0.3
_STRETCHES = 3
# General scores count within these bounds, in units of the people's spread.
_LOWEST, _HIGHEST = -4.0, 8.0


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


@dataclass(frozen=True)
class _Model:
    """N-grams of the task and the general score in one sum."""

    own: LinearModel
    trust: float
    centre: float
    spread: float

    def joined(self, own: NDArray[np.float64], general: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(own + self.trust * _units(general, self.centre, self.spread))

    @property
    def digest(self) -> str:
        return f"{self.own.digest()} {self.trust!r} {self.centre!r} {self.spread!r}"


@dataclass(frozen=True)
class AdaptedDetector:
    """The general detector and the task's own words, joined; see the module.

    Attributes:
        general: the detector that was adapted.
        own: the texts it was adapted to, normalised and each once.
        before: what the general detector gives each of them, by a model without it where known.
        unseen: for each kind of machine text, scores of people's and of its texts by models that
            saw none of this kind; empty with one kind.
    """

    general: Scorer
    own: OwnTexts
    before: NDArray[np.float64]
    unseen: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
    _models: tuple[_Model, ...]
    _held_out: HeldOut

    # No languages are stated: what it knows are the languages of the user's own texts.
    languages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What users call it."""
        return f"{self.general.name}-adapted"

    @property
    def revision(self) -> str:
        """A hash of everything that decides a score."""
        parts = [self.general.revision, *(model.digest for model in self._models)]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]

    @property
    def folds(self) -> int:
        """Models, each fitted without one part of the own texts."""
        return len(self._models)

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One score for each text, the higher the more machine-like."""
        clean, general = normalise_all(texts), np.asarray(self.general.score(texts), np.float64)
        turn = np.array([_turn(text, len(self._models)) for text in clean], dtype=np.int64)
        scores = np.empty(len(clean))
        for at, model in enumerate(self._models):
            rows = np.flatnonzero(turn == at)
            if rows.size:
                own = model.own.score([clean[row] for row in rows])
                scores[rows] = model.joined(own, general[rows])
        return scores

    def score_held_out(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """As `score`, but a text that it was adapted to gets that of the model without it."""
        return self._held_out.replace(normalise_all(texts), self.score(texts))

    def fitted_on(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which of `texts` it was adapted to."""
        return self._held_out.knows(normalise_all(texts))

    def explain(self, text: str) -> tuple[Passage, ...]:
        """The sentences of `text` with what each adds to the score of the task's own n-grams."""
        clean = normalise(text)
        return passages(clean, self._models[_turn(clean, len(self._models))].own)

    def own_scores(self, writer: str = HUMAN) -> NDArray[np.float64]:
        """Held-out scores of one writer's own texts."""
        texts = [t for t, who in zip(self.own.texts, self.own.writer, strict=True) if who == writer]
        return self._held_out.replace(texts, np.full(len(texts), np.nan))


def adapt_detector(general: Scorer, own: OwnTexts, *, seed: int = 0) -> AdaptedDetector:
    """`general`, adapted to the task of the `own` texts.

    Args:
        general: any detector; where it was fitted on some of these texts, its held-out scores of
            these count.
        own: 20 texts of people or more, and as many by machines.
        seed: of folds and stretches; the same seed gives the same detector.

    Raises:
        UnusableReference: too few texts of either side.

    >>> from wellhead.detect import load_scorer
    >>> people = [f"Well, we walked {i} miles and I was dead tired, honestly." for i in range(40)]
    >>> robots = [f"It is important to note that {i} miles were traversed." for i in range(40)]
    >>> writer = ["human"] * 40 + ["model"] * 40
    >>> own = OwnTexts(people + robots, writer, [str(i) for i in range(80)])
    >>> adapted = adapt_detector(load_scorer("general"), own)
    >>> bool(adapted.own_scores("model").min() > adapted.own_scores().max())
    True
    """
    own, raw = _distinct(own)
    examples = _examples(own)
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
    learner = replace(
        Learner.of(examples, seed=seed, stretches=_STRETCHES), recipe=RECIPE, discount={}
    )
    known = getattr(general, "score_held_out", general.score)
    fitting = _Fitting(learner, np.asarray(known(raw), np.float64))
    folds = splits(examples, turns, seed)
    models = tuple(fitting.model(~test) for test in folds)
    scores = np.empty(len(examples))
    for test, model in zip(folds, models, strict=True):
        scores[test] = fitting.scores(model, test)
    unseen = {kind: fitting.without(of_kind, folds[::2]) for kind, of_kind in _kinds(own, examples)}
    held_out = HeldOut.of(own.texts, scores)
    return AdaptedDetector(general, own, fitting.general, unseen, models, held_out)


@dataclass(frozen=True)
class _Fitting:
    """Fits models on some of the own texts."""

    learner: Learner
    general: NDArray[np.float64]

    def model(self, train: NDArray[np.bool_]) -> _Model:
        rows = np.flatnonzero(train)
        examples, views = self.learner.examples, [view[rows] for view in self.learner.views]
        people = self.general[rows][~examples.machine[rows]]
        centre, spread = float(people.mean()), float(people.std()) or 1.0
        counts = vstack(views, format="csr")
        blank = _blank(counts, self.learner.recipe.columns(views[0], examples.domain[rows]))
        beside = _TRUST * np.tile(_units(self.general[rows], centre, spread), len(views))
        weight = balance(examples.domain[rows], examples.family[rows]) / len(views)
        weights, trust, intercept = _solved(
            hstack([blank.matrix(counts), csr_matrix(beside[:, None])], format="csr"),
            np.tile(examples.machine[rows], len(views)),
            STRENGTH * np.tile(weight, len(views)),
            self.learner.seed,
        )
        own = replace(blank, weight=weights, intercept=intercept)
        return _Model(own, _TRUST * trust, centre, spread)

    def scores(self, model: _Model, test: NDArray[np.bool_]) -> NDArray[np.float64]:
        own = model.own.score_counts(self.learner.whole[np.flatnonzero(test)])
        return model.joined(own, self.general[test])

    def without(
        self, kind: NDArray[np.bool_], folds: Sequence[NDArray[np.bool_]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scores of people's texts and of a kind's, of some folds, by models without the kind."""
        human = ~self.learner.examples.machine
        people, theirs = [], []
        for test in folds:
            model = self.model(~test & ~kind)
            people.append(self.scores(model, test & human))
            theirs.append(self.scores(model, test & kind))
        return np.concatenate(people), np.concatenate(theirs)


def _solved(
    rows: csr_matrix, machine: NDArray[np.bool_], cost: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float32], float, float]:
    """Weights of the n-grams, of the last column, and the intercept."""
    from wellhead.detect.solver import solve

    found = solve(rows.astype(np.float32), machine, cost, seed=seed)
    weight = found.weight.astype(np.float32)
    return weight[:-1], float(weight[-1]), found.intercept


def _blank(counts: csr_matrix, columns: NDArray[np.int32]) -> LinearModel:
    texts_with = np.bincount(counts.indices, minlength=counts.shape[1])[columns]
    rarity = np.log((1 + counts.shape[0]) / (1 + texts_with)) + 1
    idf = (rarity**RECIPE.idf_power).astype(np.float32)
    return LinearModel(columns, idf, np.zeros(len(columns), np.float32), 0.0, RECIPE.transform)


def _units(general: NDArray[np.float64], centre: float, spread: float) -> NDArray[np.float64]:
    return np.clip((general - centre) / spread, _LOWEST, _HIGHEST)


def _turn(text: str, folds: int) -> int:
    """The model that scores a text none was fitted on: drawn by lot, always the same."""
    return int.from_bytes(hashlib.sha256(f"turn {text}".encode()).digest()[:8], "big") % folds


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


def _examples(own: OwnTexts) -> Examples:
    writer = np.array(own.writer)
    return Examples(
        own.texts,
        generator=writer,
        domain=np.full(len(writer), "own"),
        family=writer,
        group=np.array(own.group),
    )
