r"""What a detector in the training loop does to the share of real data.

In: the share a of real data in the stream, the rate at which the detector removes machine text
(TPR) and the rate at which it removes human text (FPR). Out: the real share of what is left,
and the inverse question. docs/theory.md §4.5.
"""

from __future__ import annotations

from wellhead.errors import BadSetting
from wellhead.recursion.theory.ranges import check_share

__all__ = ["effective_share", "needed_true_positive_rate"]


def effective_share(
    real_share: float, *, true_positive_rate: float, false_positive_rate: float
) -> float:
    r"""The real share after filtering: of what is kept, how much is human.

    $$\frac{a(1-\mathrm{FPR})}{a(1-\mathrm{FPR})+(1-a)(1-\mathrm{TPR})}$$

    Each kept sample is then real with this probability independently, so the formulas for
    fresh real data with `independent=True` apply, provided that sampling goes on until M
    samples are kept and that the detector's errors depend only on a sample's origin.

    Raises:
        BadSetting: a rate outside [0, 1], or nothing is left.

    Source: docs/theory.md §4.5.

    >>> a = effective_share(0.1, true_positive_rate=0.9, false_positive_rate=0.05)
    >>> round(a, 4)
    0.5135
    """
    a = check_share("real_share", real_share)
    human = a * (1 - check_share("false_positive_rate", false_positive_rate))
    machine = (1 - a) * (1 - check_share("true_positive_rate", true_positive_rate))
    if human + machine == 0:
        raise BadSetting("this detector removes everything: nothing is left to train on")
    return human / (human + machine)


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
