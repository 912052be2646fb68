"""The result of a run: every measure of every chain, and what can be said about them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellhead._result import Result, plain
from wellhead.errors import BadInput, BadSetting, unknown_name
from wellhead.recursion.config import Plan
from wellhead.recursion.curves import (
    BEYOND,
    Point,
    grouped_point,
    mean_refused,
    summarise,
    usual_statistic,
)
from wellhead.recursion.folder import Folder
from wellhead.recursion.kept import Sums
from wellhead.recursion.verdicts import Verdict, verdicts

__all__ = ["Run"]

KEYS = ("setting", "repetition", "generation", "chain")


@dataclass(frozen=True, repr=False)
class Run(Result):
    """What a run measured.

    Args:
        plan: what was run.
        table: columns ``setting`` (its label), ``repetition``, ``generation``, ``chain`` and
            one per measure. Of more than 200,000 chains of a setting, that many have rows.
        version: the wellhead that ran it.
        seconds: computing time, summed over processes.
        cells: finished cells, and how many there should be.
        path: the run folder, where there is one.
        joules: energy by the machine's counters; None where not every cell could read one.
        totals: sums over all chains by setting, generation and measure, where not all have rows.
    """

    schema_version: ClassVar[int | None] = 2

    plan: Plan
    table: pa.Table
    version: str
    seconds: float
    cells: tuple[int, int]
    path: Path | None = None
    joules: float | None = None
    totals: dict[tuple[str, int, str], Sums] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Run:
        """The run in a folder, as far as it has come.

        Raises:
            BadInput: no run there, one of another layout, or no finished cell yet.
        """
        folder = Folder(path)
        done = [cell for cell in folder.cells() if folder.finished(cell)]
        if not done:
            raise BadInput(
                f"{folder.path} has no finished cell yet: run `wellhead collapse run {folder.path}`"
            )
        costs = [folder.cost(cell) for cell in done]
        known = all("joules" in cost for cost in costs)
        parts, totals = [], dict[tuple[str, int, str], Sums]()
        for cell in done:
            table, name = folder.read(cell), folder.plan.settings[cell.setting].label
            for key, sums in folder.totals(cell).items():
                totals[name, *key] = (
                    totals[name, *key].pooled(sums) if (name, *key) in totals else sums
                )
            label = pa.repeat(name, len(table))
            number = pa.repeat(pa.scalar(cell.repetition, pa.int32()), len(table))
            parts.append(table.add_column(0, "repetition", number).add_column(0, "setting", label))
        return cls(
            folder.plan,
            pa.concat_tables(parts, promote_options="default"),
            folder.version,
            round(sum(cost.get("seconds", 0.0) for cost in costs), 3),
            (len(done), len(folder.cells())),
            folder.path,
            round(sum(cost["joules"] for cost in costs), 3) if known else None,
            totals,
        )

    @cached_property
    def measures(self) -> list[str]:
        """The names of the measures."""
        return [name for name in self.table.column_names if name not in KEYS]

    def values(self, measure: str, setting: str, generation: int) -> np.ndarray[Any, Any]:
        """One measure over the chains of a setting that have rows, in a generation."""
        self._check(measure, setting)
        rows = self.rows(setting)
        there = pc.equal(rows["generation"], generation)
        found: np.ndarray[Any, Any] = rows.filter(there)[measure].to_numpy()
        return found

    def rows(self, setting: str) -> pa.Table:
        """The part of the table that belongs to one setting."""
        # A mask, not an expression: expressions are run by Arrow's threads, which may be the last
        # to let go of an array, and a thread that does so while Python ends aborts the process.
        return self.table.filter(pc.equal(self.table["setting"], setting))

    def curve(
        self, measure: str, setting: str, statistic: str | None = None, level: float = 0.95
    ) -> list[Point]:
        """One measure of a setting over the generations, with an interval at each.

        Args:
            measure: its name.
            setting: the label of the setting.
            statistic: "mean", "median" or "geometric"; None takes the one that fits the measure.
            level: coverage of the intervals.

        Raises:
            BadSetting: an unknown name, or a mean that would mislead.
        """
        self._check(measure, setting)
        rows = self.rows(setting)
        generations = rows["generation"].to_numpy()
        values = rows[measure].to_numpy()
        sums = {key[1]: each for key, each in self.totals.items() if key[::2] == (setting, measure)}
        beyond = not all(np.isfinite(each.mean) for each in sums.values())
        if statistic is None and (beyond or np.isinf(values).any()):
            statistic = "median"  # the same along the curve
        if statistic == "mean" and beyond:
            raise BadSetting(mean_refused(measure, BEYOND))
        of_all = (statistic or usual_statistic(measure)) == "mean"
        grouped = next(each for each in self.plan.settings if each.label == setting).regime.grouped
        points = []
        for generation in np.unique(generations):
            found = values[generations == generation]
            point = summarise(measure, int(generation), found, statistic, level)
            if of_all and int(generation) in sums:
                point = sums[int(generation)].point(int(generation), level)
            points.append(grouped_point(point, found, grouped))
        return [point for point in points if point.chains]

    def verdicts(self, setting: str) -> list[Verdict]:
        """The eight meanings of collapse, decided for one setting."""
        self._check(self.measures[0], setting)
        return verdicts(self, setting)

    def to_dict(self, *, rows: int | None = None) -> dict[str, Any]:
        """Plan, cost, verdicts, and the curve of every measure of every setting."""
        found: dict[str, Any] = plain(self._summary())
        return found

    def _summary(self) -> dict[str, Any]:
        return {
            "schema_version": self.schema_version,
            "name": self.plan.name,
            "complete": self.cells[0] == self.cells[1],
            "cells": {"finished": self.cells[0], "planned": self.cells[1]},
            "curves": {
                setting.label: {
                    measure: [point._asdict() for point in points]
                    for measure in self.measures
                    if (points := self.curve(measure, setting.label))
                }
                for setting in self.plan.settings
            },
            "verdicts": {
                setting.label: [
                    {"verdict": verdict.word, **plain(verdict)}
                    for verdict in self.verdicts(setting.label)
                ]
                for setting in self.plan.settings
            },
            "plan": self.plan.to_dict(),
            "cost": {"seconds": self.seconds, "joules": self.joules},
            "wellhead": self.version,
            "path": None if self.path is None else str(self.path),
        }

    def to_pandas(self) -> Any:
        """The table as a pandas data frame."""
        return self.table.to_pandas()

    def _check(self, measure: str, setting: str) -> None:
        if measure not in self.measures:
            raise unknown_name("measure", measure, self.measures)
        labels = [known.label for known in self.plan.settings]
        if setting not in labels:
            raise unknown_name("setting", setting, labels)
