"""wellhead: text comes in, its origin is weighed, and what follows for training on it is told.

The front page is a handful of functions, each imported when it is first used::

    wellhead.assay(corpus, human=...)      how much did machines write, and which documents
    wellhead.score(corpus)                 text to scores, streamed and resumable
    wellhead.joint(evidence)               two imperfect methods, one answer
    wellhead.collapse(experiment)          training on one's own output, again and again
    wellhead.forecast(...)                 what training on it does after n generations
    wellhead.curate(corpus, assay=...)     what to keep, at what weight, and what that costs
    wellhead.evaluate(models)              what each generation still can do

Verbs are functions, packages are nouns: `prevalence` holds the parts of an assay, `consensus`
those of `joint`, `recursion` those of `collapse` and `forecast`, `curation` those
of `curate`, `capability` those of `evaluate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellhead._lazy import lazy_names
from wellhead._version import __version__

if TYPE_CHECKING:
    from wellhead.capability.run import evaluate
    from wellhead.consensus.run import joint
    from wellhead.curation.run import curate
    from wellhead.detect.scoring import score
    from wellhead.prevalence.run import assay
    from wellhead.recursion.forecast.forecasting import forecast
    from wellhead.recursion.run import collapse

__all__ = ["__version__", "assay", "collapse", "curate", "evaluate", "forecast", "joint", "score"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "prevalence.run": ("assay",),
        "recursion.run": ("collapse",),
        "curation.run": ("curate",),
        "capability.run": ("evaluate",),
        "recursion.forecast.forecasting": ("forecast",),
        "consensus.run": ("joint",),
        "detect.scoring": ("score",),
    },
)
