"""What makes a set of reference scores usable: enough of them, and finite."""

from __future__ import annotations

import numpy as np

from wellhead.errors import BadInput, UnusableReference

__all__ = ["MINIMUM_ANCHOR", "MINIMUM_HUMAN", "require_scores"]

# Below this many known-human texts no p-value can reach 0.1 and nothing is anchored.
MINIMUM_HUMAN = 10
# From this many on the anchored estimate's interval was measured to hold.
MINIMUM_ANCHOR = 50


def require_scores(scores: np.ndarray, human: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 vectors.

    Raises:
        BadInput: no document, or a score that is not finite.
        UnusableReference: fewer than `MINIMUM_HUMAN` reference scores, or one not finite.
    """
    corpus = np.asarray(scores, dtype=np.float64).ravel()
    reference = np.asarray(human, dtype=np.float64).ravel()
    if corpus.size == 0:
        raise BadInput("expected at least one document to estimate a share, got none")
    if not np.isfinite(corpus).all():
        raise BadInput("the scores of the corpus hold values that are not finite numbers")
    if not np.isfinite(reference).all():
        raise UnusableReference("the scores of the reference hold values that are not finite")
    if reference.size < MINIMUM_HUMAN:
        raise UnusableReference(
            f"expected at least {MINIMUM_HUMAN} known-human texts ({MINIMUM_ANCHOR} or more for a "
            f"useful interval), got {reference.size}. Bring more texts of the same kind that "
            "people certainly wrote."
        )
    return corpus, reference
