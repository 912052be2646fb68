"""`wellhead study`: everything about one study, from submissions to a sentence for the paper.

In: evidence, and what else is known about the documents (worker, task, time, text). Out:
`StudyResult`: the joint estimate with its ablations, workers, time, repeated texts, what policies
would do, cases with their evidence, and the text of a methods section with the numbers filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from wellhead._atomic import write_text
from wellhead._result import Part, Result
from wellhead.consensus.bayes import Priors
from wellhead.consensus.from_assay import RATE
from wellhead.consensus.join import join, read_votes
from wellhead.consensus.near_duplicates import DuplicateGroup, duplicate_groups
from wellhead.consensus.result import JointResult
from wellhead.consensus.run import result_of
from wellhead.consensus.tables import MISSING
from wellhead.consensus.votes import Votes
from wellhead.consensus.workers import Workers, workers
from wellhead.study.ablation import Ablation, LengthMatch, ablations, length_matched
from wellhead.study.cases import Case, cases
from wellhead.study.drift import Drift, drift, moments
from wellhead.study.methods_text import methods_text
from wellhead.study.policy import Policy, policies

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["Step", "StudyResult", "study"]

# What other parts of wellhead, and MTurk and Prolific exports, call these things.
_WORKER = ("worker", "worker_id", "WorkerId", "participant", "participant_id")
_TIME = ("submitted_at", "time", "SubmitTime", "submitted", "completed_at")
_TEXT = ("text", "answer", "summary")


class Step(NamedTuple):
    """One step on the way from submissions to the estimate: documents left, and what left."""

    name: str
    n: int
    aside: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class StudyResult(Result):
    """One study.

    Attributes:
        title: of the study.
        joint: the estimate by all methods together.
        steps: documents from submission to estimate.
        ablations: the share with something taken away.
        length: agreement among texts of like length; None without texts or with too few.
        workers: None without a worker column.
        drift: None without times.
        near_duplicates: documents that repeat each other; empty without texts.
        policies: what rejecting by simple rules would do.
        cases: flagged documents with their evidence.
        methods: paragraphs for a paper's methods section, numbers filled in.
    """

    schema_version: ClassVar[int] = 1
    stem: ClassVar[str] = "study"

    title: str
    joint: JointResult
    steps: tuple[Step, ...]
    ablations: tuple[Ablation, ...]
    length: LengthMatch | None
    workers: Workers | None
    drift: Drift | None
    near_duplicates: tuple[DuplicateGroup, ...]
    policies: tuple[Policy, ...]
    cases: tuple[Case, ...]
    methods: str

    def parts(self) -> dict[str, Part]:
        """The report as HTML and Markdown, `study.json`, and `methods.txt`."""
        return {
            "methods": Part("methods.txt", lambda path: write_text(path, self.methods + "\n")),
            **super().parts(),
        }


def study(
    sources: Any,
    *,
    documents: Any = None,
    group: str | None = None,
    worker: str | None = None,
    time: str | None = None,
    text: str | None = None,
    task_texts: tuple[str, ...] = (),
    methods: tuple[str, ...] = (),
    cuts: Mapping[str, float] | None = None,
    priors: Priors | None = None,
    trusted: str | None = None,
    dependent: tuple[str, ...] = (),
    false_positive_rate: float | None = RATE,
    title: str = "",
    level: float = 0.95,
    seed: int = 0,
) -> StudyResult:  # many parameters: those of `joint` go through, and a report's own beside them
    """Everything about one study.

    Args:
        sources: evidence, as for `wellhead.joint`; a folder that `wellhead collect export` wrote
            will do.
        documents: more about the documents, by `id`.
        group: column that parts documents into groups.
        worker, time, text: columns; found by their usual names when not given.
        task_texts: the task's own texts, so that quoting them is not taken for copying.
        methods, cuts, priors, trusted, dependent, false_positive_rate, level, seed: as for
            `wellhead.joint`.
        title: of the report.

    Raises:
        BadInput: evidence that cannot be read, or fewer than two methods.
        BadSetting: a column or method that is not there.
    """
    read = read_votes(
        sources,
        documents=documents,
        group=group,
        methods=methods,
        cuts=cuts,
        false_positive_rate=false_positive_rate,
    )
    worker, time, text = (
        given or _found(read.votes, usual)
        for given, usual in ((worker, _WORKER), (time, _TIME), (text, _TEXT))
    )
    joined = join(
        read.votes,
        worker=worker,
        priors=priors,
        trusted=trusted,
        dependent=dependent,
        level=level,
        seed=seed,
    )
    result = result_of(joined, read.hashes)
    posterior, inside = joined.posterior[read.votes.inside], read.votes.only(read.votes.inside)
    return StudyResult(
        title=title or "Who wrote these texts?",
        joint=result,
        steps=steps(read.votes, unseen=read.unseen),
        ablations=ablations(joined),
        length=_length(read.votes, text, level),
        workers=workers(posterior, inside.column(worker), level=level) if worker else None,
        drift=_drift(inside, time, posterior, level, seed) if time else None,
        near_duplicates=_near_duplicates(inside, text, worker, task_texts, seed),
        policies=policies(joined),
        cases=cases(inside, posterior, result.methods),
        methods=methods_text(result, worker=worker, group=group),
    )


def steps(votes: Votes, *, unseen: int = 0) -> tuple[Step, ...]:
    """Documents from submission to estimate.

    Args:
        votes: of the methods.
        unseen: documents that are known of and of which no method says anything.
    """
    inside = votes.only(votes.inside)
    n = len(inside.ids)
    heard = inside.votes != MISSING
    complete, nobody = int(heard.all(axis=1).sum()), int((~heard).all(axis=1).sum())
    made = [Step("submitted", n + unseen)]
    if unseen:
        made.append(Step("with evidence", n, f"{unseen:,} without any"))
    seen = f"{complete:,} judged by every method" if complete < n else ""
    made.append(Step("in the estimate", n, f"{seen}, {nobody:,} by none" if nobody else seen))
    return tuple(made)


def _drift(
    inside: Votes, time: str, posterior: np.ndarray, level: float, seed: int
) -> Drift | None:
    given = inside.column(time)
    dated = any(isinstance(value, str | datetime) for value in given)
    return drift(posterior, moments(given), level=level, seed=seed, dated=dated)


def _found(votes: Votes, usual: tuple[str, ...]) -> str | None:
    known = {key for row in votes.about for key in row}
    return next((name for name in usual if name in known), None)


def _length(votes: Votes, text: str | None, level: float) -> LengthMatch | None:
    if text is None:
        return None
    lengths = [np.nan if value is None else len(str(value)) for value in votes.column(text)]
    return length_matched(votes, np.array(lengths, dtype=float), level=level)


def _near_duplicates(
    inside: Votes, text: str | None, worker: str | None, task_texts: tuple[str, ...], seed: int
) -> tuple[DuplicateGroup, ...]:
    if text is None:
        return ()
    texts = ["" if value is None else str(value) for value in inside.column(text)]
    people = [str(name) for name in inside.column(worker)] if worker else None
    return duplicate_groups(inside.ids, texts, workers=people, sources=task_texts, seed=seed)
