"""What an assay says: one frozen object, the same names in Python and in JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._result import ROWS, Part, Result
from wellhead._stats import Interval
from wellhead.corpus.census import Sampled, Unusable
from wellhead.detect.beside import keep_detector
from wellhead.detect.scorer import Scorer
from wellhead.prevalence.adapt_result import Adaptation
from wellhead.prevalence.flagged import write_flagged

__all__ = [
    "AsRead",
    "AssayResult",
    "Diagnostic",
    "Documents",
    "GroupShare",
    "Histogram",
    "Method",
    "Passage",
    "References",
    "Reproducibility",
    "Severity",
    "Withheld",
]

Method = Literal["anchored", "audited", "audited+anchored", "cluster-random"]
Severity = Literal["ok", "note", "warning"]


class AsRead(NamedTuple):
    """What the documents look like, so that a wrong column or file is seen before its share.

    Attributes:
        characters: lengths of the documents: smallest, quartiles, largest.
        languages: part of the documents by language, of some; the commonest first.
        sample: three documents at random, as they are scored: the first letters of each.
        unusable: the first rows that could not be used.
    """

    characters: tuple[int, ...]
    languages: dict[str, float]
    sample: tuple[Sampled, ...]
    unusable: tuple[Unusable, ...]


class Documents(NamedTuple):
    """Counts of documents.

    Attributes:
        n: usable documents, duplicates included.
        flagged: documents flagged at the stated false discovery rate.
        duplicates: documents whose exact text came before.
        unusable: rows that could not be used.
        unusable_reasons: the same by reason.
        copied: documents that mostly repeat a source text; they are left out of the estimate.
        evidence: distinct texts that the estimate rests on.
        population: documents in the corpus when only a sample was assayed, else None.
        near_duplicates: documents that nearly repeat another, the exact repeats included.
        read: what they look like.
    """

    n: int
    flagged: int
    duplicates: int
    unusable: int
    unusable_reasons: dict[str, int]
    copied: int
    evidence: int
    population: int | None = None
    near_duplicates: int = 0
    read: AsRead | None = None


class References(NamedTuple):
    """Sizes of the references."""

    human: int
    machine: dict[str, int]
    labels: int


class Diagnostic(NamedTuple):
    """One check, in plain words, with what follows from it; `code` never changes, words may."""

    name: str
    severity: Severity
    finding: str
    consequence: str
    code: str = ""


class Withheld(NamedTuple):
    """Why a share cannot be said, and what to bring so that it can.

    Attributes:
        code: "few-documents", "language" or "reference-kind".
        reason: what speaks against saying it, as the end of a sentence.
        bring: what to do.
        seen: what shows it, as a sentence; empty where the reason says all.
    """

    code: str
    reason: str
    bring: str
    seen: str = ""

    @property
    def advice(self) -> str:
        """What shows it, and what to do."""
        return f"{self.seen} {self.bring}".lstrip()


class GroupShare(NamedTuple):
    """The share in one group."""

    name: str
    n: int
    share: Interval
    at_least: float
    flagged: int


class Histogram(NamedTuple):
    """Scores of corpus and human reference on common bins, as densities per unit of score.

    Attributes:
        edges: shape (k + 1,), scores.
        corpus: shape (k,), share of the corpus's documents in each bin.
        human: shape (k,), share of the human reference; zeros without one.
        machine: shape (k,), the part of `corpus` that the estimate ascribes to machines.
    """

    edges: np.ndarray
    corpus: np.ndarray
    human: np.ndarray
    machine: np.ndarray


class Passage(NamedTuple):
    """A piece of a document's text and how much it moved the score (positive = machine)."""

    text: str
    weight: float


@dataclass(frozen=True, kw_only=True)
class Reproducibility:
    """What is needed to get the same numbers again."""

    version: str
    command: str
    seed: int
    scorer: str
    revision: str
    hashes: dict[str, str]


@dataclass(frozen=True, kw_only=True, repr=False)
class AssayResult(Result):
    """How much of a corpus machines wrote, which documents, and how far that can be trusted.

    Attributes:
        share: the machine-written share with its interval; its point is NaN (null in JSON) where
            `withheld` says why it cannot be said.
        if_seen: the interval if the detector can see the generator, where `share` allows for one
            that it cannot see; else None.
        at_least: lower bound, one side of an interval at the same level, that holds for any
            generator, from the human reference alone; 0 without one.
        withheld: why the share cannot be said, or None.
        unexplained: lower 95 % bound on the part of the corpus that is unlike the human reference
            in words and layout, without what the scores count as machine text anyway.
        compared_in_vain: the human reference is of another kind, so that nothing rests on it.
        method: which evidence the interval rests on.
        assumptions: what must be true for the interval to hold.
        documents: counts.
        diagnostics: checks of the assumptions and their consequences.
        upper_bound_only: nothing machine-like is distinguishable; only the upper ends of `share`
            and `if_seen` inform.
        references: sizes of the references.
        false_discovery_rate: of the flags.
        groups: shares by group, with `groups_method`.
        table: one row per document: `id`, `score`, `p_value`, `flag`, `posterior`, `duplicate`,
            `copied`, `group` where there are groups, `file`, `row` (from 1) and `first_words`.
        flagged: one row per flagged document, the surest first, with its other columns.
        passages: for some flagged documents, the passages that weighed most.
        histogram: for the picture.
        adaptation: what the detector was adapted to and what that changed; None where it was not.
        reproducibility: version, command, seed, scorer, hashes.
    """

    schema_version: ClassVar[int] = 1

    share: Interval
    at_least: float
    method: Method
    assumptions: tuple[str, ...]
    documents: Documents
    diagnostics: tuple[Diagnostic, ...]
    upper_bound_only: bool
    references: References
    false_discovery_rate: float
    if_seen: Interval | None = None
    withheld: Withheld | None = None
    unexplained: float = 0.0
    compared_in_vain: bool = False
    groups: tuple[GroupShare, ...] = ()
    groups_method: str = ""
    adaptation: Adaptation | None = None
    reproducibility: Reproducibility
    histogram: Histogram
    passages: dict[str, tuple[Passage, ...]] = field(default_factory=dict)
    table: pa.Table
    flagged: pa.Table | None = None
    _scorer: Scorer | None = None

    @property
    def detector(self) -> Scorer | None:
        """What gave the scores: an adapted detector scores new texts, too."""
        return self._scorer

    def to_pandas(self) -> Any:
        """`table` as a pandas data frame, one row per document."""
        return self.table.to_pandas()

    def parts(self) -> dict[str, Part]:
        """The report as HTML and Markdown, `assay.json`, `documents.parquet`, `flagged.csv`."""
        made = {
            "documents": Part("documents.parquet", lambda path: pq.write_table(self.table, path))
        }
        if (flagged := self.flagged) is not None:
            made["flagged"] = Part("flagged.csv", lambda path: write_flagged(path, flagged))
        json = Part("assay.json", lambda path: self.save_json(path, rows=ROWS))
        return {**made, **super().parts(), "json": json}

    def save(self, folder: str | os.PathLike[str]) -> dict[str, Path]:
        """Write every part; and in ``detector`` the detector, where no name would find it again.

        Raises:
            WellheadError: some part could not be written; the others are there.
        """
        paths = super().save(folder)
        kept = keep_detector(self._scorer, Path(folder))
        return paths if kept is None else {**paths, "detector": kept}
