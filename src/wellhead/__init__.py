"""wellhead: text comes in, its origin is weighed, and what follows for training on it is told."""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
