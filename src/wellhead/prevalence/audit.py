"""The share from a random subset of documents whose origin is known.

In: a prediction for every document (any number in [0, 1], from any detector, however biased) and
labels for a random subset, drawn with equal or with known unequal probabilities. Out: the share of
this corpus with an interval that needs no assumption about generator or domain, only that the
subset was drawn at random.

The estimate is the prediction-powered mean with its power-tuned weight (PPI++), in its
finite-population form: the survey regression estimator, because the share asked for is that of
these n documents and labelling all of them leaves no uncertainty. With unequal probabilities each
label counts by the inverse of its own (active statistical inference). The interval is Wilson's with
an effective sample size. Predictions raise that size only as far as labels of the rarer kind bear
them out, and where all labels agree it is the exact one-sided bound.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, stdtrit

from wellhead._stats import Interval, clamp, score_interval
from wellhead.errors import BadSetting, UnusableReference

__all__ = ["MINIMUM_LABELS", "audited_share", "chances"]

MINIMUM_LABELS = 10
# Part of an active draw that is drawn alike: no document is left out, and no label counts for more
# than about two. In simulations with predictions off by 2 in log-odds .5 covers where .2 does not.
_ALIKE = 0.5
# No prediction is taken for surer than this.
_SUREST = 1e-4


def audited_share(
    predictions: np.ndarray,
    labelled: np.ndarray,
    labels: np.ndarray,
    *,
    probability: np.ndarray | None = None,
    level: float = 0.95,
    sampled: bool = False,
) -> Interval:
    """The machine-written share from audited labels, helped by predictions.

    Valid for any predictions when `labelled` is a random subset of the corpus, each document
    drawn with its `probability`. A subset chosen by score, by suspicion or by who answered breaks
    it, and nothing in the data shows it.

    Args:
        predictions: shape (n,), for each document of the corpus, larger = more machine-like.
        labelled: shape (k,), indices of the audited documents, each once.
        labels: shape (k,), 1 = machine-written, 0 = human; values between are allowed.
        probability: shape (k,), with which each audited document was drawn; all alike if None.
        level: confidence, in (0, 1).
        sampled: the corpus is itself a random sample of something larger whose share is asked
            for; then no finite-population correction applies.

    Returns:
        Share with interval.

    Raises:
        UnusableReference: fewer than `MINIMUM_LABELS` labels, or labels outside [0, 1].
        BadSetting: indices outside the corpus or repeated, or `level` outside (0, 1).

    Source:
        Angelopoulos, Duchi & Zrnic (2023), PPI++, eq. 6 and prop. 2 (power tuning);
        Zrnic & Candès (2024), Active statistical inference, eq. 2 (unequal probabilities);
        Särndal, Swensson & Wretman (1992), Model assisted survey sampling, sec. 6.6 (variance);
        Wilson (1927), with the effective sample size of Kish for the design.
    """
    predictions = np.asarray(predictions, dtype=np.float64)
    labels = np.asarray(labels, dtype=np.float64)
    n, k = predictions.size, labels.size
    drawn = np.full(k, k / n) if probability is None else np.asarray(probability, np.float64)
    _check(predictions, labelled, labels, drawn, level)
    seen, weights = predictions[labelled], 1 / (drawn * np.sum(1 / drawn))
    unseen = np.ones(k) if sampled else 1 - drawn
    slope = _slope(seen, labels, weights)
    mean, middle = weights @ labels, weights @ seen
    point = float(np.clip(mean + slope * (predictions.mean() - middle), 0, 1))
    if not unseen.any():
        return Interval(point, point, point, level)
    kish = 1 / float(weights @ weights)
    if labels.min() == labels.max():
        return _unanimous(float(labels[0]), kish / float(unseen.mean()), level)
    residuals = labels - mean - slope * (seen - middle)
    variance = float((weights * residuals) ** 2 @ unseen) * k / (k - 2)
    # Half a label of the rarer kind, so that a share near 0 or 1 is not taken for certain.
    spread = max(point * (1 - point), 0.5 / k * (1 - 0.5 / k))
    # A handful of labels of the rarer kind cannot show that the predictions miss none of it.
    rarer = min(float(labels.sum()), k - float(labels.sum()))
    most = kish * (1 + rarer / 2) / float(unseen.mean())
    effective = min(spread / variance, most) if variance > 0 else most
    quantile = float(stdtrit(max(kish - 2, 3), (1 + level) / 2))
    return score_interval(point, effective, quantile, level)


def chances(predictions: np.ndarray, share: Interval | None = None) -> np.ndarray:
    """The chance of each document in an active draw, in units of that in a plain one.

    It rises with the standard deviation that its label has by the prediction.

    Args:
        predictions: shape (n,), probability of machine.
        share: what the predictions leave of the share, where known. They are means over generators
            that may have written, so that they add up to too much where most documents are by
            people: their log-odds are first lowered until they average halfway between the lower
            end and the best estimate (chosen in `benchmarks/active_labels.py`).

    >>> chances(np.array([0.0, 0.5])).tolist()
    [0.5, 1.5]
    """
    inside = _lowered(np.clip(predictions, 0, 1), share)
    doubt = np.sqrt(inside * (1 - inside))
    if doubt.mean() == 0:
        return np.full(inside.size, 1.0)
    return np.asarray((1 - _ALIKE) * doubt / doubt.mean() + _ALIKE)


def _lowered(predictions: np.ndarray, share: Interval | None) -> np.ndarray:
    """The predictions, less by one number in log-odds, so that they average no more than likely."""
    if share is None or not np.isfinite(share.point):
        return predictions
    from scipy.optimize import brentq

    wanted = max((share.low + share.point) / 2, 1 / predictions.size)
    inside = np.clip(predictions, _SUREST, 1 - _SUREST)
    if inside.mean() <= wanted:
        return predictions
    odds = logit(inside)
    # Lowered by so much and one more, all are below what is wanted.
    most = odds.max() - logit(wanted) + 1
    by = float(brentq(lambda by: expit(odds - by).mean() - wanted, 0.0, most))
    return np.asarray(expit(odds - by))


def _slope(seen: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """How far the predictions move the estimate: power-tuned, between 0 and 1.

    Zero where it cannot be told or would not help: then the labels speak alone. The correlation
    is shrunk for the degree of freedom that it costs. Beyond 1 a few labels would stretch the
    predictions past what they can mean.
    """
    prediction, label = seen - weights @ seen, labels - weights @ labels
    of_prediction, of_label = weights @ prediction**2, weights @ label**2
    if of_prediction < 1e-24 or of_label < 1e-24:
        return 0.0
    squared = (weights @ (prediction * label)) ** 2 / (of_prediction * of_label)
    adjusted = 1 - (1 - squared) * (labels.size - 1) / (labels.size - 2)
    sign = np.sign(weights @ (prediction * label))
    return float(np.clip(np.sqrt(max(adjusted, 0) * of_label / of_prediction) * sign, 0, 1))


def _unanimous(label: float, effective: float, level: float) -> Interval:
    """All labels agree: the end of the range is inside, and all the doubt lies on one side.

    Source: the "rule of three", exactly: (1 - share) ** effective = 1 - level.
    """
    reach = 1 - (1 - level) ** (1 / effective)
    return clamp(0.0, 0.0, reach, level) if label < 0.5 else clamp(1 - reach, 1.0, 1.0, level)


def _check(
    predictions: np.ndarray,
    labelled: np.ndarray,
    labels: np.ndarray,
    drawn: np.ndarray,
    level: float,
) -> None:
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    if labels.size < MINIMUM_LABELS:
        raise UnusableReference(
            f"expected at least {MINIMUM_LABELS} audited labels (50 give about ±5 points), got "
            f"{labels.size}. Draw more documents at random and label them."
        )
    if not np.isfinite(labels).all() or labels.min() < 0 or labels.max() > 1:
        raise UnusableReference("expected labels between 0 (human) and 1 (machine)")
    if not np.isfinite(predictions).all():
        raise BadSetting("the predictions hold values that are not finite numbers")
    if len(labelled) != labels.size or np.unique(labelled).size != labels.size:
        raise BadSetting("expected one label for each audited document, each document once")
    if np.min(labelled) < 0 or np.max(labelled) >= predictions.size:
        raise BadSetting("an audited document lies outside the corpus")
    if drawn.shape != labels.shape or not np.all((drawn > 0) & (drawn <= 1)):
        raise UnusableReference(
            "expected for each audited document the probability, above 0 and at most 1, with "
            "which it was drawn"
        )
