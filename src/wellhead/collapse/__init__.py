"""Recursive training, measured against mathematics.

`run` repeats "fit, sample, mix, select, measure" for any family of models and any regime of
mixing, over seeds and settings, in a folder that resumes. ``wellhead.collapse(...)`` is the same
as ``wellhead.collapse.run(...)``.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from wellhead.collapse.presets import presets
from wellhead.collapse.result import Run
from wellhead.collapse.run import make_plan, resume, run

__all__ = ["Run", "make_plan", "presets", "resume", "run"]


class _Verb(types.ModuleType):
    """This package, which can also be called: it is a verb of the library's front page."""

    def __call__(self, *arguments: Any, **options: Any) -> Run:
        return run(*arguments, **options)


sys.modules[__name__].__class__ = _Verb
