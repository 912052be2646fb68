"""Text in, one number per text out: the higher, the more machine-like."""

from __future__ import annotations

from wellhead.detect.scorer import Scorer, load_scorer

__all__ = ["Scorer", "load_scorer"]
