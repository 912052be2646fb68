"""The finished generations of a slow cell, one folder each, so that a kill costs one at most.

``work/<cell>/0003/`` holds what the family saved; ``work/<cell>/0003.json`` its measures. The
second is written last and atomically: where it is there, the generation is complete.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from wellhead._atomic import write_text
from wellhead.errors import BadInput
from wellhead.recursion.data import Array

__all__ = ["FolderCheckpoints"]


class FolderCheckpoints:
    """Checkpoints under one folder, which is made when the first generation is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def done(self) -> int:
        fits = 0
        while self._measures(fits + 1).exists():
            fits += 1
        return fits

    def folder(self, fit: int) -> Path:
        folder = self.path / f"{fit:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def commit(self, fit: int, measures: dict[str, Array]) -> None:
        # repr of a float, which JSON writes, gives back the same bits.
        table = {name: np.asarray(values).tolist() for name, values in measures.items()}
        write_text(self._measures(fit), json.dumps(table))

    def measures(self, fit: int) -> dict[str, Array]:
        try:
            table = json.loads(self._measures(fit).read_text())
        except ValueError as error:
            raise BadInput(
                f"{self._measures(fit)}: expected the measures of a generation: {error}. "
                f"Delete {self.path} to run this cell again."
            ) from None
        return {name: np.array(values, dtype=float) for name, values in table.items()}

    def _measures(self, fit: int) -> Path:
        return self.path / f"{fit:04d}.json"
