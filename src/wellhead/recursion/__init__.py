"""Recursive training, measured against mathematics.

`wellhead.collapse(...)` repeats "fit, sample, mix, select, measure" for any family of models and
any regime of mixing, over seeds and settings, in a folder that resumes. `theory` has the closed
forms, `forecast` turns them on a corpus of one's own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wellhead.recursion.presets import list_presets
    from wellhead.recursion.result import Run
    from wellhead.recursion.run import make_plan, resume

__all__ = ["Run", "list_presets", "make_plan", "resume"]

# Imported when first used, so that the closed forms do not wait for the laboratory.
_HOMES = {"Run": "result", "list_presets": "presets", "make_plan": "run", "resume": "run"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
