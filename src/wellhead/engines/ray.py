"""For Ray Data: a callable class for ``Dataset.map_batches`` with a pool of actors.

::

    dataset.map_batches(
        CurationActor,
        fn_constructor_kwargs={"rule": "plan/"},
        compute=ray.data.ActorPoolStrategy(size=8),
    )

Each actor loads the detector once. Ray itself is not imported here.
"""

from __future__ import annotations

import os
from typing import Any

from wellhead.curation.rule import Judge
from wellhead.engines.hf import columns_of

__all__ = ["CurationActor"]


class CurationActor:
    """Adds `wellhead_score`, `wellhead_posterior` and `curation_weight` to batches of columns.

    Args:
        rule: the folder of a plan, or its ``rule.json``, on a path that every node sees.
        text_column: the column that holds the text.
        drop: leave out rows of weight 0.
    """

    def __init__(
        self, rule: str | os.PathLike[str], *, text_column: str = "text", drop: bool = False
    ) -> None:
        self._judge = Judge(rule)
        self._text_column, self._drop = text_column, drop

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch (NumPy arrays by column) with the rule's columns."""
        made = {**batch, **columns_of(self._judge, batch, self._text_column)}
        if not self._drop:
            return made
        kept = made["curation_weight"] > 0
        return {name: values[kept] for name, values in made.items()}
