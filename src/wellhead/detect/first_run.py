"""The first run on a machine compiles what scores texts, and says why nothing else moves."""

from __future__ import annotations

from wellhead._progress import Progress
from wellhead.detect import native
from wellhead.detect.scorer import Scorer

__all__ = ["compile_first"]

# Marked for repair, so that repairs are compiled, too.
_TEXT = "It rained &amp; rained."


def compile_first(scorer: Scorer, progress: Progress) -> None:
    """Have what `scorer` needs compiled, as a stage of its own, unless an earlier run left it."""
    words = getattr(scorer, "general", scorer)  # an adapted one rests on another
    if hasattr(words, "score_column") and not native.is_compiled():
        progress.stage("compiling (once, half a minute)")
        scorer.score([_TEXT])
