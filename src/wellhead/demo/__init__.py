"""Real text whose machine share is known, to try wellhead on and to check it against.

Paragraphs of State of the Union addresses of 1947-2020 (by people) mixed with paragraphs of the
same genre that a small language model wrote.
"""

from __future__ import annotations

from wellhead.demo.mixture import Demo, Document, load_demo
from wellhead.demo.rehearsal import Rehearsal, rehearse

__all__ = ["Demo", "Document", "Rehearsal", "load_demo", "rehearse"]
