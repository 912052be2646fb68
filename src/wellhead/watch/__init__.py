"""What a deployed model says, per version, with intervals that may be looked at all the time."""

from __future__ import annotations

from wellhead.watch.judging import judge
from wellhead.watch.result import Rate, Watched
from wellhead.watch.verdict import VERDICTS, Exchange, Judgement, Verdict

__all__ = ["VERDICTS", "Exchange", "Judgement", "Rate", "Verdict", "Watched", "judge"]
