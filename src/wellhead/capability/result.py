"""The result of an evaluation: every item of every model, and what can be said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa

from wellhead._result import Result
from wellhead._stats import design_effect, wilson
from wellhead.capability.falls import ACCURACY, BITS, Comparison, Pair, judged
from wellhead.capability.items import Item
from wellhead.capability.paired import Estimate, bits_difference, share_difference
from wellhead.capability.published import Cell, cells_of

__all__ = ["Answered", "Evaluation", "Score", "TaskShown", "evaluation"]


class TaskShown(NamedTuple):
    """A task as the result knows it.

    Args:
        name, title: what it is called.
        shots: solved items before each question.
        published: its row of the published table, or "".
        settings: what of it differs from how others ask.
        items: how many were asked.
    """

    name: str
    title: str
    shots: int
    published: str
    settings: tuple[str, ...]
    items: int


class Answered(NamedTuple):
    """A model and its items."""

    name: str
    series: str
    generation: int
    items: Sequence[Item]


@dataclass(frozen=True)
class Score:
    """One model on one task.

    Args:
        model, series, generation: which one.
        task: by its name.
        items: how many were asked.
        accuracy: the share of items that it got right; None where the task has no such thing.
        interval: of it, 95 %, by the score method, items of a cluster counted as fewer.
        by_length: the same share with likelihoods divided by the answers' length, as some report.
        chance: what guessing gets; 0 for open questions.
        bits_per_byte: of the right answers; None where they are not known.
        above_chance: whether the interval lies above chance.
    """

    model: str
    series: str
    generation: int
    task: str
    items: int
    accuracy: float | None
    interval: tuple[float, float] | None
    by_length: float | None
    chance: float
    bits_per_byte: float | None
    above_chance: bool


@dataclass(frozen=True, repr=False)
class Evaluation(Result):
    """What models can do, and what they lost.

    Args:
        scores: every model on every task.
        comparisons: every later model with the first of its series.
        tasks: what was asked.
        published: figures of papers for the same tasks.
        seconds: that the models took now; answers kept before took none.
        version: of wellhead, and of lm-eval.
        table: every item of every model.
    """

    schema_version: ClassVar[int | None] = 1
    stem: ClassVar[str] = "evaluation"

    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    tasks: tuple[TaskShown, ...]
    published: tuple[Cell, ...]
    seconds: float
    version: str
    table: pa.Table

    @cached_property
    def series(self) -> tuple[str, ...]:
        """The lines of models, in the order given."""
        return tuple(dict.fromkeys(score.series for score in self.scores))

    @cached_property
    def fallen(self) -> tuple[Comparison, ...]:
        """The first generation in which each task was seen to fall, soonest first."""
        first: dict[tuple[str, str, str], Comparison] = {}
        for each in sorted(self.comparisons, key=lambda each: each.generation):
            if each.falls:
                first.setdefault((each.series, each.task, each.measure), each)
        return tuple(sorted(first.values(), key=lambda each: (each.generation, each.p)))

    def of(self, task: str, series: str) -> list[Score]:
        """A task over the models of a series."""
        return [each for each in self.scores if (each.task, each.series) == (task, series)]


def evaluation(
    models: Sequence[Answered], tasks: Sequence[TaskShown], seconds: float, version: str
) -> Evaluation:
    """The result, from the items that each model answered."""
    names = [task.name for task in tasks]
    scores = [_score(model, task) for model in models for task in names]
    rows = dict.fromkeys(task.published for task in tasks if task.published)
    return Evaluation(
        tuple(scores),
        judged(list(_pairs(models, names))),
        tuple(tasks),
        tuple(cell for row in rows for cell in cells_of(row)),
        round(seconds, 1),
        version,
        _table(models),
    )


def _score(model: Answered, task: str) -> Score:
    items = [item for item in model.items if item.task == task]
    right, clusters = _column(items, "right"), _clusters(items)
    known = not np.isnan(right).any()
    chance = float(np.mean([1 / item.choices if item.choices else 0.0 for item in items]))
    bits, size = _column(items, "bits"), _column(items, "bytes")
    length = _column(items, "right_by_length")
    n = len(items) / design_effect(right, clusters) if known else 0.0
    shares = wilson(n * float(right.mean()), n) if known else None
    priced = not np.isnan(bits).any() and size.sum() > 0
    return Score(
        *(model.name, model.series, model.generation, task, len(items)),
        accuracy=float(right.mean()) if known else None,
        interval=(shares.low, shares.high) if shares else None,
        by_length=float(length.mean()) if not np.isnan(length).any() else None,
        chance=chance,
        bits_per_byte=float(bits.sum() / size.sum()) if priced else None,
        above_chance=shares is not None and shares.low > chance,
    )


def _pairs(models: Sequence[Answered], tasks: Sequence[str]) -> list[Pair]:
    found = []
    for series in dict.fromkeys(model.series for model in models):
        first, *later = [model for model in models if model.series == series]
        for model in later:
            for task in tasks:
                found += _compared(first, model, task)
    return found


def _compared(first: Answered, model: Answered, task: str) -> list[Pair]:
    before, after = (
        {item.item: item for item in each.items if item.task == task} for each in (first, model)
    )
    both = sorted(before.keys() & after.keys())
    old, new = [before[key] for key in both], [after[key] for key in both]
    clusters = _clusters(old)
    estimates: list[tuple[str, Estimate]] = []
    right = _column(old, "right"), _column(new, "right")
    if not np.isnan(right).any():
        estimates.append((ACCURACY, share_difference(*right, clusters)))
    bits, size = (_column(old, "bits"), _column(new, "bits")), _column(old, "bytes")
    if not np.isnan(bits).any() and size.sum() > 0:
        estimates.append((BITS, bits_difference(*bits, size, clusters)))
    place = (model.series, model.name, model.generation, task)
    return [Pair(*place, measure, estimate, len(both)) for measure, estimate in estimates]


def _column(items: Sequence[Item], name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([getattr(item, name) for item in items], dtype=np.float64)


def _clusters(items: Sequence[Item]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([item.cluster for item in items], dtype=np.int64)


def _table(models: Sequence[Answered]) -> pa.Table:
    rows = [
        {
            "model": model.name,
            "series": model.series,
            "generation": model.generation,
            **item._asdict(),
        }
        for model in models
        for item in model.items
    ]
    return pa.Table.from_pylist(rows)
