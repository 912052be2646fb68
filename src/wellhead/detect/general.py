"""The general detector that comes with the package; ``tools/fit_general_detector.py`` made it.

It has two tiers, each a detector of its own with card, library and revision, so that an assay knows
which of them scored what: ``general`` reads characters, words and skeleton; ``general-fast`` words
and skeleton alone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wellhead.detect.ngram import NgramDetector
from wellhead.detect.scorer import SCORERS
from wellhead.errors import unknown_name

__all__ = ["TIERS", "detector_of", "fast_detector", "general_detector"]

_MODELS = Path(__file__).parent / "models"

TIERS = {"full": "general", "fast": "general-fast"}
"""The detector of each tier."""


@SCORERS.register("general")
@cache
def general_detector() -> NgramDetector:
    """The shipped detector, fitted on many domains and generators; read from disk once."""
    return NgramDetector.load(_MODELS / "general")


@SCORERS.register("general-fast")
@cache
def fast_detector() -> NgramDetector:
    """The same without characters: about twice as fast, its errors on its own card."""
    return NgramDetector.load(_MODELS / "general-fast")


def detector_of(tier: str) -> str:
    """The name of a tier's detector.

    Raises:
        BadSetting: there is no such tier.

    >>> detector_of("fast")
    'general-fast'
    """
    if tier not in TIERS:
        raise unknown_name("tier", tier, list(TIERS))
    return TIERS[tier]
