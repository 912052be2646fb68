"""What a table of theory is made from: a chain of fits, and quantities by generation.

A quantity without a closed form is `None` in every record, with its reason under
``unavailable``: a reader never takes a gap for a zero. One that is not exact is named under
``approximate``, with how it was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from wellhead.recursion.theory.generations import Floats, Times

__all__ = ["Chain", "Columns", "Record", "Unavailable", "records"]

Record = dict[str, Any]  # a row of a table: numbers, None, and the reasons by name


class Unavailable(str):
    """Why a quantity has no closed form here."""


Columns = Mapping[str, Floats | Unavailable]


class Chain(Protocol):
    """One family under one regime: every quantity that its table shows."""

    @property
    def approximate(self) -> Mapping[str, str]:
        """How the quantities were found that are not exact."""
        ...

    def columns(self, n: Times) -> Columns:
        """Each quantity at the generations n, or why it has no closed form."""
        ...


def records(
    n: Times, columns: Columns, approximate: Mapping[str, str] = MappingProxyType({})
) -> list[Record]:
    """One record for each generation, all with the same keys.

    >>> records([1], {"variance": [0.9], "wasserstein2_squared": Unavailable("no product form")})
    [{'generation': 1, 'variance': 0.9, 'wasserstein2_squared': None, \
'unavailable': {'wasserstein2_squared': 'no product form'}}]
    """
    reasons = {name: str(why) for name, why in columns.items() if isinstance(why, Unavailable)}
    values = {
        name: [None] * len(n) if name in reasons else np.broadcast_to(column, len(n)).tolist()
        for name, column in columns.items()
    }
    known = {name: how for name, how in approximate.items() if name in columns.keys() - reasons}
    told = {"unavailable": reasons} if reasons else {}
    told |= {"approximate": known} if known else {}
    return [
        {"generation": int(n[i])} | {name: column[i] for name, column in values.items()} | told
        for i in range(len(n))
    ]
