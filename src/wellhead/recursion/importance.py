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

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.data import Array, Data
from wellhead.recursion.plugin import require
from wellhead.recursion.selectors import SELECTORS, Selector

if TYPE_CHECKING:
    from wellhead.recursion.sources import Supply

__all__ = ["Importance"]

REFERENCES = 2000  # items of each kind by which scores become probabilities
LIKELIHOOD, TRAINED = "likelihood", "trained"


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

    def select(self, supply: Supply, size: int, *, real: float, exact: bool) -> Data:
        count = supply.split(size, real, exact)
        items: Any = supply.blend(count, size - count)
        if not hasattr(items, "weighted"):
            raise BadSetting(
                "selector importance: this family has no single items to weigh; use the family "
                "transformer, or the selector oracle."
            )
        weights = self.weights(supply, items)
        if self.resample:
            shares = weights[0] / weights[0].sum()
            drawn: Data = items.pick(supply.rng.choice(items.size, items.size, p=shares))
            return drawn
        weighted: Data = items.weighted(weights)
        return weighted

    def weights(self, supply: Supply, items: Any) -> Array:
        """The weight of each item, shape (1, items), 1 on average."""
        if "importance" not in supply.notes:
            supply.notes["importance"] = self._calibrated(supply)
        curve = supply.notes["importance"]
        probability = curve.predict_proba(self._scores(supply, items)[:, None])[:, 1]
        raised = probability**self.strength
        return np.asarray(raised / raised.mean())[None]

    def _calibrated(self, supply: Supply) -> Any:
        """The probability of being real as a function of the score."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        known: Any = supply.family.standards(supply.original)
        real = known.first(min(known.size, REFERENCES))
        # Randomness of its own: a resumed run may come here in another generation.
        rng = np.random.default_rng(real.size)
        machine = supply.family.sample(supply.first, real.size, supply.sampler, rng)
        scores = self._scores_of_known(supply, real, machine)
        kinds = np.repeat([0, 1], [machine.size, real.size])
        return make_pipeline(StandardScaler(), LogisticRegression()).fit(scores[:, None], kinds)

    def _scores_of_known(self, supply: Supply, real: Any, machine: Any) -> Array:
        """Scores of machine items and then of real ones, by a model that has seen neither."""
        if self.scorer != TRAINED:
            return np.concatenate([self._scores(supply, each) for each in (machine, real)])
        from wellhead.detect import train_detector

        texts = _reader(supply)
        detector = train_detector(human=texts(real), machine=[texts(machine)])
        supply.notes["scorer"] = detector
        return detector.score_held_out([*texts(machine), *texts(real)])

    def _scores(self, supply: Supply, items: Any) -> Array:
        if self.scorer == LIKELIHOOD:
            return np.asarray(supply.family.log_likelihood(supply.first, items)[0])
        from wellhead.detect import load_scorer

        if "scorer" not in supply.notes:
            supply.notes["scorer"] = load_scorer(self.scorer)
        return np.asarray(supply.notes["scorer"].score(_reader(supply)(items)))


def _reader(supply: Supply) -> Callable[[Any], list[str]]:
    """What turns items into texts."""
    texts: Callable[[Any], list[str]] | None = getattr(supply.family, "texts", None)
    if texts is None:
        raise BadSetting("a detector reads texts: use it with a text family.")
    return texts
