"""What would happen with *my* mix: inflation of error and survival of words, with intervals.

`forecast` is the verb; `Forecast` what it returns. The closed forms are in
`wellhead.recursion.theory`; this package carries intervals through them, counts the words of a
corpus, and inverts them: how much real text, or which detector, keeps a limit, and what is
cheapest.
"""

from __future__ import annotations

from wellhead.recursion.forecast.effective import EffectiveSize, fitted_size
from wellhead.recursion.forecast.forecasting import forecast
from wellhead.recursion.forecast.prices import CheapestMix, Prices
from wellhead.recursion.forecast.remedies import Remedy, needed_share
from wellhead.recursion.forecast.result import Caveat, Forecast
from wellhead.recursion.forecast.share import Range, real_share_of
from wellhead.recursion.forecast.vocabulary import Vocabulary
from wellhead.recursion.forecast.words import WordCounts, count_words, of_counts
from wellhead.recursion.theory.detector import Detector

__all__ = [
    "Caveat",
    "CheapestMix",
    "Detector",
    "EffectiveSize",
    "Forecast",
    "Prices",
    "Range",
    "Remedy",
    "Vocabulary",
    "WordCounts",
    "count_words",
    "fitted_size",
    "forecast",
    "needed_share",
    "of_counts",
    "real_share_of",
]
