"""wellhead: text comes in, its origin is weighed, and what follows for training on it is told."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wellhead.collapse.forecast import forecast
    from wellhead.detect.scoring import score

__version__ = "0.1.0"

__all__ = ["__version__", "forecast", "score"]

# The verbs, and where each lives: `import wellhead` alone stays quick.
_VERBS = {"forecast": "wellhead.collapse.forecast", "score": "wellhead.detect.scoring"}


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        return getattr(importlib.import_module(_VERBS[name]), name)
    raise AttributeError(f"module 'wellhead' has no attribute '{name}'")
