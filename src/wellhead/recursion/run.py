"""Run an experiment, or finish one: the front door of the laboratory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wellhead.errors import BadSetting
from wellhead.recursion.config import Plan, load_table, plan
from wellhead.recursion.distributed import leader_first, several
from wellhead.recursion.folder import Folder
from wellhead.recursion.presets import preset
from wellhead.recursion.result import Run
from wellhead.recursion.sweep import complete

__all__ = ["collapse", "make_plan", "resume"]

Experiment = str | os.PathLike[str] | Mapping[str, Any]


def collapse(
    experiment: Experiment,
    *,
    out: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    full: bool = False,
    changes: Mapping[str, Any] | None = None,
    workers: int | None = 1,
    show: bool = False,
) -> Run:
    """Run recursive training as an experiment describes it.

    Args:
        experiment: the name of a preset, the path of a TOML file, or a table with its keys.
        out: the run folder; one that holds the same run is finished. None keeps nothing on disk.
        seed: replaces the experiment's seed. The same seed gives the same numbers.
        full: the full-size version of a preset instead of the quick one.
        changes: settings by dotted key that replace those of the experiment.
        workers: processes; 1 stays in this one, None takes one per core.
        show: progress on stderr.

    Returns:
        The result.

    Raises:
        BadSetting: a setting is unknown, out of range, or contradicts another.
        BadInput: a file cannot be used.
        Interrupted: stopped by the user; with `out`, finished cells are kept.

    >>> result = collapse({"family": "gaussian", "regime": "replace", "size": 50, "generations": 5,
    ...                    "chains": 100})
    >>> result.curve("variance", "replace")[-1].generation
    5
    """
    wanted = make_plan(experiment, full=full, seed=seed, changes=changes)
    if out is not None:
        with leader_first():
            folder = Folder.create(out, wanted)
        complete(folder, workers=workers, show=show)
        return Run.load(folder.path)
    if several():
        raise BadSetting("several processes need one run folder: give out (--out).")
    with tempfile.TemporaryDirectory(prefix="wellhead-") as scratch:
        folder = Folder.create(Path(scratch) / "run", wanted)
        complete(folder, workers=workers, show=show)
        return replace(Run.load(folder.path), path=None)


def resume(path: str | os.PathLike[str], *, workers: int | None = None, show: bool = False) -> Run:
    """Finish the run in a folder.

    Raises:
        BadInput: no run there, or one of another version of wellhead.
    """
    folder = Folder(path)
    complete(folder, workers=workers, show=show)
    return Run.load(path)


def make_plan(
    experiment: Experiment,
    *,
    full: bool = False,
    seed: int | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Plan:
    """The checked plan of an experiment, without running it."""
    if isinstance(experiment, Mapping):
        table: Mapping[str, Any] = experiment
    elif str(experiment).endswith(".toml") or os.sep in str(experiment):
        table = load_table(experiment)
    else:
        table = preset(str(experiment))
    if seed is not None:
        if seed < 0:
            raise BadSetting(f"seed: expected 0 or more, got {seed}.")
        table = {**table, "seed": seed}
    return plan(table, full=full, changes=changes)
