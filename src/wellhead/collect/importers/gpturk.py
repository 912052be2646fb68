"""The crowd study's MTurk batch: key names, pasted texts and copied texts, without positions.

Flows in: an MTurk batch file whose answers carry `log_of_what_they_did`, a JSON list of
``["key", name, time]``, ``["paste", text, time]`` and ``["copy", text]``. The log listened on the
whole document and kept no positions, so the text cannot be replayed: what was pasted is found in
the answer by its words, and what it cannot explain is called typed only when enough keys were
pressed. The study's own code evaluated this field as Python, which lets a worker run code on the
researcher's machine; here it is parsed as JSON and bounded.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from wellhead.collect.derive.overlap import covered, word_runs
from wellhead.collect.importers.bounds import LARGEST_CELL
from wellhead.collect.importers.imported import Imported
from wellhead.errors import BadInput

__all__ = ["Log", "judge", "read_gpturk", "read_log"]

_ANSWER, _TASK, _LOG = "Answer.taskAnswers", "Input.texts", "log_of_what_they_did"
_GRAM = 5
# A paste is the task's when half of its five-word sequences are.
_FROM_TASK = 0.5
_SHORTEST_PASTE = 50
_SIGNIFICANT, _MAJORITY = 0.10, 0.50


class Log(NamedTuple):
    """What the page noted: how many characters were typed, and the pasted and copied texts."""

    typed: int
    pasted: tuple[str, ...]
    copied: tuple[str, ...]


def read_gpturk(path: Path) -> Iterator[Imported]:
    """The answers of a batch file.

    Raises:
        BadInput: the file is no such batch, or a log in it is not a list of events.
    """
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.DictReader(stream)
            for column in (_ANSWER, _TASK):
                if column not in (rows.fieldnames or ()):
                    raise BadInput(f"{path} has no column {column!r}; it is not such a batch.")
            for number, row in enumerate(rows, 1):
                yield _imported(row, f"{path}, row {number}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read as CSV: {error}") from error
    finally:
        csv.field_size_limit(before)


def _imported(row: dict[str, str], place: str) -> Imported:
    try:
        answers = json.loads(row[_ANSWER])
        fields = answers[0] if isinstance(answers, list) else answers
        text, log = str(fields["summary"]), read_log(fields[_LOG])
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise BadInput(f"{place}: the answer is not the JSON that was expected: {error}") from error
    return judge(
        text,
        row[_TASK],
        log,
        id=row.get("AssignmentId") or place,
        worker=row.get("WorkerId") or "",
        task=row.get("HITId") or "",
    )


def read_log(raw: str) -> Log:
    """The log in a hidden field.

    >>> read_log('[["key","a","t"],["paste","xy","t"],["copy","z"]]')
    Log(typed=1, pasted=('xy',), copied=('z',))
    """
    events: Any = json.loads(raw)
    typed, pasted, copied = 0, [], []
    for event in events:
        kind, value = str(event[0]), str(event[1])
        if kind == "key" and len(value) == 1:
            typed += 1
        elif kind == "paste":
            pasted.append(value)
        elif kind == "copy":
            copied.append(value)
    return Log(typed, tuple(pasted), tuple(copied))


def judge(
    text: str, source: str, log: Log, *, id: str, worker: str = "", task: str = ""
) -> Imported:
    """How an answer came about, as far as such a log can tell.

    Args:
        text: the answer.
        source: the task's text.
        log: what the page noted.
        id, worker, task: the source's names.
    """
    own = word_runs([source], _GRAM)
    foreign = [paste for paste in log.pasted if _is_foreign(paste, own)]
    from_outside = covered(text, word_runs(foreign, _GRAM) - own, _GRAM)
    from_task = covered(text, own, _GRAM) if log.pasted else 0.0
    keys = log.typed / max(1, len(text))
    flags = []
    if foreign:
        flags.append("foreign_paste")
    if foreign and any(_takes_task(copy, own, source) for copy in log.copied):
        flags.append("round_trip")
    return Imported(
        id=id,
        text=text,
        worker=worker,
        task=task,
        outcome=_outcome(from_outside, from_task, keys),
        outside=from_outside,
        flags=tuple(flags),
        detail={
            "from_task": round(from_task, 4),
            "typed_per_character": round(keys, 4),
            "pastes": len(log.pasted),
        },
    )


def _outcome(from_outside: float, from_task: float, keys: float) -> str:
    if from_outside >= _MAJORITY:
        return "pasted_outside"
    if from_outside >= _SIGNIFICANT:
        return "mixed"
    if from_task >= _SIGNIFICANT:
        return "quotes_task"
    # Fewer keys than characters, and no paste that explains it: drag and drop, dictation, a
    # phone's keyboard. The log cannot tell.
    return "typed" if keys >= _MAJORITY else "unobservable"


def _is_foreign(paste: str, own: set[tuple[str, ...]]) -> bool:
    grams = word_runs([paste], _GRAM)
    if len(paste.strip()) < _SHORTEST_PASTE or not grams:
        return False
    return len(grams & own) / len(grams) < _FROM_TASK


def _takes_task(copy: str, own: set[tuple[str, ...]], source: str) -> bool:
    """A copy that holds a fifth of the task or more."""
    return len(word_runs([copy], _GRAM) & own) >= max(1, len(word_runs([source], _GRAM)) // 5)
