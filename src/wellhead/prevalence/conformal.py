"""Per-document p-values whose false-positive rate is guaranteed by the user's own human texts.

In: scores of known-human texts and of documents (higher = more machine-like). Out: p-values and
flags. Nothing is assumed about the scores; the one assumption is that the human texts and the
human documents of the corpus are exchangeable (of the same kind). The share of machine text is
the business of `mixture`, `bound` and `audit`.
"""

from __future__ import annotations

import numpy as np

from wellhead.errors import BadSetting

__all__ = ["benjamini_hochberg", "p_values"]


def p_values(scores: np.ndarray, human: np.ndarray) -> np.ndarray:
    """Conformal p-values of `scores` against the `human` reference.

    Under exchangeability P(p <= t) <= t for every t, exactly, for every sample size; the
    guarantee is on average over draws of the reference.
    Ties count against flagging.

    Args:
        scores: shape (n,), higher = more machine-like.
        human: shape (m,), scores of known-human texts.

    Returns:
        Shape (n,), values in {1/(m+1), ..., 1}.

    Source:
        Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World;
        Bates et al. (2023), Testing for outliers with conformal p-values, eq. 2.

    >>> p_values(np.array([0.0, 2.5, 9.0]), np.array([1.0, 2.0, 3.0]))
    array([1.  , 0.5 , 0.25])
    """
    anchors = np.sort(np.asarray(human, dtype=np.float64))
    at_least_as_high = anchors.size - np.searchsorted(anchors, scores, side="left")
    return (1.0 + at_least_as_high) / (anchors.size + 1.0)


def benjamini_hochberg(p: np.ndarray, rate: float) -> np.ndarray:
    """Flags at false discovery rate `rate`.

    Conformal p-values that share one reference are positively dependent (PRDS), so that the
    procedure keeps its rate (Bates et al. 2023, theorem 2).

    Args:
        p: shape (n,), p-values.
        rate: expected share of human documents among the flagged, in (0, 1).

    Returns:
        Shape (n,), bool.

    Raises:
        BadSetting: `rate` is outside (0, 1).

    Source:
        Benjamini & Hochberg (1995).

    >>> benjamini_hochberg(np.array([0.01, 0.02, 0.9]), 0.1)
    array([ True,  True, False])
    """
    if not 0 < rate < 1:
        raise BadSetting(f"a false discovery rate lies between 0 and 1, got {rate}")
    if p.size == 0:
        return np.zeros(0, dtype=bool)
    ordered = np.sort(p)
    below = np.flatnonzero(ordered <= rate * np.arange(1, p.size + 1) / p.size)
    return np.asarray(p <= ordered[below[-1]]) if below.size else np.zeros(p.size, dtype=bool)
