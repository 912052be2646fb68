"""What a writer saw: the task as the page shows it, and all of the page's words at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from wellhead.collect.messages import TaskView
from wellhead.collect.questions import Field, condition_of
from wellhead.collect.study import Study
from wellhead.collect.tasks import Task

__all__ = ["shown_text", "view"]


def view(study: Study, task: Task, condition: str = "") -> TaskView:
    """What the writer sees in a condition; its version is the hash of all of it."""
    shown: dict[str, Any] = {
        "title": study.title[:200],
        "instructions": _instructions(study, condition),
        "source": task.text,
        "warmup": study.writing.warm_up,
        "min_words": study.writing.min_words,
        "max_characters": study.writing.max_characters,
        "paste": study.writing.paste,
        "language": study.language,
    }
    more = {
        "questions": tuple(asdict(question) for question in study.questions),
        "fields": tuple(_field(one) for one in study.fields),
        "minutes": study.writing.minutes,
    }
    # What a study does not use leaves the version of its tasks as it was.
    shown |= {name: value for name, value in more.items() if value}
    version = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
    return TaskView(version=version, **shown)


def _field(one: Field) -> dict[str, Any]:
    later = ("page", "optional")
    return {name: value for name, value in asdict(one).items() if value or name not in later}


def _instructions(study: Study, condition: str) -> str:
    chosen = condition_of(study.conditions, condition)
    return (chosen and chosen.instructions.strip()) or study.writing.instructions.strip()


def shown_text(study: Study, opening: Mapping[str, Any], canary: str) -> str | None:
    """Every word that a session's page showed or put into copies; None if that has changed since.

    Args:
        study: as it is now.
        opening: the facts with which the session began.
        canary: the sentence that copies of the task carry, "" without.
    """
    task = next((task for task in study.tasks if task.id == opening["task"]), None)
    if task is None or _version(study, task, opening) != opening["task_version"]:
        return None
    writing = study.writing
    instructions = _instructions(study, str(opening.get("condition", "")))
    asked = [question.ask for question in study.questions]
    asked += [one.instructions for one in study.fields]
    words = (study.title, instructions, *asked, task.text, writing.warm_up, study.consent.text)
    return "\n".join((*words, canary))


def _version(study: Study, task: Task, opening: Mapping[str, Any]) -> str:
    return view(study, task, str(opening.get("condition", ""))).version
