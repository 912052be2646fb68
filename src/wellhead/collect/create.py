"""A new study: a commented study file, its task list and its secret, in one folder."""

from __future__ import annotations

import json
import re
import shutil
from importlib import resources
from os import PathLike
from pathlib import Path

from wellhead._atomic import write_text
from wellhead.collect.keys import new_secret
from wellhead.collect.study import PLATFORMS, Study, load_study
from wellhead.collect.tasks import read_tasks
from wellhead.errors import BadInput, BadSetting, unknown_name

__all__ = ["new_study"]

_SAMPLE = """\
id,text
street,"Describe the street on which you grew up, so that a stranger could find their way along it."
meal,"Explain how to cook a meal that you know by heart."
tool,"Write about a tool you use often: what it is for, and what makes a good one."
"""


def new_study(
    folder: str | PathLike[str],
    *,
    tasks: str | PathLike[str] | None = None,
    title: str | None = None,
    platform: str = "link",
) -> Study:
    """Write a study folder and return the study in it, checked.

    Args:
        folder: made when missing; its name becomes the study's id.
        tasks: a CSV or JSONL list to copy; three sample tasks without it.
        title: shown to writers.
        platform: how writers arrive.

    Raises:
        BadInput: the task list cannot be used.
        BadSetting: the folder holds a study already, or the platform is unknown.
    """
    folder = Path(folder)
    target = folder / "STUDY.toml"
    if platform not in PLATFORMS:
        raise unknown_name("platform", platform, PLATFORMS)
    if target.exists():
        raise BadSetting(f"{target} exists already; choose another folder.")
    name = _tasks(folder, None if tasks is None else Path(tasks))
    identity = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    codes = (
        'completion_codes = ["CHANGE-ME"]' if platform == "prolific" else "# completion_codes = []"
    )
    settings = {
        "@ID@": json.dumps(identity if len(identity) > 1 else f"study-{identity}".rstrip("-")),
        "@TITLE@": json.dumps(title or "A writing study", ensure_ascii=False),
        "@TASKS@": json.dumps(name),
        "@PLATFORM@": json.dumps(platform),
        "@CODES@": codes,
    }
    text = resources.files("wellhead.collect").joinpath("study_template.toml").read_text("utf-8")
    for placeholder, value in settings.items():
        text = text.replace(placeholder, value)
    write_text(target, text)
    study = load_study(target)
    new_secret(study.key_path)
    return study


def _tasks(folder: Path, given: Path | None) -> str:
    if given is None:
        write_text(folder / "tasks.csv", _SAMPLE)
        return "tasks.csv"
    read_tasks(given)
    copy = folder / f"tasks{given.suffix}"
    if copy.exists() and not copy.samefile(given):
        raise BadInput(f"{copy} exists already and is another list.")
    folder.mkdir(parents=True, exist_ok=True)
    if not copy.exists():
        shutil.copyfile(given, copy)
    return copy.name
