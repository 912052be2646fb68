"""What an assay says of each document, as arrays: all that a decision may rest on.

In: an assay (a result, or the folder that it was saved in). Out: `Evidence`, about 40 bytes a
document and no text. Whether the corpus at hand is the one that was assayed is checked by those
who read it (`tails`, `outputs`), batch by batch.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._parquet import read_parquet
from wellhead._stats import Interval
from wellhead.detect.beside import detector_beside
from wellhead.detect.scorer import Scorer
from wellhead.errors import BadInput, CannotBeSaid

__all__ = ["Evidence", "read_assay"]

_NEEDED = ("id", "score", "p_value", "flag", "posterior", "duplicate", "copied")
# Checks that say: the human texts given may not be of the kind of the corpus.
_DOUBTS = ("reference-scores", "reference-kind", "language", "length-confound")
_MOST_BYTES = 1 << 28
_MOST_TEXTS = 1 << 27
_AGAIN = ": save it again with `wellhead assay … --out FOLDER`"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An assay as arrays with one entry per document, in the order of the corpus.

    Attributes:
        ids: identities.
        scores: higher = more machine-like.
        p: conformal p-values; NaN for texts that were set apart.
        posterior: probability of being machine-written at the share's best estimate; NaN as `p`.
        first: False where the text, or a near copy of it, came before.
        groups: group of each document, or None.
        share: machine share of the distinct texts, with its interval.
        human: texts in the human reference.
        group_shares: machine share by group.
        corpus: fingerprint of the corpus that was assayed.
        detector: name and revision.
        scorer: this detector, or where it lies; None where its name finds it.
        doubts: what speaks against the human reference, in the assay's words.
        sampled: the assay is of a random sample of the corpus.
        upper_bound_only: nothing stands out; only the upper end of `share` informs.
    """

    ids: pa.Array
    scores: np.ndarray
    p: np.ndarray
    posterior: np.ndarray
    first: np.ndarray
    groups: np.ndarray | None
    share: Interval
    human: int
    group_shares: Mapping[str, Interval] = field(default_factory=dict)
    corpus: str
    detector: tuple[str, str]
    scorer: Scorer | Path | None = None
    doubts: tuple[str, ...] = ()
    sampled: bool = False
    upper_bound_only: bool = False

    @property
    def documents(self) -> int:
        """Documents, repeats included."""
        return int(self.scores.size)

    @property
    def weighed(self) -> np.ndarray:
        """Rows that the share is about: distinct texts with a probability."""
        return np.flatnonzero(self.first & np.isfinite(self.posterior) & np.isfinite(self.p))

    def posterior_at(self, share: float) -> np.ndarray:
        """The probabilities if the share were `share`: the odds move with the prior odds.

        Source: Saerens, Latinne & Decaestecker (2002), eq. 2.4.
        """
        least = 0.5 / max(self.documents, 1)
        now, then = (min(max(s, least), 1 - least) for s in (self.share.point, share))
        factor = (then / (1 - then)) / (now / (1 - now))
        return np.asarray(self.posterior * factor / (self.posterior * factor + 1 - self.posterior))


def read_assay(assay: Any) -> Evidence:
    """The evidence in an assay.

    Args:
        assay: an `AssayResult`, or the folder (or its ``assay.json``) that `save` wrote.

    Raises:
        BadInput: not an assay, or one that says nothing of single documents.
        CannotBeSaid: the assay itself gives no share.
    """
    scorer: Scorer | Path | None
    if isinstance(assay, str | os.PathLike):
        folder = _folder(Path(assay))
        told, table = _saved(folder)
        scorer = folder
    elif hasattr(assay, "to_dict") and hasattr(assay, "table"):
        told, table = assay.to_dict(rows=0), assay.table
        scorer = getattr(assay, "detector", None)
    else:
        raise BadInput(
            "expected an assay: the result of wellhead.assay, or the folder that "
            f"`wellhead assay --out` wrote, got {type(assay).__name__}"
        )
    try:
        found = _evidence(told, table)
    except KeyError as error:
        raise BadInput(f"this assay lacks {error}{_AGAIN}") from error
    except (AttributeError, OverflowError, TypeError, ValueError, pa.ArrowException) as error:
        raise BadInput(f"this is not what an assay says ({error}){_AGAIN}") from error
    if isinstance(scorer, Path):
        scorer = detector_beside(scorer, found.detector[0])
    return replace(found, scorer=scorer)


def _folder(place: Path) -> Path:
    return place.parent if place.suffix == ".json" else place


def _saved(folder: Path) -> tuple[Any, pa.Table]:
    told, rows = folder / "assay.json", folder / "documents.parquet"
    for path in (told, rows):
        if not path.is_file():
            raise BadInput(
                f"{path}: expected a saved assay; write one with `wellhead assay … --out {folder}`"
            )
    try:
        if told.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{told} is too large for the JSON of an assay")
        known = [*_NEEDED, "group"]
        names = [name for name in pq.read_schema(rows).names if name in known]
        return json.loads(told.read_text(encoding="utf-8")), read_parquet(rows, columns=names)
    except (ValueError, OSError, RecursionError, pa.ArrowException) as error:
        raise BadInput(f"{folder}: cannot read the assay ({error})") from error


def _evidence(told: Any, table: pa.Table) -> Evidence:
    withheld = told.get("withheld")
    if withheld is not None:
        raise CannotBeSaid(
            f"this assay says that the share cannot be said: {withheld['reason']}. "
            f"{withheld['bring']}"
        )
    share = _interval(told["share"], unsaid=True)
    human = int(told["references"]["human"])
    if not 0 <= human <= _MOST_TEXTS:
        raise ValueError(f"a reference of {human} texts")
    known = told["reproducibility"]
    posterior, p = _floats(table, "posterior"), _floats(table, "p_value")
    if math.isnan(share.point) or not (np.isfinite(posterior) & np.isfinite(p)).any():
        raise BadInput(
            "this assay says nothing of single documents: assay again with 50 or more texts of the "
            "same kind that people certainly wrote (--human)"
        )
    groups = table["group"].to_pylist() if "group" in table.schema.names else None
    return Evidence(
        ids=table["id"].combine_chunks(),
        scores=_floats(table, "score"),
        p=p,
        posterior=posterior,
        first=~table["duplicate"].to_numpy().astype(bool),
        groups=None if groups is None else np.asarray(groups, dtype=object),
        share=share,
        human=human,
        group_shares={g["name"]: _interval(g["share"]) for g in told.get("groups", ())},
        corpus=known["hashes"]["corpus"],
        detector=(known["scorer"], known["revision"]),
        doubts=tuple(
            one["finding"]
            for one in told["diagnostics"]
            if one["severity"] == "warning" and one["code"] in _DOUBTS
        ),
        sampled=told["documents"].get("population") is not None,
        upper_bound_only=bool(told["upper_bound_only"]),
    )


def _interval(told: Mapping[str, Any], *, unsaid: bool = False) -> Interval:
    """A share in [0, 1] with its interval; `unsaid`: or none at all."""
    found = Interval(**{name: float(told[name]) for name in Interval._fields})
    if unsaid and math.isnan(found.point):
        return found
    if not (0 <= found.low <= found.point <= found.high <= 1 and 0 < found.level < 1):
        raise ValueError(f"a share of {found.point:g}, {found.low:g} to {found.high:g}")
    return found


def _floats(table: pa.Table, name: str) -> np.ndarray:
    values = table[name].to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)
