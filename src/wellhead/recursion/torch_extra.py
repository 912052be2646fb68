"""What can be said about torch without importing it: whether it is there, and what it may be asked.

Modules that need torch (extra ``lm``) import it at their top. Families import those modules where
they use them, after `require_torch` has looked.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from wellhead.errors import MissingExtra

__all__ = ["PRECISIONS", "require_torch"]

PRECISIONS = ("auto", "fp32", "bf16")


def require_torch(family: str) -> None:
    """Look for what the extra installs, before torch is imported for the first time.

    Raises:
        MissingExtra: it is not installed.
    """
    # Threads that spin while they wait slow every other process of a sweep down.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if any(find_spec(module) is None for module in ("torch", "transformers")):
        raise MissingExtra(f"the family {family}", "lm")
