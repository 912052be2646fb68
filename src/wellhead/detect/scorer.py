"""What a scorer is, and how one is found by name or by folder.

Text goes in, one number per text comes out: the higher, the more machine-like. A score is no
probability and has no threshold of its own. What it means in a collection is settled by
`wellhead.assay`, which compares it with known-human texts of the same kind.

Two doors for other packages:

- entry-point group ``wellhead.scorers``: a name and a function without arguments that returns a
  `Scorer` (a class with `name`, `revision` and `score` is one);
- entry-point group ``wellhead.detector_kinds``: the ``kind`` that a saved detector's ``card.json``
  states, and a function that reads such a folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from wellhead._registry import Registry
from wellhead.errors import BadInput, BadSetting, unknown_name

__all__ = ["KINDS", "SCORERS", "Scorer", "fair_scores", "kind_of", "load_scorer"]


@runtime_checkable
class Scorer(Protocol):
    """Anything that gives each text a number.

    The score of a text may depend on that text and on `revision` alone: not on the other texts of
    the batch, not on their order, not on what was scored before. Sidecars of scores, resumed runs
    and conformal p-values rest on this.
    """

    @property
    def name(self) -> str:
        """What users call it; part of the sidecar's folder name."""
        ...

    @property
    def revision(self) -> str:
        """Changes whenever scores can change; part of the sidecar's folder name."""
        ...

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One float64 for each text, finite, the higher the more machine-like."""
        ...


SCORERS: Registry[Callable[[], Scorer]] = Registry("detector", "wellhead.scorers")
KINDS: Registry[Callable[[Path], Scorer]] = Registry("detector kind", "wellhead.detector_kinds")


def load_scorer(name_or_path: str | os.PathLike[str]) -> Scorer:
    """The scorer called so, or the one saved in that folder.

    Args:
        name_or_path: a registered name (``wellhead detector list`` shows them) or a folder that
            ``wellhead detector train --out`` or a detector's `save` wrote. A registered name wins
            over a folder of that name; write ``./name`` for the folder.

    Raises:
        BadSetting: neither a known name nor an existing folder.
        BadInput: the folder holds no detector that this version can read.
    """
    wanted = os.fspath(name_or_path)
    if wanted in SCORERS:
        return SCORERS[wanted]()
    folder = Path(wanted)
    if not folder.exists():
        if Path(wanted).name != wanted:
            raise BadSetting(f"no detector at '{wanted}': there is no such folder")
        raise unknown_name("detector", wanted, SCORERS.names())
    return KINDS[kind_of(folder)](folder)


def fair_scores(scorer: Scorer, texts: Sequence[str]) -> NDArray[np.float64]:
    """Scores; those of texts that the scorer was fitted on by a model that had not seen them."""
    remembers = getattr(scorer, "held_out", None) is not None
    by_others = getattr(scorer, "score_held_out", None) if remembers else None
    return np.asarray((by_others or scorer.score)(texts), np.float64)


def kind_of(folder: Path) -> str:
    """The kind of the detector saved in `folder`.

    Raises:
        BadInput: none is.
    """
    card = folder / "card.json"
    if not card.is_file():
        raise BadInput(f"expected a detector's folder with a card.json, got {folder}")
    try:
        kind = json.loads(card.read_text(encoding="utf-8"))["kind"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f'{card} is not a detector\'s card: expected JSON with a "kind"; train or copy it anew'
        ) from error
    return str(kind)
