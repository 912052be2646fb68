r"""Scaling with cut tails: what a learner of symbols gains from more text, and where that ends.

A learner that knows the symbols it has met errs on a share $L(T)=\sum_ip_i(1-r_i)^T$ of real text
after T draws of the law r. Where r is the truth and $p_i\propto i^{-\beta}$, L falls as $T^{-c}$
with $c=1-1/\beta$. A generator whose tail is cut leaves a floor, the mass of what it never says,
which takes over where the two meet; any real share gives the slope back, at a T that much larger.
And n generations that replace each other are worth one of $T(1-e_{n-1})$ draws, with
$e_0=0,\ e_k=\exp(e_{k-1}-1)$: about 2T/n. Dohmatob et al. (2024); docs/theory.md §12.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from wellhead.errors import BadSetting
from wellhead.recursion.theory.generations import Floats
from wellhead.recursion.theory.ranges import (
    check_positive,
    check_probabilities,
    check_share,
    check_whole,
)

__all__ = ["CutTail", "scaling_exponent", "scaling_table", "worth", "zipf"]

_MOST = 10_000_000
_FURTHEST = 1e15  # draws


def zipf(exponent: float, symbols: int) -> Floats:
    """Probabilities ∝ rank^-exponent, the likeliest first.

    >>> zipf(2.0, 3).round(3).tolist()
    [0.735, 0.184, 0.082]
    """
    check_whole("symbols", symbols, least=2, most=_MOST)
    weights = np.arange(1, symbols + 1) ** -check_positive("exponent", exponent, zero=True)
    return weights / weights.sum()


def scaling_exponent(exponent: float) -> float:
    """c of a Zipf law with this exponent, which is above 1.

    >>> scaling_exponent(2.0)
    0.5
    """
    if not exponent > 1:
        raise BadSetting(f"a scaling law needs a Zipf exponent above 1, got {exponent:g}")
    return 1 - 1 / exponent


def worth(generations: int) -> float:
    """The share of its draws that the n-th generation under replacement is worth.

    >>> round(worth(1), 3), round(worth(2), 3), round(worth(10), 3)
    (1.0, 0.632, 0.172)
    """
    extinct = 0.0
    for _ in range(check_whole("generations", generations, least=1, most=_MOST) - 1):
        extinct = math.exp(extinct - 1)
    return 1 - extinct


@dataclass(frozen=True)
class CutTail:
    """A generator that has learned the law but only ever says its `kept` likeliest symbols.

    Args:
        probabilities: of the true law.
        kept: how many symbols the generator says; None cuts nothing.
        real_share: of the learner's draws that come from the true law.

    >>> whole, cut = CutTail(zipf(2.0, 10_000)), CutTail(zipf(2.0, 10_000), kept=100)
    >>> round(float(cut.floor), 4), round(float(cut.loss(1e7) / cut.floor), 3)
    (0.006, 1.0)
    >>> round(float(np.log(whole.loss(100) / whole.loss(1000)) / np.log(10)), 1)
    0.5
    """

    probabilities: Floats
    kept: int | None = None
    real_share: float = 0.0

    def __post_init__(self) -> None:
        check_probabilities(self.probabilities)
        check_share("real_share", self.real_share)
        if self.kept is not None:
            check_whole("kept", self.kept, least=1, most=len(self.probabilities))

    @property
    def drawn(self) -> Floats:
        """What the learner draws from."""
        law = np.array(self.probabilities, dtype=float)
        if self.kept is None:
            return law
        cut = np.zeros_like(law)
        likeliest = np.argsort(-law, kind="stable")[: self.kept]
        cut[likeliest] = law[likeliest] / law[likeliest].sum()
        return self.real_share * law + (1 - self.real_share) * cut

    def loss(self, samples: float) -> float:
        """The share of real text in symbols that the learner has not met."""
        if not (samples > 0 and math.isfinite(samples)):
            raise BadSetting(f"expected draws above 0, and a finite number; got {samples:g}")
        with np.errstate(divide="ignore"):
            missed = np.exp(samples * np.log1p(-self.drawn))
        return float(np.asarray(self.probabilities) @ missed)

    def after(self, generations: int, samples: float) -> float:
        """The loss when each of n generations replaces the last, nothing cut: a branching limit."""
        if self.kept is not None:
            raise BadSetting("the loss after several generations is known for uncut tails only")
        return self.loss(samples * worth(generations))

    def slope(self, samples: float) -> float:
        """The power of the draws by which the loss falls at so many of them.

        >>> round(CutTail(zipf(2.0, 100_000)).slope(1000), 2)
        0.5
        """
        nearby = 1.01
        less, more = self.loss(samples / nearby), self.loss(samples * nearby)
        return 0.0 if less == 0 else math.log(less / more) / (2 * math.log(nearby))

    @property
    def floor(self) -> float:
        """The loss that no number of draws undercuts."""
        return float(np.asarray(self.probabilities) @ (self.drawn == 0))

    @property
    def crossover(self) -> float:
        """The draws of real text that would reach the floor; infinite where there is none."""
        return math.inf if self.floor == 0 else self._reaching(self.floor)

    def real_draws(self, samples: float) -> float:
        """The draws of real text that so many of this learner's are worth: those of equal loss.

        >>> round(CutTail(zipf(2.0, 10_000), kept=100).real_draws(1e7))
        13047
        """
        return self._reaching(self.loss(samples))

    def _reaching(self, loss: float) -> float:
        whole = CutTail(self.probabilities)

        def gap(log_samples: float) -> float:
            return whole.loss(math.exp(log_samples)) - loss

        low, high = math.log(1e-9), math.log(_FURTHEST)
        return math.inf if gap(high) > 0 else math.exp(optimize.brentq(gap, low, high))


def scaling_table(
    draws: Sequence[float],
    *,
    exponent: float = 1.0,
    symbols: int = 1000,
    kept: int | None = None,
    real_share: float = 0.0,
) -> list[dict[str, float]]:
    """What learners miss after so many draws of a cut law, beside draws of real text.

    Args:
        draws: of each learner.
        exponent, symbols: of the Zipf law of real text.
        kept: its likeliest symbols, which alone the generator says; None cuts nothing.
        real_share: of the draws that are real text.

    Returns:
        One record for each learner: ``loss``, the share of real text in symbols that it has not
        met; ``slope``, by which power of the draws that falls; ``real_text``, the loss of as many
        real draws; ``real_draws``, the real draws that would do as well; and ``floor``, which no
        number of draws undercuts.

    >>> [round(one["real_draws"]) for one in scaling_table([1e3, 1e6], exponent=1.5, kept=50)]
    [545, 652]
    """
    chain = CutTail(zipf(exponent, symbols), kept, real_share)
    whole = CutTail(chain.probabilities)
    return [
        {
            "draws": float(count),
            "loss": chain.loss(count),
            "slope": chain.slope(count),
            "real_text": whole.loss(count),
            "real_draws": chain.real_draws(count),
            "floor": chain.floor,
        }
        for count in draws
    ]
