"""Tiers: other views of a text beside its words, for a detector of one's own task."""

from __future__ import annotations

from wellhead.detect.tiers import encoders as _encoders  # noqa: F401  (adds two tiers)
from wellhead.detect.tiers import length as _length  # noqa: F401  (adds a tier)
from wellhead.detect.tiers import likelihood as _likelihood  # noqa: F401  (adds a tier)
from wellhead.detect.tiers.tier import TIERS, WORDS, LinearTier, Task, Tier, open_tier

__all__ = ["TIERS", "WORDS", "LinearTier", "Task", "Tier", "open_tier"]
