"""A verdict by a classifier that was trained on one's own labelled violations.

::

    wellhead detector train --clean clean.jsonl --violating threats.jsonl --out threats/

    [[verdict]]
    kind = "detector"
    folder = "threats"
    false_alarms = 0.01    # of the clean texts that it was measured on; or threshold = 1.7
    category = "threat"

The threshold is where a classifier that had not seen them flags this part of the clean texts. Texts
that it was fitted on are judged by a classifier that had not seen them either, so that they can be
labelled and counted as any others. There is no pickle: a folder of plain arrays and JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellhead.errors import BadInput, BadSetting
from wellhead.watch.verdict import VERDICTS, Exchange, Judgement

if TYPE_CHECKING:
    from wellhead.detect import Scorer

__all__ = ["Classifier", "open_classifier"]

FALSE_ALARMS = 0.01


class Classifier:
    """A verdict that violates where a score is at the threshold or above.

    Attributes:
        threshold: in units of the score, which are log-odds for a detector of ours.
        category: of everything that it flags.
    """

    def __init__(self, scorer: Scorer, *, threshold: float, category: str = "") -> None:
        self.scorer, self.threshold = scorer, float(threshold)
        self.name, self.category = scorer.name, category or scorer.name
        made_of = f"{scorer.revision} {self.threshold!r} {self.category}"
        self.revision = sha256(made_of.encode()).hexdigest()[:12]
        self._score = getattr(scorer, "score_held_out", scorer.score)

    def judge(self, exchanges: Sequence[Exchange]) -> list[Judgement]:
        above = np.asarray(self._score([each.answer for each in exchanges])) - self.threshold
        return [self._judgement(float(score)) for score in above]

    def _judgement(self, above: float) -> Judgement:
        sure = float(1 / (1 + np.exp(-np.clip(above, -500, 500))))
        if above < 0:
            return Judgement(False, sure)
        return Judgement(True, sure, (self.category,), f"{above:.2f} above the threshold")


def open_classifier(
    folder: str | Path,
    *,
    threshold: float | None = None,
    false_alarms: float = FALSE_ALARMS,
    category: str = "",
) -> Classifier:
    """The classifier in a folder.

    Args:
        folder: what ``wellhead detector train --out`` wrote, or a registered name.
        threshold: from which score on an answer violates; by `false_alarms` if None.
        false_alarms: part of the clean texts that may be flagged, by scores of a classifier that
            had not seen them.
        category: of what it flags; its name if "".

    Raises:
        BadInput: no classifier there.
        BadSetting: no threshold, and no scores of clean texts to find one.
    """
    from wellhead.detect import load_scorer

    scorer = load_scorer(folder)
    if threshold is None:
        threshold = _threshold(scorer, false_alarms)
    return Classifier(scorer, threshold=threshold, category=category)


def _threshold(scorer: Scorer, false_alarms: float) -> float:
    if not 0 < false_alarms < 1:
        raise BadSetting(f"expected a part of false alarms between 0 and 1, got {false_alarms}.")
    library = getattr(scorer, "library", None)
    if not library:
        raise BadSetting(
            f"'{scorer.name}' holds no scores of clean texts; state a threshold of the score."
        )
    # Each clean text was scored by a model that had not seen it, once for each kind of violation.
    clean = np.concatenate([cluster.human for cluster in library])
    n = max(len(cluster.human) for cluster in library)
    part = min(float(np.ceil((n + 1) * (1 - false_alarms))) / n, 1.0)
    return float(np.nextafter(np.quantile(clean, part, method="higher"), np.float32(np.inf)))


@VERDICTS.register("detector")
def _from_settings(settings: Mapping[str, Any]) -> Classifier:
    if "folder" not in settings:
        raise BadInput('a verdict of the kind "detector" needs a folder.')
    threshold = settings.get("threshold")
    return open_classifier(
        str(settings["folder"]),
        threshold=None if threshold is None else float(threshold),
        false_alarms=float(settings.get("false_alarms", FALSE_ALARMS)),
        category=str(settings.get("category", "")),
    )
