"""The share from a random subset of documents whose origin is known.

In: a prediction for every document (any number in [0, 1], from any detector, however biased) and
labels for a random subset. Out: the share of this corpus with an interval that needs no
assumption about generator or domain, only that the subset was drawn at random.

The estimate is the prediction-powered mean with its power-tuned weight (PPI++), in its
finite-population form: the survey regression estimator, because the share asked for is that of
these n documents and labelling all of them leaves no uncertainty. Its interval is Wilson's with an
effective sample size, and where all labels agree the exact one-sided bound, so that it does not
collapse to a point.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from wellhead._stats import Interval, clamp, score_interval
from wellhead.errors import BadSetting, UnusableReference

__all__ = ["MINIMUM_LABELS", "audited_share"]

MINIMUM_LABELS = 10


def audited_share(
    predictions: np.ndarray,
    labelled: np.ndarray,
    labels: np.ndarray,
    *,
    level: float = 0.95,
    sampled: bool = False,
) -> Interval:
    """The machine-written share from audited labels, helped by predictions.

    Valid for any predictions when `labelled` is a simple random subset of the corpus. A subset
    chosen by score, by suspicion or by who answered breaks it, and nothing in the data shows it.

    Args:
        predictions: shape (n,), for each document of the corpus, larger = more machine-like.
        labelled: shape (k,), indices of the audited documents, each once.
        labels: shape (k,), 1 = machine-written, 0 = human; values between are allowed.
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
        Cochran (1977), Sampling Techniques, eq. 7.17 (regression estimator);
        Wilson (1927), with the effective sample size of Kish for the design.
    """
    predictions = np.asarray(predictions, dtype=np.float64)
    labels = np.asarray(labels, dtype=np.float64)
    _check(predictions, labelled, labels, level)
    n, k = predictions.size, labels.size
    seen = predictions[labelled]
    explained = _explained(seen, labels)
    slope = explained * labels.std() / seen.std() if explained else 0.0
    point = float(np.clip(labels.mean() + slope * (predictions.mean() - seen.mean()), 0, 1))
    unseen = 1.0 if sampled else 1.0 - k / n
    if unseen <= 0:
        return Interval(point, point, point, level)
    # What the predictions explain of the labels need not be learned from the labels.
    effective = k / (max(1 - explained**2, 1 / k) * unseen)
    if labels.min() == labels.max():
        return _unanimous(float(labels[0]), effective, level)
    return score_interval(point, effective, float(student.ppf((1 + level) / 2, k - 2)), level)


def _explained(seen: np.ndarray, labels: np.ndarray) -> float:
    """The correlation of prediction and label, shrunk for the degrees of freedom it costs.

    Zero where it cannot be told or would not help: then the labels speak alone.
    """
    if seen.std() < 1e-12 or labels.std() < 1e-12:
        return 0.0
    r = float(np.corrcoef(seen, labels)[0, 1])
    adjusted = 1 - (1 - r**2) * (labels.size - 1) / (labels.size - 2)
    return float(np.sqrt(max(adjusted, 0.0)) * np.sign(r))


def _unanimous(label: float, effective: float, level: float) -> Interval:
    """All labels agree: the end of the range is inside, and all the doubt lies on one side.

    Source: the "rule of three", exactly: (1 - share) ** effective = 1 - level.
    """
    reach = 1 - (1 - level) ** (1 / effective)
    return clamp(0.0, 0.0, reach, level) if label < 0.5 else clamp(1 - reach, 1.0, 1.0, level)


def _check(predictions: np.ndarray, labelled: np.ndarray, labels: np.ndarray, level: float) -> None:
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
