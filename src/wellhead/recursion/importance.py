"""Selectors that weigh new items by evidence instead of dropping them.

A detector's score says how much likelier an item is to be real than machine-made. The odds are
estimated from items whose origin is known: real ones that no model learned from, and as many from
the model of generation 0. A logistic curve through their scores gives an item its probability of
being real at even odds. Later generations may leave what the curve knows; nothing corrects that.
The detector may be one that exists, or one that is trained on the same items ("trained"), which
then get the scores of a model that has not seen them (`NgramDetector.score_held_out`).

`importance` weighs each item by that probability, relative to the mean, raised to `strength`; or
draws the training set anew with these weights, as Drayson et al. 2025 ("Machine-generated text
detection prevents language model collapse") do. Weights are bounded because probabilities are,
and the real share that results is measured with every generation (`real_share`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.data import Array, Data
from wellhead.recursion.family import AnyFamily, HasText
from wellhead.recursion.filters import READS_TEXTS
from wellhead.recursion.plugin import require
from wellhead.recursion.selectors import SELECTORS, Select, Selector
from wellhead.recursion.sources import Sources

__all__ = ["HasWeights", "HeldOutScorer", "Importance"]

REFERENCES = 2000  # items of each kind by which scores become probabilities
LIKELIHOOD, TRAINED = "likelihood", "trained"

# A number for each item (items,). What items are is the family's business.
Score = Callable[[Any], Array]


@runtime_checkable
class HasWeights(Data, Protocol):
    """Single items that can be weighed or drawn again."""

    def weighted(self, weights: Array) -> Self:
        """The same items, each counting `weights` (1, items) times as much."""

    def pick(self, index: Array) -> Self:
        """The items at `index`, in that order."""


class HeldOutScorer(Protocol):
    """A detector that can score the texts it was trained on by models that have not seen them."""

    def score(self, texts: Sequence[str]) -> Array:
        """A score for each text; higher is more machine-like."""

    def score_held_out(self, texts: Sequence[str]) -> Array:
        """The same for texts of the training data."""


@SELECTORS.register("importance")
@dataclass(frozen=True)
class Importance(Selector):
    """Weighs new items by the probability that they are real.

    Args:
        scorer: the name or folder of a wellhead detector; "trained" trains one on real items
            that no model learned from and as many from generation 0; "likelihood" takes the
            likelihood of an item under generation 0, which needs no detector and no text.
        strength: the power of the probabilities; 0 weighs all alike, 1 is their ratio.
        resample: draw items anew by their weights, with replacement, instead of weighting them
            in the fit.
    """

    needs_items: ClassVar[bool] = True

    scorer: str = LIKELIHOOD
    strength: float = 1.0
    resample: bool = False

    def __post_init__(self) -> None:
        require(self.strength >= 0, f"expected a strength of 0 or more, got {self.strength}.")

    def check(self, family: AnyFamily) -> None:
        require(self.scorer == LIKELIHOOD or isinstance(family, HasText), READS_TEXTS)

    def open(self, sources: Sources) -> Select:
        score, probability = self._calibrated(sources)

        def select(sources: Sources, size: int, real: float, exact: bool) -> Data:
            items = _weighable(sources.candidates(size, real, exact))
            raised = probability(score(items)) ** self.strength
            weights = np.asarray(raised / raised.mean())
            if not self.resample:
                return items.weighted(weights[None])
            shares = weights / weights.sum()
            return items.pick(sources.rng.choice(items.size, items.size, p=shares))

        return select

    def _calibrated(self, sources: Sources) -> tuple[Score, Score]:
        """What scores items, and what turns a score into the probability of being real."""
        family: Any = sources.family
        known = family.calibration_data(sources.original)
        real = known.first(min(known.size, REFERENCES))
        # Randomness of its own: a resumed run may come here in another generation.
        rng = np.random.default_rng(real.size)
        machine = family.sample(sources.first, real.size, sources.sampler, rng)
        if self.scorer == LIKELIHOOD:
            score = _likelihood(sources)
            scores = np.concatenate([score(machine), score(real)])
        elif self.scorer == TRAINED:
            score, scores = _trained(family.texts, machine, real)
        else:
            score = _detector(self.scorer, family.texts)
            scores = np.concatenate([score(machine), score(real)])
        return score, _logistic(scores, machine.size)


def _weighable(items: Data) -> HasWeights:
    if not isinstance(items, HasWeights):
        raise BadSetting(
            "selector importance: this family has no single items to weigh; use the family "
            "transformer, or the selector oracle."
        )
    return items


def _likelihood(sources: Sources) -> Score:
    family, first = sources.family, sources.first
    return lambda items: np.asarray(family.log_likelihood(first, items)[0])


def _detector(name: str, texts: Callable[[Any], list[str]]) -> Score:
    from wellhead.detect import load_scorer

    scorer = load_scorer(name)
    return lambda items: np.asarray(scorer.score(texts(items)))


def _trained(texts: Callable[[Any], list[str]], machine: Any, real: Any) -> tuple[Score, Array]:
    """A detector of these items, and what models that have not seen them say of them."""
    from wellhead.detect import train_detector

    detector: HeldOutScorer = train_detector(human=texts(real), machine=[texts(machine)])
    held_out = detector.score_held_out([*texts(machine), *texts(real)])
    return lambda items: np.asarray(detector.score(texts(items))), held_out


def _logistic(scores: Array, machines: int) -> Score:
    """The probability of being real by score, from items of which the first are a machine's."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kinds = np.arange(len(scores)) >= machines
    curve = make_pipeline(StandardScaler(), LogisticRegression())
    curve.fit(scores[:, None], kinds.astype(int))
    return lambda found: np.asarray(curve.predict_proba(found[:, None])[:, 1])
