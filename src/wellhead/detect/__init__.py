"""Text in, one number per text out: the higher, the more machine-like."""

from __future__ import annotations

from wellhead.detect import adapted as _adapted  # noqa: F401  (adds a kind of saved detectors)
from wellhead.detect import general as _general  # noqa: F401  (adds "general" to the scorers)
from wellhead.detect.card import Card, Measured, Source, Summary
from wellhead.detect.explain import Passage
from wellhead.detect.library import Cluster, Library
from wellhead.detect.ngram import NgramDetector
from wellhead.detect.normalise import Normalisation, normalise
from wellhead.detect.scorer import Scorer, load_scorer
from wellhead.detect.tiers import tiered as _tiered  # noqa: F401  (adds a kind of saved detectors)
from wellhead.detect.train import train_detector

__all__ = [
    "Card",
    "Cluster",
    "Library",
    "Measured",
    "NgramDetector",
    "Normalisation",
    "Passage",
    "Scorer",
    "Source",
    "Summary",
    "load_scorer",
    "normalise",
    "train_detector",
]
