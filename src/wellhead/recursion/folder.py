"""A run on disk: a folder that can be killed at any moment and resumed.

::

    run.json                    manifest: layout, wellhead version, plan, cells
    config.toml                 the plan as it is run; running it again gives the same numbers
    cells/003-replace-02.parquet   the measures of one finished cell (setting 3, repetition 2)
    costs/003-replace-02.json      what it cost: seconds, and joules if known
    totals/003-replace-02.parquet  sums over all chains, where not all are in the table
    work/003-replace-02/           finished generations of a cell in work (slow families only)
    generations/003-replace-02/    those of a finished cell (families whose texts one reads)

A cell's table has the columns ``generation``, ``chain`` and one per measure. Files are written
under a temporary name and renamed, so that one that is there is whole; a cell that is there is
never run again. Timings are kept apart, so that the tables of two runs of the same plan are equal
to the last bit.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tomli_w

from wellhead._atomic import atomic_path, write_text
from wellhead._parquet import read_parquet
from wellhead._version import __version__
from wellhead.errors import BadInput, BadSetting, WellheadError
from wellhead.recursion.config import Plan, plan
from wellhead.recursion.data import Array
from wellhead.recursion.kept import Totals, as_table, sums_of
from wellhead.recursion.loop import Record

__all__ = ["LAYOUT", "Cell", "Folder", "keeping"]

LAYOUT = 2


class Cell(NamedTuple):
    """One repetition of one setting; `name` is its file name."""

    setting: int
    repetition: int
    name: str


class Folder:
    """The run folder at `path`, which must hold a run."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        manifest = self._manifest()
        self.version = str(manifest.get("wellhead", "unknown"))
        self.plan = plan(manifest["plan"])

    @classmethod
    def create(cls, path: str | os.PathLike[str], wanted: Plan) -> Folder:
        """The folder of `wanted` at `path`: made, or found there holding the same plan.

        Raises:
            BadSetting: the folder holds another run, or something else.
        """
        target = Path(path)
        if (target / "run.json").exists():
            found = cls(target)
            if _numbers(found.plan) != _numbers(wanted):
                raise BadSetting(
                    f"{target} holds another run ('{found.plan.name}'): choose another folder, "
                    f"or resume that one with `wellhead collapse run {target}`."
                )
            return found
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise BadSetting(f"{target} is not empty and holds no run: choose another folder.")
        with keeping(target):
            table = wanted.to_dict()
            write_text(target / "config.toml", tomli_w.dumps(table))
            manifest = {"layout": LAYOUT, "wellhead": __version__, "plan": table}
            write_text(target / "run.json", json.dumps(manifest, indent=1))
        return cls(target)

    def may_continue(self) -> None:
        """Raise unless this version of wellhead may add cells to the run."""
        if self.version != __version__:
            raise BadInput(
                f"{self.path} was begun by wellhead {self.version}, this is {__version__}: "
                "numbers of two versions do not mix. Finish it with that version, or run "
                f"{self.path / 'config.toml'} anew in another folder. Nothing was changed."
            )

    def cells(self) -> list[Cell]:
        """Every cell of the plan, repetition by repetition."""
        return [
            Cell(index, repetition, f"{index:03d}-{_slug(setting.label)}-{repetition:02d}")
            for repetition in range(self.plan.seeds)
            for index, setting in enumerate(self.plan.settings)
        ]

    def finished(self, cell: Cell) -> bool:
        return self._table(cell).exists()

    def missing(self) -> list[Cell]:
        """The cells that are still to be run."""
        return [cell for cell in self.cells() if not self.finished(cell)]

    def write(
        self,
        cell: Cell,
        records: list[Record],
        cost: dict[str, float],
        totals: Totals | None = None,
    ) -> None:
        """Keep a finished cell. The table comes last: when it is there, everything is."""
        with keeping(self.path):
            if totals:
                with atomic_path(self._totals(cell)) as temporary:
                    pq.write_table(as_table(totals), temporary, compression="zstd")
            write_text(self.path / "costs" / f"{cell.name}.json", json.dumps(cost))
            with atomic_path(self._table(cell)) as temporary:
                pq.write_table(_as_table(records), temporary, compression="zstd")

    def read(self, cell: Cell) -> pa.Table:
        """The measures of a finished cell."""
        try:
            return read_parquet(self._table(cell))
        except (OSError, pa.ArrowException) as error:
            raise BadInput(
                f"{self._table(cell)}: expected the measures of a cell: {error}. "
                "Delete the file and resume the run to compute it again."
            ) from None

    def totals(self, cell: Cell) -> Totals:
        """Sums over all chains of a finished cell; empty where all are in its table."""
        file = self._totals(cell)
        try:
            return sums_of(read_parquet(file)) if file.exists() else {}
        except (OSError, pa.ArrowException, KeyError) as error:
            raise BadInput(
                f"{file}: expected the sums of a cell: {error}. Delete it and {self._table(cell)}, "
                "and resume the run to compute both again."
            ) from None

    def cost(self, cell: Cell) -> dict[str, float]:
        """What a finished cell cost; empty where it was not kept."""
        try:
            found: dict[str, float] = json.loads(
                (self.path / "costs" / f"{cell.name}.json").read_text()
            )
        except (OSError, ValueError):
            return {}
        return found

    def workspace(self, cell: Cell) -> Path:
        """Where a slow cell keeps its generations until it is finished."""
        return self.path / "work" / cell.name

    def generations(self, cell: Cell) -> Path:
        """Where the generations of a finished cell are kept, for families that keep them."""
        return self.path / "generations" / cell.name

    def _table(self, cell: Cell) -> Path:
        return self.path / "cells" / f"{cell.name}.parquet"

    def _totals(self, cell: Cell) -> Path:
        return self.path / "totals" / f"{cell.name}.parquet"

    def _manifest(self) -> dict[str, Any]:
        file = self.path / "run.json"
        if not file.exists():
            raise BadInput(
                f"{self.path} holds no run: expected a folder written by `wellhead collapse run`."
            )
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"{file}: expected the manifest of a run: {error}.") from None
        if not isinstance(manifest, dict) or manifest.get("layout") != LAYOUT:
            layout = manifest.get("layout") if isinstance(manifest, dict) else None
            version = manifest.get("wellhead") if isinstance(manifest, dict) else None
            raise BadInput(
                f"{self.path} was written by wellhead {version} (folder layout {layout}); this is "
                f"{__version__} (layout {LAYOUT}). Use that version. Nothing was changed."
            )
        return manifest


@contextmanager
def keeping(path: Path) -> Iterator[None]:
    """Turn a failed write into an error that says what is kept and what to do."""
    try:
        yield
    except OSError as error:
        raise WellheadError(
            f"cannot write to {path}: {error.strerror or error}. Finished cells are kept; make "
            f"room or mend the folder, then resume with `wellhead collapse run {path}`."
        ) from error


def _as_table(records: list[Record]) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record.measures))
    chains = len(next(iter(records[-1].measures.values())))
    absent = np.full(chains, np.nan)
    columns: dict[str, Array] = {
        "generation": np.repeat([record.generation for record in records], chains).astype("int32"),
        "chain": np.tile(np.arange(chains, dtype="int32"), len(records)),
    }
    for name in names:
        columns[name] = np.concatenate(
            [np.asarray(record.measures.get(name, absent), dtype=float) for record in records]
        )
    return pa.table(columns)


def _numbers(wanted: Plan) -> dict[str, Any]:
    """What decides the numbers of a run: all but its words, and which measure comes first."""
    words = ("title", "about", "headline")
    return {key: value for key, value in wanted.to_dict().items() if key not in words}


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40] or "setting"
