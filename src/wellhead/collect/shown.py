"""What a writer saw: the task as the page shows it, and all of the page's words at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from wellhead.collect.messages import TaskView
from wellhead.collect.study import Study
from wellhead.collect.tasks import Task

__all__ = ["shown_text", "view"]


def view(study: Study, task: Task) -> TaskView:
    """What the writer sees; its version is the hash of all of it."""
    shown: dict[str, Any] = {
        "title": study.title[:200],
        "instructions": study.writing.instructions.strip(),
        "source": task.text,
        "warmup": study.writing.warm_up,
        "min_words": study.writing.min_words,
        "max_characters": study.writing.max_characters,
        "paste": study.writing.paste,
        "language": study.language,
    }
    version = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
    return TaskView(version=version, **shown)


def shown_text(study: Study, opening: Mapping[str, Any], canary: str) -> str | None:
    """Every word that a session's page showed or put into copies; None if that has changed since.

    Args:
        study: as it is now.
        opening: the facts with which the session began.
        canary: the sentence that copies of the task carry, "" without.
    """
    task = next((task for task in study.tasks if task.id == opening["task"]), None)
    if task is None or view(study, task).version != opening["task_version"]:
        return None
    writing = study.writing
    words = (study.title, writing.instructions, task.text, writing.warm_up, study.consent.text)
    return "\n".join((*words, canary))
