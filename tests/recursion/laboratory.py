"""A cell of the laboratory in one call, and the distance from a formula in standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from wellhead.recursion.config import plan
from wellhead.recursion.data import Array
from wellhead.recursion.loop import run_cell


def last(seed: int = 1, **table: Any) -> dict[str, Array]:
    """The measures of the last generation of one cell."""
    table = {"every": table.get("generations", 1), **table}
    setting = plan(table).settings[0]
    return list(run_cell(setting, seed=seed))[-1].measures


def errors_from(values: Array, truth: float) -> float:
    """How many standard errors the mean of `values` lies from `truth`."""
    return abs(float(values.mean()) - truth) / float(values.std(ddof=1) / np.sqrt(len(values)))
