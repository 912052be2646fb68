"""A study's answers as evidence, straight from the database that it is still writing to.

In: a study file. Out: the evidence of the recordings, the answers as a table, and the tasks'
texts. The database is only read: what has not been derived yet is derived here and not kept, so
that a study can be looked at while it runs. Joining with other methods is `wellhead.joint`'s
job.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead.collect.answers import current_records
from wellhead.collect.export.evidence import row_of as evidence_row
from wellhead.collect.export.rows import ANSWERS, row_of
from wellhead.collect.keys import load_keys
from wellhead.collect.store.engine import look
from wellhead.collect.study import load_study
from wellhead.consensus import evidence
from wellhead.consensus.from_assay import RATE, evidence_of
from wellhead.consensus.sources import NAME
from wellhead.errors import BadInput

__all__ = ["StudyEvidence", "judge_texts", "read_study"]


class StudyEvidence(NamedTuple):
    """What a study holds at this moment.

    Attributes:
        title: as the writers saw it.
        evidence: one row an answer, method ``process``.
        answers: one row an answer, as in an export.
        task_texts: what the writers had before them.
    """

    title: str
    evidence: pa.Table
    answers: pa.Table
    task_texts: tuple[str, ...]


def read_study(path: str | PathLike[str], *, database: str | None = None) -> StudyEvidence:
    """The submitted answers of a study and what their recordings say.

    Args:
        path: the study file; its key lies beside it.
        database: replaces the study's own URL.

    Raises:
        BadInput: nothing was submitted yet, or the database cannot be read.
        BadSetting: the study file or its key is wrong.
    """
    study = load_study(path)
    keys = load_keys(study.key_path, study.id)
    with look(database or study.database_url) as connection:
        records = list(current_records(connection, study, keys))
    if not records:
        raise BadInput(f"no answers yet: nobody has submitted one to the study '{study.id}'.")
    return StudyEvidence(
        title=study.title,
        evidence=_named(evidence.table(map(evidence_row, records)), Path(path).name),
        answers=pa.Table.from_pylist([row_of(r, study.id) for r in records], schema=ANSWERS),
        task_texts=tuple(task.text for task in study.tasks if task.text),
    )


def judge_texts(
    study: StudyEvidence,
    human: Any,
    *,
    detector: str = "general",
    false_positive_rate: float = RATE,
    seed: int = 0,
    progress: Progress = quiet,
) -> pa.Table:
    """What wellhead's text detector says of the answers, as evidence of the method ``text``.

    Args:
        study: whose answers.
        human: texts of the same kind that people are known to have written, as for `assay`.
        detector: a detector's name or folder.
        false_positive_rate: part of people's texts that may be flagged.
        seed: of the assay.
        progress: told how far it is.

    Raises:
        BadInput, UnusableReference: as `wellhead.assay`.
    """
    from wellhead.prevalence.run import assay

    result = assay(
        study.answers.select(["id", "text"]),
        human=human,
        detector=detector,
        source=list(study.task_texts) or None,
        seed=seed,
        progress=progress,
    )
    return evidence_of(result, false_positive_rate=false_positive_rate)


def _named(table: pa.Table, name: str) -> pa.Table:
    return table.replace_schema_metadata({**(table.schema.metadata or {}), NAME: name})
