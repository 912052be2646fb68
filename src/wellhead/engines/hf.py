"""For Hugging Face datasets: a function for ``map(batched=True)`` that adds what a rule says.

``dataset.map(judged("plan/"), batched=True)`` adds `wellhead_score`, `wellhead_posterior` and
`curation_weight`; ``dataset.filter(lambda row: row["curation_weight"] > 0)`` drops.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wellhead.curation.rule import Judge
from wellhead.detect.scorer import Scorer
from wellhead.errors import BadInput

__all__ = ["columns_of", "judged"]

Batch = Mapping[str, Sequence[Any]]


def judged(
    rule: str | os.PathLike[str], *, text_column: str = "text", detector: str | Scorer | None = None
) -> Callable[[Batch], dict[str, Any]]:
    """A function from a batch of rows to the columns that a rule adds.

    Args:
        rule: the folder of a plan, or its ``rule.json``.
        text_column: the column that holds the text.
        detector: see `Judge`.

    >>> callable(judged)
    True
    """
    judge = Judge(rule, detector)

    def judge_batch(batch: Batch) -> dict[str, Any]:
        return columns_of(judge, batch, text_column)

    return judge_batch


def columns_of(judge: Judge, batch: Batch, text_column: str) -> dict[str, Any]:
    """The columns that a rule adds to a batch.

    Raises:
        BadInput: no such column.
    """
    if text_column not in batch:
        raise BadInput(f"no column '{text_column}'; there are: {', '.join(batch)}")
    found = judge(["" if text is None else str(text) for text in batch[text_column]])
    return {
        "wellhead_score": found.score,
        "wellhead_posterior": found.posterior,
        "curation_weight": found.weight,
    }
