"""The human share of a body of text, as an assay measured it."""

from __future__ import annotations

import json
from pathlib import Path

from wellhead.errors import BadInput
from wellhead.lineage.canonical import digest
from wellhead.lineage.manifest import HumanShare

__all__ = ["share_of_assay"]


def share_of_assay(path: Path) -> HumanShare:
    """One minus the machine share in the JSON of an assay; the file's hash is kept as evidence.

    Raises:
        BadInput: it is no assay, or one that could give no share.
    """
    data = path.read_bytes()
    try:
        found = json.loads(data)
        share = found["share"]
        low, high, level = (float(share[name]) for name in ("low", "high", "level"))
        point = None if (said := share.get("point")) is None else float(said)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise BadInput(
            f"{path}: expected assay.json of a `wellhead assay` that gives a share, got something "
            "else. An assay that could not say the share measures nothing."
        ) from error
    if not 0 <= low <= (low if point is None else point) <= high <= 1:
        raise BadInput(f"{path}: expected a share between 0 and 1, got {point}, {low} to {high}.")
    if not 0 < level < 1:
        raise BadInput(f"{path}: expected a level between 0 and 1, got {level}.")
    return HumanShare(
        low=round(1 - high, 9),
        high=round(1 - low, 9),
        point=None if point is None else round(1 - point, 9),
        level=level,
        method="wellhead assay",
        evidence=digest(data),
    )
