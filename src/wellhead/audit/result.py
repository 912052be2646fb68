"""What an audit found: labels that count, and how far the raters agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._atomic import write_text
from wellhead._result import Part, Result
from wellhead._stats import Interval
from wellhead.audit.folder import ORIGIN, AuditFolder, Design
from wellhead.audit.labelling import Given, Question, of_rater
from wellhead.consensus.agreement import kappa
from wellhead.consensus.evidence import NOT_OBSERVABLE, Row, table

__all__ = ["Agreement", "AuditResult", "Rater", "agreement", "read_audit"]

_CODES = {"human": 0, "machine": 1}


class Rater(NamedTuple):
    """What one rater said."""

    name: str
    machine: int
    human: int
    unsure: int


class Agreement(NamedTuple):
    """Two raters on the documents that both could tell.

    Attributes:
        both: how many documents.
        same: how many of them got the same label.
        kappa: agreement beyond chance (Cohen), None where it is undefined.
    """

    first: str
    second: str
    both: int
    same: int
    kappa: Interval | None


class Label(NamedTuple):
    """The label that counts: that of most raters who could tell."""

    id: str
    label: str
    probability: float
    votes: int
    raters: int


@dataclass(frozen=True, kw_only=True, repr=False)
class AuditResult(Result):
    """An audit as it stands.

    Attributes:
        design: how the documents were drawn.
        raters: what each said.
        agreement: of each pair of raters.
        labels: of the documents that most raters could tell.
        unsure: documents that raters looked at and could not tell, or on which they are split.
        open: documents that nobody has looked at.
    """

    schema_version: ClassVar[int] = 1
    stem: ClassVar[str] = "audit_result"

    design: Design
    raters: tuple[Rater, ...]
    agreement: tuple[Agreement, ...]
    labels: tuple[Label, ...]
    unsure: int
    open: int
    _evidence: pa.Table | None = None

    @property
    def machine(self) -> int:
        """Documents labelled machine."""
        return sum(label.label == "machine" for label in self.labels)

    def parts(self) -> dict[str, Part]:
        """The report, `labels.jsonl`, and with several raters `evidence.parquet`."""
        parts = {"labels": Part("labels.jsonl", self._write_labels), **super().parts()}
        evidence = self._evidence
        if evidence is not None:
            parts["evidence"] = Part(
                "evidence.parquet", lambda path: pq.write_table(evidence, path)
            )
        return parts

    def _write_labels(self, path: Path) -> None:
        write_text(path, "".join(json.dumps(row._asdict()) + "\n" for row in self.labels))


def read_audit(folder: str | Path | AuditFolder) -> AuditResult:
    """The audit in a folder as it stands.

    Raises:
        BadInput: there is none.
    """
    audit = folder if isinstance(folder, AuditFolder) else AuditFolder(folder)
    given = audit.given()
    names = sorted({each.rater for each in given})
    votes = {document.id: Counter[str]() for document in audit.documents}
    for each in given:
        votes[each.id][each.label] += 1
    labels = []
    for document in audit.documents:
        counts = votes[document.id]
        if counts["machine"] != counts["human"]:
            label, most = max((counts[name], name) for name in _CODES)[::-1]
            labels.append(Label(document.id, label, document.probability, most, counts.total()))
    looked_at = sum(counts.total() > 0 for counts in votes.values())
    return AuditResult(
        design=audit.design,
        raters=tuple(_rater(given, name) for name in names),
        agreement=tuple(agreement(given, *pair) for pair in combinations(names, 2)),
        labels=tuple(labels),
        unsure=looked_at - len(labels),
        open=len(audit.documents) - looked_at,
        _evidence=_evidence(given) if len(names) > 1 else None,
    )


def _rater(given: Sequence[Given], name: str) -> Rater:
    said = Counter(each.label for each in of_rater(given, name).values())
    return Rater(name, said["machine"], said["human"], said["unsure"])


def agreement(
    given: Sequence[Given], first: str, second: str, question: Question = ORIGIN
) -> Agreement:
    """How far two raters agree on what both could tell."""
    one, two = of_rater(given, first), of_rater(given, second)
    told = question.answers[:2]
    counts = np.zeros((2, 2), dtype=np.int64)
    for name in one.keys() & two.keys():
        pair = one[name].label, two[name].label
        if set(pair) <= set(told):
            counts[told.index(pair[0]), told.index(pair[1])] += 1
    return Agreement(first, second, int(counts.sum()), int(np.trace(counts)), kappa(counts))


def _evidence(given: Sequence[Given]) -> pa.Table:
    return table(
        Row(each.id, each.rater, None, NOT_OBSERVABLE)
        if each.label == "unsure"
        else Row(each.id, each.rater, float(_CODES[each.label]), each.label)
        for each in given
    )
