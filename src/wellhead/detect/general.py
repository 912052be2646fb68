"""The general detector that comes with the package; ``tools/fit_general_detector.py`` made it.

It has two tiers, each a detector of its own with card, library and revision, so that an assay knows
which of them scored what: ``general`` reads characters, words and skeleton; ``general-fast`` words
and skeleton alone. Of other languages Chinese has a detector of its own (``general-zh``, by
``tools/fit_language_detector.py``); the others tried have none, since their errors on sources left
out were too large.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from wellhead.detect.ngram import NgramDetector
from wellhead.detect.scorer import SCORERS
from wellhead.errors import unknown_name

__all__ = [
    "TIERS",
    "advice_on",
    "chinese_detector",
    "detector_of",
    "fast_detector",
    "for_languages",
    "general_detector",
]

_MODELS = Path(__file__).parent / "models"

TIERS = {"full": "general", "fast": "general-fast"}
"""The detector of each tier."""

_LANGUAGES = {"zh": "general-zh"}
# Measured by benchmarks/detector_languages.py, and too blind to be worth a number.
_TRIED = {"es": "Spanish", "de": "German", "fr": "French"}


@SCORERS.register("general")
@cache
def general_detector() -> NgramDetector:
    """The shipped detector, fitted on many domains and generators; read from disk once."""
    return NgramDetector.load(_MODELS / "general")


@SCORERS.register("general-fast")
@cache
def fast_detector() -> NgramDetector:
    """Without characters and the second view: over twice as fast, its errors on its own card."""
    return NgramDetector.load(_MODELS / "general-fast")


@SCORERS.register("general-zh")
@cache
def chinese_detector() -> NgramDetector:
    """A detector for Chinese; it learned from less, and its card says what it cannot see."""
    return NgramDetector.load(_MODELS / "general-zh")


def for_languages(languages: Sequence[str]) -> str:
    """The name of the detector for texts in these languages: that of more than half, if any is.

    >>> for_languages(["zh", "zh", "en"]), for_languages(["de", "de"])
    ('general-zh', 'general')
    """
    [(most, count)] = Counter(languages).most_common(1) or [("", 0)]
    return _LANGUAGES.get(most, "general") if 2 * count > len(languages) else "general"


def advice_on(languages: Sequence[str]) -> str:
    """What wellhead has for texts in languages that the detector in use does not know.

    >>> advice_on(["de"])
    'wellhead brings none for German: measured on texts of other sources, none was good enough.'
    >>> advice_on(["zh"])
    'For zh there is --detector general-zh.'
    """
    known = [f"For {code} there is --detector {_LANGUAGES[code]}." for code in languages
             if code in _LANGUAGES]  # fmt: skip
    tried = " and ".join(_TRIED[code] for code in languages if code in _TRIED)
    if tried:
        known.append(
            f"wellhead brings none for {tried}: measured on texts of other sources, none was good "
            "enough."
        )
    return " ".join(known)


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
