"""A user's models beside what papers report of large ones: orientation, and never one ranking."""

from __future__ import annotations

from wellhead.capability.published import MODELS, Cell, cells_of
from wellhead.capability.result import Evaluation, Score, TaskShown
from wellhead.report.blocks import Block, Bullets, Details, Section
from wellhead.report.numbers import percent
from wellhead.report.table import Column, Table

__all__ = ["published_section"]

OWN = 4  # models of the user that the table has room for


def published_section(found: Evaluation) -> Section:
    """The table, what differs, and the source of every cell; empty where nothing is published."""
    tasks = [task for task in found.tasks if task.published]
    if not tasks:
        return Section("Beside published figures", [])
    own = list(dict.fromkeys(score.model for score in found.scores))[:OWN]
    columns = [Column("task"), *(Column(name) for name in (*own, *MODELS))]
    rows = [
        [
            f"{task.published} ({task.shots})",
            *(_mine(found, task, model) for model in own),
            *(_theirs(task, model) for model in MODELS),
        ]
        for task in tasks
    ]
    caption = (
        "Percent; solved examples in parentheses; ? marks a figure in doubt; empty: not known."
    )
    blocks: list[Block | str] = [
        "For orientation. Prompts, splits and metrics differ from paper to paper; no order of "
        "models is claimed across them.",
        Table(columns, rows, caption=caption),
        Bullets(_differences(found, tasks)),
        Details("The source of every figure", [_sources(tasks)]),
    ]
    return Section("Beside published figures", blocks)


def _mine(found: Evaluation, task: TaskShown, model: str) -> str | None:
    score = next(
        (each for each in found.scores if (each.model, each.task) == (model, task.name)), None
    )
    if score is None or score.accuracy is None:
        return None
    return _written(score)


def _written(score: Score) -> str:
    length = "" if score.by_length is None else f"; {percent(score.by_length, 1)} by length"
    return percent(score.accuracy, 1) + length


def _theirs(task: TaskShown, model: str) -> str | None:
    cells = [cell for cell in cells_of(task.published) if cell.model == model]
    return "; ".join(cell.label for cell in cells) or None


def _differences(found: Evaluation, tasks: list[TaskShown]) -> list[str]:
    """For each task, what differs between this measurement and the published ones."""
    return [
        f"{task.published}: {'; '.join(differs)}."
        for task in tasks
        if (differs := _differs(found, task))
    ]


def _differs(found: Evaluation, task: TaskShown) -> list[str]:
    cells = cells_of(task.published)
    others = sorted({cell.shots for cell in cells if cell.shots not in (None, task.shots)})
    said = [f"{task.items} items here", *task.settings]
    if others:
        shots = ", ".join(map(str, others))
        said.append(f"{task.shots} solved examples here, also {shots} in papers")
    if any(cell.shots is None for cell in cells):
        said.append("some sources do not say how many solved examples")
    tracks = sorted({cell.track for cell in cells if cell.track})
    if tracks:
        said.append(f"papers use different versions, not ranked across: {', '.join(tracks)}")
    return said


def _sources(tasks: list[TaskShown]) -> Table:
    columns = [
        *(Column("task"), Column("model"), Column("percent", "number")),
        *(Column("solved examples", "count"), Column("source"), Column("doubt and notes")),
    ]
    rows = [_source(cell) for task in tasks for cell in cells_of(task.published)]
    return Table(columns, rows)


def _source(cell: Cell) -> list[object]:
    remarks = "; ".join(part for part in (cell.doubt, cell.track, cell.note) if part)
    return [cell.task, cell.model, cell.value, cell.shots, cell.source, remarks]
