"""Sub-packages that are also verbs: ``wellhead.assay(...)`` and ``wellhead.assay.trial``."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

__all__ = ["make_callable"]


def make_callable(package: str, module: str, function: str) -> None:
    """Make the imported `package` callable: a call runs `function` of `module`.

    The function is imported at the first call, so that importing the package stays cheap.
    """

    class Verb(ModuleType):
        def __call__(self, *arguments: Any, **options: Any) -> Any:
            return getattr(importlib.import_module(module), function)(*arguments, **options)

    sys.modules[package].__class__ = Verb
