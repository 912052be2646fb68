"""Scores of texts by models that have not seen them, nor their kind.

Two ways of leaving out. `leave_clusters_out`: for each domain and each family of generators, a
model that was fitted without either scores both sides of the domain; this is what a new
collection meets. `cross_scores`: in turns, groups of texts are left out; this is what new texts
of the very same kind meet. Nothing is chosen on the texts that are left out: not the features,
not their rarity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wellhead._progress import Progress, quiet
from wellhead.detect.examples import HUMAN, Examples, balance
from wellhead.detect.linear import LinearModel, Recipe, fit
from wellhead.detect.trees import Trees
from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Fits", "Fold", "Learner", "cross_scores", "leave_clusters_out", "splits"]


class Fold(NamedTuple):
    """What one model, that saw neither `domain` nor `family`, gave texts of both.

    Attributes:
        domain: the domain left out.
        family: the family of generators left out.
        rows: indices of the scored texts: the domain's human texts and the family's in it.
        score: their scores.
    """

    domain: str
    family: str
    rows: NDArray[np.intp]
    score: NDArray[np.float64]


@dataclass(frozen=True)
class Learner:
    """Examples with their counts taken once, from which many models are fitted.

    Attributes:
        examples: the texts.
        whole: counts of the whole texts: what is scored.
        views: counts of what is learned from, each with one row for each text: the whole texts,
            and random stretches of them, so that length says nothing.
        seed: seed of the solver.
        discount: how much less a family of generators counts.
        recipe: how models are made.
        measures: measures of rhythm of the whole texts and of one random stretch of each, for a
            recipe that asks for trees.
    """

    examples: Examples
    whole: csr_matrix
    views: tuple[csr_matrix, ...]
    seed: int
    discount: Mapping[str, float]
    recipe: Recipe = field(default_factory=Recipe)
    measures: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    @classmethod
    def of(
        cls,
        examples: Examples,
        *,
        seed: int,
        stretches: int = 1,
        discount: Mapping[str, float] | None = None,
    ) -> Learner:
        """Take the counts of the whole texts and of `stretches` random stretches of each."""
        whole = examples.counts()
        children = np.random.SeedSequence(seed).spawn(stretches)
        spans = (examples.span_counts(np.random.default_rng(child)) for child in children)
        return cls(examples, whole, (whole, *spans), seed, discount or {})

    def with_rhythm(self) -> Learner:
        """The same examples with the measures of rhythm that a recipe with trees needs.

        Trees learn from one random stretch of each text, as the n-grams of the first view do.
        """
        from wellhead.detect.rhythm import measures_of

        [first] = np.random.SeedSequence(self.seed).spawn(1)
        stretches = self.examples.spans(np.random.default_rng(first))
        return replace(self, measures=(measures_of(self.examples.texts), measures_of(stretches)))

    def fit(self, rows: NDArray[np.intp], strength: float) -> LinearModel:
        """The model fitted on `rows` alone.

        Raises:
            BadSetting: the recipe asks for trees, and there are no measures.
        """
        from scipy.sparse import vstack

        domain, family = self.examples.domain[rows], self.examples.family[rows]
        weight = balance(domain, family, discount=self.discount) / len(self.views)
        views = [view[rows] for view in self.views]
        model = fit(
            vstack(views, format="csr") if len(views) > 1 else views[0],
            np.tile(self.examples.machine[rows], len(self.views)),
            columns=self.recipe.columns(views[0], domain),
            weight=np.tile(weight, len(self.views)),
            strength=strength,
            seed=self.seed,
            recipe=self.recipe,
            script=self.examples.script,
            domain=np.tile(domain, len(self.views)),
        )
        if not self.recipe.rhythm:
            return model
        return replace(model, trees=self.trees(rows).times(self.recipe.rhythm))

    def trees(self, rows: NDArray[np.intp]) -> Trees:
        """The trees on measures of rhythm that are fitted on `rows` alone."""
        from wellhead.detect.boosting import grow

        if self.measures is None:
            raise BadSetting("a recipe with rhythm needs measures: learn from `with_rhythm()`")
        domain, family = self.examples.domain[rows], self.examples.family[rows]
        weight = balance(domain, family, discount=self.discount)
        machine = self.examples.machine[rows]
        return grow(self.measures[1][rows], machine, weight, seed=self.seed)

    def score(self, model: LinearModel, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """What a model gives whole texts."""
        scores = model.score_counts(self.whole[rows])
        if self.measures is None:
            return scores
        return scores + model.trees.score(self.measures[0][rows])


def leave_clusters_out(
    learner: Learner,
    *,
    strength: float,
    apart: NDArray[np.bool_] | None = None,
    least: int = 40,
) -> Iterator[Fold]:
    """One fold for each domain and family with at least `least` machine and human texts.

    Args:
        learner: the examples.
        strength: inverse of the L2 penalty.
        apart: texts that are neither learned from nor scored here, for example a mixture that may
            hold texts of the domain left out.
        least: cells with fewer texts on either side are passed over.
    """
    examples = learner.examples
    kept = np.ones(len(examples), bool) if apart is None else ~apart
    human = examples.family == HUMAN
    for domain in np.unique(examples.domain[kept]):
        here = kept & (examples.domain == domain)
        for family in np.unique(examples.family[here & ~human]):
            theirs = here & (examples.family == family)
            train = kept & ~here & (examples.family != family)
            sides = (human & train).sum(), (~human & train).sum()
            if min(theirs.sum(), (here & human).sum()) < least or min(sides) == 0:
                continue
            model = learner.fit(np.flatnonzero(train), strength)
            rows = np.flatnonzero(here & (human | theirs))
            yield Fold(str(domain), str(family), rows, learner.score(model, rows))


class Fits(Protocol):
    """Examples from which many models are fitted: a `Learner`, or one whose counts are filed."""

    @property
    def examples(self) -> Examples: ...

    def fit(self, rows: NDArray[np.intp], strength: float) -> LinearModel: ...

    def score(self, model: LinearModel, rows: NDArray[np.intp]) -> NDArray[np.float64]: ...


def cross_scores(
    learner: Fits,
    *,
    strength: float,
    turns: Sequence[NDArray[np.bool_]],
    without: str | None = None,
    progress: Progress = quiet,
) -> NDArray[np.float64]:
    """A score for each text by a model that saw neither the text nor its group.

    Args:
        learner: the examples.
        strength: inverse of the L2 penalty.
        turns: which texts each model leaves out, as `splits` gives them.
        without: a family that no model is fitted on, to measure it as a new one.
        progress: told of every text left out.
    """
    examples = learner.examples
    score = np.full(len(examples), np.nan)
    for test in turns:
        train = ~test if without is None else ~test & (examples.family != without)
        rows = np.flatnonzero(test)
        model = learner.fit(np.flatnonzero(train), strength)
        score[rows] = learner.score(model, rows)
        progress.advance(len(rows))
    return score


def splits(examples: Examples, folds: int, seed: int) -> list[NDArray[np.bool_]]:
    """Which texts each turn leaves out; groups stay whole, writers are spread evenly."""
    from sklearn.model_selection import StratifiedGroupKFold

    turns = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = []
    for _, test in turns.split(examples.family, examples.family, examples.group):
        mask = np.zeros(len(examples), bool)
        mask[test] = True
        parts.append(mask)
    return parts
