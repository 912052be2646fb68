"""Recordings of our recorder that travelled in another tool's data: jsPsych, Qualtrics, a form.

Flows in: CSV, JSON or JSONL in which some column holds the recording as the recorder gives it in
one piece (`schema.Recording`). Flows out: derived answers, each under an id of its own: of several
recordings of one id, such as the trials of one person, the second is ``ID-2``. There was no server
in between, so no receipt vouches for order or time.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wellhead.collect.derive.answer import derive_recording
from wellhead.collect.importers.bounds import LARGEST_CELL, read_bounded
from wellhead.collect.importers.imported import Imported, from_answer
from wellhead.collect.schema import Recording
from wellhead.errors import BadInput

__all__ = ["read_recordings"]

_MARK = '"recorder"'
_IDS = ("id", "ResponseId", "ResponseID", "run_id", "subject", "AssignmentId", "participant.code")
_WORKERS = ("worker", "PROLIFIC_PID", "workerId", "WorkerId", "participant", "participant.label")


def read_recordings(path: Path) -> Iterator[Imported]:
    """The recordings in a file, in order; rows without one are passed over.

    Raises:
        BadInput: the file cannot be read, a recording in it is damaged, or it holds none.
    """
    ids: set[str] = set()
    try:
        for number, row in enumerate(_rows(path), 1):
            for raw in _recordings(row):
                answer = _imported(raw, row, f"{path.stem}-{number}", path)
                yield replace(answer, id=_unlike(answer.id, ids))
    except (OSError, csv.Error, ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    if not ids:
        raise BadInput(f"{path} holds no recording of this recorder in any column.")


def _unlike(name: str, ids: set[str]) -> str:
    """The name, with a number where there is one like it, noted among the `ids`."""
    numbered = (f"{name}-{number}" if number > 1 else name for number in count(1))
    found = next(one for one in numbered if one not in ids)
    ids.add(found)
    return found


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".csv":
        before = csv.field_size_limit(LARGEST_CELL)
        try:
            with path.open(newline="", encoding="utf-8-sig") as stream:
                yield from csv.DictReader(stream)
        finally:
            csv.field_size_limit(before)
        return
    text = read_bounded(path).decode("utf-8-sig")
    whole = (
        [json.loads(line) for line in text.splitlines() if line.strip()]
        if path.suffix == ".jsonl"
        else json.loads(text)
    )
    for row in whole if isinstance(whole, list) else [whole]:
        if isinstance(row, dict):
            yield row


def _recordings(row: dict[str, Any]) -> Iterator[str]:
    if row.get("recorder") == "wellhead":
        yield json.dumps(row)
        return
    for value in row.values():
        if isinstance(value, str) and _MARK in value and value.lstrip().startswith("{"):
            yield value
        elif isinstance(value, dict):
            yield from _recordings(value)


def _imported(raw: str, row: dict[str, Any], name: str, path: Path) -> Imported:
    try:
        answer = derive_recording(Recording.model_validate_json(raw))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(f"{path}, {name}: damaged recording: {first['msg']}") from error
    return from_answer(answer, id=_first(row, _IDS) or name, worker=_first(row, _WORKERS))


def _first(row: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")
