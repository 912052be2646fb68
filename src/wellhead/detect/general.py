"""The general detector that comes with the package; ``tools/fit_general_detector.py`` made it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wellhead.detect.ngram import NgramDetector
from wellhead.detect.scorer import SCORERS

__all__ = ["general_detector"]

_FOLDER = Path(__file__).parent / "models" / "general"


@SCORERS.register("general")
@cache
def general_detector() -> NgramDetector:
    """The shipped detector, fitted on many domains and generators; read from disk once."""
    return NgramDetector.load(_FOLDER)
