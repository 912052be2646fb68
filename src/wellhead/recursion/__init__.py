"""Recursive training, measured against mathematics.

`wellhead.collapse(...)` repeats "fit, sample, mix, select, measure" for any family of models and
any regime of mixing, over seeds and settings, in a folder that resumes. `theory` has the closed
forms, `forecast` turns them on a corpus of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellhead._lazy import lazy_names

if TYPE_CHECKING:
    from wellhead.recursion.presets import list_presets
    from wellhead.recursion.result import Run
    from wellhead.recursion.run import make_plan, resume

__all__ = ["Run", "list_presets", "make_plan", "resume"]

# The closed forms do not wait for the laboratory.
__getattr__, __dir__ = lazy_names(
    __name__, {"result": ("Run",), "presets": ("list_presets",), "run": ("make_plan", "resume")}
)
