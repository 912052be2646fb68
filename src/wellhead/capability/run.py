"""Evaluate models: the front door of this room."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from wellhead._progress import progress
from wellhead._version import __version__
from wellhead.capability.answers import Answers
from wellhead.capability.items import Item, gold_of, items_of
from wellhead.capability.loading import Subject, require_lm_eval, subjects
from wellhead.capability.result import Answered, Evaluation, TaskShown, evaluation
from wellhead.capability.seed import FILES, seed_tasks
from wellhead.capability.suites import QUICK, Task
from wellhead.errors import BadInput, BadSetting, unknown_name
from wellhead.report.numbers import counted

__all__ = ["evaluate"]

SUITES = ("quick", "seed")


@dataclass(frozen=True)
class _Wanted:
    """What is asked: our tasks, and names in the user's own folders of YAML files."""

    ours: tuple[Task, ...]
    folders: tuple[str, ...]
    names: tuple[str, ...]


def evaluate(
    *models: str | os.PathLike[str],
    tasks: Sequence[str] = ("quick",),
    data: str | os.PathLike[str] = "evaluation-data",
    limit: int | None = None,
    shots: int | None = None,
    out: str | os.PathLike[str] | None = None,
    confirm_run_unsafe_code: bool = False,
    show: bool = False,
) -> Evaluation:
    """Ask models questions with known answers, and tell what later generations lost.

    Args:
        models: runs, checkpoints, GGUF files, names on a hub, URLs of endpoints that echo
            log-probabilities; a run gives every generation that it kept. Without any:
            generations 0 and last of ``runs/lm-quick``, and SmolLM2.
        tasks: suites ("quick", "seed"), names of tasks in them, or YAML files of lm-eval's form.
        data: the folder in which the items of the suite "seed" lie.
        limit: the first so many items of each task.
        shots: solved items before each question, instead of what each task says.
        out: a folder in which every answer is kept, so that nothing is asked twice.
        confirm_run_unsafe_code: run programs that a model wrote (HumanEval), or Python that a YAML
            file names.
        show: cost and progress on stderr.

    Returns:
        The result.

    Raises:
        BadSetting: an unknown task, or code that was not confirmed.
        BadInput: a model or a file that cannot be used.
        MissingExtra: lm-eval is not installed.
    """
    require_lm_eval()
    if limit is not None and limit < 1:
        raise BadSetting(f"limit: expected 1 item or more, got {limit}.")
    wanted = _wanted(tasks, Path(data), shots)
    _check_code(wanted.folders, confirm_run_unsafe_code)
    kept = Path(out) / "answers" if out is not None else None
    known = subjects([os.fspath(model) for model in models])
    start = time.monotonic()
    found, shown = [], None
    for place, subject in enumerate(known):
        told = f"{subject.name} ({place + 1} of {len(known)})" if show else ""
        asked = _Asked(wanted, limit, kept, confirm_run_unsafe_code)
        items, shown = asked.of(subject, told, remaining=len(known) - place)
        found.append(Answered(subject.name, subject.series, subject.generation, items))
    versions = f"{__version__}, lm-eval {version_of('lm-eval')}"
    return evaluation(found, shown or (), time.monotonic() - start, versions)


@dataclass(frozen=True)
class _Asked:
    wanted: _Wanted
    limit: int | None
    kept: Path | None
    confirm: bool

    def of(
        self, subject: Subject, told: str, remaining: int
    ) -> tuple[list[Item], tuple[TaskShown, ...]]:
        """The items of one model, and what was asked."""
        from wellhead.capability import asking

        loaded = asking.load_tasks(self.wanted.ours, self.wanted.folders, self.wanted.names)
        requests = asking.requests_of(loaded, self.limit)
        answers = Answers(self.kept / f"{subject.digest}.jsonl" if self.kept else None)
        with (
            asking.opened(subject) as plain,
            progress(told, len(requests), show=bool(told)) as bar,
        ):
            model = asking.Asked(plain, answers, bar)
            if told:
                _tell_cost(model, requests, told, remaining)
            records = asking.records(model, loaded, self.limit, confirm=self.confirm)
            open_ones = {gold for found in records.values() for gold in map(gold_of, found) if gold}
            order = sorted(gold for gold in open_ones if model.fits(gold.answer))
            costs = model.loglikelihood([asking.asked_for(*gold) for gold in order])
        prices = {gold: cost for gold, (cost, _) in zip(order, costs, strict=True)}
        items = [item for name, found in records.items() for item in items_of(name, found, prices)]
        return items, tuple(_shown(name, loaded, items, self.wanted.ours) for name in records)


def _shown(name: str, loaded: Any, items: Sequence[Item], ours: Sequence[Task]) -> TaskShown:
    task = next((each for each in ours if each.name == name), None)
    count = sum(item.task == name for item in items)
    if task is None:
        shots = int(loaded["tasks"][name].config.num_fewshot or 0)
        return TaskShown(name, name, shots, "", (), count)
    return TaskShown(name, task.title, task.shots, task.published, task.settings, count)


def _tell_cost(model: Any, requests: list[Any], told: str, remaining: int) -> None:
    """What this model will take, by timing a few of its questions."""
    likely = [each for each in requests if each.request_type == "loglikelihood"]
    written = [each for each in requests if each.request_type == "generate_until"]
    seconds, writing = model.seconds(likely), model.seconds_to_write(written)
    asked = [counted(len(likely), "likelihood")] * bool(likely)
    asked += [counted(len(written), "answer") + " to write"] * bool(written)
    others = len(requests) - len(likely) - len(written)
    asked += [counted(others, "whole text")] * bool(others)
    took = [f"about {_spoken(seconds)}"] * bool(seconds)
    took += [f"at most {_spoken(writing)} of writing"] * bool(writing)
    whole = (seconds + writing) * remaining
    took += [f"about {_spoken(whole)} for all that are left"] * bool(whole and remaining > 1)
    sys.stderr.write(f"{told}: {' and '.join(asked)}; {', '.join(took) or 'all are known'}\n")


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _wanted(tasks: Sequence[str], data: Path, shots: int | None) -> _Wanted:
    quick = {task.name: task for task in QUICK}
    seed = {task.name: task for task in seed_tasks(data)}
    ours: dict[str, Task] = {}
    folders, names = [], []
    for wanted in tasks:
        if wanted in SUITES:
            ours |= quick if wanted == "quick" else _at_hand(seed, data)
        elif wanted in quick or wanted in seed:
            ours[wanted] = (quick | seed)[wanted]
        elif Path(wanted).suffix in (".yaml", ".yml") or Path(wanted).is_dir():
            folder, found = _own(Path(wanted))
            folders.append(folder)
            names += found
        else:
            raise unknown_name("task", wanted, [*SUITES, *quick, *seed])
    if not ours and not names:
        raise BadSetting(
            f"expected a task, for example: --tasks quick. Suites: {', '.join(SUITES)}."
        )
    changed = ours.values() if shots is None else [replace(t, shots=shots) for t in ours.values()]
    return _Wanted(tuple(changed), tuple(dict.fromkeys(folders)), tuple(names))


def _at_hand(seed: dict[str, Task], data: Path) -> dict[str, Task]:
    """The tasks whose files are there, told which are not; code is run only when asked for."""
    safe = {name: task for name, task in seed.items() if not task.form.get("unsafe_code")}
    there = {name: task for name, task in safe.items() if (data / FILES[name].name).is_file()}
    missing = sorted({FILES[name].dataset for name in safe.keys() - there.keys()})
    if not there:
        raise BadInput(
            f"{data} holds no file of the suite seed. Get them with: "
            + "; ".join(f"wellhead corpus fetch {name} --out {data}" for name in missing)
        )
    if missing:
        sys.stderr.write(
            f"note: not in {data}, and left out: {', '.join(missing)} "
            "(wellhead corpus fetch NAME)\n"
        )
    return there


def _own(path: Path) -> tuple[str, list[str]]:
    """The folder of a user's YAML files, and the tasks that they name."""
    from lm_eval.tasks import TaskManager

    if not path.exists():
        raise BadInput(f"{path}: expected a YAML file of a task, and nothing is there.")
    folder = path if path.is_dir() else path.parent
    index = TaskManager(include_path=str(folder), include_defaults=False).task_index
    found = [
        name
        for name, entry in index.items()
        if entry.yaml_path is not None and (path.is_dir() or entry.yaml_path.samefile(path))
    ]
    if not found:
        raise BadInput(
            f"{path}: expected the YAML file of an lm-eval task (with the key 'task'), or a folder "
            "of them."
        )
    return str(folder), found


def _check_code(folders: Sequence[str], confirm: bool) -> None:
    """A YAML file that names Python functions runs them, and so does one that includes it."""
    if confirm:
        return
    for folder in folders:
        for path in Path(folder).rglob("*.yaml"):
            source = _naming_python(path, set())
            if source is not None:
                raise BadSetting(
                    f"{source}: this task runs Python of its own (!function). Read it, then "
                    "confirm with --confirm-run-unsafe-code."
                )


def _naming_python(path: Path, seen: set[Path]) -> Path | None:
    """The first of a YAML file and those that it includes in which a function is named."""
    import yaml

    path = path.resolve()
    if path in seen or not path.is_file():
        return None
    seen.add(path)
    named: list[Any] = []

    class Reader(yaml.SafeLoader):  # type: ignore[misc]
        """Notes functions in place of finding them."""

    Reader.add_constructor("!function", lambda _, node: named.append(node))
    try:
        found = yaml.load(path.read_bytes(), Loader=Reader)
    except yaml.YAMLError:
        # Not read by lm-eval either.
        return None
    if named:
        return path
    more = found.get("include", []) if isinstance(found, dict) else []
    names = [more] if isinstance(more, str) else more
    sources = (_naming_python(path.parent / str(name), seen) for name in names)
    return next((source for source in sources if source is not None), None)
