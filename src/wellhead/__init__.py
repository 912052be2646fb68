"""wellhead: text comes in, its origin is weighed, and what follows for training on it is told.

The front page is a handful of verbs, each imported when it is first used::

    wellhead.assay(corpus, human=...)      how much did machines write, and which documents
    wellhead.score(corpus)                 text to scores, streamed and resumable
    wellhead.joint(evidence)               two imperfect methods, one answer
    wellhead.collapse(experiment)          training on one's own output, again and again
    wellhead.forecast(...)                 what training on it does after n generations
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wellhead.assay.joint.run import joint
    from wellhead.assay.run import assay
    from wellhead.collapse.forecast import forecast
    from wellhead.collapse.laboratory import run as collapse
    from wellhead.detect.scoring import score

__version__ = "0.1.0"

__all__ = ["__version__", "assay", "collapse", "forecast", "joint", "score"]

# Verb → module and attribute; a sub-package that is itself the verb has no attribute.
_VERBS: dict[str, tuple[str, str | None]] = {
    "assay": ("wellhead.assay", None),
    "collapse": ("wellhead.collapse", None),
    "forecast": ("wellhead.collapse.forecast", "forecast"),
    "joint": ("wellhead.assay.joint", None),
    "score": ("wellhead.detect.scoring", "score"),
}


def __getattr__(name: str) -> Any:
    if name not in _VERBS:
        raise AttributeError(f"module 'wellhead' has no attribute '{name}'")
    module, attribute = _VERBS[name]
    loaded = importlib.import_module(module)
    return loaded if attribute is None else getattr(loaded, attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, *_VERBS])
