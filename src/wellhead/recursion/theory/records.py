"""One record for each generation, from columns that are arrays or reasons why there is none.

A quantity without a closed form is `None` in every record, with its reason under
``unavailable``: a reader never takes a gap for a zero.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory.ranges import Floats

__all__ = ["REGIMES", "Record", "Unavailable", "called", "records", "regime_named"]

Record = dict[str, Any]

REGIMES = (
    "replace",
    "growing",
    "fresh-real",
    "fixed-original",
    "accumulate",
    "accumulate-subsample",
    "golden-ratio",
    "synthetic-added",
)
# What the laboratory's plug-ins are called.
_ALIASES = {"fresh": "fresh-real", "fixed": "fixed-original", "augment": "synthetic-added"}


class Unavailable(str):
    """Why a quantity has no closed form here."""


def regime_named(name: str) -> str:
    """The full name of a regime.

    Raises:
        BadSetting: no regime is called so; the message names the nearest.

    >>> regime_named("fresh")
    'fresh-real'
    """
    full = _ALIASES.get(name, name)
    if full not in REGIMES:
        raise unknown_name("regime", name, {*REGIMES, *_ALIASES})
    return full


def called(table: Callable[..., list[Record]], *, family: str, settings: Mapping[str, Any]) -> Any:
    """`table` called with `settings`, after a check that it knows each of them.

    Raises:
        BadSetting: a setting that the family does not have, or one that it needs is missing.
    """
    parameters = inspect.signature(table).parameters
    for name in settings:
        if name not in parameters:
            known = ", ".join(parameters)
            raise BadSetting(f"the family {family} has no setting {name}; it has: {known}")
    for name, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and name not in settings:
            raise BadSetting(f"the family {family} needs the setting {name}")
    return table(**settings)


def records(generations: Floats, columns: Mapping[str, Floats | Unavailable]) -> list[Record]:
    """One record per generation, each with the same keys.

    >>> records([1], {"variance": [0.9], "wasserstein2_squared": Unavailable("no product form")})
    [{'generation': 1, 'variance': 0.9, 'wasserstein2_squared': None, \
'unavailable': {'wasserstein2_squared': 'no product form'}}]
    """
    reasons = {name: str(why) for name, why in columns.items() if isinstance(why, Unavailable)}
    known = {
        name: np.broadcast_to(values, np.shape(generations))
        for name, values in columns.items()
        if name not in reasons
    }
    rows = []
    for index, generation in enumerate(generations):
        row: Record = {"generation": int(generation)}
        row |= {name: float(known[name][index]) if name in known else None for name in columns}
        rows.append(row | ({"unavailable": reasons} if reasons else {}))
    return rows
