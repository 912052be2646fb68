"""What a plan says: one frozen object, the same names in Python and in JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wellhead._atomic import write_text
from wellhead._result import Part, Result
from wellhead._stats import Interval
from wellhead.curation.choice import Edge, FrontierPoint
from wellhead.curation.consequence import Consequence
from wellhead.curation.outlook import Outlook
from wellhead.curation.reserve import Reserve
from wellhead.curation.rule import Rule
from wellhead.curation.tails import Tails
from wellhead.curation.targets import Targets
from wellhead.curation.writing import Written
from wellhead.detect.beside import keep_detector
from wellhead.detect.scorer import Scorer

__all__ = ["CurationPlan"]


@dataclass(frozen=True, kw_only=True, repr=False)
class CurationPlan(Result):
    """What to keep, at what weight, and what that costs.

    Attributes:
        corpus: its name.
        policy: its name.
        dial: of the policy; None where everything is kept.
        dial_means: what the dial is, in words.
        documents: all documents, repeats included.
        distinct: distinct texts, which every share here is about.
        repeats: documents that repeat another, in full or nearly.
        folded: whether repeats are dropped.
        apart: texts that the assay set apart (copies of a source); they are kept.
        share: machine share of the corpus, as assayed.
        upper_bound_only: no machine text stands out; of every machine share only the upper end
            informs.
        chosen: what the plan does.
        targets: the limits that were set.
        met: whether the evidence promises them; None without limits.
        answer: the targets in words: met, or not attainable and what would make them so.
        edge: documents whose fate the assay leaves open.
        frontier: every dial, from mild to strict.
        outlooks: what training does, beside doing nothing and an oracle.
        tails: what is lost at the edges of the corpus; None where no text was read.
        doubts: what speaks against the human reference.
        reserve: human originals to set aside; None without.
        written: what was written; None for a plan alone.
        seed: of every draw.
        detector: name and revision.
        version: of wellhead.
    """

    schema_version: ClassVar[int] = 1
    stem: ClassVar[str] = "plan"

    corpus: str
    policy: str
    dial: float | None
    dial_means: str
    documents: int
    distinct: int
    repeats: int
    folded: bool
    apart: int
    share: Interval
    upper_bound_only: bool
    chosen: Consequence
    targets: Targets
    met: bool | None
    answer: str
    edge: Edge
    frontier: tuple[FrontierPoint, ...]
    outlooks: tuple[Outlook, ...]
    tails: Tails | None
    doubts: tuple[str, ...]
    reserve: Reserve | None
    written: Written | None
    seed: int
    detector: tuple[str, str]
    version: str
    _rule: Rule | None = None
    _scorer: Scorer | Path | None = None

    @property
    def rule(self) -> Rule | None:
        """The plan as a rule for one text at a time; None where the score alone does not decide."""
        return self._rule

    def parts(self) -> dict[str, Part]:
        """The page, the plan as JSON, and ``rule.json`` for engines."""
        made = super().parts()
        if (rule := self._rule) is not None:
            made["rule"] = Part("rule.json", lambda path: write_text(path, rule.to_json()))
        return made

    def save(self, folder: str | os.PathLike[str]) -> dict[str, Path]:
        """Write every part; and with a rule, in ``detector``, its detector if no name finds it.

        Raises:
            WellheadError: some part could not be written; the others are there.
        """
        paths = super().save(folder)
        if self._rule is not None:
            keep_detector(self._scorer, Path(folder))
        return paths
