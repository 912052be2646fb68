"""What a deployed model says, per version, with intervals that may be looked at all the time.

Each name is imported when it is first used: gateway and meter start without what `judge` needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellhead._lazy import lazy_names

if TYPE_CHECKING:
    from wellhead.watch.classifier import Classifier, open_classifier
    from wellhead.watch.judging import judge
    from wellhead.watch.panel import Panel, open_judges, read_judges
    from wellhead.watch.result import Rate, Watched
    from wellhead.watch.review import ReviewQueue, begin_review
    from wellhead.watch.verdict import VERDICTS, Exchange, Judgement, Verdict

__all__ = [
    "VERDICTS",
    "Classifier",
    "Exchange",
    "Judgement",
    "Panel",
    "Rate",
    "ReviewQueue",
    "Verdict",
    "Watched",
    "begin_review",
    "judge",
    "open_classifier",
    "open_judges",
    "read_judges",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "classifier": ("Classifier", "open_classifier"),
        "judging": ("judge",),
        "panel": ("Panel", "open_judges", "read_judges"),
        "result": ("Rate", "Watched"),
        "review": ("ReviewQueue", "begin_review"),
        "verdict": ("VERDICTS", "Exchange", "Judgement", "Verdict"),
    },
)
