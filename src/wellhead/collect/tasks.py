"""The tasks of a study, from a CSV or JSONL list.

Flows in: a file with one task a row. Flows out: frozen `Task`s in file order. Further columns
are kept as strings and exported with the answers; the page shows only the text.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wellhead.errors import BadInput

__all__ = ["Task", "read_tasks"]

# Long enough for a book chapter, short enough for a phone.
MAX_CHARACTERS = 200_000


@dataclass(frozen=True)
class Task:
    """One thing to write about.

    Attributes:
        id: unique within the study.
        text: the source shown above the writing field.
        extra: every other column of the list.
    """

    id: str
    text: str
    extra: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def version(self) -> str:
        """SHA-256 of what the writer is shown, so that a changed task is a new version.

        >>> Task("a", "Describe your street.").version[:8]
        '780d3d7b'
        """
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_tasks(path: Path, *, id_column: str = "id", text_column: str = "text") -> tuple[Task, ...]:
    """The tasks in a CSV or JSONL file.

    Args:
        path: ends in ``.csv`` or ``.jsonl``.
        id_column: where the task's name lies; without such a column, row numbers are used.
        text_column: where the source text lies.

    Raises:
        BadInput: the file is missing, empty or malformed, or an id repeats.
    """
    try:
        rows = list(_rows(path))
    except FileNotFoundError as error:
        raise BadInput(f"no task list at {path}.") from error
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise BadInput(f"{path} cannot be read as {path.suffix[1:].upper()}: {error}") from error
    if not rows:
        raise BadInput(f"{path} has no tasks; give at least one row.")
    tasks = tuple(
        _task(row, number, id_column, text_column, path) for number, row in enumerate(rows, 1)
    )
    seen: set[str] = set()
    for task in tasks:
        if task.id in seen:
            raise BadInput(f"{path}: the task id {task.id!r} appears twice; ids must be unique.")
        seen.add(task.id)
    return tasks


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as stream:
            yield from csv.DictReader(stream)
    elif path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise BadInput(f"{path}: expected one JSON object a line, got {line[:40]!r}.")
                yield row
    else:
        raise BadInput(f"a task list ends in .csv or .jsonl, got {path.name}.")


def _task(row: dict[str, Any], number: int, id_column: str, text_column: str, path: Path) -> Task:
    text = row.get(text_column)
    if not isinstance(text, str):
        known = ", ".join(str(name) for name in row)
        raise BadInput(f"{path}, task {number}: no text in column {text_column!r}; has {known}.")
    if not text.strip():
        raise BadInput(
            f"{path}, task {number}: the text is empty; write what is asked, or remove it."
        )
    if "\0" in text:
        raise BadInput(f"{path}, task {number}: the text has a NUL character; remove it.")
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"{path}, task {number}: {len(text)} characters; at most {MAX_CHARACTERS}.")
    name = str(row.get(id_column) or f"task-{number:04d}")
    extra = {
        str(key): str(value)
        for key, value in row.items()
        if key not in {id_column, text_column, None} and value is not None
    }
    return Task(id=name, text=text, extra=extra)
