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

import importlib
from typing import TYPE_CHECKING, Any

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

_HOMES = {
    "assay": "wellhead.prevalence.run",
    "collapse": "wellhead.recursion.run",
    "curate": "wellhead.curation.run",
    "evaluate": "wellhead.capability.run",
    "forecast": "wellhead.recursion.forecast.forecasting",
    "joint": "wellhead.consensus.run",
    "score": "wellhead.detect.scoring",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'wellhead' has no attribute '{name}'")
    return globals().setdefault(name, getattr(importlib.import_module(_HOMES[name]), name))


def __dir__() -> list[str]:
    return sorted(__all__)
