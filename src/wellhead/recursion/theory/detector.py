r"""What a detector in the training loop does to the share of real data. docs/theory.md §4.5."""

from __future__ import annotations

from typing import NamedTuple

from wellhead.errors import BadSetting
from wellhead.recursion.theory.ranges import check_share

__all__ = ["Detector", "needed_true_positive_rate"]


class Detector(NamedTuple):
    """A detector that filters every generation's data.

    Attributes:
        true_positive_rate: machine text that it removes (TPR).
        false_positive_rate: human text that it removes (FPR).
    """

    true_positive_rate: float
    false_positive_rate: float

    @classmethod
    def given(
        cls, true_positive_rate: float | None, false_positive_rate: float | None
    ) -> Detector | None:
        """The detector with these rates, None without either; one rate alone raises."""
        if true_positive_rate is None and false_positive_rate is None:
            return None
        if true_positive_rate is None or false_positive_rate is None:
            raise BadSetting("a detector needs both true_positive_rate and false_positive_rate")
        return cls(
            check_share("true_positive_rate", true_positive_rate),
            check_share("false_positive_rate", false_positive_rate),
        )

    def effective_share(self, real_share: float) -> float:
        r"""The real share after filtering: of what is kept, how much is human.

        $$\frac{a(1-\mathrm{FPR})}{a(1-\mathrm{FPR})+(1-a)(1-\mathrm{TPR})}$$

        Each kept sample is then real with this probability independently, so the formulas for
        fresh real data with `independent=True` apply, provided that sampling goes on until M
        samples are kept and that the detector's errors depend only on a sample's origin.

        Raises:
            BadSetting: a rate outside [0, 1], or nothing is left.

        Source: docs/theory.md §4.5.

        >>> round(Detector(0.9, 0.05).effective_share(0.1), 4)
        0.5135
        """
        a = check_share("real_share", real_share)
        human = a * (1 - check_share("false_positive_rate", self.false_positive_rate))
        machine = (1 - a) * (1 - check_share("true_positive_rate", self.true_positive_rate))
        if human + machine == 0:
            raise BadSetting("this detector removes everything: nothing is left to train on")
        return human / (human + machine)

    def needed_share(self, effective_share: float) -> float:
        """The real share before filtering that leaves `effective_share` after it.

        Source: docs/theory.md §4.5, solved for a.

        >>> round(Detector(0.9, 0.05).needed_share(0.5135), 2)
        0.1
        """
        machine = effective_share * (1 - self.true_positive_rate)
        human = (1 - effective_share) * (1 - self.false_positive_rate)
        return machine / (machine + human) if machine + human else 0.0


def needed_true_positive_rate(
    real_share: float, *, wanted_share: float, false_positive_rate: float
) -> float:
    r"""The least TPR that lifts the real share to A: $1-\frac{a(1-\mathrm{FPR})(1-A)}{(1-a)A}$.

    0 where the stream already has that share (a detector that removes nothing suffices).

    Raises:
        BadSetting: a share outside its range; no detector helps where a is 0 or it removes
            all human text.

    Source: docs/theory.md §4.5.

    >>> rate = needed_true_positive_rate(0.1, wanted_share=0.5135, false_positive_rate=0.05)
    >>> round(rate, 2)
    0.9
    """
    a = check_share("real_share", real_share, zero=False)
    target = check_share("wanted_share", wanted_share)
    passed = 1 - check_share("false_positive_rate", false_positive_rate, one=False)
    if a >= target:
        return 0.0
    return max(0.0, 1 - a * passed * (1 - target) / ((1 - a) * target))
